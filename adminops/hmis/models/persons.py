"""Who client records stand for: persons, merges and what reviewers decided about pairs of records.

All of it is an append-only log above the source rows. `Client.person_id` is what the log amounts to: start with every
record as the person of its own number, then let each merge that was not undone, in order, join the person of its
source record to the person of its destination record.
"""

import enum
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, and_, case, or_, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops.db import Code, Key, LongText, Model
from adminops.hmis.models.clients import Client
from adminops.hmis.models.columns import Text32


class Person(Model):
    """Somebody whom one or several client records stand for. Its number is that of the record it began with."""

    __tablename__ = "hmis_person"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class VendorState(enum.Enum):
    """How far a merge has got in the vendor's HMIS, where somebody has to make it again."""

    TO_DO = "to_do"
    DONE = "done"
    """Somebody says that it is done."""
    CONFIRMED = "confirmed"
    """An export shows it: the retired record is gone, the kept one is there."""
    CAME_BACK = "came_back"
    """It was confirmed, and a later export has the retired record again."""


class Merge(Model):
    """A reviewer's word that two client records stand for one person. Undone merges stay in the log."""

    __tablename__ = "hmis_merge"
    __table_args__ = (
        Index("ix_hmis_merge_source", "source_client_id"),
        Index("ix_hmis_merge_destination", "destination_client_id"),
        Index("ix_hmis_merge_merged_at", "merged_at"),
        Index("ix_hmis_merge_undone_at", "undone_at"),
    )

    id: Mapped[Key]
    source_client_id: Mapped[int] = mapped_column(ForeignKey("hmis_client.id"))
    """The record that is folded in: the one to be retired at the vendor's."""
    destination_client_id: Mapped[int] = mapped_column(ForeignKey("hmis_client.id"))
    """The record that is kept."""
    reason: Mapped[LongText] = mapped_column(default="")
    by_id: Mapped[int | None]
    merged_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None]
    undo_reason: Mapped[LongText] = mapped_column(default="")
    done_at: Mapped[datetime | None]
    """When somebody ticked that the same merge was made at the vendor's."""
    done_by_id: Mapped[int | None]
    confirmed_at: Mapped[datetime | None]
    """When an export last showed that the vendor has retired the record: the kept one was there without it."""
    confirmed_import_id: Mapped[int | None]
    came_back_at: Mapped[datetime | None]
    """When the retired record was last in an export again after that."""
    came_back_import_id: Mapped[int | None]

    source_client: Mapped[Client] = relationship(foreign_keys=[source_client_id])
    destination_client: Mapped[Client] = relationship(foreign_keys=[destination_client_id])
    choices: Mapped[list["MergeChoice"]] = relationship(back_populates="merge", order_by="MergeChoice.unit")

    @property
    def is_active(self) -> bool:
        """Whether the merge holds: it has not been undone."""
        return self.undone_at is None

    @hybrid_property
    def at_vendor(self) -> VendorState:
        """How far the merge has got at the vendor's: what an export showed last, else what was ticked after that."""
        back = self.came_back_at
        if self.confirmed_at is not None and (back is None or back <= self.confirmed_at):
            return VendorState.CONFIRMED
        if back is not None and (self.done_at is None or self.done_at < back):
            return VendorState.CAME_BACK
        return VendorState.TO_DO if self.done_at is None else VendorState.DONE

    @at_vendor.inplace.expression
    @classmethod
    def _at_vendor(cls) -> ColumnElement[str]:
        """The same to the database, as the state's text."""
        back, done, is_unticked = cls.came_back_at, cls.done_at, cls.done_at.is_(None)
        is_confirmed = and_(cls.confirmed_at.is_not(None), or_(back.is_(None), back <= cls.confirmed_at))
        is_back = and_(back.is_not(None), or_(is_unticked, done < back))
        return case(
            (is_confirmed, VendorState.CONFIRMED.value),
            (is_back, VendorState.CAME_BACK.value),
            (is_unticked, VendorState.TO_DO.value),
            else_=VendorState.DONE.value,
        )


