"""Times as people type and read them: the wall clock of the team's zone. What is stored is UTC."""

import calendar
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from adminops.errors import Invalid


def moment_of(day: date, at: time, zone: str, *, field: str) -> datetime:
    """Return the moment (aware, UTC) at which the clocks of `zone` show `at` on `day`.

    Raises `Invalid` at form field `field` for a time that the clocks skip in spring or show twice in autumn: nobody
    would know which is meant.
    """
    local = datetime.combine(day, at, tzinfo=ZoneInfo(zone))
    moment = local.astimezone(UTC)
    if moment.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Invalid("The clocks go forward that night and skip this time. Choose an hour later.", field=field)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise Invalid("The clocks go back that night and show this time twice. Choose an hour later.", field=field)
    return moment


def day_of(moment: datetime, zone: str) -> date:
    """Return the calendar day of `moment` in `zone`."""
    return moment.astimezone(ZoneInfo(zone)).date()


def clock_of(moment: datetime, zone: str) -> time:
    """Return what the clocks of `zone` show at `moment`."""
    return moment.astimezone(ZoneInfo(zone)).time()


def hours_of(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """Return "Tue 24 Nov 2026, 10:00 am to 12:00 pm"."""
    day = starts_at.astimezone(ZoneInfo(zone))
    return f"{day:%a} {day.day} {day:%b %Y}, {_hour(starts_at, zone)} to {_hour(ends_at, zone)}"


def hours_and_weekday(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """Return "Tue, 10:00 am to 12:00 pm", to stand beside a date."""
    day = starts_at.astimezone(ZoneInfo(zone))
    return f"{day:%a}, {_hour(starts_at, zone)} to {_hour(ends_at, zone)}"


def date_tile(moment: datetime, zone: str, today: date) -> tuple[str, str]:
    """Return day and month, ("24", "Nov"), with the year where it is not this one: ("4", "Jan 2027")."""
    day = day_of(moment, zone)
    return str(day.day), f"{day:%b}" if day.year == today.year else f"{day:%b %Y}"


def short_day(moment: datetime, zone: str) -> str:
    """Return "Tue 24 Nov"."""
    day = moment.astimezone(ZoneInfo(zone))
    return f"{day:%a} {day.day} {day:%b}"


def months_after(day: date, months: int) -> date:
    """Return the same day `months` later; the last day of a month that is too short for it."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _hour(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"
