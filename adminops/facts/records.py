"""Facts about client records, imports, merges and programs."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact


@dataclass(frozen=True, kw_only=True)
class ClientFact(Fact):
    """Something about one client record. `client_id` is the store's own number, not the PersonalID."""

    about_kind: ClassVar[str] = "client"
    about_field: ClassVar[str] = "client_id"
    says: ClassVar[str] = "touched client record {client_id}"
    client_id: int


@dataclass(frozen=True, kw_only=True)
class ClientViewed(ClientFact):
    """Somebody looked at a client record."""

    says: ClassVar[str] = "viewed client record {client_id}"


@dataclass(frozen=True, kw_only=True)
class ClientSightAsked(ClientFact):
    """Somebody asked who could see a client record on a day, and who looked."""

    says: ClassVar[str] = "asked who could see client record {client_id} on {on}"
    on: str


@dataclass(frozen=True, kw_only=True)
class SsnRevealed(ClientFact):
    """Somebody had the SSN of a client shown; `reason` is what they gave for it, a code."""

    says: ClassVar[str] = "had the SSN of client record {client_id} shown ({reason})"
    reason: str


@dataclass(frozen=True, kw_only=True)
class SsnLookedUp(Fact):
    """Somebody looked for a client by SSN. Who has that SSN is said by their ids, the SSN by nothing."""

    about_kind: ClassVar[str] = "user"
    about_field: ClassVar[str] = "user_id"
    says: ClassVar[str] = "looked for a client by SSN and found client records {client_ids}"
    user_id: int
    client_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class PersonLookedUp(Fact):
    """Somebody asked whether a person is here already. Who was found is said by ids, who was asked for by nothing."""

    about_kind: ClassVar[str] = "user"
    about_field: ClassVar[str] = "user_id"
    says: ClassVar[str] = "asked whether a person is here already and found client records {client_ids}"
    user_id: int
    client_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ClientsMerged(ClientFact):
    """The source record was linked to the destination's person."""

    says: ClassVar[str] = "merged client record {source_client_id} into {client_id}"
    settles: ClassVar[bool] = True
    source_client_id: int
    merge_id: int


@dataclass(frozen=True, kw_only=True)
class MergeUndone(ClientFact):
    """A merge was taken back."""

    says: ClassVar[str] = "undid merge {merge_id} of client records {source_client_id} and {client_id}"
    takes_back: ClassVar[bool] = True
    source_client_id: int
    merge_id: int


@dataclass(frozen=True, kw_only=True)
class StaysDivided(ClientFact):
    """Stays that were entered while two records were merged were given to one of the two."""

    says: ClassVar[str] = "divided {stays} stays that were entered during merge {merge_id}"
    merge_id: int
    stays: int


@dataclass(frozen=True, kw_only=True)
class FollowUpSettled(ClientFact):
    """What a merge left to do about two stays was done, or found right; `answer` says how."""

    says: ClassVar[str] = "settled follow-up {follow_up_id} of merge {merge_id}: {answer}"
    merge_id: int
    follow_up_id: int
    answer: str


@dataclass(frozen=True, kw_only=True)
class MergeDoneAtVendor(ClientFact):
    """Somebody ticked that a merge was made in the vendor's HMIS, too."""

    says: ClassVar[str] = "ticked merge {merge_id} into client record {client_id} as done at the vendor's"
    source_client_id: int
    merge_id: int


@dataclass(frozen=True, kw_only=True)
class MergeNotDoneAtVendor(ClientFact):
    """Somebody took that tick back."""

    says: ClassVar[str] = "took back that merge {merge_id} into client record {client_id} is done at the vendor's"
    source_client_id: int
    merge_id: int


@dataclass(frozen=True, kw_only=True)
class ScanFinished(Fact):
    """A duplicate scan went through the store."""

    about_kind: ClassVar[str] = "scan"
    about_field: ClassVar[str] = "scan_id"
    says: ClassVar[str] = "finished duplicate scan {scan_id}: {proposed} new pairs"
    scan_id: int
    proposed: int


