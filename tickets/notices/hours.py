"""When nothing disturbs, and when a digest is due: pure functions of moments and a person's wishes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
DAY_MINUTES = 1440
STEPS = 12
"""Quiet hours and quiet weekends may follow on each other, but never so often."""


class Every(StrEnum):
    """How often a digest comes."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True)
class Quiet:
    """Hours in which no mail about tickets leaves, as minutes after midnight; they may pass midnight."""

    zone: str
    begins: int | None = None
    ends: int | None = None
    weekends: bool = False
    """Whether Saturdays and Sundays are quiet altogether."""


def quiet_until(moment: datetime, quiet: Quiet) -> datetime | None:
    """Return when the quiet hours that `moment` lies in are over; None when it lies in none."""
    zone, over = ZoneInfo(quiet.zone), moment
    for _ in range(STEPS):
        end = _end(over.astimezone(zone), quiet)
        if end is None:
            break
        over = _after(over, end[0], end[1], zone)
    return over if over != moment else None


def next_digest(moment: datetime, *, zone: str, every: Every, minute: int, weekday: int) -> datetime:
    """Return the first time after `moment` at which a digest is due: at that minute of the day, on that weekday."""
    here = ZoneInfo(zone)
    day = moment.astimezone(here).date()
    for ahead in range(9):
        candidate = day + ahead * DAY
        due = _at(candidate, minute, here)
        if due > moment and (every is Every.DAY or candidate.weekday() == weekday):
            return due
    raise AssertionError("Nine days hold every weekday.")


def _end(local: datetime, quiet: Quiet) -> tuple[date, int] | None:
    """Return day and minute at which the quiet that `local` lies in ends."""
    today, now = local.date(), local.hour * 60 + local.minute
    if quiet.weekends and local.weekday() >= 5:
        return today + DAY, 0
    if quiet.begins is None or quiet.ends is None or quiet.begins == quiet.ends:
        return None
    if quiet.begins < quiet.ends:
        return (today, quiet.ends) if quiet.begins <= now < quiet.ends else None
    if now >= quiet.begins:
        return today + DAY, quiet.ends
    return (today, quiet.ends) if now < quiet.ends else None


def _after(moment: datetime, day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Return that minute of the day; where a clock is set back and it comes twice, the first one after `moment`."""
    first = _at(day, minute, zone)
    return first if first > moment else _at(day, minute, zone, fold=1)


def _at(day: date, minute: int, zone: ZoneInfo, fold: int = 0) -> datetime:
    clock = time(minute // 60 % 24, minute % 60, fold=fold)
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
