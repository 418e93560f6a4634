"""5,000 damaged files: nothing crashes, every line is accounted for, and what is refused leaves nothing behind."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminops.db import Model
from adminops.hmis import sources
from adminops.hmis.intake import ImportResult, import_export
from adminops.hmis.models import FILE_MODELS
from tests.hmis.exports import whole_export

PARTS, SETS, FILES = 10, 50, 10
"""Tests, damaged exports in each, damaged files in each of these: 5,000 files."""
ELSEWHERE = 1
"""Further tests of 500 files, on PostgreSQL: it has its own opinion of what a date, a number and a text are."""
REQUIRED = ("Export.csv", "Organization.csv", "Project.csv")
REJECTING = frozenset(
    {
        "broken-quotes",
        "field-too-long",
        "too-few-fields",
        "too-many-fields",
        "blank-key",
        "damaged-header",
        "key-too-long",
        "duplicate-key",
    }
)
CODECS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman", "cp500", "utf-32", "utf-7")


def flip(content: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 6)):
        content[chance.randrange(len(content))] ^= chance.randint(1, 255)


def cut(content: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(content))
    del content[place : place + chance.randint(1, 60)]


def end(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content)) :]


def insert(what: Callable[[random.Random], bytes]) -> Callable[[bytearray, random.Random], None]:
    def hurt(content: bytearray, chance: random.Random) -> None:
        place = chance.randrange(len(content) + 1)
        content[place:place] = what(chance)

    return hurt


def in_lines(change: Callable[[list[bytes], random.Random], None]) -> Callable[[bytearray, random.Random], None]:
    def hurt(content: bytearray, chance: random.Random) -> None:
        lines = bytes(content).split(b"\r\n")
        change(lines, chance)
        content[:] = b"\r\n".join(lines)

    return hurt


def swap_columns(lines: list[bytes], chance: random.Random) -> None:
    rows = [line.split(b",") for line in lines]
    one, other = (chance.randrange(len(rows[0])) for _ in "ab")
    for row in rows[chance.randrange(2) :]:  # with their names, or under each other's
        if max(one, other) < len(row):
            row[one], row[other] = row[other], row[one]
    lines[:] = [b",".join(row) for row in rows]


def lose_line(lines: list[bytes], chance: random.Random) -> None:
    del lines[chance.randrange(len(lines))]


def repeat_line(lines: list[bytes], chance: random.Random) -> None:
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))


def fill_field(lines: list[bytes], chance: random.Random) -> None:
    """Put something in a field that no column expects."""
    row = chance.randrange(len(lines))
    fields = lines[row].split(b",")
    odd = [
        b"9" * chance.choice([20, 400, 5_000, 140_000]),
        b"-1",
        b"NaN",
        b"2024-02-30",
        b"'; DROP TABLE",
        b" ",
        b"\xc3\xa9",
    ]
    fields[chance.randrange(len(fields))] = chance.choice(odd)
    lines[row] = b",".join(fields)


def encode(content: bytearray, chance: random.Random) -> None:
    text = bytes(content).decode("utf-8", "replace")
    content[:] = text.encode(chance.choice(CODECS), "replace")


HURTS: dict[str, Callable[[bytearray, random.Random], None]] = {
    "flip": flip,
    "cut": cut,
    "end": end,
    "quote": insert(lambda chance: b'"' * chance.randint(1, 3)),
    "break": insert(lambda chance: chance.choice([b"\r\n", b"\n", b"\r"])),
    "commas": insert(lambda chance: b"," * chance.randint(1, 5)),
    "nulls": insert(lambda chance: b"\x00" * chance.randint(1, 9)),
    "noise": insert(lambda chance: chance.randbytes(chance.randint(1, 8))),
    "swap": in_lines(swap_columns),
    "lose": in_lines(lose_line),
    "repeat": in_lines(repeat_line),
    "fill": in_lines(fill_field),
    "encode": encode,
}


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The bytes of a file, hurt in one to four places; never the same as before."""
    hurt = bytearray(content)
    while bytes(hurt) == content:
        for kind in chance.choices(sorted(HURTS), k=chance.randint(1, 4)):
            if hurt:
                HURTS[kind](hurt, chance)
    return bytes(hurt)


def dump(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the store."""
    session.flush()
    tables = [table for table in Model.metadata.sorted_tables if table.name.startswith("hmis_")]
    log = {"hmis_import", "hmis_import_problem"}  # an import that was refused is in the log, of course
    return {
        table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
        for table in tables
        if table.name not in log
    }


def sizes(session: Session) -> dict[str, int]:
    return {file: session.scalar(select(func.count()).select_from(model)) or 0 for file, model in FILE_MODELS.items()}


def check_lines(result: ImportResult) -> None:
    """Each line that was read was taken or rejected; each one rejected is named with its number, once."""
    named: Counter[str] = Counter()
    places = set()
    for problem in result.problems:
        if problem.rule in REJECTING:
            assert problem.line is not None
            assert (problem.file, problem.line) not in places
            places.add((problem.file, problem.line))
            named[problem.file] += 1
    for name, counts in result.files.items():
        # A row whose DateDeleted is set is read and counts as removed; rows that are absent do, too.
        taken = counts.added + counts.updated + counts.unchanged + counts.restored
        assert taken <= counts.read - counts.rejected <= taken + counts.removed, name
        assert named[name] == counts.rejected, name


@pytest.mark.parametrize(
    ("app", "part"),
    [*(("sqlite", part) for part in range(PARTS)), *(("postgresql", part) for part in range(PARTS, PARTS + ELSEWHERE))],
    indirect=["app"],
)
def test_damaged_files_never_crash_an_import_and_never_leave_half_of_it(session: Session, tmp_path: Path, part: int):
    source = sources.add_source("North")
    import_export(whole_export().zip(tmp_path / "whole.zip"), source=source, by_id=None)
    before, filled = dump(session), sizes(session)
    outcomes: Counter[str] = Counter()
    for number in range(SETS):
        chance = random.Random(f"{part}-{number}")
        export = whole_export()
        files = export.files()
        optional = sorted(set(files) - set(REQUIRED))
        hurt = chance.sample(optional, FILES)
        if number % 4 == 0:  # a damaged file that must be there often refuses the whole set, and hides the others
            hurt[0] = chance.choice(REQUIRED)
        export.raw = {name: damaged(files[name], chance) for name in hurt}
        nested = session.begin_nested()
        result = import_export(export.zip(tmp_path / "hurt.zip"), source=source, by_id=None)
        outcomes[result.status] += 1
        check_lines(result)
        assert len(list(result.problems)) == len(result.problems)
        if result.is_refused or result.is_held:
            assert result.sentence
            assert dump(session) == before, export.raw
        else:
            added = {FILE: result.files[f"{FILE}.csv"].added for FILE in filled if f"{FILE}.csv" in result.files}
            assert sizes(session) == {file: count + added.get(file, 0) for file, count in filled.items()}
        nested.rollback()
        session.expire_all()
    assert outcomes["refused"] < SETS / 2, "most damage must be taken line by line"
    assert dump(session) == before
