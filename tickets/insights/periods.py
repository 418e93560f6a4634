"""Periods of days: the usual ones by name, others by their first and last day. Pure functions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adminops.errors import Invalid

ONE = timedelta(days=1)
DAILY, WEEKLY = 31, 98
"""Up to so many days a picture has a column a day, or a week; then a month."""
LONGEST = 731


@dataclass(frozen=True)
class Period:
    """From `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def query(self) -> str:
        """The period as a value of the language of the filter bar."""
        return f"{self.first}..{self.last}"

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """Return when its first day begins and its last one ends in `zone`."""
        return _midnight(self.first, zone), _midnight(self.last + ONE, zone)

    def columns(self) -> list["Period"]:
        """Return the parts that a picture shows: days, weeks from its first day, or months."""
        if self.days <= DAILY:
            ends = [self.first + ONE * n for n in range(self.days)]
        elif self.days <= WEEKLY:
            ends = [min(self.first + ONE * (n + 6), self.last) for n in range(0, self.days, 7)]
        else:
            ends = [part.last for part in months_within(self)]
        starts = [self.first, *(end + ONE for end in ends[:-1])]
        return [Period(start, end) for start, end in zip(starts, ends, strict=True)]


def month_of(day: date) -> Period:
    """Return the month in which `day` lies."""
    return Period(day.replace(day=1), _next_month(day) - ONE)


def months(first: date, last: date) -> list[Period]:
    """Return the whole months in which these days lie, from the first to the last."""
    found = [month_of(first)]
    while found[-1].last < last:
        found.append(month_of(found[-1].last + ONE))
    return found


def months_within(period: Period) -> list[Period]:
    """Return `period` cut where months end."""
    return [
        Period(max(month.first, period.first), min(month.last, period.last))
        for month in months(period.first, period.last)
    ]


def quarter_of(day: date) -> Period:
    """Return the quarter in which `day` lies."""
    first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return Period(first, month_of(first.replace(month=first.month + 2)).last)


def _until_today(period: Period, today: date) -> Period:
    return Period(period.first, min(period.last, today))


USUAL: dict[str, tuple[str, Callable[[date], Period]]] = {
    "month": ("This month", lambda today: _until_today(month_of(today), today)),
    "last-month": ("Last month", lambda today: month_of(today.replace(day=1) - ONE)),
    "30d": ("Last 30 days", lambda today: Period(today - 29 * ONE, today)),
    "quarter": ("This quarter", lambda today: _until_today(quarter_of(today), today)),
    "last-quarter": ("Last quarter", lambda today: quarter_of(quarter_of(today).first - ONE)),
    "year": ("This year", lambda today: Period(today.replace(month=1, day=1), today)),
    "12m": ("Last 12 months", lambda today: Period(_a_year_before(today), today)),
}
"""The usual periods by the names that addresses use."""
FIRST = "30d"


def chosen(name: str, first: str, last: str, today: date) -> Period:
    """Return the period that an address asks for: a usual one by name, or the days from `first` to `last`.

    Raises `Invalid` with a sentence for days that are none, the wrong way round, too many, or still to come.
    """
    if not (first or last):
        return USUAL.get(name, USUAL[FIRST])[1](today)
    period = Period(_day(first, "from"), min(_day(last, "until"), today))
    if period.first > today:
        raise Invalid("These days are still to come.", field="from")
    if period.first > period.last:
        raise Invalid("The first day comes after the last one.", field="from")
    if period.days > LONGEST:
        raise Invalid("Two years are the most that can be shown at once.", field="from")
    return period


def _day(text: str, name: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 1990 <= day.year <= 2200:
        raise Invalid("Enter both days, like 2026-01-31.", field=name)
    return day


def _a_year_before(day: date) -> date:
    return month_of(day.replace(day=1) - 330 * ONE).first


def _next_month(day: date) -> date:
    return (day.replace(day=28) + 4 * ONE).replace(day=1)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
