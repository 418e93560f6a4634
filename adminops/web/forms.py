"""Forms: one class a page. Shape and choices are here; rules of the house are in the verbs.

if (form := TicketForm()).submitted():
    with form.refusals():
        ticket = file_ticket(**form.values(), by=signed_in_user())
        return redirect(url_for(".show", ticket_id=ticket.id))
return render_template("tickets/new.html", form=form), form.status
"""

import re
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from flask import g, request
from flask_wtf import FlaskForm
from flask_wtf.csrf import _FlaskFormCSRF, generate_csrf
from markupsafe import Markup
from wtforms import (
    DateTimeField,
    Field,
    PasswordField,
    SelectField,
    StringField,
    SubmitField,
    TimeField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from adminops.db import savepoint
from adminops.errors import DomainError
from adminops.web.fields import drawn

_UNTYPED = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202d\u202e]")
"""Control characters that part nothing, and the two that turn round what others write behind them."""
_PARTS = re.compile(r"[\x0b\x0c\x1c-\x1f]")
"""Control characters that part words or lines: blanks stand for them, so that what they part stays apart."""


def trimmed(value: str | None) -> str | None:
    """Filter of text fields: without blanks at both ends and without signs that nobody types.

    No database takes a zero; others ring the bell or colour the terminal of who looks at an export.
    """
    return typed(value).strip() if isinstance(value, str) else value


def typed(value: str) -> str:
    """Return `value` without signs that nobody types."""
    return _UNTYPED.sub("", _PARTS.sub(" ", value))


YEARS = (1900, 2199)
"""Days of other years are slips of the hand. What is counted on from there, or told in another zone, has none."""


def is_in_reach(_form: object, field: Field) -> None:
    """Refuse a day of a year that nobody means."""
    if field.data is not None and not YEARS[0] <= field.data.year <= YEARS[1]:
        raise ValidationError(f"Enter a day between {YEARS[0]} and {YEARS[1]}.")


class HouseWords:
    """What the form library says by itself, in words that tell what to do."""

    SAID = {  # noqa: RUF012
        "This field is required.": "Fill this in.",
        "Not a valid integer value.": "Enter a whole number.",
        "Not a valid decimal value.": "Enter a number.",
        "Not a valid date value.": "Enter a date.",
        "Not a valid datetime value.": "Enter a date and a time.",
        "Not a valid time value.": "Enter a time.",
        "Not a valid choice.": "Choose one of the list.",
        "Invalid Choice: could not coerce.": "Choose one of the list.",
        "'%(value)s' is not a valid choice for this field.": "Choose from the list.",
        "'%(value)s' are not valid choices for this field.": "Choose from the list.",
        "Not a valid float value.": "Enter a number.",
        "Number must be at least %(min)s.": "Enter a number from %(min)s on.",
        "Number must be at most %(max)s.": "Enter a number up to %(max)s.",
        "Field must be at least %(min)d character long.": "Write at least %(min)d character.",
        "Field must be at least %(min)d characters long.": "Write at least %(min)d characters.",
        "Invalid email address.": "Enter an e-mail address, like name@example.org.",
        "Field cannot be longer than %(max)d character.": "Write no more than %(max)d character.",
        "Field cannot be longer than %(max)d characters.": "Write no more than %(max)d characters.",
        "Number must be between %(min)s and %(max)s.": "Enter a number between %(min)s and %(max)s.",
    }

    def gettext(self, string: str) -> str:
        """Return the house's words for `string`, or itself."""
        return self.SAID.get(string, string)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Return the house's words for one or for many."""
        return self.gettext(singular if number == 1 else plural)


HOUSE_WORDS = HouseWords()


def csrf_token() -> str:
    """Return the token of this request's forms; a page has a dozen of them, and the library's own takes its time."""
    made: str | None = g.get("csrf_token")
    return made or generate_csrf()


