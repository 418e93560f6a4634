"""The audit trail: one row a fact, never changed, and the chain that shows whether one was."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from adminops.db import Code, Key, Model
from adminops.refs import Ref

MARK_LENGTH = 96


class AuditEntry(Model):
    """Who did what to which thing, when. Ids only. The database refuses to change or delete one."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "about_kind", "about_id"), Index(None, "request_kind", "request_id"))

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"), index=True)
    """None: AdminOps itself."""
    fact: Mapped[Code] = mapped_column(index=True)
    about_kind: Mapped[Code]
    about_id: Mapped[Code]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    request_kind: Mapped[Code | None]
    request_id: Mapped[Code | None]
    sentence: Mapped[str]
    detail: Mapped[dict[str, Any]]
    mark: Mapped[str | None] = mapped_column(String(MARK_LENGTH), index=True, unique=True)
    """What only who has the key can write under just this content; None in rows from before there was one."""

    @property
    def about(self) -> Ref:
        """What it happened to."""
        return Ref(self.about_kind, self.about_id)


class AuditLink(Model):
    """The place of an entry in the chain: each link is marked over the one before and over the entry's content."""

    __tablename__ = "audit_link"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """From 1, without a gap."""
    entry_id: Mapped[int] = mapped_column(unique=True)
    mark: Mapped[str] = mapped_column(String(MARK_LENGTH))
