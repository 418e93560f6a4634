"""How people write hours, lengths, days and steps, and how these are written back to them.

Each reader takes what the writer beside it makes, and raises `ValueError` with a sentence for what it can't read.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from tickets.clocks.calendars import DAY_MINUTES, Hours
from tickets.clocks.rules import Step, Told
from tickets.clocks.words import length

LONGEST = 366 * DAY_MINUTES
_TIME = r"(\d{1,2})(?::(\d{2}))?"
_SPAN = re.compile(rf"{_TIME}\s*(?:-|–|to)\s*{_TIME}")
_LENGTH = re.compile(r"(?:(\d{1,4})\s*h(?:ours?)?)?\s*(?:(\d{1,6})(?:\s*min(?:utes?)?)?)?")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})\s*(.*)")
_STEP = re.compile(r"(?:(?P<length>.+?)\s+(?P<side>before|after)|when due)\s*:\s*(?P<told>\w+)")
_WORDS = {Told.ASSIGNEE: "assignee", Told.MANAGER: "managers"}


def read_hours(text: str) -> Hours:
    """Read "8:00-12:00, 13:00-17:00"; nothing is a closed day, "0-24" a whole one."""
    spans: list[tuple[int, int]] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _SPAN.fullmatch(part)
        if found is None:
            raise ValueError("Write hours like 8:00-12:00, 13:00-17:00, or leave the day empty.")
        since, until = _minutes(found[1], found[2]), _minutes(found[3], found[4])
        if not (spans[-1][1] if spans else 0) <= since < until <= DAY_MINUTES:
            raise ValueError("The hours of a day come one after the other, from early to late, until 24:00.")
        spans.append((since, until))
    return tuple(spans)


def write_hours(hours: Iterable[Iterable[int]]) -> str:
    """Return hours as `read_hours` takes them."""
    return ", ".join(f"{opens // 60}:{opens % 60:02}-{closes // 60}:{closes % 60:02}" for opens, closes in hours)


def read_length(text: str) -> int:
    """Read "45 min", "8 h" or "2 h 30" as minutes."""
    found = _LENGTH.fullmatch(text.strip().lower())
    if found is None or not (found[1] or "min" in text.lower()):
        raise ValueError("Write a length like 45 min, 8 h or 2 h 30.")
    minutes = int(found[1] or 0) * 60 + int(found[2] or 0)
    if not 0 < minutes <= LONGEST:
        raise ValueError("A length is a minute at least and a year at most.")
    return minutes


def read_days(text: str) -> dict[date, str]:
    """Read days, one a line: "2026-12-24 Christmas Eve"; the name may be left out."""
    days: dict[date, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _DAY.fullmatch(line)
        try:
            days[date.fromisoformat(found[1] if found else "")] = (found[2] if found else "")[:100] or "Day off"
        except ValueError:
            raise ValueError(f"Write each day like 2026-12-24 Christmas Eve; this one is not: {line[:40]}") from None
    return days


def write_days(days: Mapping[str, str]) -> str:
    """Return days as `read_days` takes them."""
    return "\n".join(f"{day} {name}".strip() for day, name in sorted(days.items()))


def read_steps(text: str) -> tuple[Step, ...]:
    """Read steps, one a line: "1 h before: assignee", "when due: assignee", "4 h after: managers"."""
    steps: list[Step] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _STEP.fullmatch(line.lower())
        told = next((who for who, word in _WORDS.items() if found and found["told"] == word), None)
        if found is None or told is None:
            raise ValueError("Write each step like 1 h before: assignee, when due: assignee, or 4 h after: managers.")
        minutes = read_length(found["length"]) if found["length"] else 0
        steps.append(Step(-minutes if found["side"] == "before" else minutes, told))
    return tuple(sorted(set(steps), key=lambda step: (step.minutes, step.told)))


def write_steps(steps: Iterable[Step]) -> str:
    """Return steps as `read_steps` takes them."""
    return "\n".join(f"{_moment(step.minutes)}: {_WORDS[step.told]}" for step in steps)


def _moment(minutes: int) -> str:
    if minutes == 0:
        return "when due"
    return f"{length(abs(minutes))} {'before' if minutes < 0 else 'after'}"


def _minutes(hours: str, minutes: str | None) -> int:
    if int(minutes or 0) > 59:
        raise ValueError("An hour has sixty minutes.")
    return int(hours) * 60 + int(minutes or 0)
