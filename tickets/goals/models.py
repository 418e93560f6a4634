"""Calendars and policies as rows. Each edit is a new version; a version never changes."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adminops import clock
from adminops.db import Code, Key, Model, Name


class GoalCalendar(Model):
    """A calendar: "Office hours". `number` is that of its newest version."""

    __tablename__ = "goal_calendar"

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)
    number: Mapped[int] = mapped_column(default=1)


class CalendarVersion(Model):
    """What a calendar said from one edit to the next."""

    __tablename__ = "goal_calendar_version"
    __table_args__ = (UniqueConstraint("calendar_id", "number"),)

    id: Mapped[Key]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("goal_calendar.id"))
    number: Mapped[int] = mapped_column(default=1)
    zone: Mapped[Code]
    hours: Mapped[dict[str, Any]]
    """`{"week": [[[480, 720], [780, 1020]], …]}`: from Monday on, in minutes after midnight."""
    region: Mapped[Code] = mapped_column(default="")
    days_off: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Names of own days off by their dates."""
    worked: Mapped[list[str]] = mapped_column(default=list)
    """Dates of public holidays on which people work."""
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """None: it came with AdminOps."""


class GoalPolicy(Model):
    """A policy: "Standard". `number` is that of its newest version."""

    __tablename__ = "goal_policy"

    id: Mapped[Key]
    key: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name] = mapped_column(unique=True)
    number: Mapped[int] = mapped_column(default=1)


class PolicyVersion(Model):
    """What a policy promised from one edit to the next. A ticket keeps the one it was filed under."""

    __tablename__ = "goal_policy_version"
    __table_args__ = (UniqueConstraint("policy_id", "number"),)

    id: Mapped[Key]
    policy_id: Mapped[int] = mapped_column(ForeignKey("goal_policy.id"))
    number: Mapped[int] = mapped_column(default=1)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("goal_calendar.id"))
    targets: Mapped[dict[str, Any]]
    """Minutes of first reply, next reply and solution (None: what the request type says) by priority."""
    pauses: Mapped[list[str]] = mapped_column(default=list)
    """Waiting on whom the clock of the solution rests."""
    steps: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """`{"steps": [[-60, "assignee"], …]}`: minutes after a due time, and who is warned."""
    request_types: Mapped[list[str]] = mapped_column(default=list)
    """Keys of the request types that it is for; the standard policy takes all others."""
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
