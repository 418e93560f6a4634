"""What people may ask for: the request types of all features, and the general ones of the help desk itself."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from adminops.feature import Feature, RequestType
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.forms import Form

SOMETHING_ELSE = "something_else"


class WrongNumberForm(Form):
    """Which number, where, and what it should be."""

    report = StringField(
        "Report or page",
        [InputRequired("Say which report it is."), Length(max=200)],
        description="With its dates and the question, for example APR 1 Oct to 30 Sep, Q6a",
    )
    expected = TextAreaField(
        "What you expected, and why",
        [Length(max=2000)],
        description="Numbers and client IDs are enough",
    )


class CorrectionForm(Form):
    """Which record, and what is wrong with it."""

    client_ids = StringField(
        "Client or enrollment IDs",
        [InputRequired("Give the IDs of the records."), Length(max=200)],
        description="Only the numbers, separated by blanks or commas",
    )
    program = StringField("Program", [Length(max=200)])
    change = TextAreaField(
        "What should it say?",
        [InputRequired("Say what should be changed."), Length(max=2000)],
        description="For example: exit date from 3 to 13 October",
    )


GENERAL = (
    RequestType(
        key="wrong_number",
        title="A number looks wrong",
        help="Reports, bed counts, missing data",
        icon="circle-alert",
        order=40,
        form=lambda: WrongNumberForm,
    ),
    RequestType(
        key="training_question",
        title="A question about training",
        help="Certificates, which course you need",
        icon="graduation-cap",
        order=75,
    ),
    RequestType(
        key="data_correction",
        title="Correct data that I can't change",
        help="Locked records, wrong dates, entered by mistake",
        icon="pencil",
        order=70,
        form=lambda: CorrectionForm,
        target_hours=45,
    ),
    RequestType(
        key=SOMETHING_ELSE,
        title="Something else",
        help="Write to us in your own words",
        icon="message-square",
        order=95,
    ),
)


def all_types(features: Sequence[Feature]) -> list[RequestType]:
    """Return every request type, in the order in which they are offered."""
    return sorted((kind for feature in features for kind in feature.request_types), key=lambda kind: kind.order)


def offered_to(user: User, features: Sequence[Feature]) -> list[RequestType]:
    """Return what `user` may ask for; who works on tickets also takes requests down for others."""
    writes_down = user.may(Permission.WORK_TICKETS)
    return [
        kind
        for kind in all_types(features)
        if kind.audience is None or user.may(kind.audience) or (writes_down and not kind.start)
    ]


def find_type(key: str, features: Sequence[Feature]) -> RequestType | None:
    """Return the request type of that key, if a feature still offers it."""
    return next((kind for kind in all_types(features) if kind.key == key), None)


def title_of(key: str, features: Sequence[Feature]) -> str:
    """Return the title of a request type, or its key in plain words when nobody offers it any more."""
    kind = find_type(key, features)
    return kind.title if kind else key.replace("_", " ").capitalize()


# Answers: the fields of a type's own form, kept as JSON and shown with their labels


def plain(value: Any) -> Any:
    """Return the value of a form field as JSON can hold it: dates and decimals as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


def shown_answers(kind: RequestType | None, answers: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what was answered as (label, text), in the order of the form; unanswered questions are left out."""
    form = kind.form()(formdata=None, meta={"csrf": False}) if kind and kind.form else None
    names = [name for name in form._fields if name in answers] if form else []
    names += [name for name in answers if name not in names]
    shown = []
    for name in names:
        field = form._fields.get(name) if form else None
        label = field.label.text if field else name.replace("_", " ").capitalize()
        if text := _text_of(field, answers[name]):
            shown.append((label, text))
    return shown


def _text_of(field: Any, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(filter(None, (_text_of(field, item) for item in value)))
    if isinstance(field, SelectField | SelectMultipleField) and field.choices:
        labels = {str(choice[0]): str(choice[1]) for choice in field.iter_choices()}
        return labels.get(str(value), str(value or ""))
    return "" if value is None else str(value)
