"""Reading a list of users: CSV whose first line names the columns. Pure."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adminops.errors import Invalid
from adminops.hmis.intake.decoding import EncodingProbe

LARGEST = 20_000_000
MOST_ROWS = 50_000
MOST_COLUMNS = 100
LONGEST_COLUMN = 60
LONGEST_CELL = 400
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Sheet:
    """A file that was read: its columns, and each row with the line it begins at."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[int, Mapping[str, str]]] = field(repr=False)


def read(raw: bytes) -> Sheet:
    """Return what is in a file. Raises `Invalid` with a sentence for one that is no such list."""
    if len(raw) > LARGEST:
        raise Invalid("This file is larger than 20 MB. A list of users is much smaller.", field="file")
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Invalid("This is a workbook. Save it as CSV first (in Excel: Save as, CSV UTF-8).", field="file")
    text = _letters(raw)
    if not text.strip():
        raise Invalid("This file is empty.", field="file")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        columns = _columns(next(lines))
        rows = [(lines.line_num, _cells(row, columns)) for row in lines if any(cell.strip() for cell in row)]
    except csv.Error:
        raise Invalid("This file can't be read as CSV. Export it again.", field="file") from None
    if not rows:
        raise Invalid("There is nobody in this file.", field="file")
    if len(rows) > MOST_ROWS:
        raise Invalid(f"A list may hold {MOST_ROWS:,} people.", field="file")
    return Sheet(columns, rows)


def _letters(raw: bytes) -> str:
    probe = EncodingProbe()
    probe.feed(raw)
    known = probe.result()
    text = raw.decode(known.codec, known.errors)
    return re.sub("[\x00\ud800-\udfff]", "", text).removeprefix("\ufeff").lstrip("\r\n")


def _delimiter(text: str) -> str:
    """Return what parts the most cells of the first line, outside of quotes."""
    line = re.sub(r'"[^"]*"', "", text)[:20_000].splitlines()[0]
    return max(DELIMITERS, key=line.count)


def _columns(header: Sequence[str]) -> tuple[str, ...]:
    if len(header) > MOST_COLUMNS:
        raise Invalid(f"This file has more than {MOST_COLUMNS} columns.", field="file")
    names: list[str] = []
    for place, cell in enumerate(header, 1):
        name = " ".join(cell.split())[:LONGEST_COLUMN] or f"Column {place}"
        names.append(name if name not in names else f"{name} ({place})")
    if len(names) < 2 or not any(re.search(r"[^\W\d_]", cell) for cell in header):
        raise Invalid("The first line has to name the columns, two at least.", field="file")
    return tuple(names)


def _cells(row: Sequence[str], columns: Sequence[str]) -> Mapping[str, str]:
    return {name: " ".join(cell.split())[:LONGEST_CELL] for name, cell in zip(columns, row, strict=False)}
