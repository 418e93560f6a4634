"""The forms of the help desk."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf.file import MultipleFileField
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.core import UnboundField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from adminops import clock
from adminops.db import db
from adminops.feature import RequestType
from adminops.files import ATTACHMENTS
from adminops.identity.models import Agency, User
from adminops.identity.operations import find_user, find_users_by_email
from adminops.settings import current_settings
from adminops.web.forms import Form, choices
from adminops.web.guarding import GuardedForm
from adminops.web.questions import account_field
from tickets import queries
from tickets.absences.queries import team_choices
from tickets.attaching import Upload
from tickets.catalogue import answers_of
from tickets.columns.queries import known
from tickets.language import LONGEST
from tickets.models import TRANSITIONS, Channel, Priority, Tag, Then, Ticket, TicketState, WaitingOn
from tickets.queries import COLUMNS, Order
from tickets.resolving.choices import offer_endings, resolution_named
from tickets.sending import Words
from tickets.tagged import all_tags

LEAVE_OUT = "Please leave out names, birth dates and SSNs of clients: the client ID is enough."
LONGEST_TEXT = 20_000


def _number(text: str | int | None) -> int | None:
    return int(text) if text else None


def files_field() -> MultipleFileField:
    """Return the field of the files that come with a text."""
    endings = ",".join(sorted(ending for kind in ATTACHMENTS for ending in kind.endings))
    return MultipleFileField(
        "Files",
        description="Pictures, PDF, Word, Excel, CSV or text; nothing that shows a client",
        render_kw={"accept": endings},
    )


def uploads_of(field: Field | None) -> list[Upload]:
    """Return what was chosen in such a field; nothing where the form has none."""
    return [Upload(file.filename, file.stream) for file in (field.data or () if field else ()) if file]


class WritingForm(GuardedForm):
    """What every form has that a text is written in. `nonce` numbers the form: sent twice, it counts once."""

    nonce = HiddenField(default=lambda: secrets.token_urlsafe(12), validators=[Length(max=60)])


class TicketForm(WritingForm):
    """A request in one's own words; the fields of its type join it (`ticket_form`)."""

    subject = StringField(
        "Your request in a few words", [InputRequired("Say in a few words what it is about."), Length(max=200)]
    )
    body = TextAreaField(
        "Tell us more",
        [InputRequired("Tell us what happened or what you need."), Length(max=LONGEST_TEXT)],
        description=LEAVE_OUT,
    )
    file = files_field()

    @property
    def own_fields(self) -> list[Field]:
        """The fields that the request type brings."""
        brought = type(self).__bases__[1:]
        return [f for f in self if any(isinstance(getattr(form, f.name, None), UnboundField) for form in brought)]

    def agency_about(self, user: User) -> int | None:
        """Return the number of the agency that it will be about, as `file_ticket` takes it."""
        return user.agency_id

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `file_ticket`: the type's own fields as `answers`."""
        values = super().values()
        values.pop("file", None)
        for field in self.own_fields:
            del values[field.name]
        return {**values, "answers": answers_of(self.own_fields)}


