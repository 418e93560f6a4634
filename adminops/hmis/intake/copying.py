"""Rows as PostgreSQL's COPY takes them, written where an export is read: who holds the transaction passes them on.

What the hash of a row is over are its values as they are stored, with marks between them. That is a line of COPY but
for what the import puts before it. Nothing is compared then, so that is for a source that has no row of the file.
"""

import hashlib
from dataclasses import replace
from typing import NamedTuple

from adminops.hmis.intake.columns import PARTED_BY
from adminops.hmis.intake.rows import Batch
from adminops.hmis.spec import FileSpec

MARKED_BY = ("source_id", "import_id", "row_hash")
"""What stands before the columns of a file."""
NEVER = ("Client",)
"""Files whose rows are to be looked at: SSNs are sealed under keys that who reads an export does not have."""


class Marks(NamedTuple):
    """What all rows of an import have in common."""

    source_id: int
    import_id: int


def with_lines(batch: Batch, file: FileSpec, marks: Marks) -> Batch:
    """Return the batch with its rows as COPY takes them, or as it is where who writes them has to look at them."""
    exports = batch.columns[-1] if batch.lines else ()
    if (
        not exports
        or file.name in NEVER
        or file.columns[-1].name != "ExportID"
        or file.columns[-1].is_key
        or batch.aside
        or exports.count(exports[0]) != len(exports)
        or _are_any_deleted(batch, file)
    ):
        return batch
    sha256, texts = hashlib.sha256, batch.texts
    hashes = [sha256(text).hexdigest() for text in map(str.encode, texts)]
    start = f"{marks.source_id}{PARTED_BY}{marks.import_id}{PARTED_BY}\\\\x"
    end = f"{PARTED_BY}{exports[0]}\n"
    lines = start + f"{end}{start}".join(map(PARTED_BY.join, zip(hashes, texts, strict=True))) + end
    if not (batch.is_bare or _is_plain(lines, len(texts), len(MARKED_BY) + len(file.columns))):
        return batch
    return replace(batch, texts=(), copied=lines.encode())


def _is_plain(lines: str, count: int, width: int) -> bool:
    """Tell whether lines of so many values each need nothing but their marks."""
    has_places = lines.count("\n") == count and lines.count(PARTED_BY) == count * (width - 1)
    return has_places and "\r" not in lines and lines.count("\\") == count * 2  # each hash begins with two


def _are_any_deleted(batch: Batch, file: FileSpec) -> bool:
    names = list(file.by_name)
    return "DateDeleted" in names and any(batch.columns[names.index("DateDeleted")])


def looked_at(file: FileSpec) -> frozenset[int]:
    """Return the places of the columns that who writes rows looks at even if nothing is compared."""
    return frozenset(
        place
        for place, column in enumerate(file.columns)
        if column.is_key or column.ref or column.name == "DateDeleted"
    )


def columns_in(copied: bytes) -> list[list[str]]:
    """Return the columns in rows as COPY takes them, with those that stand before the file's."""
    lines = copied.decode().removesuffix("\n").replace("\n", PARTED_BY)
    fields, width = lines.split(PARTED_BY), copied[: copied.index(b"\n")].count(PARTED_BY.encode()) + 1
    return [fields[place::width] for place in range(width)]


def with_hashes(batch: Batch) -> Batch:
    """Return a batch whose rows are as COPY takes them as one that can be compared."""
    if not batch.copied:
        return batch
    hashes = columns_in(batch.copied)[MARKED_BY.index("row_hash")]
    return replace(batch, hashes=[bytes.fromhex(text[3:]) for text in hashes], copied=b"")


def statement(file: FileSpec) -> str:
    """Return the COPY that takes such rows of a file."""
    names = ", ".join(f'"{name}"' for name in (*MARKED_BY, *(column.attribute for column in file.columns)))
    return f"COPY {file.table} ({names}) FROM STDIN (FORMAT text, DELIMITER '{PARTED_BY}', NULL '')"
