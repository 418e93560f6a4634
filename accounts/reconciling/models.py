"""What comparisons with the directory found."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Account
from accounts.reconciling.comparing import MENDED, FindingKind
from adminops import clock
from adminops.db import Key, Model, Name


class ComparisonState(StrEnum):
    """How a comparison ended."""

    DONE = "done"
    HALTED = "halted"
    """The brakes held it: it was looked, and nothing changed."""
    FAILED = "failed"
    """The directory did not show everything; nothing is known."""


class Comparison(Model):
    """One look at all of the directory."""

    __tablename__ = "directory_comparison"

    id: Mapped[Key]
    state: Mapped[ComparisonState]
    made_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    seen: Mapped[int] = mapped_column(default=0)
    """Entries of ours that it showed."""
    found: Mapped[int] = mapped_column(default=0)
    mended: Mapped[int] = mapped_column(default=0)
    why: Mapped[Name] = mapped_column(default="")
    """Why it was held or failed."""


class DirectoryFinding(Model):
    """One thing that is wrong, from the comparison that saw it first to the one that no longer did."""

    __tablename__ = "directory_finding"
    __table_args__ = (
        Index(
            "uq_directory_finding_kind_key_open",
            "kind",
            "key",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    kind: Mapped[FindingKind]
    key: Mapped[str] = mapped_column(String(200))
    """Number of the account, as the directory has it."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    ours: Mapped[dict[str, Any]]
    theirs: Mapped[dict[str, Any]]
    seen_first_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_last_at: Mapped[datetime] = mapped_column(default=clock.now)
    told_at: Mapped[datetime | None]
    """When the directory was told to be as it should."""
    ended_at: Mapped[datetime | None]
    account: Mapped[Account | None] = relationship()

    @property
    def can_be_mended(self) -> bool:
        """Whether telling the directory how the account should be puts it right."""
        return self.kind in MENDED and self.account_id is not None
