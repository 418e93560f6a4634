"""Reading in a process of its own: the same as reading here, and neither process outlives what it is for."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from adminops import clock
from adminops.crypto import KeyRing
from adminops.db import db
from adminops.hmis.intake import ImportResult, apart, copying, import_export, indexes
from adminops.hmis.intake.apart import Job, Reader, ReaderFailed
from adminops.hmis.intake.copying import Marks, columns_in, looked_at, with_hashes, with_lines
from adminops.hmis.intake.packages import DEFAULT_UNPACKED_LIMIT, open_package
from adminops.hmis.intake.packing import pack, unpack
from adminops.hmis.intake.problems import WARNING, Problem
from adminops.hmis.intake.rows import Batch, FileRows
from adminops.hmis.models import FILE_MODELS, Client, HmisSource
from adminops.hmis.sources import add_source
from adminops.hmis.spec import current
from tests.hmis.conftest import contents, on_postgresql, on_sqlite, the_problem
from tests.hmis.exports import SmallExport, whole_export

PROMPTLY = 20.0
"""Seconds that a process may take to end on a busy machine."""


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list["subprocess.Popen[bytes]"]:
    """Let every export be worth a process; return those that were begun."""
    monkeypatch.setattr(apart, "LEAST_BYTES", 0)
    monkeypatch.setattr(apart, "_cores", lambda: 2)
    processes: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return processes


def faulty_export() -> SmallExport:
    """An export in which something is wrong in every way that a reader knows."""
    export = whole_export().add_client("C3", DOB="31-JAN-80", SSN="12", VeteranStatus="77").add_client("", LastName="X")
    export.add_client("C1", FirstName="Again").add_client("C4", NameDataQuality="many", FirstName="a\x1eb")
    export.add("Services", ServicesID="SV9", DateProvided="02/03/2024", EnrollmentID="nobody's")
    lines = export.csv("Exit").encode()
    export.raw["Exit.csv"] = lines + b'X2,"open\r\nX3,1,2\r\n \r\n' + lines.splitlines()[0] + b"\r\n\x1a"
    return export


def told(result: ImportResult) -> dict[str, Any]:
    """All that a result says, but for what differs from import to import."""
    return {**result.as_dict(problems=None), "import_id": 0, "seconds": 0, "source": ""}


def hashes(source: HmisSource) -> list[tuple[Any, ...]]:
    """The key and the hash of each row of a source."""
    found: list[tuple[Any, ...]] = []
    for file in current().files:
        model: Any = FILE_MODELS[file.name]
        key = getattr(model, file.key_column.attribute)
        rows = db.session.execute(select(key, model.row_hash).where(model.source_id == source.id).order_by(key))
        found += map(tuple, rows)
    return found


def test_an_export_that_is_read_apart_is_taken_as_one_that_is_read_here(
    source: HmisSource, tmp_path: Path, begun: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = faulty_export().zip(tmp_path / "export.zip")
    first, again = (import_export(path, source=source, by_id=None, approve=True) for _ in range(2))
    assert len(begun) == 2
    monkeypatch.setattr(apart, "LEAST_BYTES", 1 << 30)
    other = add_source("Elsewhere")
    here, again_here = (import_export(path, source=other, by_id=None, approve=True) for _ in range(2))
    assert len(begun) == 2
    assert told(first) == told(here)
    assert told(again) == told(again_here)
    assert len(first.problems) > 8
    assert (first.status, again.status) == ("applied", "unchanged")
    assert hashes(source) == hashes(other)
    assert contents(source) == contents(other)


def built() -> list[Any]:
    """The indexes, rules and sequences of the store's tables, as PostgreSQL has them."""
    asked = (
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2",
        "SELECT seqrelid::regclass::text, seqcache FROM pg_sequence ORDER BY 1",
    )
    return [tuple(row) for sql in asked for row in db.session.execute(text(sql))]