class MergeChoice(Model):
    """From which record the person takes a unit of fields (a name with its quality code is one unit)."""

    __tablename__ = "hmis_merge_choice"
    __table_args__ = (UniqueConstraint("merge_id", "unit"),)

    id: Mapped[Key]
    merge_id: Mapped[int] = mapped_column(ForeignKey("hmis_merge.id"))
    unit: Mapped[Code]
    client_id: Mapped[int] = mapped_column(ForeignKey("hmis_client.id"))

    merge: Mapped[Merge] = relationship(back_populates="choices")


class PersonLink(Model):
    """One client record went from one person to another, by a merge or by its undoing. Only ever added to."""

    __tablename__ = "hmis_person_link"
    __table_args__ = (Index("ix_hmis_person_link_client", "client_id"), Index("ix_hmis_person_link_merge", "merge_id"))

    id: Mapped[Key]
    client_id: Mapped[int] = mapped_column(ForeignKey("hmis_client.id"))
    from_person_id: Mapped[int] = mapped_column(ForeignKey("hmis_person.id"))
    to_person_id: Mapped[int] = mapped_column(ForeignKey("hmis_person.id"))
    merge_id: Mapped[int] = mapped_column(ForeignKey("hmis_merge.id"))
    by_id: Mapped[int | None]
    linked_at: Mapped[datetime]


class StayMove(Model):
    """A stay that lay under the one record when a merge was undone, and reads under the other one since.

    It names the stay by HUD's keys, as the vendor's rows do. Moves that were taken back stay in the log.
    """

    __tablename__ = "hmis_stay_move"
    __table_args__ = (
        Index("ix_hmis_stay_move_stay", "source_id", "enrollment_id"),
        Index("ix_hmis_stay_move_to", "to_client_id"),
        Index(
            "uq_hmis_stay_move_that_holds",
            "merge_id",
            "source_id",
            "enrollment_id",
            unique=True,
            sqlite_where=text("taken_back_at IS NULL"),
            postgresql_where=text("taken_back_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("hmis_source.id"))
    enrollment_id: Mapped[Text32]
    to_client_id: Mapped[int] = mapped_column(ForeignKey("hmis_client.id"))
    merge_id: Mapped[int] = mapped_column(ForeignKey("hmis_merge.id"), index=True)
    """The merge whose undoing it came with."""
    by_id: Mapped[int | None]
    moved_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]
    taken_back_by_id: Mapped[int | None]


class MergeStay(Model):
    """Whose a stay was when two were merged: a vendor that merges them, too, writes another PersonalID over it."""

    __tablename__ = "hmis_merge_stay"

    merge_id: Mapped[int] = mapped_column(ForeignKey("hmis_merge.id"), primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("hmis_source.id"), primary_key=True)
    enrollment_id: Mapped[Text32] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("hmis_client.id"))
    """The record under which it read."""


class Verdict(enum.Enum):
    """What a reviewer said about a pair of records; WITHDRAWN takes an earlier APART back."""

    SAME = "same"
    APART = "apart"
    WITHDRAWN = "withdrawn"


class MergeDecision(Model):
    """A reviewer's verdict about a pair of client records. Only ever added to: the last one about a pair holds.

    One that came with a merge (`merge_id`) no longer counts once that merge is undone.
    """

    __tablename__ = "hmis_merge_decision"
    __table_args__ = (
        Index("ix_hmis_merge_decision_pair", "low_client_id", "high_client_id"),
        Index("ix_hmis_merge_decision_high", "high_client_id"),
    )

    id: Mapped[Key]
    low_client_id: Mapped[int] = mapped_column(ForeignKey("hmis_client.id"))
    high_client_id: Mapped[int] = mapped_column(ForeignKey("hmis_client.id"))
    verdict: Mapped[Verdict]
    reason: Mapped[LongText] = mapped_column(default="")
    by_id: Mapped[int | None]
    decided_at: Mapped[datetime]
    merge_id: Mapped[int | None] = mapped_column(ForeignKey("hmis_merge.id"))
