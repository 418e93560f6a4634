"""Pairs of client records to judge, and the scans that found them."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, SmallInteger, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, LongText, Model, Name
from adminops.errors import InvalidState
from adminops.hmis.models import Client, Merge, Project
from adminops.identity.models import User
from adminops.refs import Ref

if TYPE_CHECKING:
    from dedupe.seconds.models import Proposal

Reasons = list[dict[str, Any]]


class PairState(StrEnum):
    """Where a pair stands."""

    OPEN = "open"
    DEFERRED = "deferred"
    MERGED = "merged"
    APART = "apart"
    SECOND = "second"
    """One person has merged it; a second one has to agree (`dedupe.seconds`)."""
    SETTLED = "settled"
    """Decided by way of other records: both stand for one person already, or may never do so."""
    GONE = "gone"
    """No longer proposed: the records changed, one of them left its source, or one is of victim services alone."""


UNDECIDED = (PairState.OPEN, PairState.DEFERRED)
WAITING = (*UNDECIDED, PairState.SECOND)
DECIDED = (PairState.MERGED, PairState.APART, PairState.SETTLED)


class Evidence(StrEnum):
    """What speaks most for a pair: pairs of one kind are judged alike."""

    NUMBER = "number"
    PART = "part"
    NAME_AND_DATE = "name_and_date"
    CLOSE = "close"


class Impact(IntEnum):
    """How much reports change with the decision: so many times a pair counts."""

    LITTLE = 1
    """At most one of the two was served within the last year."""
    COUNTED_TWICE = 2
    """Both were: every report across projects counts the person twice."""
    TWICE_IN_ONE_PROJECT = 3
    """Both were, in one project: its own report counts the person twice."""


TRANSITIONS: dict[PairState, tuple[PairState, ...]] = {
    PairState.OPEN: (
        PairState.MERGED,
        PairState.APART,
        PairState.DEFERRED,
        PairState.SECOND,
        PairState.SETTLED,
        PairState.GONE,
    ),
    PairState.DEFERRED: (
        PairState.OPEN,
        PairState.DEFERRED,
        PairState.MERGED,
        PairState.APART,
        PairState.SECOND,
        PairState.SETTLED,
        PairState.GONE,
    ),
    PairState.SECOND: (PairState.MERGED, PairState.OPEN, PairState.APART, PairState.SETTLED, PairState.GONE),
    PairState.MERGED: (PairState.OPEN,),
    PairState.APART: (PairState.OPEN,),
    PairState.SETTLED: (PairState.OPEN, PairState.DEFERRED, PairState.GONE),
    PairState.GONE: (PairState.OPEN,),
}


class Pair(Model):
    """Two client records that may be one person. The score's reasons name no value of either."""

    __tablename__ = "dedupe_pair"
    __table_args__ = (
        UniqueConstraint("low_client_id", "high_client_id"),
        Index("ix_dedupe_pair_queue", "state", "turn", "id", "evidence", "has_conflict"),
        Index(None, "high_client_id"),
        Index(None, "claimed_by_id"),
    )

    id: Mapped[Key]
    low_client_id: Mapped[int] = mapped_column(ForeignKey(Client.id))
    high_client_id: Mapped[int] = mapped_column(ForeignKey(Client.id))
    state: Mapped[PairState] = mapped_column(default=PairState.OPEN)
    score: Mapped[int]
    """0 to 100; the points of the reasons add up to it."""
    probability: Mapped[float]
    reasons: Mapped[Reasons] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    """[{"field": "SSN last four", "says": "same", "points": 40, "strength": "full"}, …], the strongest first"""
    warnings: Mapped[list[str]]
    turn: Mapped[int] = mapped_column(default=0)
    """Its place among the open pairs, the lowest first: what deciding it is worth, below zero (`dedupe.worth`)."""
    open_stays: Mapped[int] = mapped_column(default=0)
    impact: Mapped[Impact] = mapped_column(SmallInteger, default=Impact.LITTLE)
    evidence: Mapped[Evidence] = mapped_column(default=Evidence.CLOSE)
    has_conflict: Mapped[bool] = mapped_column(default=False)
    """Whether something speaks against one person: two numbers, two dates, twins."""
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    deferred_at: Mapped[datetime | None]
    """When it was last put off; what was put off first comes back first."""
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    claimed_until: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    """When who holds it, or held it last, began to look at it."""
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[LongText] = mapped_column(default="")
    merge_id: Mapped[int | None] = mapped_column(ForeignKey(Merge.id), index=True)
    """The merge in force, while the pair is merged."""
    rows_seen: Mapped[list[int | None] | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    )
    """The imports that had written the two rows when they were kept apart: others, and the rows are new ones."""
    reasons_seen: Mapped[Reasons | None] = mapped_column(
        JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    )
    """The reasons of its score at that time."""
    changes: Mapped[list[str]] = mapped_column(default=list)
    """What is new since they were kept apart, while the pair is asked about again, or was merged for it: sentences
    without a value."""
    ticket_id: Mapped[int | None]
    """Number of the ticket that asked for it first, if one did; `tickets` are all."""
    low_client: Mapped[Client] = relationship(foreign_keys=[low_client_id])
    high_client: Mapped[Client] = relationship(foreign_keys=[high_client_id])
    claimed_by: Mapped[User | None] = relationship(foreign_keys=[claimed_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])
    proposals: Mapped[list["Proposal"]] = relationship(viewonly=True, order_by="Proposal.id")
    """Merges of it that a second person was asked about; `queries.get_pair` reads them with the pair."""
    tickets: Mapped[list["PairTicket"]] = relationship(viewonly=True, order_by="PairTicket.ticket_id")
    if TYPE_CHECKING:
        last_line: Mapped[int | None]
        """Number of the last `Decision` about it. Whoever reads it with the pair shows nothing older than it."""

    def move(self, to: PairState) -> None:
        """Change the state. Raises `InvalidState` for a move that is not in `TRANSITIONS`."""
        if to not in TRANSITIONS[self.state]:
            raise InvalidState(WAYS_ON[self.state])
        self.state = to

    @property
    def is_undecided(self) -> bool:
        """Whether it waits for a reviewer."""
        return self.state in UNDECIDED

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a reviewer, or for a second person."""
        return self.state in WAITING

    @property
    def client_ids(self) -> tuple[int, int]:
        """Its two client records."""
        return self.low_client_id, self.high_client_id

    @property
    def request(self) -> Ref | None:
        """The ticket that asked for it first."""
        return Ref.to("ticket", self.ticket_id) if self.ticket_id else None

    @property
    def requests(self) -> tuple[Ref, ...]:
        """All tickets that asked for it, the first one first."""
        return (self.request, *self.also) if self.request else ()

    @property
    def also(self) -> tuple[Ref, ...]:
        """The other tickets that asked for it: what is decided answers all of them."""
        others = (asked.ticket_id for asked in self.tickets) if self.ticket_id else ()
        return tuple(Ref.to("ticket", number) for number in others if number != self.ticket_id)


WAYS_ON = {
    PairState.OPEN: "This pair is open already.",
    PairState.DEFERRED: "This pair is put off already.",
    PairState.MERGED: "These two records are merged already. Undo the merge first.",
    PairState.SECOND: "This merge waits for a second person. Agree to it or refuse it.",
    PairState.APART: "These two records were kept apart. Reopen the pair first.",
    PairState.SETTLED: "Other decisions settle this pair. Take one of those back first.",
    PairState.GONE: "This pair is no longer proposed. Reopen it first.",
}


class Act(StrEnum):
    """What was done with a pair."""

    MERGED = "merged"
    APART = "apart"
    LATER = "later"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    UNDONE = "undone"
    REOPENED = "reopened"
    RESUMED = "resumed"
    """Decided later: taken up again."""
    LEFT = "left"
    """Nobody decided it: other decisions, a scan or the law took it out of the queue."""
    CAME = "came"
    """The same put it back, or a ticket."""


class Decision(Model):
    """What was done with pairs, one line each; only ever added to. Figures are counted from it.

    Each pair that was there before and comes into the queue, or leaves it, has a line: how many waited at any moment
    can be counted back from those that wait now.
    """

    __tablename__ = "dedupe_decision"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[Key]
    pair_id: Mapped[int] = mapped_column(ForeignKey(Pair.id), index=True)
    act: Mapped[Act]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    score: Mapped[int]
    """The score at that time."""
    seconds: Mapped[int | None]
    """From the first look to the decision, of several pairs decided at once each its share (`dedupe.batch`); None when
    nobody held the pair."""


Pair.last_line = column_property(
    select(func.max(Decision.id)).where(Decision.pair_id == Pair.id).correlate_except(Decision).scalar_subquery(),
    deferred=True,
)


class PairPlace(Model):
    """A project in which one of the two records of a pair has a stay: what the queue is narrowed by."""

    __tablename__ = "dedupe_pair_place"

    pair_id: Mapped[int] = mapped_column(ForeignKey(Pair.id), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey(Project.id), primary_key=True, index=True)


class PairTicket(Model):
    """A ticket that asked for a pair: what is decided on the pair answers it."""

    __tablename__ = "dedupe_pair_ticket"

    pair_id: Mapped[int] = mapped_column(ForeignKey(Pair.id), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)


class StoredModel(Model):
    """What a scan scored with: plain numbers without any value of a client. Look-ups and single pairs use the last."""

    __tablename__ = "dedupe_model"

    id: Mapped[Key]
    version: Mapped[int]
    """Of the engine's levels and formulas; a model of another version is not used."""
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    records: Mapped[int]
    candidate_pairs: Mapped[int]
    """The sample it was learned from: so many records, and so many pairs that were compared, each once."""
    fingerprint: Mapped[Code | None]
    """Of the store as it was: the same for the same records of the same imports. It says nothing about anybody."""
    seed: Mapped[int | None]
    learned: Mapped[bool]
    numbers: Mapped[dict[str, Any]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))


