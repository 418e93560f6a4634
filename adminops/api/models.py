"""Answers that were given, for programs that ask again because the first answer did not reach them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adminops import clock
from adminops.db import Key, Model, Name


class KeptAnswer(Model):
    """What was answered to a request that came with an Idempotency-Key. It holds numbers and states, no free text."""

    __tablename__ = "api_answer"
    __table_args__ = (UniqueConstraint("user_id", "key_hash"),)

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Of method, address and body: the same key with another one is a mistake."""
    status: Mapped[int] = mapped_column(default=0)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    location: Mapped[Name] = mapped_column(default="")
    given_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
