"""When silence is long enough, read without a database.

Two attempts to reach the requester, seven business days since the first of them, and a whole business day after the
last: who was called this morning has until tomorrow night. Days are those of the office's calendar.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tickets.clocks.calendars import Calendar

ATTEMPTS = 2
BUSINESS_DAYS = 7
DAYS_AFTER_LAST = 1
_DAY = timedelta(days=1)


def ends_at(attempts: Sequence[datetime], calendar: Calendar) -> datetime | None:
    """Return from when on a ticket with these attempts may be closed for silence; None: too few were made."""
    if len(attempts) < ATTEMPTS:
        return None
    first, last = min(attempts), max(attempts)
    return max(after_days(first, BUSINESS_DAYS, calendar), after_days(last, DAYS_AFTER_LAST, calendar))


def after_days(since: datetime, days: int, calendar: Calendar) -> datetime:
    """Return the midnight that ends the `days`-th business day after the day of `since`."""
    day, left = calendar.here(since).date(), days
    if not any(calendar.week):
        return calendar.midnight(day + days * _DAY + _DAY)  # never open: every day counts, or it would wait for ever
    while left:
        day += _DAY
        left -= bool(calendar.week[day.weekday()]) and calendar.day_off(day) is None
    return calendar.midnight(day + _DAY)
