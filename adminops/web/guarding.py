"""What a writer sees of the guard: what was found, marked in their own text, and what they can do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import request
from wtforms import BooleanField, Field, StringField, TextAreaField
from wtforms.validators import Length

from adminops.guard.looking import look_at
from adminops.guard.operations import note_stopped
from adminops.identity.models import User
from adminops.pii import Finding, Phrase, phrases_for, without
from adminops.pii.phrases import instead_of
from adminops.web.access import signed_in_user
from adminops.web.forms import Form

AROUND = 60
"""Letters of the text that are shown on both sides of a finding."""
ALL = "all"
LEAVE_OUT = "This seems to hold personal data of a client. Please take it out: the client ID is enough."


@dataclass(frozen=True)
class Marked:
    """A finding as its writer sees it: the words around it, and what one click puts in its place."""

    place: str
    """What the button sends: "body:12-24"."""
    label: str
    before: str
    words: str
    after: str
    kind: str
    instead: str


class GuardedForm(Form):
    """A form whose texts the guard looks at. Its three ways on are buttons, drawn where something was found."""

    replace = StringField(validators=[Length(max=80)])
    confirmed_clean = BooleanField("I looked again: this is no client's data")

    to_redactors = BooleanField("Let the Systems Team take it out")

    marked: tuple[Marked, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    was_replaced = False
    buttons = frozenset({"replace", "confirmed_clean", "to_redactors"})
    unguarded: frozenset[str] = frozenset()
    """Text fields that are no free text."""

    def values(self) -> dict[str, Any]:
        """Return the fields as keyword arguments of the verb: `replace` is a button of the page."""
        return {name: value for name, value in super().values().items() if name != "replace"}

    def replaced(self, agency_id: int | None, by: User) -> bool:
        """Put what may stand there in the place of the findings that were clicked; say whether any click asked so."""
        if not self.replace.data:
            return False
        for field in self._texts():
            found = look_at(field.data, agency_id=agency_id, by=by)
            field.data = without(
                field.data, [each for each in found if self.replace.data in (ALL, _place(field, each))]
            )
        self.was_replaced = True
        return True

    def mark(self, agency_id: int | None, by: User) -> None:
        """Find again what the page has to show, and count it when the guard has stopped it."""
        found = [(field, look_at(field.data, agency_id=agency_id, by=by)) for field in self._texts()]
        self.marked = tuple(
            marked_in(field.name, field.label.text, field.data, finding)
            for field, findings in found
            for finding in findings
        )
        findings = [finding for _, each in found for finding in each]
        self.phrases = tuple(phrases_for(findings))
        if findings and self.status == 422:
            note_stopped(findings, agency_id=agency_id, by=by)

    def _texts(self) -> Iterator[Field]:
        for field in self:
            free = field.type in (StringField.__name__, TextAreaField.__name__)
            if free and field.data and field.name not in {"replace", "then", *self.unguarded}:
                yield field


class CleanForm(GuardedForm):
    """A form outside of requests: it is not taken with client data in its texts, unless the team says it is none.

    Nothing is sent to redactors from here, for there is no conversation in which a line could stand for the text.
    """

    draws_findings = True

    def submitted(self) -> bool:
        """Say whether the form was sent, its shape is right, and the guard lets its texts pass."""
        if request.method not in ("POST", "PUT", "PATCH", "DELETE"):
            return False
        user = signed_in_user()
        if self.replaced(user.agency_id, user):
            self.mark(user.agency_id, user)
            return False
        return super().submitted() and (self._is_said_to_be_clean() or self._is_clean(user))

    @property
    def takes_word(self) -> bool:
        """Whether who writes may say that what was found is no client's data: the team may."""
        return signed_in_user().agency_id is None

    def values(self) -> dict[str, Any]:
        """Return the fields as keyword arguments of the verb, without what belongs to the guard."""
        return {name: value for name, value in super().values().items() if name not in self.buttons}

    def _is_said_to_be_clean(self) -> bool:
        return bool(self.confirmed_clean.data) and self.takes_word

    def _is_clean(self, user: User) -> bool:
        self.status = 422
        self.mark(user.agency_id, user)
        for name in dict.fromkeys(each.place.partition(":")[0] for each in self.marked):
            self.refuse(LEAVE_OUT, field=name)
        self.status = 422 if self.marked else 200
        return not self.marked


def _place(field: Field, finding: Finding) -> str:
    return f"{field.name}:{finding.start}-{finding.end}"


def marked_in(name: str, label: str, text: str, finding: Finding) -> Marked:
    """Return how a finding in `text`, that of the field `name`, is shown: with the words of its line beside it."""
    start, end = finding.start, finding.end
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return Marked(
        place=f"{name}:{start}-{end}",
        label=label,
        before=("…" if start > AROUND and "\n" not in before else "") + before.rpartition("\n")[2],
        words=text[start:end],
        after=after.partition("\n")[0] + ("…" if len(text) > end + AROUND and "\n" not in after else ""),
        kind=finding.kind.value[0].upper() + finding.kind.value[1:],
        instead=instead_of(finding),
    )
