"""Office hours: when a request is due, and how much of its time is left.

Pure arithmetic. The office works Monday to Friday, 8 to 5, but on no public holiday of its state; time outside of that
does not count. All moments are aware; spans are whole minutes of office time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from adminops.settings import current_settings

OPENS, CLOSES = time(8), time(17)
DAY_MINUTES = (CLOSES.hour - OPENS.hour) * 60
SOON_MINUTES = 4 * 60
"""A clock with less than this left is "due soon"."""


@lru_cache(maxsize=64)
def holidays_of(year: int) -> frozenset[date]:
    """Return the public holidays of a year in Florida, with the days they are observed on."""
    return frozenset(holidays.country_holidays("US", subdiv="FL", years=year))


@dataclass(frozen=True)
class OfficeHours:
    """The hours of an office in `zone` (an IANA name)."""

    zone: str

    def add(self, start: datetime, minutes: int) -> datetime:
        """Return the moment `minutes` of office time after `start`, in UTC; before it when `minutes` is negative."""
        return self._back(start, -minutes) if minutes < 0 else self._on(start, minutes)

    def between(self, start: datetime, end: datetime) -> int:
        """Return the whole minutes of office time from `start` to `end`; negative when `end` comes first."""
        if end < start:
            return -self.between(end, start)
        first, last = self._local(start), self._local(end)
        total = timedelta()
        for day in self._workdays(first.date(), last.date()):
            opens, closes = self._open_at(day)
            total += max(timedelta(), min(last, closes) - max(first, opens))
        return int(total.total_seconds() // 60)

    def _on(self, start: datetime, minutes: int) -> datetime:
        here, left = self._local(start), timedelta(minutes=minutes)
        for day in self._workdays(here.date()):
            opens, closes = self._open_at(day)
            begin = max(here, opens)
            if begin + left <= closes:
                return self._utc(begin + left)
            left -= max(timedelta(), closes - begin)
        raise OverflowError("The calendar has an end.")

    def _back(self, start: datetime, minutes: int) -> datetime:
        here, left = self._local(start), timedelta(minutes=minutes)
        for day in self._workdays(here.date(), backwards=True):
            opens, closes = self._open_at(day)
            end = min(here, closes)
            if end - left >= opens:
                return self._utc(end - left)
            left -= max(timedelta(), end - opens)
        raise OverflowError("The calendar has a beginning.")

    def _workdays(self, first: date, last: date = date.max, *, backwards: bool = False) -> Iterator[date]:
        step, day = timedelta(days=-1 if backwards else 1), first
        while day <= last:
            if day.weekday() < 5 and day not in holidays_of(day.year):
                yield day
            day += step

    # Office hours lie within one local day that no change of the clocks cuts, so wall-clock arithmetic is exact.

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def _utc(self, local: datetime) -> datetime:
        return local.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def _open_at(self, day: date) -> tuple[datetime, datetime]:
        return datetime.combine(day, OPENS), datetime.combine(day, CLOSES)


def office_hours() -> OfficeHours:
    """Return the hours of this installation's office."""
    return OfficeHours(current_settings().time_zone)
