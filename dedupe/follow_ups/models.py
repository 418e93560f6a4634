"""Stays that clash since their records were merged."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops.db import Key, Model
from adminops.hmis.models import Merge
from adminops.hmis.models.columns import Text32


class Clashing(StrEnum):
    """How two stays clash."""

    TWICE = "twice"
    """One project and one entry date: one stay, entered twice."""
    OVERLAP = "overlap"


class FollowUpState(StrEnum):
    """What was done about it."""

    TO_DO = "to_do"
    EXITED = "exited"
    DELETED = "deleted"
    KEPT = "kept"


class FollowUp(Model):
    """Two stays of one person now that share nights. Nothing is combined: somebody looks, and says what was done."""

    __tablename__ = "dedupe_follow_up"
    __table_args__ = (
        UniqueConstraint(
            "merge_id",
            "source_id",
            "enrollment_id",
            "other_source_id",
            "other_enrollment_id",
            name="uq_dedupe_follow_up_stays",
        ),
    )

    id: Mapped[Key]
    merge_id: Mapped[int] = mapped_column(ForeignKey(Merge.id))
    kind: Mapped[Clashing]
    source_id: Mapped[int] = mapped_column(ForeignKey("hmis_source.id"))
    enrollment_id: Mapped[Text32]
    """The stay of the record that was kept."""
    other_source_id: Mapped[int] = mapped_column(ForeignKey("hmis_source.id"))
    other_enrollment_id: Mapped[Text32]
    first: Mapped[date]
    last: Mapped[date]
    """The nights that both share, as they were when the records were merged."""
    state: Mapped[FollowUpState] = mapped_column(default=FollowUpState.TO_DO, index=True)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    settled_at: Mapped[datetime | None]

    merge: Mapped[Merge] = relationship()
