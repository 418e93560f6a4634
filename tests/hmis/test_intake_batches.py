"""Reading whole columns at once says the same as reading value by value, wherever a batch ends."""

import hashlib
import io
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from adminops import clock
from adminops.crypto import KeyRing
from adminops.hmis import sealing
from adminops.hmis.intake.applying import Intake, Target
from adminops.hmis.intake.columns import Column, Kind, copy_to_postgresql
from adminops.hmis.intake.dates import read_date
from adminops.hmis.intake.layout import lay_out
from adminops.hmis.intake.packages import open_package
from adminops.hmis.intake.problems import Problem, ProblemLog, mask, shown
from adminops.hmis.intake.progress import tell_nobody
from adminops.hmis.intake.records import BLOCK, BrokenRecord, Records
from adminops.hmis.intake.retired import ENDING, HAPPENING, OTHERWISE
from adminops.hmis.intake.rows import FileRows
from adminops.hmis.intake.values import Flawed, Reader, RejectedLine, check_code, reader_for
from adminops.hmis.models import Client, HmisImport, HmisSource, Services
from adminops.hmis.spec import FileSpec, current
from tests.hmis.conftest import is_active, on_sqlite
from tests.hmis.exports import SmallExport, filled

ODD = (
    *("", " ", "  7 ", "07", "+1", "-3", "1.0", "99", "404", "x", "12.50", "$1,234.5", "-0.01", "1e9", "9" * 12),
    *(
        "2024-02-30",
        "2024-02-03",
        " 2024-02-03",
        "02/03/2024",
        "2/13/24",
        "2024-02-03T10:00:00Z",
        "2024-02-03 12:00+05",
    ),
    *("2024-02-03 10:11:12", "2024-02-03 10:11:12.5", "2024-02-03\n10:11:12", "123-45-6789", "12345678x", "a" * 70),
    *("Zoë", "two\nlines", "with, comma", 'a "word"', "\x1f", "\x01", "\u2028", "a\\b", "\\N", "\\."),
)
FILES = ("Client", "Enrollment", "Services", "IncomeBenefits", "User")
Read = tuple[list[tuple[int, list[str], bytes]], list[dict[str, object]], tuple[int, int, int]]
"""Rows with line and hash, problems, and the counts: read, rejected, lines lost."""


def odd_file(file: FileSpec, chance: random.Random) -> str:
    """The text of a file in which most is right and some of it is not."""
    lines = [",".join(column.name for column in file.columns)]
    # One ExportID that is not Export.csv's refuses the whole export, and is tried elsewhere.
    places = [place for place, column in enumerate(file.columns) if column.name != "ExportID"]
    for number in range(chance.randint(0, 25)):
        fields = [filled(column) for column in file.columns]
        fields[list(file.by_name).index(file.key)] = f"K{number}"
        for _ in range(chance.choice((0, 0, 0, 1, 2, 5))):
            fields[chance.choice(places)] = chance.choice(ODD)
        if chance.random() < 0.05:
            fields.pop()
        quoted = ('"' + field.replace('"', '""') + '"' if set(field) & set(',"\n') else field for field in fields)
        lines.append(",".join(quoted) if chance.random() < 0.95 else chance.choice(("", '"open', 'a"b,c')))
    return chance.choice(("\n", "\r\n")).join(lines) + chance.choice(("", "\n"))


def opened(content: str, file: FileSpec) -> tuple[Records, FileRows, ProblemLog]:
    """A file about to be read."""
    records, log = Records(io.StringIO(content, newline="")), ProblemLog()
    return records, FileRows(records, lay_out(file, records.header, current()), log, export_ids={"E1"}), log


def read_at_once(content: str, file: FileSpec, size: int) -> Read:
    """What is read of a file in batches of `size` characters."""
    _, rows, log = opened(content, file)
    taken: list[tuple[int, list[str], bytes]] = []
    for batch in rows.batches(size):
        values = map(list, zip(*batch.columns, strict=True))
        taken += zip(batch.lines, values, batch.hashes, strict=True)
        batch.log_problems(log)
    found = [problem.as_dict() for problem in log if problem.line is not None]
    return taken, found, (rows.read, rows.rejected, rows.lines_lost)


