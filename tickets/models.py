"""Tickets: what somebody asked for, the conversation about it, and what happened on the way."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import Computed, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, LongText, Model, Name
from adminops.errors import InvalidState
from adminops.identity.models import Agency, User
from adminops.refs import Ref
from tickets.goals.models import CalendarVersion, PolicyVersion


class TicketState(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def clock(self) -> Literal["running", "paused", "done"]:
        """What a clock does by the state alone; a policy may let it run on while a ticket waits."""
        if self in RUNNING_STATES:
            return "running"
        return "paused" if self is TicketState.WAITING else "done"


S = TicketState
OPEN_STATES = (S.NEW, S.OPEN, S.WAITING)
RUNNING_STATES = (S.NEW, S.OPEN)

TRANSITIONS: dict[TicketState, Sequence[TicketState]] = {
    S.NEW: (S.OPEN, S.WAITING, S.RESOLVED),
    S.OPEN: (S.WAITING, S.RESOLVED),
    S.WAITING: (S.OPEN, S.WAITING, S.RESOLVED, S.CLOSED),  # waiting on somebody else now; closed for silence
    S.RESOLVED: (S.OPEN, S.CLOSED),
    S.CLOSED: (S.OPEN,),
}


class WaitingOn(StrEnum):
    """Whose turn it is while a ticket waits."""

    USER = "user"
    AGENCY = "agency"
    VENDOR = "vendor"
    APPROVAL = "approval"
    PROJECT = "project"
    """On the parts of the project that it is, or until its turn comes as a part of one (`tickets/projects/`)."""

    @property
    def label(self) -> str:
        """The words of the badge."""
        return f"Waiting on {'requester' if self is WaitingOn.USER else self.value}"


class Priority(StrEnum):
    """How much a ticket presses."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Resolution(StrEnum):
    """How a request ended."""

    DONE = "done"
    NOT_POSSIBLE = "not_possible"
    DUPLICATE = "duplicate"
    NO_ANSWER = "no_answer"
    NOT_NEEDED = "not_needed"

    @property
    def label(self) -> str:
        """The words of the choice, and of the timeline after "resolved this: "."""
        return {
            "done": "it is done",
            "not_possible": "it could not be done",
            "duplicate": "it was asked for twice",
            "no_answer": "nobody answered",
        }.get(self.value, "it is no longer needed")


class Then(StrEnum):
    """What a member of the team does to the ticket with the answer."""

    NOTHING = ""
    WAIT = "wait"
    RESOLVE = "resolve"


class Channel(StrEnum):
    """How a request reached the team."""

    PORTAL = "portal"
    PHONE = "phone"
    WALK_IN = "walk_in"
    MAIL = "mail"
    API = "api"
    IMPORT = "import"

    @property
    def label(self) -> str:
        """How it came, as the end of "Opened yesterday …"."""
        return {
            "phone": "by phone",
            "walk_in": "in person",
            "mail": "by e-mail",
            "api": "by another program",
            "import": "at another desk",
        }.get(self.value, "")


class Voice(StrEnum):
    """Who speaks in a message, and to whom."""

    REQUESTER = "requester"
    TEAM = "team"
    NOTE = "note"
    """Of the team to itself: the requester never sees it."""


class Rating(StrEnum):
    """What the requester says once a ticket is resolved."""

    GOOD = "good"
    FAIR = "fair"
    BAD = "bad"

    @property
    def label(self) -> str:
        """The words of the choice."""
        return {"good": "Well: I got what I needed", "fair": "So-so"}.get(self.value, "Not well")


class Happening(StrEnum):
    """What the clocks of a ticket hear of."""

    FILED = "filed"
    MOVED = "moved"
    ANSWERED = "answered"
    """The team wrote to the requester."""
    ASKED = "asked"
    """The requester wrote."""
    PRIORITISED = "prioritised"


_MERGED = text("merged_into_id IS NOT NULL")


