"""Reading single values of a file: times, addresses, tags, yes and no. Pure."""

import re
from datetime import UTC, datetime
from email.utils import parseaddr
from zoneinfo import ZoneInfo

_PARTS = re.compile(
    r"(\d{1,4})[/.-](\d{1,2})[/.-](\d{2,4})"
    r"(?:,?[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?)?"
)
_EPOCH = re.compile(r"\d{9,10}")
TRUE = frozenset({"true", "yes", "y", "1", "internal", "private"})


def read_moment(text: str, *, day_first: bool, zone: str) -> datetime | None:
    """Return the time that `text` says, in UTC; one without a zone is in `zone`. None for what is no time."""
    text = text.strip()
    try:
        if _EPOCH.fullmatch(text):
            return datetime.fromtimestamp(int(text), UTC)
        said = _iso(text) or _written(text, day_first)
        return (said if said.tzinfo else said.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC) if said else None
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(re.sub(r" (UTC|GMT|Z)$", "+00:00", text))
    except ValueError:
        return None


def _written(text: str, day_first: bool) -> datetime | None:
    match = _PARTS.fullmatch(text)
    if match is None:
        return None
    first, second, third = (int(match[group]) for group in (1, 2, 3))
    year, month, day = (first, second, third) if first > 31 else (_full(third), first, second)
    if day_first and first <= 31:
        month, day = day, month
    hour, minute, seconds = (int(match[group] or 0) for group in (4, 5, 6))
    half = (match[7] or "").lower()[:1]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return datetime(year, month, day, hour, minute, seconds)  # noqa: DTZ001 - the caller knows the zone


def _full(year: int) -> int:
    return year + 2000 if year < 70 else year + 1900 if year < 100 else year


def read_person(text: str) -> tuple[str, str]:
    """Return name and address of `Jo Doe <jo@example.org>`; what is no address is a name."""
    name, address = parseaddr(text) if "@" in text else (text.strip(), "")
    return " ".join(name.split())[:100], address.strip().lower()[:200]


def read_tags(text: str) -> list[str]:
    """Return the tags of a cell, however they are parted."""
    return [part.strip() for part in re.split(r"[,;|]", text) if part.strip()]


def is_true(text: str) -> bool:
    """Say whether a cell says yes."""
    return text.strip().casefold() in TRUE