class TeamTicketForm(TicketForm):
    """The same as the team sees it: it may be for somebody else."""

    unguarded = frozenset({"on_behalf_of"})
    on_behalf_of = StringField(
        "On behalf of", [Length(max=200)], description="User name or e-mail address; empty for yourself"
    )
    channel = SelectField(
        "How it reached you",
        choices=choices([("portal", "In writing"), ("phone", "By phone"), ("walk_in", "In person")]),
        default="portal",
    )
    solved = BooleanField("It was solved in the same talk", description="Keeps it for the record and resolves it")
    about_agency = SelectField("Agency", coerce=_number, description="Only where it isn't the person's own")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agencies = [(str(row.id), row.name) for row in queries.agencies()]
        self.about_agency.choices = choices([("", "The person's agency"), *agencies])
        self.person: User | None = None

    def agency_about(self, user: User) -> int | None:
        """Return the agency that was chosen, or else that of the person."""
        chosen: int | None = self.about_agency.data
        return chosen or (self.person or user).agency_id

    def validate_on_behalf_of(self, field: StringField) -> None:
        """Find the person, so that a wrong name is said at the field."""
        if field.data:
            named = find_user(field.data)
            found = [named] if named else find_users_by_email(field.data)
            if len(found) != 1:
                raise ValidationError("There is nobody with that user name or address. Try the user name.")
            self.person = found[0]

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `file_ticket`."""
        values = super().values()
        agency_id = values.pop("about_agency")
        del values["on_behalf_of"], values["solved"]
        return {
            **values,
            "channel": Channel(values["channel"] or Channel.PORTAL),
            "requester": self.person,
            "agency": db.session.get(Agency, agency_id) if agency_id else None,
        }


def ticket_form(
    kind: RequestType, *, team: bool, typed: Mapping[str, Sequence[str]] | None = None, by_token: bool = False
) -> TicketForm:
    """Return the form of a request type: the general fields and the type's own, filled with what was typed before.

    `by_token`: a program sent it, and no browser that another page could have led here.
    """
    base = TeamTicketForm if team else TicketForm
    own = (kind.form(),) if kind.form else ()
    make = type("RequestForm", (base, *own), {})
    meta = {"csrf": False} if by_token else None
    form: TicketForm = make(formdata=MultiDict(typed), meta=meta) if typed else make(meta=meta)
    if not kind.files:
        del form.file
    return form


class MessageForm(WritingForm):
    """An answer or a note. `then` is the button that was pressed."""

    kind = RadioField("Message type", choices=choices([("reply", "Reply"), ("note", "Team note")]), default="reply")
    body = TextAreaField("Message", [InputRequired("Write a message first."), Length(max=LONGEST_TEXT)])
    then = StringField(validators=[AnyOf([choice.value for choice in Then])], default="")
    despite_parts = BooleanField("Resolve it although parts of it are open")
    resolution = SelectField("How it ended", choices=[], validate_choice=False, filters=[resolution_named])
    file = files_field()
    send_at = DateTimeLocalField("Send at", [Optional()], format="%Y-%m-%dT%H:%M")
    minutes = IntegerField("Minutes spent", [Optional(), NumberRange(1, 24 * 60, "Enter 1 to 1,440 minutes.")])
    canned = SelectField("Canned reply", validate_choice=False, choices=[])
    insert = StringField(validators=[Length(max=10)])
    """The button that puts a canned reply into the text."""
    held = HiddenField(validators=[Length(max=20)])
    """Number of the answer that was taken back and is sent with this."""
    seen = HiddenField(validators=[Length(max=20)])
    """Number of the last message that the page showed."""
    unguarded = frozenset({"insert"})
    begun = False
    """Whether it shows a draft."""

    def speak(self, ticket: Ticket, kind: RequestType | None, *, note: bool, parts: bool = False) -> None:
        """Name who is spoken to; `note` offers the team's own voice too, `parts` says that some are open."""
        offer_endings(self, kind)
        if kind is not None and not kind.files:
            del self.file
        if not parts:
            del self.despite_parts
        first_name = ticket.requester.name.partition(" ")[0]
        self.kind.choices = choices([("reply", f"Reply to {first_name}"), ("note", "Team note")])
        if not note:
            del self.kind
            del self.send_at
        if not note or not current_settings().time_spent:
            del self.minutes

    def offer(self, canned: Sequence[tuple[int, str]]) -> None:
        """Offer these canned replies, as number and title; none: no place to choose one."""
        self.canned.choices = choices([("", "Choose a text"), *((str(id_), title) for id_, title in canned)])
        if not canned:
            del self.canned

    def leaves_at(self) -> datetime | None:
        """Return when the answer is to leave: at the time that was chosen, else when it can't be taken back any more.

        None: at once.
        """
        settings = current_settings()
        if self.send_at is not None and self.send_at.data:
            chosen: datetime = self.send_at.data.replace(tzinfo=ZoneInfo(settings.time_zone))
            return chosen
        wait = settings.undo_send_seconds
        return clock.now() + timedelta(seconds=wait) if wait else None

    def words(self) -> Words:
        """Return what is to be sent later."""
        return Words(
            body=self.body.data or "",
            then=Then(self.then.data or ""),
            despite_parts=bool(self.despite_parts.data),
            resolution=self.resolution.data,
            confirmed_clean=bool(self.confirmed_clean.data),
            nonce=self.nonce.data,
        )

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments that `reply` and `write_note` share."""
        shared = ("body", "nonce", "confirmed_clean", "to_redactors")
        return {name: value for name, value in super().values().items() if name in shared}


class RefusalForm(WritingForm):
    """Why a request is refused."""

    body = TextAreaField(
        "Why?",
        [InputRequired("Say why, so that the person knows what to do."), Length(max=LONGEST_TEXT)],
        description="The person who asked reads it",
        render_kw={"rows": 4},
    )

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `refuse`."""
        values = super().values()
        reason = values.pop("body")
        return {**values, "reason": reason}


class NamingForm(Form):
    """Who is named to ask for what on an agency's behalf."""

    person = account_field("User name", InputRequired("Enter the user name of somebody of the agency."))
    request_type = SelectField("May ask for", choices=[])

    def __init__(self, kinds: Sequence[RequestType]) -> None:
        super().__init__()
        self.request_type.choices = choices((kind.key, kind.title) for kind in kinds)