class Token(_FlaskFormCSRF):  # type: ignore[misc]
    """How a form knows that it was sent from a page of ours."""

    def generate_csrf_token(self, csrf_token_field: object) -> str:
        """Return the token for the form's hidden field."""
        return csrf_token()


class Form(FlaskForm):  # type: ignore[misc]
    """The base of all forms: CSRF-protected, answers 422 with the message at the field."""

    status = 200
    draws_findings = False
    """Whether the summary of errors shows what the guard found: see `adminops.web.guarding`."""
    buttons: frozenset[str] = frozenset()
    """Fields that are sent by buttons of the page, and never drawn with the others."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Trim what is typed, and speak in the house's words."""

        csrf_class = Token

        def get_translations(self, form: Any) -> HouseWords:
            """Return who words the library's messages."""
            return HOUSE_WORDS

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Field:
            """Give every text field the trimming filter, and every day a reach; a password stays as it was typed."""
            kind = unbound_field.field_class
            if issubclass(kind, StringField) and not issubclass(kind, PasswordField):
                filters = list(unbound_field.kwargs.get("filters", ()))
                if trimmed not in filters:
                    unbound_field.kwargs["filters"] = [trimmed, *filters]
            bound: Field = unbound_field.bind(form=form, **options)
            if issubclass(kind, DateTimeField) and not issubclass(kind, TimeField):
                bound.validators = [*bound.validators, is_in_reach]
            return bound

        def render_field(self, field: Field, render_kw: dict[str, Any]) -> Markup:
            """Draw a control as its widget does."""
            return drawn(field, render_kw)

    def submitted(self) -> bool:
        """Say whether the form was sent and its shape is right; a wrong one answers 422."""
        if request.method not in ("POST", "PUT", "PATCH", "DELETE"):
            return False
        if self.validate():
            return True
        self.status = 422
        return False

    def refusals(self) -> "Refusals":
        """Turn a `DomainError` of the block into a message on the form, undoing what the block had changed."""
        return Refusals(self)

    def refuse(self, sentence: str, *, field: str | None = None) -> None:
        """Show `sentence` at `field`, or above the form when it has no such field."""
        target = self._fields.get(field) if field else None
        if target is None:
            self.form_errors.append(sentence)
        else:
            target.errors = [*target.errors, sentence]

    def values(self) -> dict[str, Any]:
        """Return the fields as keyword arguments of the verb: without token and buttons. A text not sent is empty."""
        return {
            name: "" if field.data is None and isinstance(field, StringField) else field.data
            for name, field in self._fields.items()
            if name != "csrf_token" and not isinstance(field, SubmitField)
        }

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        """The messages for the summary on top: (id of the field or "", its label, sentence)."""
        found = [("", "", str(sentence)) for sentence in self.form_errors]
        for name, field in self._fields.items():
            if name == "csrf_token":
                found += [("", "", "This page was open for too long. Please send it again.") for _ in field.errors]
            else:
                found += [(field.id, field.label.text, str(sentence)) for sentence in field.errors]
        return found


class Refusals:
    """The block of `Form.refusals`. A class, so that the type check knows that it may swallow an exception."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._savepoint = savepoint()

    def __enter__(self) -> None:
        self._savepoint.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._savepoint.__exit__(kind, error, trace)
        if not isinstance(error, DomainError):
            return False
        self._form.status = 422 if error.status < 500 else error.status
        self._form.refuse(error.sentence, field=error.field)
        return True


class ConfirmForm(Form):
    """A form without fields: a button that changes something."""


def choices(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    """Return (value, label) pairs as the choices of a field; WTForms 3.3 no longer wants bare pairs."""
    return [SelectChoice(value, label) for value, label in pairs]


def choice_field(label: str, pairs: Iterable[tuple[str, str]], **kwargs: Any) -> SelectField:
    """Return a select box with an empty first choice."""
    return SelectField(label, choices=choices([("", "Choose…"), *pairs]), **kwargs)
