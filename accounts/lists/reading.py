"""Reading a list of users: CSV whose first line names the columns. Pure."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adminops.errors import Invalid
from adminops.files.tables import column_names, delimiter, letters

LARGEST = 20_000_000
MOST_ROWS = 50_000
MOST_COLUMNS = 100
LONGEST_CELL = 400


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
    text = letters(raw).lstrip("\r\n")
    if not text.strip():
        raise Invalid("This file is empty.", field="file")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text))
    try:
        names = column_names(next(lines), most=MOST_COLUMNS)
        rows = [(lines.line_num, _cells(row, names)) for row in lines if any(cell.strip() for cell in row)]
    except csv.Error:
        raise Invalid("This file can't be read as CSV. Export it again.", field="file") from None
    if not rows:
        raise Invalid("There is nobody in this file.", field="file")
    if len(rows) > MOST_ROWS:
        raise Invalid(f"A list may hold {MOST_ROWS:,} people.", field="file")
    return Sheet(names, rows)


def _cells(row: Sequence[str], columns: Sequence[str]) -> Mapping[str, str]:
    return {name: " ".join(cell.split())[:LONGEST_CELL] for name, cell in zip(columns, row, strict=False)}
