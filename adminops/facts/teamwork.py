"""Facts about who works on tickets: what queues give out, who is away."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact
from adminops.facts.desk import TicketFact


@dataclass(frozen=True, kw_only=True)
class TicketGiven(TicketFact):
    """The rule of its queue chose who gets a ticket, or nobody (`assignee_id` None).

    `present` of its `members` could have had it; `load` is how many tickets the chosen one had; `instead_of_id` is the
    absent member that the chosen one stands in for.
    """

    says: ClassVar[str] = "went by the rule of queue {queue_id} for ticket {ticket_id}"
    queue_id: int
    rule: str
    assignee_id: int | None
    instead_of_id: int | None
    present: int
    members: int
    load: int


@dataclass(frozen=True, kw_only=True)
class TicketPromoted(TicketFact):
    """A ticket became a project of somebody, to be done by a day."""

    says: ClassVar[str] = "made ticket {ticket_id} a project of user {owner_id}, due on {due_on}"
    owner_id: int
    due_on: str


@dataclass(frozen=True, kw_only=True)
class TicketProjectChanged(TicketFact):
    """A project got another owner or another day."""

    says: ClassVar[str] = "changed the project of ticket {ticket_id}: owner is user {owner_id}, due on {due_on}"
    owner_id: int
    due_on: str


@dataclass(frozen=True, kw_only=True)
class TicketDemoted(TicketFact):
    """A project is a plain ticket again."""

    says: ClassVar[str] = "made the project of ticket {ticket_id} a plain ticket again"


@dataclass(frozen=True, kw_only=True)
class AbsenceFact(Fact):
    """Something about when a person is away."""

    about_kind: ClassVar[str] = "user"
    about_field: ClassVar[str] = "user_id"
    says: ClassVar[str] = "changed when user {user_id} is away"
    user_id: int
    absence_id: int


@dataclass(frozen=True, kw_only=True)
class AbsenceEntered(AbsenceFact):
    """It was entered when a person is away."""

    says: ClassVar[str] = "entered when user {user_id} is away"


@dataclass(frozen=True, kw_only=True)
class AbsenceEnded(AbsenceFact):
    """A person is back, or will not be away after all."""

    says: ClassVar[str] = "ended an absence of user {user_id}"


@dataclass(frozen=True, kw_only=True)
class ColumnsChosen(Fact):
    """Somebody chose which columns their lists of tickets have."""

    about_kind: ClassVar[str] = "user"
    about_field: ClassVar[str] = "user_id"
    says: ClassVar[str] = "chose the columns of their lists"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class TimeSpent(TicketFact):
    """It was noted that somebody (`user_id`) worked so long on a ticket."""

    says: ClassVar[str] = "noted {minutes} minutes of user {user_id} on ticket {ticket_id}"
    time_id: int
    user_id: int
    minutes: int


@dataclass(frozen=True, kw_only=True)
class TimeCorrected(TicketFact):
    """A time on a ticket was corrected; 0 minutes: taken back."""

    says: ClassVar[str] = "corrected {was} to {minutes} minutes of user {user_id} on ticket {ticket_id}"
    time_id: int
    user_id: int
    was: int
    minutes: int
