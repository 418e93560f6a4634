"""Facts about the running of AdminOps itself."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact


@dataclass(frozen=True, kw_only=True)
class MessageFact(Fact):
    """Something about a message that leaves."""

    about_kind: ClassVar[str] = "outbox_message"
    about_field: ClassVar[str] = "message_id"
    says: ClassVar[str] = "touched message {message_id}"
    message_id: int


@dataclass(frozen=True, kw_only=True)
class MessageGivenUp(MessageFact):
    """A message could not be delivered for so long that nobody tries any more."""

    says: ClassVar[str] = "gave up on message {message_id}"


@dataclass(frozen=True, kw_only=True)
class MessageRetried(MessageFact):
    """A given-up message is tried again on somebody's word."""

    says: ClassVar[str] = "had message {message_id} tried again"