class Ticket(Model):
    """A request for help. Its number is its id; the text of the request is its first message."""

    __tablename__ = "ticket"
    __table_args__ = (
        # The lists: all open ones by activity or by urgency, somebody's, an agency's, a type's, and the late ones.
        Index(None, "is_open", "updated_at", "id"),
        Index(None, "is_open", "urgency", "updated_at", "id"),
        Index(None, "is_open", "due_at", "id"),
        Index(None, "is_open", "request_type", "updated_at", "id"),
        Index(None, "is_open", "filed_at"),
        Index(None, "is_open", "state", "resolved_at"),
        Index(None, "is_open", "calendar_version_id"),
        Index(None, "assignee_id", "is_open", "updated_at", "id"),
        Index(None, "requester_id", "is_open", "updated_at", "id"),
        Index(None, "agency_id", "is_open", "updated_at", "id"),
        Index(None, "agency_id", "updated_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "channel", "filed_at"),
        Index("ix_ticket_merged_into_id", "merged_into_id", sqlite_where=_MERGED, postgresql_where=_MERGED),
        # Those few that were merged, and those that lists have to leave out. SQLite takes such an index only for the
        # very words of a query.
        Index("ix_ticket_private", "id", sqlite_where=text("is_private = 1"), postgresql_where=text("is_private")),
        # What insights count, and what is still to be measured.
        Index(None, "filed_at"),
        Index(None, "resolved_at"),
        Index("ix_ticket_unmeasured", "id", sqlite_where=text("measured = 0"), postgresql_where=text("NOT measured")),
    )

    id: Mapped[Key]
    subject: Mapped[Name]
    request_type: Mapped[Code]
    """Key of the catalogue of request types."""
    type_version: Mapped[int] = mapped_column(default=0, server_default="0")
    """In which version of it the request was filed."""
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What was entered in the fields of the request type's own form, by their names."""
    state: Mapped[TicketState] = mapped_column(default=S.NEW)
    waiting_on: Mapped[WaitingOn | None]
    priority: Mapped[Priority] = mapped_column(default=Priority.NORMAL)
    requester_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    filed_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    """The requester, or who filed it on their behalf."""
    channel: Mapped[Channel] = mapped_column(default=Channel.PORTAL, server_default="portal")
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    """The agency it is about; None for a matter of the team."""
    is_private: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether only those who are named on it and security officers see it (`tickets/sight.py`)."""
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    """The ticket whose conversation this one is part of now (`tickets/merging.py`)."""
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    filed_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)
    """When something last happened that people would look at the ticket for."""
    policy_version_id: Mapped[int | None] = mapped_column(ForeignKey("goal_policy_version.id"))
    """What was promised when it was filed; never changes."""
    calendar_version_id: Mapped[int | None] = mapped_column(ForeignKey("goal_calendar_version.id"))
    """The calendar that its clocks count by: the newest while it is open."""

    # What the clocks say, kept for the lists and the warnings: `tickets/goals/keeping.py` alone writes them.
    due_at: Mapped[datetime | None]
    """When it should be resolved; None while that clock stands still."""
    first_reply_at: Mapped[datetime | None]
    next_step_at: Mapped[datetime | None] = mapped_column(index=True)
    """When somebody is to be warned of a goal next."""
    warned: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    """The warnings that were given, by their keys."""
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[Resolution | None]
    """How it ended, where somebody said so; None while it is open."""
    times_reopened: Mapped[int] = mapped_column(default=0)

    # How the clocks did once they stopped, for insights: minutes of the calendar, and whether that was in time.
    reply_took: Mapped[int | None]
    reply_met: Mapped[bool | None]
    solution_took: Mapped[int | None]
    solution_met: Mapped[bool | None]
    measured: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether its clocks were asked; one from before they were is asked by a job."""

    rating: Mapped[Rating | None]
    """What its requester said (`tickets/survey/`)."""

    # Kept by the database, for its indexes; code asks the state and the priority.
    is_open: Mapped[bool] = mapped_column(Computed("state IN ('new', 'open', 'waiting')", persisted=True))
    urgency: Mapped[int] = mapped_column(
        Computed(
            "CASE priority WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 WHEN 'normal' THEN 1 ELSE 0 END", persisted=True
        )
    )

    requester: Mapped[User] = relationship(foreign_keys=[requester_id])
    assignee: Mapped[User | None] = relationship(foreign_keys=[assignee_id])
    agency: Mapped[Agency | None] = relationship()
    policy_version: Mapped[PolicyVersion | None] = relationship(viewonly=True)
    calendar_version: Mapped[CalendarVersion | None] = relationship(viewonly=True)

    @property
    def ref(self) -> Ref:
        """The reference to this ticket."""
        return Ref.to("ticket", self.id)


class TicketMessage(Model):
    """Something written on a ticket."""

    __tablename__ = "ticket_message"
    __table_args__ = (UniqueConstraint("author_id", "nonce"),)

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    voice: Mapped[Voice]
    body: Mapped[LongText]
    written_at: Mapped[datetime] = mapped_column(default=clock.now)
    nonce: Mapped[Code | None]
    """Number of the form it was written in: the same form sent twice is stored once."""


class TicketEntry(Model):
    """A line on the timeline: something that happened to the ticket, or that was done for it elsewhere."""

    __tablename__ = "ticket_entry"

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """None: AdminOps itself."""
    sentence: Mapped[Name]
    """What happened, without the actor; `{}` stands for the person or else the thing it is about, `{client:51907}`
    behind it for a further thing."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    thing_kind: Mapped[Code | None]
    thing_id: Mapped[Code | None]
    for_team: Mapped[bool] = mapped_column(default=False)
    """Whether only the team sees it."""
    of_work: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether it tells of work that was done elsewhere for this ticket."""

    @property
    def thing(self) -> Ref | None:
        """What it is about."""
        return Ref(self.thing_kind, self.thing_id) if self.thing_kind and self.thing_id else None


class TicketEvent(Model):
    """Something that the clocks of a ticket hear of, with where it stood after it. Never changed."""

    __tablename__ = "ticket_event"

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    happening: Mapped[Happening]
    state: Mapped[TicketState]
    waiting_on: Mapped[WaitingOn | None]
    priority: Mapped[Priority]
    promised: Mapped[int] = mapped_column(default=0)
    """Of the filing: minutes within which its request type was to be resolved."""


class TicketLink(Model):
    """Something that belongs to a ticket: a manual page, a pair of records, an account."""

    __tablename__ = "ticket_link"
    __table_args__ = (UniqueConstraint("ticket_id", "kind", "ref_id"), Index(None, "kind", "ref_id"))

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[Code]
    ref_id: Mapped[Code]
    linked_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    linked_at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def ref(self) -> Ref:
        """What is linked."""
        return Ref(self.kind, self.ref_id)


class Tag(Model):
    """A word that the team sorts tickets by."""

    __tablename__ = "ticket_tag"

    id: Mapped[Key]
    name: Mapped[Code] = mapped_column(unique=True)


class Tagging(Model):
    """A tag on a ticket."""

    __tablename__ = "ticket_tagging"
    __table_args__ = (UniqueConstraint("ticket_id", "tag_id"), Index(None, "tag_id", "ticket_id"))

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    tag_id: Mapped[int] = mapped_column(ForeignKey("ticket_tag.id"))


class SavedView(Model):
    """A query that somebody keeps, for themselves or for everybody."""

    __tablename__ = "ticket_view"
    __table_args__ = (UniqueConstraint("owner_id", "name"), Index(None, "is_shared"))

    id: Mapped[Key]
    owner_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    name: Mapped[Name]
    query: Mapped[LongText]
    """In the language of the filter bar."""
    sorting: Mapped[Code] = mapped_column(default="")
    """Value of an `Order`, or empty: as usual."""
    columns: Mapped[list[str]] = mapped_column(default=list)
    """Names of the columns to show; none: the usual ones."""
    is_shared: Mapped[bool] = mapped_column(default=False)

    owner: Mapped[User] = relationship()


def move(ticket: Ticket, to: TicketState) -> None:
    """Bring `ticket` into state `to`. Raises `InvalidState` when that move is not in `TRANSITIONS`."""
    if to not in TRANSITIONS[ticket.state]:
        was, now = ticket.state.value, to.value
        raise InvalidState(
            f"This ticket is {was} already." if to is ticket.state else f"A ticket that is {was} can't become {now}."
        )
    ticket.state = to
