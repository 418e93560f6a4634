"""The store: an import against a bare load of the same files without any check, each in a process of its own."""

import csv
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import perf_counter

import wsgi
from adminops.app import create_app
from adminops.db import transaction
from adminops.demo import write_export
from adminops.hmis.intake import import_export
from adminops.hmis.sources import add_source, find_source
from adminops.settings import Settings
from migrations.run import upgrade_database
from tests.bench.figures import Figure, in_a_process_of_its_own, peak_megabytes
from tests.samples import BESIDE

CLIENTS = 10_000


def run() -> Iterator[Figure]:
    """Measure imports of a generated export, and of the sample where one lies beside the checkout."""
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
        export = Path(folder) / "export"
        rows = sum(write_export(export, clients=CLIENTS, seed=1, today=date(2026, 11, 1)).rows.values())
        bare, _ = in_a_process_of_its_own("tests.bench.store", "bare", str(export), folder)
        first, peak = in_a_process_of_its_own("tests.bench.store", "import", str(export), folder)
        second, _ = in_a_process_of_its_own("tests.bench.store", "import", str(export), folder)
        yield Figure(f"bare load of {rows:,} rows", bare, "s")
        yield Figure("import against the bare load", first / bare, "x")
        yield Figure("import, peak memory", peak, "MB", 300)
        yield Figure("the same export again, against the bare load", second / bare, "x")
    sample = BESIDE / "datalab_fy2026"
    if sample.is_dir():
        with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
            seconds, peak = in_a_process_of_its_own("tests.bench.store", "import", str(sample), folder)
        yield Figure("import of the sample export", seconds, "s", 3)
        yield Figure("import of the sample export, peak memory", peak, "MB", 300)


def _bare(export: Path, home: Path) -> float:
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


def _import(export: Path, home: Path) -> float:
    app = create_app(Settings(home=home, environment="test", log_level="error"), wsgi.FEATURES)
    with app.app_context():
        upgrade_database()
        began = perf_counter()
        with transaction():
            import_export(export, source=find_source("bench") or add_source("bench"), by_id=None)
        return perf_counter() - began


if __name__ == "__main__":
    _, what, path, folder = sys.argv
    measured = (_bare if what == "bare" else _import)(Path(path), Path(folder))
    print(measured, peak_megabytes())
