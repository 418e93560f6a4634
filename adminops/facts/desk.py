"""Facts about tickets."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact


@dataclass(frozen=True, kw_only=True)
class TicketFact(Fact):
    """Something that happened to a ticket."""

    about_kind: ClassVar[str] = "ticket"
    about_field: ClassVar[str] = "ticket_id"
    says: ClassVar[str] = "changed ticket {ticket_id}"
    ticket_id: int


@dataclass(frozen=True, kw_only=True)
class TicketFiled(TicketFact):
    """A person asked for something; `request_type` is the key of the catalogue."""

    says: ClassVar[str] = "filed ticket {ticket_id}"
    request_type: str


@dataclass(frozen=True, kw_only=True)
class TicketReplied(TicketFact):
    """A message was written that the requester can read."""

    says: ClassVar[str] = "replied on ticket {ticket_id}"
    message_id: int


@dataclass(frozen=True, kw_only=True)
class TicketNoted(TicketFact):
    """A note was written that only the team can read."""

    says: ClassVar[str] = "wrote a note on ticket {ticket_id}"
    message_id: int


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(TicketFact):
    """A ticket was given to somebody, or back to the queue (`assignee_id` None)."""

    says: ClassVar[str] = "assigned ticket {ticket_id}"
    assignee_id: int | None


@dataclass(frozen=True, kw_only=True)
class TicketMoved(TicketFact):
    """A ticket changed its state.

    `waiting_on` says on whom it waits now; `because` says what brought it there: "answered", "assigned", "taken up",
    "reopened", "settled" (the work was carried out), or nothing when somebody simply moved it. `resolution` is how it
    ended, when it did.
    """

    says: ClassVar[str] = "moved ticket {ticket_id} from {old} to {new}"
    old: str
    new: str
    waiting_on: str = ""
    because: str = ""
    resolution: str = ""


@dataclass(frozen=True, kw_only=True)
class TicketPrioritised(TicketFact):
    """A ticket got another priority."""

    says: ClassVar[str] = "changed the priority of ticket {ticket_id} from {old} to {new}"
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class TicketLinked(TicketFact):
    """A record or a manual page was linked to a ticket; `linked` is its reference."""

    says: ClassVar[str] = "linked {linked} to ticket {ticket_id}"
    linked: str


@dataclass(frozen=True, kw_only=True)
class TicketUnlinked(TicketFact):
    """A link was taken off a ticket."""

    says: ClassVar[str] = "unlinked {linked} from ticket {ticket_id}"
    linked: str


@dataclass(frozen=True, kw_only=True)
class TicketWarned(TicketFact):
    """Somebody was warned that a goal of a ticket is close or was passed.

    `aim` is "first", "next" (reply) or "solution"; `minutes` lie after the due time, below zero before it; `told` is
    "assignee" or "manager".
    """

    says: ClassVar[str] = "warned the {told} of ticket {ticket_id}: {aim}, {minutes} minutes after it was due"
    aim: str
    minutes: int
    told: str


@dataclass(frozen=True, kw_only=True)
class CalendarSaved(Fact):
    """A version of a calendar was saved: from now on the clocks of open tickets count by it."""

    about_kind: ClassVar[str] = "calendar"
    about_field: ClassVar[str] = "calendar_id"
    says: ClassVar[str] = "saved version {number} of calendar {calendar_id}"
    calendar_id: int
    number: int


@dataclass(frozen=True, kw_only=True)
class PolicySaved(Fact):
    """A version of a policy was saved: it holds for tickets filed from now on."""

    about_kind: ClassVar[str] = "policy"
    about_field: ClassVar[str] = "policy_id"
    says: ClassVar[str] = "saved version {number} of policy {policy_id}"
    policy_id: int
    number: int


@dataclass(frozen=True, kw_only=True)
class TicketTagged(TicketFact):
    """A ticket got a tag."""

    says: ClassVar[str] = "put tag {tag_id} on ticket {ticket_id}"
    tag_id: int


@dataclass(frozen=True, kw_only=True)
class TicketUntagged(TicketFact):
    """A tag was taken off a ticket."""

    says: ClassVar[str] = "took tag {tag_id} off ticket {ticket_id}"
    tag_id: int


@dataclass(frozen=True, kw_only=True)
class TicketStepTicked(TicketFact):
    """A step of a ticket's checklist was done."""

    says: ClassVar[str] = "ticked step {place} of the checklist of ticket {ticket_id}"
    place: int


@dataclass(frozen=True, kw_only=True)
class TicketStepUnticked(TicketFact):
    """That a step of a ticket's checklist was done was taken back."""

    says: ClassVar[str] = "took the tick off step {place} of the checklist of ticket {ticket_id}"
    place: int


@dataclass(frozen=True, kw_only=True)
class TicketsExported(Fact):
    """Somebody took a list of tickets away as a file."""

    about_kind: ClassVar[str] = "user"
    about_field: ClassVar[str] = "user_id"
    says: ClassVar[str] = "exported a list of {tickets} tickets"
    user_id: int
    tickets: int


@dataclass(frozen=True, kw_only=True)
class TagFact(Fact):
    """Something that happened to a tag of tickets."""

    about_kind: ClassVar[str] = "ticket_tag"
    about_field: ClassVar[str] = "tag_id"
    says: ClassVar[str] = "changed ticket tag {tag_id}"
    tag_id: int


@dataclass(frozen=True, kw_only=True)
class TagRenamed(TagFact):
    """A tag got another name."""

    says: ClassVar[str] = "renamed ticket tag {tag_id}"


