"""Refusals: each carries a sentence that a screen shows as it is.

A refusal is part of normal work (a wrong state, a missing right, a directory that is down). It is raised where the
rule lives, rolls the transaction back and is shown by the form or by an error page; nobody translates it on the way.
The sentence never holds personal data: no name, birth date or SSN of a client.
"""


class DomainError(Exception):
    """A refusal with a sentence for the person and, where there is one, what to do next."""

    status = 422

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        """Name of the form field that the sentence is about, or None for the whole form."""


class NotAllowed(DomainError):
    """The person may not do this."""

    status = 403


class NotFound(DomainError):
    """There is no such thing, or the viewer may not know that there is."""

    status = 404


class InvalidState(DomainError):
    """The thing is in a state in which this can't be done."""

    status = 409


class Conflict(DomainError):
    """Somebody else was faster, or the value is taken."""

    status = 409


class Invalid(DomainError):
    """The input breaks a rule of the house."""

    status = 422


class TooMany(DomainError):
    """Asked for too often: come back later."""

    status = 429


class Unavailable(DomainError):
    """A service that this needs (a directory, a mail server) does not answer."""

    status = 503
