"""Facts about tickets that are taken over from another desk."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact
from adminops.facts.desk import TicketFact


@dataclass(frozen=True, kw_only=True)
class TicketImportFact(Fact):
    """Something that happened to an import of tickets."""

    about_kind: ClassVar[str] = "ticket_import"
    about_field: ClassVar[str] = "import_id"
    says: ClassVar[str] = "changed ticket import {import_id}"
    import_id: int


@dataclass(frozen=True, kw_only=True)
class TicketImportUploaded(TicketImportFact):
    """A file of another desk is kept, sealed."""

    says: ClassVar[str] = "uploaded a file of tickets as ticket import {import_id}"


@dataclass(frozen=True, kw_only=True)
class TicketImportMapped(TicketImportFact):
    """Somebody said what the columns are; the file is tried."""

    says: ClassVar[str] = "named the columns of ticket import {import_id}"


@dataclass(frozen=True, kw_only=True)
class TicketImportTried(TicketImportFact):
    """The file was tried: so many tickets could be taken over."""

    says: ClassVar[str] = "tried ticket import {import_id}: {tickets} could be taken over"
    tickets: int


@dataclass(frozen=True, kw_only=True)
class TicketImportStarted(TicketImportFact):
    """Somebody had the tickets taken over."""

    says: ClassVar[str] = "started ticket import {import_id}"


@dataclass(frozen=True, kw_only=True)
class TicketImportEnded(TicketImportFact):
    """All tickets of the file were taken over that could be."""

    says: ClassVar[str] = "took {tickets} tickets over with ticket import {import_id}"
    tickets: int


@dataclass(frozen=True, kw_only=True)
class TicketImportDropped(TicketImportFact):
    """Somebody decided against an import before anything was stored, or it could not be tried."""

    says: ClassVar[str] = "dropped ticket import {import_id}"


@dataclass(frozen=True, kw_only=True)
class TicketImportUndoStarted(TicketImportFact):
    """Somebody had the tickets of an import taken back."""

    says: ClassVar[str] = "began to take ticket import {import_id} back"


@dataclass(frozen=True, kw_only=True)
class TicketImportUndone(TicketImportFact):
    """The tickets of an import are gone, but those that somebody has worked on."""

    says: ClassVar[str] = "took ticket import {import_id} back: {tickets} tickets are gone"
    tickets: int


@dataclass(frozen=True, kw_only=True)
class TicketTakenBack(TicketImportFact):
    """A ticket that was imported is gone."""

    says: ClassVar[str] = "removed ticket {ticket} of ticket import {import_id}"
    ticket: int


@dataclass(frozen=True, kw_only=True)
class TicketImported(TicketFact):
    """A ticket of another desk is one of this now."""

    says: ClassVar[str] = "took ticket {ticket_id} over with ticket import {import_id}"
    import_id: int