@dataclass(frozen=True, kw_only=True)
class TagsMerged(TagFact):
    """A tag is gone, and its `tickets` bear tag `into_id` instead."""

    says: ClassVar[str] = "merged ticket tag {tag_id} into {into_id}"
    into_id: int
    tickets: int


@dataclass(frozen=True, kw_only=True)
class ViewFact(Fact):
    """Something that happened to a saved view of the tickets; `shared` tells whether everybody has it."""

    about_kind: ClassVar[str] = "ticket_view"
    about_field: ClassVar[str] = "view_id"
    says: ClassVar[str] = "changed ticket view {view_id}"
    view_id: int
    shared: bool


@dataclass(frozen=True, kw_only=True)
class ViewSaved(ViewFact):
    """A query was saved as a view."""

    says: ClassVar[str] = "saved ticket view {view_id}"


@dataclass(frozen=True, kw_only=True)
class ViewChanged(ViewFact):
    """A saved view got another name or query, or was shared."""


@dataclass(frozen=True, kw_only=True)
class ViewRemoved(ViewFact):
    """A saved view was removed."""

    says: ClassVar[str] = "removed ticket view {view_id}"


@dataclass(frozen=True, kw_only=True)
class TicketApproved(TicketFact):
    """Somebody who may say so agreed to what a ticket asks for; `step` is "agency" or "team"."""

    says: ClassVar[str] = "approved ticket {ticket_id}"
    step: str


@dataclass(frozen=True, kw_only=True)
class TicketRefused(TicketFact):
    """Somebody who may say so did not agree to what a ticket asks for."""

    says: ClassVar[str] = "refused ticket {ticket_id}"
    step: str


@dataclass(frozen=True, kw_only=True)
class BulkActFact(Fact):
    """Something was done to many tickets at once; each has a fact of its own."""

    about_kind: ClassVar[str] = "user"
    about_field: ClassVar[str] = "user_id"
    says: ClassVar[str] = "changed {tickets} tickets at once: {act}"
    user_id: int
    act: str
    tickets: int


@dataclass(frozen=True, kw_only=True)
class BulkActDone(BulkActFact):
    """Many tickets were changed at once."""


@dataclass(frozen=True, kw_only=True)
class BulkActUndone(BulkActFact):
    """A change of many tickets was undone where nothing had changed since."""

    says: ClassVar[str] = "put {tickets} tickets back that were changed at once: {act}"


@dataclass(frozen=True, kw_only=True)
class QueueSaved(Fact):
    """A queue got another name, other request types or another time after which tickets go back to it."""

    about_kind: ClassVar[str] = "queue"
    about_field: ClassVar[str] = "queue_id"
    says: ClassVar[str] = "arranged queue {queue_id}"
    queue_id: int


@dataclass(frozen=True, kw_only=True)
class QueueRemoved(Fact):
    """A queue was removed."""

    about_kind: ClassVar[str] = "queue"
    about_field: ClassVar[str] = "queue_id"
    says: ClassVar[str] = "removed queue {queue_id}"
    queue_id: int


@dataclass(frozen=True, kw_only=True)
class RequesterSought(TicketFact):
    """Somebody tried to reach the requester of a ticket without a message on it; `way` says how."""

    says: ClassVar[str] = "tried to reach the requester of ticket {ticket_id}"
    way: str


@dataclass(frozen=True, kw_only=True)
class DesignationFact(Fact):
    """Something about who may ask for what on an agency's behalf."""

    about_kind: ClassVar[str] = "user"
    about_field: ClassVar[str] = "user_id"
    says: ClassVar[str] = "changed what user {user_id} may ask for"
    user_id: int
    request_type: str


@dataclass(frozen=True, kw_only=True)
class RequesterNamed(DesignationFact):
    """A person was named to ask for something on the agency's behalf."""

    says: ClassVar[str] = "named user {user_id} to ask for {request_type}"


@dataclass(frozen=True, kw_only=True)
class RequesterUnnamed(DesignationFact):
    """A person may no longer ask for something on the agency's behalf."""

    says: ClassVar[str] = "took user {user_id} off the list for {request_type}"


@dataclass(frozen=True, kw_only=True)
class RequestTypeChanged(Fact):
    """The words, targets or rules of a request type were changed; tickets filed before keep the version before."""

    about_kind: ClassVar[str] = "request_type"
    about_field: ClassVar[str] = "request_type"
    says: ClassVar[str] = "changed request type {request_type} (version {version})"
    request_type: str
    version: int


@dataclass(frozen=True, kw_only=True)
class SurveySent(TicketFact):
    """The requester of a resolved ticket was asked how it went."""

    says: ClassVar[str] = "asked how ticket {ticket_id} went"


@dataclass(frozen=True, kw_only=True)
class SurveyAnswered(TicketFact):
    """The requester said how it went: "good", "fair" or "bad"."""

    says: ClassVar[str] = "said that ticket {ticket_id} went {rating}"
    rating: str


@dataclass(frozen=True, kw_only=True)
class SurveysRefused(Fact):
    """A person does not want to be asked how requests went."""

    about_kind: ClassVar[str] = "user"
    about_field: ClassVar[str] = "user_id"
    says: ClassVar[str] = "does not want to be asked how requests went"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class SurveysWelcome(Fact):
    """A person may be asked again how requests went."""

    about_kind: ClassVar[str] = "user"
    about_field: ClassVar[str] = "user_id"
    says: ClassVar[str] = "may be asked again how requests went"
    user_id: int
