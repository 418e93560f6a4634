"""Imports of tickets as rows: the file, what somebody said its columns are, and what became of each ticket of it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from adminops import clock
from adminops.db import Code, Key, Model, Name
from adminops.errors import InvalidState
from adminops.refs import Ref

STAND_IN = "import."
"""How user names of those begin who stand for the people of another desk that have no account here."""


CAME_ALONG = "import:"
"""How the nonces of messages begin that came with an import."""


class ImportState(StrEnum):
    """Where an import stands."""

    UPLOADED = "uploaded"
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    DROPPED = "dropped"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """The words of the badge."""
        return {
            "uploaded": "Columns to be named",
            "checking": "Being tried",
            "checked": "Tried, nothing stored",
            "running": "Being taken over",
            "done": "Taken over",
            "undoing": "Being taken back",
            "undone": "Taken back",
            "dropped": "Dropped",
        }.get(self.value, "Failed")


S = ImportState
TRANSITIONS: dict[ImportState, Sequence[ImportState]] = {
    S.UPLOADED: (S.CHECKING, S.DROPPED),
    S.CHECKING: (S.CHECKED, S.CHECKING, S.FAILED, S.DROPPED),
    S.CHECKED: (S.CHECKING, S.RUNNING, S.DROPPED),
    S.RUNNING: (S.DONE,),
    S.DONE: (S.UNDOING,),
    S.UNDOING: (S.UNDONE,),
    S.UNDONE: (),
    S.FAILED: (S.CHECKING, S.DROPPED),
    S.DROPPED: (),
}


class Outcome(StrEnum):
    """What became of a ticket of the file."""

    READY = "ready"
    KNOWN = "known"
    """It was imported before."""
    REFUSED = "refused"
    DONE = "done"
    UNDONE = "undone"
    KEPT = "kept"
    """Not taken back: somebody has worked on it since."""


class TicketImport(Model):
    """A file of tickets of another desk. It is sealed, for no guard has looked at it, and forgotten once it is done."""

    __tablename__ = "ticket_import"
    __table_args__ = (Index(None, "state"),)

    id: Mapped[Key]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """None: the command line."""
    at: Mapped[datetime] = mapped_column(default=clock.now)
    file_name: Mapped[Name]
    size: Mapped[int]
    shape: Mapped[Code]
    columns: Mapped[list[str]]
    message_columns: Mapped[list[str]] = mapped_column(default=list)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    source: Mapped[Code] = mapped_column(default="")
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    strangers: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """Sealed: the addresses that have no account, with the number of their tickets."""
    found: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    """How many tickets each rule was broken by in the trial, for its page."""
    state: Mapped[ImportState] = mapped_column(default=S.UPLOADED)
    starts: Mapped[int] = mapped_column(default=0)
    """How often a trial was begun: a file that brings the process down is given up in the end."""
    done_at: Mapped[datetime | None]

    @property
    def ref(self) -> Ref:
        """The reference to this import."""
        return Ref.to("ticket_import", self.id)


class TicketImportRow(Model):
    """A ticket of the file."""

    __tablename__ = "ticket_import_row"
    __table_args__ = (
        UniqueConstraint("import_id", "place"),
        Index("ix_ticket_import_row_of_import", "import_id", "outcome", "place"),
    )

    id: Mapped[Key]
    import_id: Mapped[int] = mapped_column(ForeignKey("ticket_import.id"))
    place: Mapped[int]
    """Its first line, or its number in a list."""
    number: Mapped[Code]
    outcome: Mapped[Outcome]
    problems: Mapped[list[str]] = mapped_column(default=list)
    """`rule|line|column`."""
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    image: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the ticket was right after the import: one that is something else now is not taken back."""


class TicketExternal(Model):
    """The number that a ticket had at another desk."""

    __tablename__ = "ticket_external"
    __table_args__ = (UniqueConstraint("source", "number"),)

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), unique=True)
    source: Mapped[Code]
    number: Mapped[Code]


def move(record: TicketImport, to: ImportState) -> None:
    """Bring `record` into state `to`. Raises `InvalidState` when that move is not in `TRANSITIONS`."""
    if to not in TRANSITIONS[record.state]:
        raise InvalidState(f"This import is “{record.state.label}”: that can't be done now.")
    record.state = to