def read_plainly(content: str, file: FileSpec) -> Read:
    """What is read of a file value by value."""
    records, rows, _ = opened(content, file)
    readers = [reader_for(column, export_ids={"E1"}) for column in file.columns]
    key = list(file.by_name).index(file.key)
    taken: list[tuple[int, list[str], bytes]] = []
    found: list[Problem] = []
    read = lost = 0
    for line, fields in records:
        read += 1
        if isinstance(fields, BrokenRecord):
            found.append(rows._reject_broken(line, fields)[2])
            lost += 1
            continue
        values: list[str] = []
        aside: list[str] = []
        try:
            readers[key][fields[key]]
            for reader, raw in zip(readers, fields, strict=True):
                value, flawed = value_of(reader, raw)
                values.append(value)
                if flawed and not is_of_its_time(flawed, file, fields):
                    found.append(problem_of(flawed, file, line, reader.column.name, shown(reader.column, raw.strip())))
                if flawed and flawed.lost:
                    aside.append(raw)
        except RejectedLine as why:
            said = f"{why.text} The line was left out."
            found.append(Problem(why.rule, "error", file.file, said, line, None, mask(",".join(fields))))
            lost += 1
            continue
        found += pair_problems(file, line, values)
        taken.append((line, values, plain_hash(file, values, aside)))
    return taken, [problem.as_dict() for problem in found], (read, lost, lost)


def value_of(reader: Reader, raw: str) -> tuple[str, Flawed | None]:
    """One value, and what is wrong with it."""
    try:
        return reader[raw], None
    except Flawed as flawed:
        return flawed.value, flawed


def problem_of(flawed: Flawed, file: FileSpec, line: int, name: str, seen: str) -> Problem:
    """What is wrong with a value, as it is logged."""
    return Problem(flawed.rule, flawed.severity, file.file, flawed.text, line, name, seen)


def is_of_its_time(flawed: Flawed, file: FileSpec, fields: Sequence[str]) -> bool:
    """Whether the row is older than the day on which HUD retired the code that it has."""
    dated = ENDING.get(file.name) or HAPPENING.get(file.name, OTHERWISE)
    names = {column.attribute: place for place, column in enumerate(file.columns)}
    if flawed.since is None or dated not in names:
        return False
    found = read_date(fields[names[dated]].strip())
    return found is not None and found.moment.date() < flawed.since


def pair_problems(file: FileSpec, line: int, values: list[str]) -> Iterator[Problem]:
    """What is wrong with codes whose list another column chooses."""
    row = dict(zip(file.by_name, values, strict=True))
    for column in file.columns:
        for rule in column.list_rules:
            if row[column.name] and rule.applies(row[rule.column]):
                try:
                    check_code(column.name, rule.list_id, row[column.name])
                except Flawed as flawed:
                    if not is_of_its_time(flawed, file, values):
                        yield problem_of(flawed, file, line, column.name, flawed.value)
                    break


def plain_hash(file: FileSpec, values: list[str], aside: list[str]) -> bytes:
    """The hash of one row."""
    row = {name: value for name, value in zip(file.by_name, values, strict=True) if name != "ExportID"}
    if "SSN" in row:
        row["SSN"] = sealing.keyed_in_row_hash(row["SSN"])
    parts = [*row.values(), *map(sealing.keyed_in_row_hash, aside)]
    return hashlib.sha256("\x1f".join(parts).encode()).digest()


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 10**9))
@example(seed=336)
def test_columns_read_at_once_are_as_if_read_value_by_value(seed: int):
    chance = random.Random(seed)
    file = current().by_name[chance.choice(FILES)]
    content = odd_file(file, chance)
    with sealing.using(KeyRing(keys={1: b"k" * 32}, index_keys={1: b"i" * 32}, row_key=b"r" * 32)):
        plain = read_plainly(content, file)
        for size in (1, 300, 2_000, BLOCK):
            assert read_at_once(content, file, size) == plain


def odd_export() -> SmallExport:
    """An export with good lines, doubled ones, rejected and flawed ones, far more than stand in one batch."""
    export = SmallExport().add_client().add_stay()
    for number in range(1_500):
        odd = {0: {"DateProvided": "32.13."}, 1: {"ServicesID": ""}, 2: {"ServicesID": f"V{number - 100}"}}
        values = {"ServicesID": f"V{number}", "DateProvided": "2024-02-03", **odd.get(number % 211, {})}
        export.add("Services", **values)
    return export


def taken_in_blocks(session: Session, source: HmisSource, path: Path, size: int) -> Intake:
    """A trial of an import that reads `size` characters at a time, and leaves nothing behind."""
    at = clock.now()
    record = HmisImport(source_id=source.id, file_name=path.name, queued_at=at)
    session.add(record)
    session.flush()
    with open_package(path) as package:
        trial = session.begin_nested()
        target = Target(source.id, record.id, at)
        intake = Intake(session.connection(), package, target, ProblemLog(), tell_nobody, block=size)
        intake.run()
        trial.rollback()
    return intake