class LessonState(StrEnum):
    """Where a lesson stands: what decisions teach."""

    WAITING = "waiting"
    RUNNING = "running"
    PROPOSED = "proposed"
    ACTIVE = "active"
    RETIRED = "retired"
    DROPPED = "dropped"
    NOTHING = "nothing"
    """There was nothing to learn, or it came to nothing; the sentence says why."""


LESSON_TRANSITIONS: dict[LessonState, tuple[LessonState, ...]] = {
    LessonState.WAITING: (LessonState.RUNNING,),
    LessonState.RUNNING: (LessonState.PROPOSED, LessonState.NOTHING),
    LessonState.PROPOSED: (LessonState.ACTIVE, LessonState.DROPPED),
    LessonState.ACTIVE: (LessonState.RETIRED,),
    LessonState.RETIRED: (LessonState.ACTIVE,),
    LessonState.DROPPED: (),
    LessonState.NOTHING: (),
}


class Lesson(Model):
    """What decisions taught: corrections of the weights, and from which probability on pairs are proposed."""

    __tablename__ = "dedupe_lesson"

    id: Mapped[Key]
    state: Mapped[LessonState] = mapped_column(default=LessonState.WAITING, index=True)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None]
    """Who put it in force, took it back or dropped it last, and when."""
    decisions: Mapped[int] = mapped_column(default=0)
    disputed: Mapped[int] = mapped_column(default=0)
    """So many pairs were left out, because reviewers had decided on them differently."""
    numbers: Mapped[dict[str, Any]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"), default=dict)
    """shift, bits by field and level, threshold"""
    preview: Mapped[dict[str, Any]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"), default=dict)
    """before and after: estimates on people it has not seen; in and out: pairs that would come and go, with examples"""
    sentence: Mapped[Name] = mapped_column(default="")
    asked_by: Mapped[User | None] = relationship(foreign_keys=[asked_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])

    def move(self, to: LessonState) -> None:
        """Change the state. Raises `InvalidState` for a move that is not in `LESSON_TRANSITIONS`."""
        if to not in LESSON_TRANSITIONS[self.state]:
            raise InvalidState("This version is not in a state for that. Reload the page.")
        self.state = to


class ScanState(StrEnum):
    """Where a scan stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


SCAN_TRANSITIONS: dict[ScanState, tuple[ScanState, ...]] = {
    ScanState.WAITING: (ScanState.RUNNING,),
    ScanState.RUNNING: (ScanState.DONE, ScanState.FAILED),
    ScanState.DONE: (),
    ScanState.FAILED: (),
}


class Scan(Model):
    """One look through the store for duplicates."""

    __tablename__ = "dedupe_scan"

    id: Mapped[Key]
    state: Mapped[ScanState] = mapped_column(default=ScanState.WAITING, index=True)
    is_full: Mapped[bool] = mapped_column(default=True)
    """Whether all records were compared with each other, or only what imports had changed with all others."""
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    seconds: Mapped[float | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """records, changed (if not all), passed_over (imports since the scan before that were left out), candidate_pairs,
    pairs, new, gone, victim_services, hashed, skipped by reason"""
    groups: Mapped[list[dict[str, Any]]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"), default=list)
    """Records that hang together and were not joined: [{"records": [1, 2, 3], "apart": [[1, 3]], "more": 0}, …]"""
    model_id: Mapped[int | None] = mapped_column(ForeignKey(StoredModel.id))
    lesson_id: Mapped[int | None] = mapped_column(ForeignKey(Lesson.id))
    """What decisions had taught, if anything was in force."""
    weights: Mapped[Name] = mapped_column(default="")
    """Where the weights of the score came from, in a sentence."""
    sentence: Mapped[Name] = mapped_column(default="")

    def move(self, to: ScanState) -> None:
        """Change the state. Raises `InvalidState` for a move that is not in `SCAN_TRANSITIONS`."""
        if to not in SCAN_TRANSITIONS[self.state]:
            raise InvalidState("This scan has ended already.")
        self.state = to

    @property
    def is_running(self) -> bool:
        """Whether it is at work."""
        return self.state is ScanState.RUNNING


class LeftOut(Model):
    """A record that took no part in the last scan, and why. Whom the law protects is not here: they are counted."""

    __tablename__ = "dedupe_left_out"

    client_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reason: Mapped[Name] = mapped_column(index=True)


class ExactState(StrEnum):
    """Where the rule stands that merges exact pairs without a reviewer."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    ENDED = "ended"
    REFUSED = "refused"


EXACT_TRANSITIONS: dict[ExactState, tuple[ExactState, ...]] = {
    ExactState.PROPOSED: (ExactState.ACTIVE, ExactState.REFUSED),
    ExactState.ACTIVE: (ExactState.ENDED,),
    ExactState.ENDED: (),
    ExactState.REFUSED: (),
}


class ExactMerging(Model):
    """That so many pairs a day that agree in all three are merged without a reviewer: two people allow it."""

    __tablename__ = "dedupe_exact_merging"

    id: Mapped[Key]
    state: Mapped[ExactState] = mapped_column(default=ExactState.PROPOSED, index=True)
    daily_cap: Mapped[int]
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None]
    proposed_by: Mapped[User | None] = relationship(foreign_keys=[proposed_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])

    def move(self, to: ExactState) -> None:
        """Change the state. Raises `InvalidState` for a move that is not in `EXACT_TRANSITIONS`."""
        if to not in EXACT_TRANSITIONS[self.state]:
            raise InvalidState("This rule was decided on already. Reload the page.")
        self.state = to
