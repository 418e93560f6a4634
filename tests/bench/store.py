"""The store: an import against a bare load of the same files without any check, each in a process of its own.

The bare load is `csv` with `executemany` on SQLite, and COPY of the files as they are on PostgreSQL: into tables
without types, keys or indexes. The growth compares seconds a row with those of an export a tenth as large.
"""

import csv
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import psycopg

import wsgi
from adminops.app import create_app
from adminops.db import transaction
from adminops.demo import write_export
from adminops.hmis.intake import import_export
from adminops.hmis.sources import add_source, find_source
from adminops.settings import Settings
from migrations.run import upgrade_database
from tests.bench.figures import Figure, in_a_process_of_its_own
from tests.samples import BESIDE
from tests.services.postgres import Postgres, launch
from tests.services.private import ServiceFailed

SMALL, USUAL, LARGE = 10_000, 100_000, 1_000_000
"""Clients of the exports that are compared."""


THINNED = ("IncomeBenefits", "HealthAndDV", "Disabilities", "Services", "CurrentLivingSituation", "Event")
"""Files whose rows no others name."""
ONE_IN = 100


class Taken(NamedTuple):
    """What one import took, and the same export a second time."""

    rows: int
    first: float
    peak: float
    second: float
    thinned: float
    """What the same export took without some of its rows, once these had been removed."""

    @property
    def a_row(self) -> float:
        """Seconds that a row took."""
        return self.first / self.rows


def run() -> Iterator[Figure]:
    """Measure imports of a generated export, and of the sample where one lies beside the checkout."""
    yield from _on_sqlite(USUAL, against=SMALL)
    yield from _on_postgresql(USUAL)
    sample = BESIDE / "datalab_fy2026"
    if sample.is_dir():
        with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
            seconds, peak = _alone("import", sample, folder)
        yield Figure("import of the sample export", seconds, "s", 3)
        yield Figure("import of the sample export, peak memory", peak, "MB", 300)


def run_large() -> Iterator[Figure]:
    """Measure the growth up to a million clients: half an hour, and 20 GB of disk."""
    yield from _on_sqlite(LARGE, against=SMALL)


def _on_sqlite(clients: int, *, against: int) -> Iterator[Figure]:
    small = _taken(against)
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
        bare, _ = _alone("bare", export_of(clients), folder)
    taken = _taken(clients)
    yield Figure(f"SQLite: bare load of {taken.rows:,} rows", bare, "s")
    yield Figure("SQLite: import against the bare load", taken.first / bare, "x", 2.5)
    yield Figure("SQLite: the same export again, against the bare load", taken.second / bare, "x", 1)
    yield Figure("SQLite: an export again, 1 % of the rows removed before", taken.thinned / taken.second, "x", 1.25)
    yield Figure("SQLite: import, peak memory", taken.peak, "MB", 400 if clients <= USUAL else None)
    yield Figure(f"SQLite: a row of {clients:,} clients against {against:,}", taken.a_row / small.a_row, "x", 1.25)


def _taken(clients: int) -> Taken:
    export = export_of(clients)
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
        first, peak = _alone("import", export, folder)
        second, _ = _alone("import", export, folder)
        thinned = _thinned(export, Path(folder) / "thinned")
        _alone("import", thinned, folder)
        third, _ = _alone("import", thinned, folder)
    return Taken(_rows_of(export), first, peak, second, third)


def _on_postgresql(clients: int) -> Iterator[Figure]:
    try:
        server = launch()
    except ServiceFailed as failed:
        print(f"PostgreSQL was not measured: {failed}.")
        return
    try:
        yield from _on_server(server, export_of(clients))
    finally:
        server.stop()