@dataclass(frozen=True, kw_only=True)
class LessonFact(Fact):
    """Something about what decisions on pairs teach."""

    about_kind: ClassVar[str] = "lesson"
    about_field: ClassVar[str] = "lesson_id"
    says: ClassVar[str] = "touched version {lesson_id} of the weights of pairs"
    lesson_id: int


@dataclass(frozen=True, kw_only=True)
class LessonLearned(LessonFact):
    """The decisions so far were learned from; `outcome` says whether there is something to put in force."""

    says: ClassVar[str] = "learned from decisions on pairs (version {lesson_id}: {outcome})"
    outcome: str


@dataclass(frozen=True, kw_only=True)
class LessonActivated(LessonFact):
    """Corrected weights were put in force."""

    says: ClassVar[str] = "put version {lesson_id} of the weights of pairs in force"


@dataclass(frozen=True, kw_only=True)
class LessonTakenBack(LessonFact):
    """Corrected weights were taken out of force."""

    says: ClassVar[str] = "took version {lesson_id} of the weights of pairs back"


@dataclass(frozen=True, kw_only=True)
class LessonDropped(LessonFact):
    """A proposal of corrected weights was put away."""

    says: ClassVar[str] = "dropped version {lesson_id} of the weights of pairs"


@dataclass(frozen=True, kw_only=True)
class ExactMergingChanged(Fact):
    """The rule that merges exact pairs without a reviewer was proposed, put in force, refused or ended."""

    about_kind: ClassVar[str] = "exact_merging"
    about_field: ClassVar[str] = "rule_id"
    says: ClassVar[str] = "left the rule of exact merges {rule_id} {outcome} ({daily_cap} a day)"
    rule_id: int
    outcome: str
    daily_cap: int


@dataclass(frozen=True, kw_only=True)
class ImportFact(Fact):
    """Something about the import of an HMIS export."""

    about_kind: ClassVar[str] = "import"
    about_field: ClassVar[str] = "import_id"
    says: ClassVar[str] = "touched import {import_id}"
    import_id: int


@dataclass(frozen=True, kw_only=True)
class ExportUploaded(ImportFact):
    """An HMIS export was handed in for import."""

    says: ClassVar[str] = "uploaded an HMIS export (import {import_id})"


@dataclass(frozen=True, kw_only=True)
class ExportImported(ImportFact):
    """An import ended; `outcome` is applied, unchanged, held, refused or failed."""

    says: ClassVar[str] = "finished import {import_id}: {outcome}"
    outcome: str


@dataclass(frozen=True, kw_only=True)
class ImportApproved(ImportFact):
    """An import that was held is to be taken as it is."""

    says: ClassVar[str] = "approved import {import_id}, which was held"


@dataclass(frozen=True, kw_only=True)
class ImportCancelled(ImportFact):
    """An import that was held is not to be taken."""

    says: ClassVar[str] = "cancelled import {import_id}, which was held"


@dataclass(frozen=True, kw_only=True)
class ImportUndone(ImportFact):
    """An import was taken back: the store is as it was before it."""

    says: ClassVar[str] = "undid import {import_id}"


@dataclass(frozen=True, kw_only=True)
class ImportUndoAsked(ImportFact):
    """Somebody wants an import undone that is too large for a page to wait for."""

    says: ClassVar[str] = "asked to have import {import_id} undone"


@dataclass(frozen=True, kw_only=True)
class ImportUndoGivenUp(ImportFact):
    """An undo that was asked for could not be done; the import's page says why."""

    says: ClassVar[str] = "gave up undoing import {import_id}"


@dataclass(frozen=True, kw_only=True)
class ImportInterrupted(ImportFact):
    """The process that ran an import had ended before it was done; `outcome` is resumed or discarded."""

    says: ClassVar[str] = "found import {import_id} interrupted: {outcome}"
    outcome: str


@dataclass(frozen=True, kw_only=True)
class SourceChanged(Fact):
    """A source was added, or its particulars, brakes or drop folder were changed."""

    about_kind: ClassVar[str] = "source"
    about_field: ClassVar[str] = "source_id"
    says: ClassVar[str] = "changed source {source_id}"
    source_id: int


@dataclass(frozen=True, kw_only=True)
class ExportOrdered(Fact):
    """Somebody asked for a HUD CSV export of the store."""

    about_kind: ClassVar[str] = "export"
    about_field: ClassVar[str] = "order_id"
    says: ClassVar[str] = "ordered export {order_id}"
    order_id: int


