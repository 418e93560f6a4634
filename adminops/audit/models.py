"""The audit trail: one row a fact, never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from adminops.db import Code, Key, Model
from adminops.refs import Ref


class AuditEntry(Model):
    """Who did what to which thing, when. Ids only."""

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

    @property
    def about(self) -> Ref:
        """What it happened to."""
        return Ref(self.about_kind, self.about_id)
