"""Acts on many tickets as rows: what was asked, and for each ticket what it was before and after."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adminops import clock
from adminops.db import Key, LongText, Model, Name


class Act(StrEnum):
    """What is done to each of the tickets."""

    ASSIGN = "assign"
    STATE = "state"
    PRIORITY = "priority"
    TAG = "tag"
    UNTAG = "untag"
    NOTE = "note"
    REPLY = "reply"

    @property
    def label(self) -> str:
        """The words of the choice."""
        return {
            "assign": "Assign them",
            "state": "Change their status",
            "priority": "Change their priority",
            "tag": "Put a tag on them",
            "untag": "Take a tag off them",
            "note": "Write a team note on them",
        }.get(self.value, "Reply on them")


class BulkState(StrEnum):
    """Where an act stands."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class Outcome(StrEnum):
    """What became of one ticket of an act."""

    PLANNED = "planned"
    LEFT = "left"
    """Left out, `why` says so: by the plan, or because it had changed when its turn came."""
    DONE = "done"
    UNDONE = "undone"
    KEPT = "kept"
    """Not undone, `why` says so."""


class BulkAct(Model):
    """An act on many tickets. Its text is forgotten as soon as it is done."""

    __tablename__ = "ticket_bulk_act"
    __table_args__ = (Index(None, "state"), Index(None, "by_id", "asked_at"))

    id: Mapped[Key]
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    act: Mapped[Act]
    value: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the verb needs: the number of a person, a state, a priority, the name of a tag."""
    body: Mapped[LongText] = mapped_column(default="")
    state: Mapped[BulkState] = mapped_column(default=BulkState.PLANNED)

    @property
    def can_be_undone(self) -> bool:
        """Whether it changes what can be put back. What a reply says can't; what it does to the ticket can."""
        return self.act not in (Act.NOTE, Act.REPLY) or bool(self.value.get("then"))


class BulkItem(Model):
    """One ticket of an act."""

    __tablename__ = "ticket_bulk_item"
    __table_args__ = (
        UniqueConstraint("act_id", "ticket_id"),
        Index("ix_ticket_bulk_item_of_act", "act_id", "outcome", "id"),
    )

    id: Mapped[Key]
    act_id: Mapped[int] = mapped_column(ForeignKey("ticket_bulk_act.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    outcome: Mapped[Outcome] = mapped_column(default=Outcome.PLANNED)
    why: Mapped[Name] = mapped_column(default="")
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
