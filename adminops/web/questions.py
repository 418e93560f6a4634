"""The questions that the forms of requests share: their choices come from the store, and some depend on an answer.

A select box of the store offers what the person who is signed in may know of. Its label is kept beside the answer when
the request is filed, so that an old request reads the same when the thing has another name.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select
from wtforms import Field, Form, SelectField, StringField, ValidationError
from wtforms.form import BaseForm
from wtforms.validators import DataRequired, Length, Regexp, StopValidation

from adminops.db import db
from adminops.hmis.projects import list_projects
from adminops.identity.models import Agency, AgencyOrganization, AgencyState, User
from adminops.identity.operations import find_user
from adminops.identity.permissions import Permission
from adminops.web.access import signed_in_user
from adminops.web.forms import choices

NOT_LISTED = "other"
"""The choice for what the store does not know (yet)."""
REPORTS = (
    "APR",
    "CAPER",
    "System performance measures",
    "Longitudinal system analysis",
    "Housing inventory count",
    "Point-in-time count",
    "Data quality report",
    "Bed use report",
    "SSVF or VA report",
    "RHY report",
    "PATH report",
)
PRIVATE_MAIL = ("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "aol.com", "icloud.com", "live.com", "msn.com")
CLIENT_IDS = re.compile(r"[\w-]{1,36}(?:[\s,;]+[\w-]{1,36})*")

Read = Callable[[User], Sequence[tuple[str, str]]]


class When:
    """Ask a question only where field `other` was answered with one of `answers`, and then want an answer.

    Without a sentence it may be left empty.

    Without a script the question is always shown, and its answer dropped where nobody asked.
    """

    def __init__(self, other: str, *answers: str, sentence: str) -> None:
        self.other, self.answers, self.sentence = other, answers, sentence
        self.field_flags = {"when": other, "when_answers": " ".join(answers)}

    def __call__(self, form: Form, field: Field) -> None:
        """Refuse an answer that is missing, and drop one that nobody asked for."""
        if form[self.other].data in self.answers:
            if self.sentence and not field.data and not field.errors:
                raise StopValidation(self.sentence)
            return
        field.data, field.errors, field.process_errors = None, [], []
        raise StopValidation


class StoreSelect(SelectField):
    """A select box of things of the store that the viewer may know of; what is not among them can be said below."""

    def __init__(
        self, label: str = "", validators: Sequence[Any] = (), *, read: Read, other: str = "", **kwargs: Any
    ) -> None:
        super().__init__(label, list(validators), choices=self._offer, validate_choice=True, **kwargs)
        self._read, self._other = read, other

    def _offer(self) -> list[Any]:
        last = [(NOT_LISTED, self._other)] if self._other else []
        return choices([("", "Choose…"), *self._read(signed_in_user()), *last])

    def pre_validate(self, form: BaseForm) -> None:
        """Take no answer for none: whether one is needed, the validators say."""
        if self.data:
            super().pre_validate(form)

    @property
    def chosen(self) -> str:
        """The label of what was chosen."""
        labels = {str(choice[0]): str(choice[1]) for choice in self.iter_choices()}
        return labels.get(str(self.data), "")


class AccountField(StringField):
    """The user name of somebody whose account the viewer may ask about; the agency's people are suggested."""

    MOST = 200

    @property
    def suggestions(self) -> list[tuple[str, str]]:
        """The people of the viewer's agencies, by name; none for the team, which reaches all."""
        own = _own_agencies(signed_in_user())
        if not own:
            return []
        chosen = select(User.username, User.name).where(User.agency_id.in_(own)).order_by(User.name, User.id)
        return [(username, name) for username, name in db.session.execute(chosen.limit(self.MOST))]

    def post_validate(self, form: BaseForm, validation_stopped: bool) -> None:
        """Refuse a name that is nobody's, so that no other account is changed."""
        if not self.data or self.errors:
            return
        viewer, found = signed_in_user(), find_user(self.data)
        own = _own_agencies(viewer)
        if found is None or (own and found.agency_id not in own):
            raise ValidationError("There is nobody with that user name at your agency. Please look it up again.")
        self.data = found.username

    @property
    def chosen(self) -> str:
        """The name of the person."""
        found = find_user(self.data) if self.data else None
        return f"{found.name} ({found.username})" if found else ""


