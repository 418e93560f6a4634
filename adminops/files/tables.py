"""Tables of text from elsewhere: their letters, what parts their cells, and how their columns are called. Pure."""

import re
from collections.abc import Sequence

from adminops.errors import Invalid
from adminops.hmis.intake.decoding import EncodingProbe

LONGEST_COLUMN = 60
DELIMITERS = (",", ";", "\t", "|")


def letters(raw: bytes) -> str:
    """Return the text of a file in whatever encoding, without what no database keeps."""
    probe = EncodingProbe()
    probe.feed(raw)
    known = probe.result()
    return storable(raw.decode(known.codec, known.errors)).removeprefix("\ufeff")


def storable(text: str) -> str:
    """Return `text` without what no database keeps: NUL, and halves of characters."""
    return re.sub("[\x00\ud800-\udfff]", "", text)


def delimiter(text: str) -> str:
    """Return what parts the most cells of the first line, outside of quotes."""
    line = re.sub(r'"[^"]*"', "", text.lstrip("\r\n"))[:20_000].splitlines()[0]
    return max(DELIMITERS, key=line.count)


def column_names(header: Sequence[str], *, most: int) -> tuple[str, ...]:
    """Return the names of the columns; one that comes twice gets a number.

    Raises `Invalid` (at the field `file`) where there are none, or more than `most`.
    """
    if len(header) > most:
        raise Invalid(f"This file has more than {most} columns.", field="file")
    names: list[str] = []
    for place, cell in enumerate(header, 1):
        name = " ".join(cell.split())[:LONGEST_COLUMN] or f"Column {place}"
        names.append(name if name not in names else f"{name} ({place})")
    if len(names) < 2 or not any(re.search(r"[^\W\d_]", cell) for cell in header):
        raise Invalid("The first line has to name the columns, two at least.", field="file")
    return tuple(names)