def test_problems_are_told_by_lines_wherever_batches_end(session: Session, source: HmisSource, tmp_path: Path):
    told = []
    path = odd_export().zip(tmp_path / "odd.zip")
    for size in (200, 5_000, BLOCK):
        intake = taken_in_blocks(session, source, path, size)
        told.append((intake.counts["Services.csv"].as_dict(), [problem.as_dict() for problem in intake.log]))
    assert told[0] == told[1] == told[2]
    lines = [problem["line"] for problem in told[0][1] if problem["rule"] != "unknown-user" and problem["line"]]
    assert lines == sorted(lines)
    assert {"bad-date", "blank-key", "duplicate-key"} <= {problem["rule"] for problem in told[0][1]}


def test_rows_in_another_order_are_met_all_the_same(take, session: Session, source: HmisSource):
    export = SmallExport().add_client().add_stay()
    for number in range(300):
        export.add("Services", ServicesID=f"V{number}", DateProvided="2024-02-03")
    take(export)
    rows = export.rows["Services"]
    random.Random(1).shuffle(rows)
    rows[10]["DateProvided"] = "2024-02-04"
    gone, doubled = rows.pop(20), rows[30]
    rows.append(dict(doubled))
    export.add("Services", ServicesID="V900", DateProvided="2024-02-03")
    counts = take(export).files["Services.csv"]
    assert (counts.read, counts.added, counts.updated, counts.unchanged, counts.removed, counts.rejected) == (
        *(301, 1, 1, 298),
        *(1, 1),
    )
    assert not is_active("Services", gone["ServicesID"])
    assert is_active("Services", doubled["ServicesID"])


def test_rows_of_two_sources_that_lie_between_each_other_are_kept_apart(take, source: HmisSource, tmp_path: Path):
    from adminops.hmis import sources

    other = sources.add_source("Other HMIS")
    export = SmallExport().add_client().add_stay()
    for number in range(20):
        export.add("Services", ServicesID=f"V{number}", DateProvided="2024-02-03")
        for each in (source, other):
            counts = take(export, source=each).files["Services.csv"]
            assert (counts.added, counts.unchanged, counts.removed) == (1, number, 0)
    for each in (source, other):
        assert take(export, source=each).status == "unchanged"


@pytest.mark.parametrize("name", ["a\x1fb", "two\r\nlines", "\x01quoted\x01", "a\\b", "\\N", "\\.", "tab\tbed", '"'])
def test_odd_characters_are_stored_as_they_came(take, session: Session, source: HmisSource, name: str):
    take(SmallExport().add_client(FirstName=name).add_client("C2"))
    assert session.scalars(select(Client.first_name).order_by(Client.personal_id)).all() == [name, "Maria"]


def test_blank_values_are_null_and_blank_search_keys_are_not(take, session: Session, source: HmisSource):
    take(SmallExport().add_client(FirstName="", SSN="", DOB="").add_client("C2", LastName="").add_client("C3"))
    client = session.scalars(select(Client).where(Client.personal_id == "C1")).one()
    assert (client.first_name, client.first_key, client.dob, client.ssn_sealed, client.ssn_index) == (
        *(None, "", None),
        *(None, None),
    )
    empty = "SELECT count(*) FROM hmis_client WHERE first_name = '' OR ssn_sealed = ''"
    assert session.execute(text(empty)).scalar_one() == 0


@on_sqlite
def test_times_are_stored_as_the_orm_writes_them(take, session: Session, source: HmisSource):
    take(SmallExport().add_client().add_stay().add("Services", ServicesID="V1", DateProvided="2024-02-03"))
    stored = session.execute(text("SELECT date_created, date_deleted FROM hmis_services")).one()
    assert tuple(stored) == ("2024-03-01 09:30:00.000000", None)
    service = session.scalars(select(Services)).one()
    moment = service.date_created
    service.date_created = None
    session.flush()
    service.date_created = moment
    session.flush()
    assert session.execute(text("SELECT date_created FROM hmis_services")).scalar_one() == stored[0]


def test_a_column_is_quoted_for_copy_only_where_it_must_be():
    written: list[str] = []

    class Copy:
        """Takes what is written."""

        def __enter__(self) -> "Copy":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, lines: str) -> None:
            """Keep `lines`."""
            written.append(lines)

    class Cursor:
        """Gives a copy."""

        def copy(self, _sql: str) -> Copy:
            """Start one."""
            return Copy()

    plain = [Column("a", ["1", ""], Kind.NUMBER), Column("b", [b"\x01", b""], Kind.BYTES), Column("c", ["", ""])]
    copy_to_postgresql(Cursor(), "t", plain)
    copy_to_postgresql(Cursor(), "t", [Column("a", ["x\ny", "\x01"])])
    assert written == ["1\x1f\\x01\n\x1f\n", "\x01x\ny\x01\n\x01\x01\x01\x01\n"]