def many_services(*, again: bool = False) -> SmallExport:
    """An export with more rows of Services.csv and of Exit.csv than a block has room for."""
    export = whole_export()
    for number in range(1_500):
        export.add("Services", ServicesID=f"V{number}", EnrollmentID="S1", PersonalID="C1", DateProvided="2024-02-03")
        export.add("Exit", ExitID=f"Y{number}", EnrollmentID="S1", PersonalID="C1", ExitDate="2024-03-01")
    if again:
        export.add("Services", ServicesID="V3", TypeProvided="7").add("Exit", ExitID="Y3", ExitDate="2024-03-02")
    return export


@on_postgresql
def test_the_first_export_leaves_the_indexes_that_it_does_without_as_they_were(
    take: Callable[..., ImportResult], begun: list[Any]
) -> None:
    before = built()
    assert take(many_services().add("Event", EventID="V1", ExportID="E2")).status == "refused"
    assert built() == before
    assert take(many_services()).status == "applied"
    assert built() == before
    assert take(many_services()).status == "unchanged"
    next_id = "SELECT nextval(pg_get_serial_sequence('hmis_services', 'id')) > max(id) FROM hmis_services"
    assert db.session.scalar(text(next_id))
    assert len(begun) == 3


def test_a_key_that_comes_again_far_behind_is_rejected_in_a_first_export_too(
    source: HmisSource, tmp_path: Path, begun: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = many_services(again=True).zip(tmp_path / "export.zip")
    first = import_export(path, source=source, by_id=None, approve=True)
    monkeypatch.setattr(apart, "LEAST_BYTES", 1 << 30)
    other = add_source("Elsewhere")
    assert told(first) == told(import_export(path, source=other, by_id=None, approve=True))
    assert first.problems.by_rule["duplicate-key"] == 2
    assert hashes(source) == hashes(other)
    on_server = db.session.connection().dialect.name == "postgresql"
    assert len(begun) == (2 if on_server else 1)  # it was begun anew, with all indexes


@on_postgresql
def test_a_table_that_somebody_reads_or_that_is_pointed_to_keeps_its_indexes(
    take: Callable[..., ImportResult], begun: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tables: list[str] = []
    drop = indexes._drop

    def noted(cursor: Any, table: str) -> indexes.LeftOut:
        left_out = drop(cursor, table)
        tables.append(table)
        return left_out

    monkeypatch.setattr(indexes, "_drop", noted)
    db.session.execute(text("CREATE TABLE pointing (id INTEGER REFERENCES hmis_event (id))"))
    with db.engine.connect() as reading:
        reading.execute(text("SELECT count(*) FROM hmis_services"))
        assert take(many_services()).status == "applied"
    assert "hmis_disabilities" in tables
    assert not {"hmis_services", "hmis_event"}.intersection(tables)
    assert begun
    db.session.execute(text("DROP TABLE pointing"))  # the database is the next test's


def test_what_refuses_the_export_is_raised_where_it_stands(take: Callable[..., ImportResult], begun: list[Any]) -> None:
    export = whole_export().add("Services", ServicesID="SV9", ExportID="E2")
    problem = the_problem(take(export), "foreign-export")
    assert (problem.file, problem.line) == ("Services.csv", 3)
    assert len(begun) == 1
    assert begun[0].returncode is not None


def test_the_process_has_ended_when_the_import_has_even_one_that_was_broken_off(
    take: Callable[..., ImportResult], begun: list[Any]
) -> None:
    def stop(_progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(whole_export(), progress=stop)
    assert take(whole_export()).status == "applied"
    assert [each.returncode is not None for each in begun] == [True, True]


def test_when_the_process_is_killed_the_import_fails_and_leaves_the_store_as_it_was(
    take: Callable[..., ImportResult], begun: list[Any]
) -> None:
    export = whole_export()
    for number in range(40_000):  # far more than the pipe has room for
        export.add("Services", ServicesID=f"V{number}", DateProvided="2024-02-03")

    def kill(progress: Any) -> None:
        if progress.file == "Services.csv":
            begun[0].kill()

    with pytest.raises(ReaderFailed, match="gone"), db.session.begin_nested():
        take(export, progress=kill)
    assert db.session.scalar(select(func.count()).select_from(Client)) == 0
    assert take(whole_export()).status == "applied"


@on_sqlite
def test_where_no_process_can_be_had_the_export_is_read_here(
    take: Callable[..., ImportResult], begun: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any, **_options: Any) -> None:
        raise BlockingIOError

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert take(whole_export()).status == "applied"
    assert begun == []


@on_sqlite
@pytest.mark.parametrize("code", ["", "raise SystemExit(1)", "import time; time.sleep(0.2)"])
def test_where_the_process_ends_before_it_has_begun_the_export_is_read_here(
    take: Callable[..., ImportResult], begun: list[Any], monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(apart, "CODE", code)
    assert take(whole_export()).status == "applied"
    assert len(begun) == 1


@on_sqlite
@pytest.mark.parametrize(("name", "cores"), [("/usr/bin/uwsgi", 2), (None, 2), (sys.executable, 1)])
def test_no_process_is_begun_where_there_is_no_program_for_it_or_no_core(
    take: Callable[..., ImportResult],
    begun: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    name: str | None,
    cores: int,
) -> None:
    monkeypatch.setattr(sys, "executable", name)
    monkeypatch.setattr(apart, "_cores", lambda: cores)
    assert take(whole_export()).status == "applied"
    assert begun == []


def test_no_process_is_begun_for_what_is_small_or_no_export(tmp_path: Path, ring: KeyRing) -> None:
    assert ring
    (tmp_path / "no.zip").write_bytes(b"no zip")
    for path in (whole_export().zip(tmp_path / "small.zip"), tmp_path / "no.zip", tmp_path / "gone"):
        with apart.reader_of(path, unpacked_limit=DEFAULT_UNPACKED_LIMIT, hashes=True) as reader:
            assert reader is None


def test_a_process_that_has_opened_something_else_is_not_listened_to(tmp_path: Path, ring: KeyRing, begun: list[Any]):
    assert ring
    path, other = whole_export().zip(tmp_path / "a.zip"), SmallExport().zip(tmp_path / "b.zip")
    with apart.reader_of(path, unpacked_limit=DEFAULT_UNPACKED_LIMIT, hashes=True) as reader:
        assert reader is not None
        with open_package(other) as package:
            assert not reader.has(package)
    with apart.reader_of(path, unpacked_limit=1, hashes=True) as reader, open_package(path) as package:
        assert reader is not None
        assert not reader.has(package)
    assert len(begun) == 2


def test_what_fails_in_the_process_is_told_without_any_value(
    tmp_path: Path, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_rows: FileRows, _size: int) -> Iterator[Batch]:
        raise ValueError("Lop" + "ez")

    monkeypatch.setattr(FileRows, "unhashed", fail)
    monkeypatch.setattr(apart.sealing, "use", lambda _ring: None)  # it is this process that plays the other one
    monkeypatch.setattr(apart, "read_header", lambda _package: type("Header", (), {"export_ids": {"E1"}}))
    monkeypatch.setattr(apart, "spec_of", lambda _package, _header: current())
    path = whole_export().zip(tmp_path / "a.zip")
    results, end = Pipe(duplex=False)
    apart._work(Job(path, DEFAULT_UNPACKED_LIMIT, clock.now(), True, ring.row_key), end)
    reader = Reader(results)
    with open_package(path) as package:
        assert reader.has(package)
    with pytest.raises(ReaderFailed, match="ValueError") as failed:
        list(reader.batches(type("Rows", (), {"file": current().files[0]})()))
    assert "Lopez" not in str(failed.value)
    assert "in fail" in str(failed.value)


ALONE = """
import sys, time
from pathlib import Path
from adminops.crypto import KeyRing
from adminops.hmis import sealing
from adminops.hmis.intake import apart
apart.LEAST_BYTES, apart._cores = 0, lambda: 2
begin = apart._begin

def begin_and_tell(job):
    begun = begin(job)
    print(begun[0].pid, flush=True)
    return begun

apart._begin = begin_and_tell
with sealing.using(KeyRing.generate()), apart.reader_of(Path(sys.argv[1]), unpacked_limit=10**9, hashes=True):
    time.sleep(600)
"""


def test_the_process_ends_when_the_one_that_began_it_is_killed(tmp_path: Path) -> None:
    export = whole_export()
    for number in range(20_000):
        export.add("Services", ServicesID=f"V{number}")
    command = [sys.executable, "-c", ALONE, str(export.zip(tmp_path / "a.zip"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        reader = int(owner.stdout.readline())
        assert is_running(reader)
        owner.kill()
    until = time.monotonic() + PROMPTLY
    while is_running(reader) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(reader)


def is_running(process: int) -> bool:
    """Whether there is such a process that is more than its exit code."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


texts = st.text(st.sampled_from("ab\x1e\x1f\n"), max_size=3)


@given(st.lists(st.tuples(texts, texts, st.just("same"), st.just("")), max_size=5), st.booleans())
def test_batches_arrive_as_they_left(rows: list[tuple[str, ...]], is_hashed: bool) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    batch = Batch(
        lines=range(2, 2 + len(rows)) if is_hashed else [7] * len(rows),
        keys=columns[1],
        columns=columns,
        texts=["".join(row) for row in rows],
        aside={2: [("DOB", "never")]},
        retired={3: "{}"},
        has_retired=is_hashed,
        found=[(2, 1, Problem("rule", WARNING, "Client.csv", "It is odd.", 2))],
    )
    sent = batch.hashed() if is_hashed else batch
    arrived = unpack(pack(sent))
    assert list(arrived.lines) == list(batch.lines)
    assert arrived.keys == batch.keys
    assert list(arrived.columns) == columns
    assert arrived.columns[1:3] == columns[1:3]
    assert (arrived if is_hashed else arrived.hashed()).hashes == batch.hashed().hashes
    assert (arrived.aside, arrived.retired, arrived.has_retired, arrived.found) == (
        batch.aside,
        batch.retired,
        batch.has_retired,
        batch.found,
    )


plain = st.text(st.sampled_from('ab" é,'), max_size=3)


@given(st.lists(st.lists(plain, min_size=17, max_size=17), min_size=1, max_size=4))
def test_rows_that_travel_as_lines_of_copy_can_be_had_from_them(rows: list[list[str]]) -> None:
    file = current().by_name["Services"]
    assert [column.name for column in file.columns][-2:] == ["DateDeleted", "ExportID"]
    columns = [list(column) for column in zip(*([*row[:-1], "", "E1"] for row in rows), strict=True)]
    texts = ["\x1f".join(row[:-1]) for row in zip(*columns, strict=True)]
    batch = Batch(lines=range(2, 2 + len(rows)), keys=columns[0], columns=columns, texts=texts)
    sent = with_lines(batch, file, Marks(3, 4))
    arrived = unpack(pack(sent, looked_at(file)))
    assert columns_in(sent.copied)[:2] == [["3"] * len(rows), ["4"] * len(rows)]
    assert arrived.keys == batch.keys
    assert list(arrived.columns) == columns
    assert with_hashes(arrived).hashes == batch.hashed().hashes
    assert not with_hashes(arrived).copied


@pytest.mark.parametrize("value", ["a\\b", "a\nb", "a\rb", "a\x1fb"])
def test_rows_that_copy_would_read_in_another_way_travel_as_they_are(value: str) -> None:
    file = current().by_name["Services"]
    columns = [["1"], *([""] for _ in file.columns[2:]), ["E1"]]
    columns[6] = [value]
    batch = Batch(lines=[2], keys=columns[0], columns=columns, texts=["\x1f".join(row[0] for row in columns[:-1])])
    assert with_lines(batch, file, Marks(3, 4)) is batch


def test_files_without_indexes_are_named_by_no_other() -> None:
    named = {column.ref[0] for file in current().files for column in file.columns if column.ref and not column.is_key}
    assert not named.intersection(indexes.FILES)
    assert set(indexes.FILES) | set(copying.NEVER) <= set(current().by_name)


def test_a_column_is_taken_apart_once() -> None:
    arrived = unpack(pack(Batch(lines=range(2, 4), keys=["a", "b"], columns=[["a", "b"], ["x", "y"]])))
    assert arrived.columns[1] is arrived.columns[1]
