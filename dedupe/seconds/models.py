"""Merges that one person decided and a second one has to agree to."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Key, LongText, Model
from adminops.hmis.models import Client
from adminops.identity.models import User
from dedupe.models import Pair, PairState


class Answer(StrEnum):
    """What became of a proposal."""

    WAITING = "waiting"
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """Who proposed it took it back."""
    LAPSED = "lapsed"
    """Other decisions settled the pair, or one of the two left, before anybody answered."""


class Proposal(Model):
    """A merge as one reviewer decided it. It waits as long as nobody answered and its pair stands at SECOND."""

    __tablename__ = "dedupe_proposal"
    __table_args__ = (Index(None, "answer", "id"),)

    id: Mapped[Key]
    pair_id: Mapped[int] = mapped_column(ForeignKey(Pair.id), index=True)
    destination_client_id: Mapped[int] = mapped_column(ForeignKey(Client.id))
    choices: Mapped[dict[str, Any]]
    """Whose value of a unit is kept: {"name": "source"}."""
    why: Mapped[list[str]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    """Why a second person has to agree: sentences without a value."""
    reason: Mapped[LongText]
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    answer: Mapped[Answer] = mapped_column(default=Answer.WAITING)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    answered_at: Mapped[datetime | None]
    answer_reason: Mapped[LongText] = mapped_column(default="")

    pair: Mapped[Pair] = relationship()
    by: Mapped[User] = relationship(foreign_keys=[by_id])
    answered_by: Mapped[User | None] = relationship(foreign_keys=[answered_by_id])

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has to answer."""
        return self.answer is Answer.WAITING and self.pair.state is PairState.SECOND
