"""The catalogue of what people may ask for: the request types of all features, found, offered and read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from wtforms import SelectField, SelectMultipleField

from adminops.feature import Feature, RequestGroup, RequestType
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.questions import StoreSelect
from adminops.web.remembering import remembered
from tickets import type_versions
from tickets.request_types import GENERAL
from tickets.type_versions import INCIDENT, SOMETHING_ELSE

__all__ = ["GENERAL", "INCIDENT", "SOMETHING_ELSE"]

FIRST: tuple[str | RequestGroup, ...] = (
    "locked_out",
    RequestGroup.STAFF,
    "merge_clients",
    "wrong_number",
    RequestGroup.PROGRAMS,
    "training",
)
"""The big choices of the first page: a request type by its key, or a group of them."""

LABEL = ":label"
"""An answer that is a key of the store has its label of that day beside it, under its name and this."""


def declared_types(features: Sequence[Feature]) -> list[RequestType]:
    """Return every request type as its feature declares it, in the order in which they are offered."""
    return sorted((kind for feature in features for kind in feature.request_types), key=lambda kind: kind.order)


def all_types(features: Sequence[Feature]) -> list[RequestType]:
    """Return every request type as administrators have it now, also those that are switched off."""
    versions = remembered("request-types", type_versions.latest, of=(type_versions.RequestTypeVersion,))
    kinds = []
    for kind in declared_types(features):
        number, edit = versions.get(kind.key, (0, None))
        kinds.append(edit.applied_to(kind, number) if edit else kind)
    return kinds


def filed_as(key: str, version: int, features: Sequence[Feature]) -> RequestType | None:
    """Return the request type of that key as it was in `version`: what a ticket was filed as."""
    now = find_type(key, features)
    if now is None or now.version == version:
        return now
    declared = next(kind for kind in declared_types(features) if kind.key == key)
    return type_versions.as_of(declared, version) if version else declared


def offered_to(user: User, features: Sequence[Feature]) -> list[RequestType]:
    """Return what `user` may ask for, also through their lead; the team takes requests down for others, too."""
    writes_down = user.may(Permission.WORK_TICKETS)
    offered = [kind for kind in all_types(features) if kind.offered]
    return [kind for kind in offered if _reaches(kind, user) or (writes_down and not kind.start)]


def _reaches(kind: RequestType, user: User) -> bool:
    return kind.audience is None or user.may(kind.audience) or (kind.through_lead and user.agency_id is not None)


def find_type(key: str, features: Sequence[Feature]) -> RequestType | None:
    """Return the request type of that key, if a feature still offers it."""
    return next((kind for kind in all_types(features) if kind.key == key), None)


def title_of(key: str, features: Sequence[Feature]) -> str:
    """Return the title of a request type, or its key in plain words when nobody offers it any more."""
    kind = find_type(key, features)
    return kind.title if kind else key.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Section:
    """A group of the catalogue with what it offers."""

    group: RequestGroup
    kinds: Sequence[RequestType]


def in_sections(kinds: Sequence[RequestType], words: str = "") -> list[Section]:
    """Return `kinds` by group, those that hold all of `words` in their title, help, group or number."""
    wanted = words.casefold().split()
    found = [kind for kind in kinds if all(word in _said(kind) for word in wanted)]
    sections = [Section(group, [kind for kind in found if kind.group is group]) for group in RequestGroup]
    return [section for section in sections if section.kinds]


def _said(kind: RequestType) -> str:
    return f"{kind.title} {kind.help} {kind.group.label} {kind.code}".casefold()


def first_choices(kinds: Sequence[RequestType]) -> list[RequestType | Section]:
    """Return the big choices among `kinds`: a group with a single member is that member; later ones fill gaps."""
    chosen: list[RequestType | Section] = []
    for wanted in FIRST:
        if isinstance(wanted, RequestGroup):
            members = [kind for kind in kinds if kind.group is wanted]
            chosen += members if len(members) == 1 else [Section(wanted, members)] if members else []
        else:
            chosen += [kind for kind in kinds if kind.key == wanted]
    reached = {kind.key for choice in chosen for kind in (choice.kinds if isinstance(choice, Section) else [choice])}
    others = [kind for kind in kinds if kind.key not in reached and kind.key != SOMETHING_ELSE]
    return [*chosen, *others][: len(FIRST)]


# Answers: the fields of a type's own form, kept as JSON and shown with their labels


def plain(value: Any) -> Any:
    """Return the value of a form field as JSON can hold it: dates, times and decimals as text."""
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


def answers_of(fields: Sequence[Any]) -> dict[str, Any]:
    """Return what was answered in `fields`, by their names; what the store knows it by has its label beside it."""
    answers: dict[str, Any] = {}
    for field in fields:
        if field.data in (None, "", []):
            continue
        answers[field.name] = plain(field.data)
        if label := getattr(field, "chosen", ""):
            answers[field.name + LABEL] = label
    return answers


def shown_answers(kind: RequestType | None, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what was answered as (label, text), in the order of the form; unanswered questions are left out."""
    form = kind.form()(formdata=None, meta={"csrf": False}) if kind and kind.form else None
    names = [name for name in form._fields if name in answers] if form else []
    names += [name for name in answers if name not in names and not name.endswith(LABEL)]
    shown = []
    for name in names:
        field = form._fields.get(name) if form else None
        label = field.label.text if field else name.replace("_", " ").capitalize()
        if text := str(answers.get(name + LABEL) or "") or _text_of(field, answers[name]):
            shown.append((label, text))
    return shown


def _text_of(field: Any, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(filter(None, (_text_of(field, item) for item in value)))
    if isinstance(field, SelectField | SelectMultipleField) and not isinstance(field, StoreSelect) and field.choices:
        labels = {str(choice[0]): str(choice[1]) for choice in field.iter_choices()}
        return labels.get(str(value), str(value or ""))
    return "" if value is None else str(value)