def _on_server(server: Postgres, export: Path) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
        bare, _ = _alone("copy", export, folder, server.url())
        first, peak = _alone("import", export, folder, server.url())
        second, _ = _alone("import", export, folder, server.url())
    yield Figure(f"PostgreSQL: bare COPY of {_rows_of(export):,} rows", bare, "s")
    yield Figure("PostgreSQL: import against the bare COPY", first / bare, "x", 2.5)
    yield Figure("PostgreSQL: the same export again, against the bare COPY", second / bare, "x")
    yield Figure("PostgreSQL: import, peak memory", peak, "MB", 400)


def export_of(clients: int) -> Path:
    """Return a generated export of so many clients; made once, for it takes longer than its import."""
    kept = Path(tempfile.gettempdir()) / f"adminops-bench-exports-{os.getuid()}"
    export = kept / str(clients)
    if not export.is_dir():
        unfinished = kept / f"{clients}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        write_export(unfinished, clients=clients, seed=1, today=date(2026, 11, 1))
        with suppress(FileExistsError):
            unfinished.rename(export)
    return export


def _thinned(export: Path, thinned: Path) -> Path:
    """Return a copy of an export without one in `ONE_IN` rows of files that no others name."""
    shutil.copytree(export, thinned)
    for name in THINNED:
        with (export / f"{name}.csv").open(newline="", encoding="utf-8") as text:
            rows = list(csv.reader(text))
        with (thinned / f"{name}.csv").open("w", newline="", encoding="utf-8") as text:
            csv.writer(text).writerows(row for number, row in enumerate(rows, 1) if number % ONE_IN)
    return thinned


def _rows_of(export: Path) -> int:
    return sum(path.read_bytes().count(b"\n") - 1 for path in export.glob("*.csv"))


def _alone(what: str, export: Path, folder: str, database: str = "") -> tuple[float, float]:
    return in_a_process_of_its_own("tests.bench.store", what, str(export), folder, database)


def _bare(export: Path, home: Path, _database: str) -> float:
    began = perf_counter()
    with sqlite3.connect(home / "bare.sqlite") as database:
        for file in sorted(export.glob("*.csv")):
            with file.open(newline="", encoding="utf-8") as text:
                lines = csv.reader(text)
                header = next(lines)
                columns = ", ".join(f'"{name}"' for name in header)
                database.execute(f'CREATE TABLE "{file.stem}" ({columns})')
                marks = ", ".join("?" * len(header))
                database.executemany(f'INSERT INTO "{file.stem}" VALUES ({marks})', lines)
    return perf_counter() - began


def _copy(export: Path, _home: Path, database: str) -> float:
    began = perf_counter()
    with psycopg.connect(database.replace("postgresql+psycopg://", "postgresql://")) as connection:
        connection.execute("CREATE SCHEMA bare")
        for file in sorted(export.glob("*.csv")):
            with file.open("rb") as opened, connection.cursor() as cursor:
                columns = ", ".join(f'"{name}" text' for name in opened.readline().decode().strip().split(","))
                cursor.execute(f'CREATE TABLE bare."{file.stem}" ({columns})'.encode())
                with cursor.copy(f'COPY bare."{file.stem}" FROM STDIN (FORMAT csv)'.encode()) as copy:
                    while piece := opened.read(1 << 18):
                        copy.write(piece)
    return perf_counter() - began


def _import(export: Path, home: Path, database: str) -> float:
    settings = Settings(home=home, environment="test", log_level="error", database_url=database)
    app = create_app(settings, wsgi.FEATURES)
    with app.app_context():
        upgrade_database()
        began = perf_counter()
        with transaction():
            result = import_export(export, source=find_source("bench") or add_source("bench"), by_id=None)
        seconds = perf_counter() - began
    if result.is_refused or result.is_held:
        raise SystemExit(result.sentence)
    return seconds


MEASURES: dict[str, Callable[[Path, Path, str], float]] = {"bare": _bare, "copy": _copy, "import": _import}


if __name__ == "__main__":
    _, name, path, folder, url = sys.argv
    print(MEASURES[name](Path(path), Path(folder), url))
