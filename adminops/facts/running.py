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


@dataclass(frozen=True, kw_only=True)
class MessageDropped(MessageFact):
    """A message that had not left was taken out of the outbox on somebody's word."""

    says: ClassVar[str] = "took message {message_id} out of the outbox"


@dataclass(frozen=True, kw_only=True)
class JobAskedFor(Fact):
    """Somebody wants a job to run now, out of its turn."""

    about_kind: ClassVar[str] = "job"
    about_field: ClassVar[str] = "job_name"
    says: ClassVar[str] = "had job {job_name} run"
    job_name: str


@dataclass(frozen=True, kw_only=True)
class BackupWritten(Fact):
    """A backup of the database and the files was written; `with_keys`: what opens the SSNs is in it too."""

    about_kind: ClassVar[str] = "backup"
    about_field: ClassVar[str] = "backup_id"
    says: ClassVar[str] = "wrote backup {backup_id}"
    backup_id: str
    with_keys: bool


@dataclass(frozen=True, kw_only=True)
class BackupRestored(Fact):
    """The database was replaced by that of a backup."""

    about_kind: ClassVar[str] = "backup"
    about_field: ClassVar[str] = "backup_id"
    says: ClassVar[str] = "restored backup {backup_id}"
    backup_id: str


@dataclass(frozen=True, kw_only=True)
class KeysRotated(Fact):
    """What was sealed (or indexed) was written anew under a new key; `values` is how many cells."""

    about_kind: ClassVar[str] = "key"
    about_field: ClassVar[str] = "key"
    says: ClassVar[str] = "rotated to {key}"
    key: str
    values: int


@dataclass(frozen=True, kw_only=True)
class KeyForgotten(Fact):
    """An old key was taken out of the key ring."""

    about_kind: ClassVar[str] = "key"
    about_field: ClassVar[str] = "key"
    says: ClassVar[str] = "took {key} out of the key ring"
    key: str


@dataclass(frozen=True, kw_only=True)
class AuditExported(Fact):
    """Somebody took entries of the audit trail out of the house."""

    about_kind: ClassVar[str] = "user"
    about_field: ClassVar[str] = "user_id"
    says: ClassVar[str] = "exported {entries} entries of the audit trail"
    user_id: int
    entries: int