@dataclass(frozen=True, kw_only=True)
class ExportFetched(Fact):
    """An ordered export was downloaded."""

    about_kind: ClassVar[str] = "export"
    about_field: ClassVar[str] = "order_id"
    says: ClassVar[str] = "downloaded export {order_id}"
    order_id: int


@dataclass(frozen=True, kw_only=True)
class ExportWritten(Fact):
    """A HUD CSV export left the store."""

    about_kind: ClassVar[str] = "source"
    about_field: ClassVar[str] = "source_id"
    says: ClassVar[str] = "wrote an export of source {source_id} ({clients} clients, hashed: {hashed})"
    source_id: int
    clients: int
    hashed: bool


@dataclass(frozen=True, kw_only=True)
class RepairFact(Fact):
    """Something about the repairs of a source; `rule` is the key of one."""

    about_kind: ClassVar[str] = "source"
    about_field: ClassVar[str] = "source_id"
    says: ClassVar[str] = "touched repair {rule} of source {source_id}"
    source_id: int
    rule: str


@dataclass(frozen=True, kw_only=True)
class RepairSwitchedOn(RepairFact):
    """A repair was switched on; `values` is how many values it changes."""

    says: ClassVar[str] = "switched repair {rule} of source {source_id} on: {values} values"
    values: int


@dataclass(frozen=True, kw_only=True)
class RepairSwitchedOff(RepairFact):
    """A repair was switched off; `values` is how many values read as they came again."""

    says: ClassVar[str] = "switched repair {rule} of source {source_id} off: {values} values"
    values: int


@dataclass(frozen=True, kw_only=True)
class RepairUndone(RepairFact):
    """A repair was taken back from one row, by number of the exception that keeps it away."""

    says: ClassVar[str] = "took repair {rule} of source {source_id} back from a row ({file}, exception {exception_id})"
    file: str
    exception_id: int


@dataclass(frozen=True, kw_only=True)
class RepairAllowedAgain(RepairFact):
    """A row that a repair had been taken back from may be repaired again."""

    says: ClassVar[str] = (
        "let repair {rule} of source {source_id} change a row again ({file}, exception {exception_id})"
    )
    file: str
    exception_id: int


@dataclass(frozen=True, kw_only=True)
class ProgramFact(Fact):
    """Something about a request for a program."""

    about_kind: ClassVar[str] = "program_request"
    about_field: ClassVar[str] = "program_request_id"
    says: ClassVar[str] = "changed program request {program_request_id}"
    program_request_id: int


@dataclass(frozen=True, kw_only=True)
class ProgramDrafted(ProgramFact):
    """An agency saved the answers of a program request that is not sent yet."""

    says: ClassVar[str] = "saved program request {program_request_id}"


@dataclass(frozen=True, kw_only=True)
class ProgramWithdrawn(ProgramFact):
    """An agency took a program request back."""

    says: ClassVar[str] = "withdrew program request {program_request_id}"


@dataclass(frozen=True, kw_only=True)
class ProgramRequested(ProgramFact):
    """An agency asked for a program."""

    says: ClassVar[str] = "requested a program (request {program_request_id})"


@dataclass(frozen=True, kw_only=True)
class ProgramQuestioned(ProgramFact):
    """The team sent a program request back with a question."""

    says: ClassVar[str] = "asked back about program request {program_request_id}"


@dataclass(frozen=True, kw_only=True)
class ProgramApproved(ProgramFact):
    """A program request was approved."""

    says: ClassVar[str] = "approved program request {program_request_id}"


@dataclass(frozen=True, kw_only=True)
class ProgramRefused(ProgramFact):
    """A program request was refused."""

    says: ClassVar[str] = "refused program request {program_request_id}"


@dataclass(frozen=True, kw_only=True)
class ProgramSetUp(ProgramFact):
    """The program's Project, ProjectCoC, Funder and further rows exist; `project_id` is HUD's ProjectID."""

    says: ClassVar[str] = "set up project {project_id} (program request {program_request_id})"
    settles: ClassVar[bool] = True
    project_id: str