class PropertiesForm(Form):
    """State, assignee and priority: each saves on change; one that is not sent stays as it is."""

    conflicts = False

    was = HiddenField(validators=[Length(max=100)])
    """What the page showed: a value that somebody else changed meanwhile is not set back unseen."""
    state = SelectField("Status")
    assignee = SelectField("Assigned to", coerce=_number, validators=[Optional()])
    despite_parts = BooleanField("Resolve it although parts of it are open")
    resolution = SelectField("How it ended", choices=[], validate_choice=False, filters=[resolution_named])
    priority = SelectField("Priority", choices=choices((level.value, level.value.capitalize()) for level in Priority))

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(
            data={
                "state": status_value(ticket.state, ticket.waiting_on),
                "assignee": ticket.assignee_id,
                "priority": ticket.priority.value,
                "was": "|".join(_standing(ticket)),
            }
        )
        self.now = dict(zip(("state", "assignee", "priority"), _standing(ticket), strict=True))
        self.state.choices = choices(_status_choices(ticket))
        people = dict(team_choices())
        if ticket.assignee is not None:
            people.setdefault(str(ticket.assignee.id), ticket.assignee.name)
        self.assignee.choices = choices([("", "Nobody yet"), *people.items()])

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Take over what others changed meanwhile, and refuse to set it back unseen."""
        shown = (self.was.data or "").split("|")
        told = dict(zip(self.now, shown, strict=True)) if len(shown) == len(self.now) else self.now
        for name, was in told.items():
            if self._sent(name) == was:  # left as it was shown: it stays as it is
                self[name].data = self[name].coerce(self.now[name])
        valid: bool = super().validate(*args, **kwargs)
        for name, was in told.items():
            field, now = self[name], self.now[name]
            if now not in (was, self._sent(name)):
                self.was.data, valid, self.conflicts = "|".join(self.now.values()), False, True
                field.errors = [*field.errors, f"Somebody set this to “{_label(field, now)}” meanwhile. Choose again."]
        return valid

    def _sent(self, name: str) -> str:
        return "" if self[name].data is None else str(self[name].data)

    def submitted(self) -> bool:
        """Answer 409 where somebody else was faster."""
        sent = super().submitted()
        if self.conflicts:
            self.status = 409
        return sent

    def shaped(self, kind: RequestType | None, parts: bool) -> "PropertiesForm":
        """Return the form as a ticket of `kind` needs it; one thing is asked only where `parts` of it are open."""
        offer_endings(self, kind)
        if not parts:
            del self.despite_parts
        return self

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `change`."""
        state, waiting_on = read_status(self.state.data)
        return {
            "state": state,
            "waiting_on": waiting_on,
            "assignee": db.session.get(User, self.assignee.data) if self.assignee.data else None,
            "priority": Priority(self.priority.data),
            "despite_parts": bool(self.despite_parts and self.despite_parts.data),
            "resolution": self.resolution.data if self.resolution else None,
        }


class TagForm(Form):
    """The name of a tag."""

    name = StringField("Tag", [InputRequired("Write a tag first."), Length(max=60)])


class MergeTagForm(Form):
    """Which tag another one is merged into."""

    into = SelectField("Into", coerce=_number, validators=[InputRequired("Choose a tag.")])
    sure = BooleanField("Yes, merge them", [InputRequired("Tick this to merge them.")])

    def __init__(self, tag: Tag) -> None:
        super().__init__()
        others = [(str(row.id), f"{row.name} ({row.tickets:,})") for row in all_tags() if row.id != tag.id]
        self.into.choices = choices([("", "Choose a tag"), *others])


class ViewForm(Form):
    """A saved view: name, query, how it is shown, and for whom."""

    name = StringField("Name", [InputRequired("Give the view a name."), Length(max=60)])
    query = StringField(
        "Shows", [Length(max=LONGEST)], description='As in the search box, for example is:waiting agency:"Harbor House"'
    )
    sorting = SelectField("Order", choices=choices([("", "As usual"), *((o.value, o.label) for o in Order)]))
    columns = SelectMultipleField(
        "Columns",
        choices=choices(COLUMNS.items()),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    shared = BooleanField("Everybody who sees tickets has this view")

    def __init__(self, *, team: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        shown = known(self.columns.object_data or ())  # first and in their order, which is the order that is sent
        self.columns.choices = choices((name, COLUMNS[name]) for name in dict.fromkeys((*shown, *COLUMNS)))
        if not team:
            del self.shared

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `save_view` and `change_view`."""
        return {"shared": False, **super().values()}


def _standing(ticket: Ticket) -> tuple[str, str, str]:
    """Return state, assignee and priority as the boxes name them."""
    assignee = str(ticket.assignee_id or "")
    return status_value(ticket.state, ticket.waiting_on), assignee, ticket.priority.value


def _label(field: SelectField, value: str) -> str:
    return next((str(label) for key, label, *_ in field.iter_choices() if str(key or "") == value), value)


def status_value(state: TicketState, waiting_on: WaitingOn | None) -> str:
    """Return a state as the select box names it: "open", "waiting:agency"."""
    return f"{state.value}:{waiting_on.value}" if waiting_on else state.value


def read_status(value: str) -> tuple[TicketState, WaitingOn | None]:
    """Read `status_value` back."""
    state, _, whom = value.partition(":")
    return TicketState(state), WaitingOn(whom) if whom else None


def _status_choices(ticket: Ticket) -> list[tuple[str, str]]:
    """Return where the ticket stands and where it can go from there."""
    offered: list[tuple[str, str]] = []
    for state in TicketState:
        if state is TicketState.WAITING and state in (ticket.state, *TRANSITIONS[ticket.state]):
            offered += [
                (status_value(state, whom), whom.label)
                for whom in WaitingOn
                if whom is not WaitingOn.PROJECT or whom is ticket.waiting_on
            ]
        elif state in (ticket.state, *TRANSITIONS[ticket.state]):
            offered.append((state.value, state.value.capitalize()))
    return offered
