"""The calendar file: lines of RFC 5545 that read back as what was written, whatever was written."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from training.calendar_file import Entry, calendar_file

AT = datetime(2026, 12, 1, 15, tzinfo=UTC)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=300)


def _entry(**over: Any) -> Entry:
    values = {
        "uid": "class-7@desk.example.org",
        "sequence": 0,
        "stamp": AT,
        "starts_at": AT,
        "ends_at": AT + timedelta(hours=2),
        "summary": "HMIS basics",
    }
    return Entry(**{**values, **over})


def _read(file: bytes) -> dict[str, str]:
    """Read a file as a calendar does: unfold, split at the first colon, take the escapes back."""
    assert file.endswith(b"\r\n")
    unfolded = re.sub(rb"\r\n[ \t]", b"", file).decode()
    lines = unfolded.removesuffix("\r\n").split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"
    values = dict(line.split(":", 1) for line in lines if not line.startswith(("BEGIN", "END")))
    return {name: _unescaped(value) for name, value in values.items()}


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def _as_kept(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        character for character in plain if character in "\t\n" or (character >= " " and character != "\x7f")
    )


@given(summary=TEXTS, description=TEXTS, location=TEXTS)
def test_texts_read_back_as_they_were_written(summary: str, description: str, location: str) -> None:
    read = _read(calendar_file(_entry(summary=summary, description=description, location=location), product="AdminOps"))
    assert read["SUMMARY"] == _as_kept(summary)
    assert read.get("DESCRIPTION", "") == _as_kept(description)
    assert read.get("LOCATION", "") == _as_kept(location)


@given(summary=TEXTS, url=TEXTS)
def test_no_line_is_longer_than_75_octets_and_none_cuts_a_character(summary: str, url: str) -> None:
    for line in calendar_file(_entry(summary=summary, url=url), product="AdminOps").split(b"\r\n"):
        assert len(line) <= 75
        line.decode()


@given(summary=TEXTS, url=TEXTS)
def test_nothing_that_was_typed_becomes_a_line_of_its_own(summary: str, url: str) -> None:
    written = calendar_file(_entry(summary=summary, url=url), product="AdminOps")
    unfolded = re.sub(rb"\r\n[ \t]", b"", written).decode()
    names = [line.partition(":")[0] for line in unfolded.removesuffix("\r\n").split("\r\n")]
    plain = ["BEGIN", "VERSION", "PRODID", "CALSCALE", "METHOD", "BEGIN", "UID", "SEQUENCE", "DTSTAMP", "DTSTART"]
    plain += ["DTEND", "SUMMARY", *(["URL"] if "URL" in names else []), "STATUS", "END", "END"]
    assert names == plain
    assert not re.search(r"[\r\n]", unfolded.replace("\r\n", ""))


@given(seconds=st.integers(946_684_800, 4_102_444_800), offset=st.integers(-14, 14))
def test_times_are_written_in_utc(seconds: int, offset: int) -> None:
    starts = datetime.fromtimestamp(seconds, timezone(timedelta(hours=offset)))
    read = _read(calendar_file(_entry(starts_at=starts, ends_at=starts + timedelta(hours=1)), product="AdminOps"))
    assert datetime.strptime(read["DTSTART"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) == starts


def test_a_changed_class_keeps_its_uid_and_counts_up() -> None:
    first = _read(calendar_file(_entry(), product="AdminOps"))
    moved = _read(calendar_file(_entry(sequence=3, starts_at=AT + timedelta(days=1)), product="AdminOps"))
    assert first["UID"] == moved["UID"]
    assert (first["SEQUENCE"], moved["SEQUENCE"]) == ("0", "3")
    assert (first["STATUS"], _read(calendar_file(_entry(cancelled=True), product="A"))["STATUS"]) == (
        "CONFIRMED",
        "CANCELLED",
    )