def _own_agencies(viewer: User) -> set[int]:
    """Return the agencies whose people `viewer` may name; empty for who may name anybody's."""
    reach = viewer.reach(Permission.READ_ACCOUNTS)
    if reach.everywhere or viewer.may(Permission.WORK_TICKETS):
        return set()
    return {*reach.agency_ids, viewer.agency_id or 0}


def _programs(viewer: User) -> list[tuple[str, str]]:
    reach = viewer.reach(Permission.READ_PROGRAMS)
    organizations = None
    if not reach.everywhere:
        own = {*reach.agency_ids, viewer.agency_id or 0}
        linked = select(AgencyOrganization.source_id, AgencyOrganization.organization_id)
        rows = db.session.execute(linked.where(AgencyOrganization.agency_id.in_(own)))
        organizations = {(source_id, organization_id) for source_id, organization_id in rows}
        if not organizations:
            return []
    rows_of_programs = list_projects(organizations=organizations)
    return [(f"{row.source_id}:{row.project_id}", row.name) for row in rows_of_programs]


def _agencies(_viewer: User) -> list[tuple[str, str]]:
    chosen = select(Agency.id, Agency.name).where(Agency.state != AgencyState.CLOSED).order_by(Agency.name)
    return [(str(id_), name) for id_, name in db.session.execute(chosen)]


def program_field(label: str = "Program", *validators: Any, **kwargs: Any) -> StoreSelect:
    """Return the question which program it is about."""
    return StoreSelect(label, validators, read=_programs, other="Another one: I name it below", **kwargs)


def agency_field(label: str = "Agency", *validators: Any, **kwargs: Any) -> StoreSelect:
    """Return the question which agency it is about."""
    return StoreSelect(label, validators, read=_agencies, other="Another one: I name it below", **kwargs)


def report_field(label: str = "Report", *validators: Any, **kwargs: Any) -> StoreSelect:
    """Return the question which report it is about."""
    named = [(name, name) for name in REPORTS]
    return StoreSelect(label, validators, read=lambda _viewer: named, other="Another one: I name it below", **kwargs)


def account_field(label: str = "User name", *validators: Any, **kwargs: Any) -> AccountField:
    """Return the question whose account it is about."""
    shown = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
    return AccountField(label, [*validators, Length(max=60)], render_kw=shown, **kwargs)


def client_ids_field(label: str = "Client ID", *, most: int = 1, wanted: str = "", **kwargs: Any) -> StringField:
    """Return the question for up to `most` client IDs: numbers only, there is no room for a name."""

    def few_enough(_form: Form, field: Field) -> None:
        if field.data and len(re.split(r"[\s,;]+", field.data)) > most:
            raise ValidationError(
                "Give one client ID." if most == 1 else f"Give no more than {most} IDs in one request."
            )

    shape = Regexp(
        rf"^(?:{CLIENT_IDS.pattern})?$", message="Client IDs have letters, digits and dashes only: no names."
    )
    needed = [DataRequired(wanted)] if wanted else []
    return StringField(label, [*needed, Length(max=200), shape, few_enough], **kwargs)


def is_work_mail(_form: Form, field: Field) -> None:
    """Refuse what is no address, and a private one: an account goes to the mail box that the agency can close."""
    text = (field.data or "").casefold()
    if not re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@.]+", text):
        raise ValidationError("Enter the person's work e-mail address: the invitation goes there.")
    if text.rpartition("@")[2] in PRIVATE_MAIL:
        raise ValidationError("Enter an address of the agency, not a private one: the agency must be able to close it.")
