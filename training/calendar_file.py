"""A class as a calendar file (RFC 5545): one entry, times in UTC, so that no calendar can shift it by an hour.

The entry keeps its UID for life and counts changes in SEQUENCE (RFC 5545, 3.8.7.4): a calendar that reads a newer
file moves the entry instead of adding a second one.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

LINE = 75
"""Octets of a line without its break (RFC 5545, 3.1)."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What stands in a calendar. Times are aware; `stamp` is when the file is written."""

    uid: str
    sequence: int
    stamp: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str = ""
    location: str = ""
    url: str = ""
    cancelled: bool = False


def calendar_file(entry: Entry, *, product: str) -> bytes:
    """Return the file of one entry. `product` is the name of the program that wrote it."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{escape(product)}//Training//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{escape(entry.uid)}",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTAMP:{utc(entry.stamp)}",
        f"DTSTART:{utc(entry.starts_at)}",
        f"DTEND:{utc(entry.ends_at)}",
        f"SUMMARY:{escape(entry.summary)}",
        *([f"DESCRIPTION:{escape(entry.description)}"] if entry.description else []),
        *([f"LOCATION:{escape(entry.location)}"] if entry.location else []),
        *([f"URL:{_address(entry.url)}"] if entry.url else []),
        f"STATUS:{'CANCELLED' if entry.cancelled else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(fold(line) + b"\r\n" for line in lines)


def utc(moment: datetime) -> str:
    """Return `moment` as 20261124T150000Z."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def escape(text: str) -> str:
    """Return `text` as a value of type TEXT: backslash, semicolon, comma and line break escaped, controls gone."""
    plain = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(line: str) -> bytes:
    """Return `line` as UTF-8 in pieces of at most 75 octets, none of which cuts a character in two."""
    pieces, piece = [], b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > LINE:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join([*pieces, piece])


def _address(url: str) -> str:
    return re.sub(r"\s", "", _CONTROLS.sub("", url))
