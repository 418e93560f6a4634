"""Calendars: which minutes count, why the others don't, and arithmetic in those that do.

A minute counts when the wall clock of the calendar's zone shows a time of the week's hours on a day that is not off.
Where the clocks change, that is what people there see: an hour that is skipped counts nothing, one that comes twice
counts twice. All moments are aware; lengths are exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

DAY_MINUTES = 24 * 60
FARTHEST = timedelta(days=3660)
"""Nothing is due later than this; who looks farther has a calendar that is never open."""

OUTSIDE = "Outside the hours"

Hours = tuple[tuple[int, int], ...]
"""When a day is open: from and to in minutes after midnight, in order, apart from each other."""

_DAY, _NOTHING = timedelta(days=1), timedelta()


@lru_cache(maxsize=512)
def holidays_of(region: str, year: int) -> dict[date, str]:
    """Return the public holidays of a region ("US", "US-FL"; "" has none) in a year, as observed, with their names."""
    if not region:
        return {}
    country, _, state = region.partition("-")
    return dict(holidays.country_holidays(country, subdiv=state or None, years=year).items())


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in which a calendar is open, or closed for a reason ("Veterans Day", "Sunday")."""

    start: datetime
    end: datetime
    open: bool
    why: str


@dataclass(frozen=True)
class Calendar:
    """The hours of an office: a week of seven days from Monday on, in `zone` (an IANA name), and the days off."""

    zone: str
    week: tuple[Hours, ...]
    region: str = ""
    """Whose public holidays are off, as `holidays_of` names it."""
    days_off: tuple[tuple[date, str], ...] = ()
    worked: tuple[date, ...] = ()
    """Public holidays on which people work all the same."""
    _known: dict[date, tuple[tuple[datetime, datetime], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _months: dict[date, timedelta] = field(default_factory=dict, init=False, repr=False, compare=False)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the open time from `start` to `end`; negative when `end` comes first."""
        if end < start:
            return -self.between(end, start)
        first, last = self.here(start).date(), self.here(end).date()
        day, opened = first, _NOTHING
        while day <= last:
            over = _month_after(day)
            # A day is left on both sides: where the clocks change at midnight, a day may reach into the one before.
            if day.day == 1 and first < day - _DAY and over < last:
                opened, day = opened + self._open_in(day, over), over
                continue
            lengths = (min(until, end) - max(since, start) for since, until in self._windows(day))
            opened, day = opened + sum((each for each in lengths if each > _NOTHING), _NOTHING), day + _DAY
        return opened

    def minutes(self, start: datetime, end: datetime) -> int:
        """Return the whole open minutes from `start` to `end`; negative when `end` comes first."""
        return -self.minutes(end, start) if end < start else self.between(start, end) // timedelta(minutes=1)

    def add(self, start: datetime, length: timedelta) -> datetime:
        """Return the first moment by which `length` of open time has gone by since `start`, in UTC.

        A negative length counts back to the last moment from which so much is left. Raises `OverflowError` when that
        is ten years away.
        """
        return self._back(start, -length) if length < _NOTHING else self._on(start, length)

    def opens(self, moment: datetime) -> datetime:
        """Return `moment` when the calendar is open then, else the next moment at which it opens."""
        for since, until in self._open_from(moment, moment + FARTHEST):
            if until > moment:
                return max(since, moment.astimezone(UTC))
        raise OverflowError("This calendar is never open.")

    def is_open(self, moment: datetime) -> bool:
        """Say whether `moment` counts."""
        return self.opens(moment) <= moment

    def stretches(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """Yield what is open and what is closed from `start` to `end`, without a gap, each day for itself."""
        at = start
        for day in self._days(start, end):
            night = min(end, self.midnight(day + _DAY))
            for since, until in self._windows(day):
                if since >= end:
                    break
                if since > at:
                    yield Stretch(at, since, False, self.why_closed(day))
                if min(until, end) > max(since, at):
                    yield Stretch(max(since, at), min(until, end), True, "")
                    at = min(until, end)
            if night > at:
                yield Stretch(at, night, False, self.why_closed(day))
                at = night

    def why_closed(self, day: date) -> str:
        """Return why nothing (more) counts on `day`: the name of a day off, the weekday, or the hour."""
        if (name := self.day_off(day)) is not None:
            return name
        return OUTSIDE if self.week[day.weekday()] else f"{day:%A}"

    def day_off(self, day: date) -> str | None:
        """Return the name of the day off that `day` is, or None."""
        own = next((name for off, name in self.days_off if off == day), None)
        if own is not None:
            return own
        return None if day in self.worked else holidays_of(self.region, day.year).get(day)

    def midnight(self, day: date) -> datetime:
        """Return the moment at which `day` begins."""
        return min(since for since, _ in self._in_utc(day, ((0, DAY_MINUTES),)))

    def here(self, moment: datetime) -> datetime:
        """Return `moment` as the clock of the calendar's zone shows it."""
        return moment.astimezone(ZoneInfo(self.zone))

    def _on(self, start: datetime, left: timedelta) -> datetime:
        if left == _NOTHING:
            return self.opens(start)
        for since, until in self._open_from(start, start + FARTHEST):
            begin = max(since, start)
            if until > begin:
                if begin + left <= until:
                    return begin.astimezone(UTC) + left
                left -= until - begin
        raise OverflowError("Nothing is due so late.")

    def _back(self, start: datetime, left: timedelta) -> datetime:
        for day in self._days(start, start - FARTHEST):
            for since, until in reversed(self._windows(day)):
                end = min(until, start)
                if end > since:
                    if end - left >= since:
                        return end.astimezone(UTC) - left
                    left -= end - since
        raise OverflowError("Nothing was due so early.")

    def _open_from(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        for day in self._days(start, end):
            yield from self._windows(day)

    def _open_in(self, month: date, over: date) -> timedelta:
        """Return the open time of a whole month: a ticket that is open for years is counted by months."""
        known = self._months.get(month)
        if known is None:
            days = (month + _DAY * n for n in range((over - month).days))
            lengths = (until - since for day in days for since, until in self._windows(day))
            known = self._months[month] = sum(lengths, _NOTHING)
        return known

    def _days(self, start: datetime, end: datetime) -> Iterator[date]:
        day, last = self.here(start).date(), self.here(end).date()
        step = _DAY if day <= last else -_DAY
        while day != last:
            yield day
            day += step
        yield day

    def _windows(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """Return when `day` is open, in UTC."""
        known = self._known.get(day)
        if known is None:
            hours = () if self.day_off(day) is not None else self.week[day.weekday()]
            known = self._known[day] = tuple(sorted(self._in_utc(day, hours)))
        return known

    def _in_utc(self, day: date, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
        """Yield the hours of a day in UTC: in two pieces where the clocks change around it."""
        midnight = datetime.combine(day, time(), UTC)
        before, after = self._offset(midnight - _DAY), self._offset(midnight + 2 * _DAY)
        change = self._change(midnight - _DAY, midnight + 2 * _DAY) if before != after else None
        for opens, closes in hours:
            since, until = midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes)
            if change is None:
                yield since - before, until - before
                continue
            if since - before < change:
                yield since - before, min(until - before, change)
            if until - after > change:
                yield max(since - after, change), until - after

    def _offset(self, moment: datetime) -> timedelta:
        return self.here(moment).utcoffset() or _NOTHING

    def _change(self, low: datetime, high: datetime) -> datetime:
        """Return the minute at which the clocks change between `low` and `high`."""
        offset = self._offset(low)
        while high - low > timedelta(minutes=1):
            middle = low + (high - low) // timedelta(minutes=2) * timedelta(minutes=1)
            low, high = (middle, high) if self._offset(middle) == offset else (low, middle)
        return high


def _month_after(day: date) -> date:
    return (day.replace(day=28) + 4 * _DAY).replace(day=1)
