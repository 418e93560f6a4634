"""What the scheduler remembers: which job ran in which slot, who wants one to run, and who leads."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adminops import clock
from adminops.db import Code, Key, Model, Name


class RunState(StrEnum):
    """How a run of a job stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class JobRun(Model):
    """One run of a job. For a slot there is one row: it is stored with the effects, or neither is."""

    __tablename__ = "job_run"
    __table_args__ = (UniqueConstraint("job", "slot"), Index(None, "job", "state", "ended_at"))

    id: Mapped[Key]
    job: Mapped[Code]
    slot: Mapped[int | None] = mapped_column(BigInteger)
    """Number of the period since 1970; None for a run out of turn."""
    state: Mapped[RunState] = mapped_column(default=RunState.RUNNING)
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
    cause: Mapped[Name] = mapped_column(default="")
    """The sentence of the refusal that ended it, which names nobody; of any other error its kind alone."""
    host: Mapped[Name] = mapped_column(default="")
    """Machine and process that ran it."""


class JobOrder(Model):
    """Somebody wants a job to run now. One row a job: asking twice changes nothing."""

    __tablename__ = "job_order"

    job: Mapped[Code] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))


class Lease(Model):
    """Who leads and until when, unless it is renewed. On PostgreSQL it only tells; the lock there is what counts."""

    __tablename__ = "lease"

    name: Mapped[Code] = mapped_column(primary_key=True)
    holder: Mapped[Name]
    """Machine, process and a random word: "desk1:4711:9f3c"."""
    since: Mapped[datetime]
    until: Mapped[datetime]
