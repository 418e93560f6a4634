"""Facts about who takes part in the conversation on a ticket, and what becomes of it."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact
from adminops.facts.desk import TicketFact


@dataclass(frozen=True, kw_only=True)
class ParticipantFact(TicketFact):
    """Something about a person who takes part in a ticket."""

    user_id: int


@dataclass(frozen=True, kw_only=True)
class ParticipantAdded(ParticipantFact):
    """A person sees a ticket from now on and may answer; `why` is "added", "filed", "mentioned", …"""

    says: ClassVar[str] = "added user {user_id} to ticket {ticket_id}"
    why: str


@dataclass(frozen=True, kw_only=True)
class ParticipantRemoved(ParticipantFact):
    """A person no longer takes part in a ticket."""

    says: ClassVar[str] = "took user {user_id} off ticket {ticket_id}"


@dataclass(frozen=True, kw_only=True)
class TicketMadePrivate(TicketFact):
    """Only who is named on a ticket, and security officers, see it from now on."""

    says: ClassVar[str] = "made ticket {ticket_id} private"


@dataclass(frozen=True, kw_only=True)
class TicketOpenedUp(TicketFact):
    """A private ticket is seen by everybody again who sees others of its agency."""

    says: ClassVar[str] = "made ticket {ticket_id} no longer private"


@dataclass(frozen=True, kw_only=True)
class TicketPairFact(TicketFact):
    """Something between two tickets: both timelines tell it."""

    other_id: int


@dataclass(frozen=True, kw_only=True)
class TicketMerged(TicketPairFact):
    """A ticket became part of the conversation on another one. No row moved, and it can be undone."""

    says: ClassVar[str] = "merged ticket {ticket_id} into {other_id}"


@dataclass(frozen=True, kw_only=True)
class TicketUnmerged(TicketPairFact):
    """The merge of a ticket into another one was undone."""

    says: ClassVar[str] = "undid the merge of ticket {ticket_id} into {other_id}"


@dataclass(frozen=True, kw_only=True)
class TicketSplit(TicketPairFact):
    """A message of ticket `other_id` became a ticket of its own."""

    says: ClassVar[str] = "split ticket {ticket_id} off {other_id}"
    message_id: int


@dataclass(frozen=True, kw_only=True)
class TicketsRelated(TicketPairFact):
    """Two tickets stand to each other in a way that `kind` names: "relates", "duplicate_of", "child_of", …"""

    says: ClassVar[str] = "related ticket {ticket_id} to {other_id}: {kind}"
    kind: str


@dataclass(frozen=True, kw_only=True)
class TicketsUnrelated(TicketPairFact):
    """A relation between two tickets was taken off."""

    says: ClassVar[str] = "took the relation of ticket {ticket_id} to {other_id} off: {kind}"
    kind: str


@dataclass(frozen=True, kw_only=True)
class TicketFilesAttached(TicketFact):
    """Files came with a message."""

    says: ClassVar[str] = "attached {files} files to ticket {ticket_id}"
    message_id: int
    files: int


@dataclass(frozen=True, kw_only=True)
class TicketFileRemoved(TicketFact):
    """A file and its name were removed for good."""

    says: ClassVar[str] = "removed file {attachment_id} from ticket {ticket_id}"
    attachment_id: int


@dataclass(frozen=True, kw_only=True)
class SendingFact(TicketFact):
    """Something about an answer that has not left yet."""

    sending_id: int


@dataclass(frozen=True, kw_only=True)
class ReplyPlanned(SendingFact):
    """An answer was written that leaves in a few seconds, or at a chosen time."""

    says: ClassVar[str] = "planned answer {sending_id} on ticket {ticket_id}"


@dataclass(frozen=True, kw_only=True)
class ReplyTakenBack(SendingFact):
    """An answer was stopped before it left."""

    says: ClassVar[str] = "took answer {sending_id} on ticket {ticket_id} back"


@dataclass(frozen=True, kw_only=True)
class ReplySent(SendingFact):
    """A planned answer left."""

    says: ClassVar[str] = "sent answer {sending_id} on ticket {ticket_id}"


@dataclass(frozen=True, kw_only=True)
class CannedReplyFact(Fact):
    """Something that happened to a canned reply; `shared` tells whether it is the team's."""

    about_kind: ClassVar[str] = "canned_reply"
    about_field: ClassVar[str] = "reply_id"
    says: ClassVar[str] = "changed canned reply {reply_id}"
    reply_id: int
    shared: bool


@dataclass(frozen=True, kw_only=True)
class CannedReplySaved(CannedReplyFact):
    """A canned reply was written."""

    says: ClassVar[str] = "saved canned reply {reply_id}"


@dataclass(frozen=True, kw_only=True)
class CannedReplyChanged(CannedReplyFact):
    """A canned reply was changed."""


@dataclass(frozen=True, kw_only=True)
class CannedReplyRemoved(CannedReplyFact):
    """A canned reply was removed."""

    says: ClassVar[str] = "removed canned reply {reply_id}"
