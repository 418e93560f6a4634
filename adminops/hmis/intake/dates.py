"""Dates and date-times as vendors write them.

HUD asks for 2022-01-31 and 2022-01-31 14:05:00. Exports also hold 01/31/2022, 01-31-22, 31-JAN-22 and dates with a time
behind them. Month comes before day, as everywhere in the United States; a two-digit year up to next year is of this
century.
"""

import calendar
import re
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from adminops import clock

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_TIME = r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?\s*(?P<half>[AaPp][Mm])?.{0,9})?"
_SHAPES = tuple(
    re.compile(shape + _TIME)
    for shape in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})[-/.](?P<year>\d{4}|\d\d)",
        r"(?P<day>\d{1,2})[- ](?P<name>[A-Za-z]{3,9})[-, ]+(?P<year>\d{4}|\d\d)",
        r"(?P<name>[A-Za-z]{3,9})[. ]+(?P<day>\d{1,2}),? +(?P<year>\d{4}|\d\d)",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)",
    )
)
_ISO, _NUMERIC = 0, 1


class Form(Enum):
    """How a date was written."""

    HUD = "as HUD asks"
    OTHER = "in another form"
    AMBIGUOUS = "in a form in which day and month could be exchanged"


class ReadDate(NamedTuple):
    """A date that was understood, and how it was written. `moment` has the time, midnight when there was none."""

    moment: datetime
    form: Form


def read_date(text: str) -> ReadDate | None:
    """Return the date in `text`, or None when there is none that exists."""
    for shape, pattern in enumerate(_SHAPES):
        if found := pattern.fullmatch(text):
            moment = _moment(found.groupdict())
            return ReadDate(moment, _form(shape, found.groupdict())) if moment else None
    return None


def is_ambiguous(text: str) -> bool:
    """Tell whether day and month could be exchanged in a date that was read."""
    found = _SHAPES[_NUMERIC].fullmatch(text.strip())
    return found is not None and _could_be_exchanged(found["month"], found["day"])


def _could_be_exchanged(month: str, day: str) -> bool:
    return int(month) != int(day) and int(month) <= 12 and int(day) <= 12


def _moment(parts: dict[str, str | None]) -> datetime | None:
    month = _MONTHS.get((parts["name"] or "")[:3].lower()) if parts.get("name") else int(parts["month"] or 0)
    try:
        return datetime(  # noqa: DTZ001 - HUD's times have no zone
            _year(parts["year"] or ""),
            month or 0,
            int(parts["day"] or 0),
            _hour(parts),
            int(parts["minute"] or 0),
            int(parts["second"] or 0),
        )
    except ValueError:
        return None


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    this_century = clock.today().year // 100 * 100 + int(text)
    return this_century if this_century <= clock.today().year + 1 else this_century - 100


def _hour(parts: dict[str, str | None]) -> int:
    hour, half = int(parts["hour"] or 0), (parts["half"] or "").lower()
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("No such hour.")
    return hour % 12 + (12 if half == "pm" else 0)


def _form(shape: int, parts: dict[str, str | None]) -> Form:
    if shape == _ISO:
        return Form.HUD
    is_exchangeable = shape == _NUMERIC and _could_be_exchanged(parts["month"] or "0", parts["day"] or "0")
    return Form.AMBIGUOUS if is_exchangeable else Form.OTHER
