"""Duplicates in a store whose truth is known, on both databases: a scan, and asking who is here already.

The people are those of `match`, written by statements of their own and not through the intake. `duplicates` has 50,000
records; ADMINOPS_BENCH_CLIENTS says another number.
"""

import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time, sleep
from typing import Any

from sqlalchemy import Connection, select, text, update

import wsgi
from adminops import clock
from adminops.app import create_app
from adminops.db import db, transaction
from adminops.errors import Invalid
from adminops.hmis import sealing
from adminops.hmis.models import Client, HmisImport
from adminops.hmis.names import name_key
from adminops.hmis.sources import add_source
from adminops.identity.models import SYSTEM
from adminops.settings import Settings
from dedupe.jobs import scan_now
from dedupe.lookup import Wanted, look_up_person
from dedupe.models import Pair
from dedupe.scanning import begin_scan, finish_scan, look_for, scan_store
from migrations.run import upgrade_database
from tests.bench.figures import Figure
from tests.bench.match import SEED, invented
from tests.bench.town import Town, make_town
from tests.services import postgres

RECORDS = int(os.environ.get("ADMINOPS_BENCH_CLIENTS", "50000"))
_IMPORT = 4_711
_WARM_UP = 5.0  # seconds until the other process has loaded the app and begun
_RACES = {
    "AmIndAKNative": "am_ind_ak_native", "Asian": "asian", "BlackAfAmerican": "black_af_american",
    "HispanicLatinao": "hispanic_latinao", "MidEastNAfrican": "mid_east_n_african",
    "NativeHIPacific": "native_hi_pacific", "White": "white",
}  # fmt: skip
_CODES = {
    "NameDataQuality": "name_data_quality", "SSNDataQuality": "ssn_data_quality", "DOBDataQuality": "dob_data_quality",
    "Sex": "sex", "VeteranStatus": "veteran_status",
}  # fmt: skip


@dataclass(frozen=True)
class Filled:
    """A store that holds a town."""

    source_id: int
    town: Town


def town_of(records: int) -> Town:
    """Return the people of the bench."""
    return make_town(records, SEED, invented(SEED))


@contextmanager
def filled(settings: Settings, town: Town) -> Iterator[Filled]:
    """Open an app whose store holds a town."""
    app = create_app(settings, wsgi.FEATURES)
    with app.app_context():
        upgrade_database()
        with transaction():
            source_id = add_source("bench").id
        with db.engine.begin() as connection:
            _fill(connection, source_id, town)
            connection.execute(text("ANALYZE"))
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM (ANALYZE) hmis_client"))
        yield Filled(source_id, town)
        db.session.remove()
        db.engine.dispose()


def _fill(connection: Connection, source_id: int, town: Town) -> None:
    projects = sorted({stay[2] for stay in town.stays})
    _insert(
        connection, "hmis_project", "source_id project_id project_type", ((source_id, each, 1) for each in projects)
    )
    names = "first_name middle_name last_name name_suffix first_key last_key dob ssn_sealed ssn_index ssn_last4_index"
    columns = f"source_id personal_id import_id {names} {' '.join(_CODES.values())} {' '.join(_RACES.values())}"
    _insert(connection, "hmis_client", columns, (client_row(source_id, row) for row in town.clients))
    columns = "source_id enrollment_id personal_id project_id entry_date household_id relationship_to_hoh"
    _insert(connection, "hmis_enrollment", columns, ((source_id, *stay) for stay in town.stays))


def client_row(source_id: int, row: dict[str, str]) -> tuple[Any, ...]:
    """Return a row of Client.csv as the table has it."""
    first, last, ssn = row["FirstName"], row["LastName"], row["SSN"].replace("-", "")
    ssn = ssn if len(ssn) == 9 else ""
    sealed = sealing.seal_ssn(source_id, row["PersonalID"], ssn)
    texts = (first or None, row["MiddleName"] or None, last or None, row["NameSuffix"] or None)
    keys = (name_key(first), name_key(last))
    codes = tuple(int(row[name]) if row[name] else None for name in _CODES)
    races = tuple(int(row[name] or 0) for name in _RACES)
    return (source_id, row["PersonalID"], 1, *texts, *keys, row["DOB"] or None, *sealed, *codes, *races)


def _insert(connection: Connection, table: str, columns: str, rows: Iterator[tuple[Any, ...]]) -> None:
    names = columns.split()
    marks = ", ".join(["?" if connection.dialect.name == "sqlite" else "%s"] * len(names))
    while portion := list(islice(rows, 20_000)):
        connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", portion)


def settings_in(folder: str, url: str = "") -> Settings:
    """Return the settings of an app of a bench."""
    more: dict[str, Any] = {"database_url": url} if url else {}
    return Settings(home=Path(folder), environment="test", log_level="error", **more)


def run() -> Iterator[Figure]:
    """Scan and look up on SQLite, then on PostgreSQL."""
    town = town_of(RECORDS)
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
        yield from _measured("SQLite", settings_in(folder), town)
    server = postgres.launch()
    try:
        with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
            yield from _measured("PostgreSQL", settings_in(folder, server.url()), town)
    finally:
        server.stop()


def _measured(database: str, settings: Settings, town: Town) -> Iterator[Figure]:
    size = f"{database}, {RECORDS:,} records"
    with filled(settings, town) as store:
        gc.collect()
        gc.freeze()  # the town's million rows are no part of the app: its collections shall not go through them
        began = process_time()
        with transaction():
            scan_store()
        full = process_time() - began
        yield Figure(f"{size}: process seconds of a scan", full, "s", 30 * RECORDS / 50_000)
        yield from _of_changes(size, store, full)
        yield from _look_ups(f"{size}: who is here already", town)
        with _scanning(settings):
            yield from _look_ups(f"{size}: who is here already, while a scan runs", town)


def _look_ups(name: str, town: Town) -> Iterator[Figure]:
    """Ask for people one after the other, each in a transaction of its own as a page or the API does."""
    times = quantiles([_asked(person) for person in _people(town)], n=100)
    yield Figure(f"{name}, 95th percentile", times[94], "ms", 25)
    yield Figure(f"{name}, 99th percentile", times[98], "ms", 60)


@contextmanager
def _scanning(settings: Settings) -> Iterator[None]:
    """Let another process scan the whole store, again and again, meanwhile."""
    other = get_context("spawn").Process(target=_scan_on, args=(settings,), daemon=True)
    other.start()
    sleep(_WARM_UP)
    try:
        yield
    finally:
        if not other.is_alive():
            raise RuntimeError("The scan ended by itself: what was measured beside it is nothing.")
        other.kill()
        other.join()


def _scan_on(settings: Settings) -> None:
    app = create_app(settings, wsgi.FEATURES)
    with app.app_context():
        while True:
            scan_now(is_full=True)


def _of_changes(size: str, store: Filled, full: float) -> Iterator[Figure]:
    """Let an import have written one record in a hundred, and look at these alone."""
    with transaction():
        last = HmisImport(source_id=store.source_id, file_name="bench", queued_at=clock.now(), finished_at=clock.now())
        db.session.add(last)
        db.session.flush()
        # 1 is the import that has written all others
        db.session.execute(update(HmisImport).where(HmisImport.id == last.id).values(id=_IMPORT))
        db.session.execute(update(Client).where(Client.id % 100 == 7).values(import_id=_IMPORT))
        rows = db.session.execute(select(Pair.low_client_id, Pair.high_client_id)).all()
    db.session.remove()
    began = process_time()
    with transaction():
        scan = begin_scan(is_full=False, by=SYSTEM)
        found = look_for(scan, _IMPORT)
        finish_scan(scan, found)
    share = 100 * (process_time() - began) / full
    yield Figure(f"{size}: a scan of 1 % changed, of a full one", share, "%", 15)
    wanted = {frozenset(row) for row in rows if found.changed and not found.changed.isdisjoint(row)}
    seen = {frozenset((pair.left, pair.right)) for pair in found.pairs}
    yield Figure(
        f"{size}: pairs of a full scan that it finds", 100 * len(wanted & seen) / len(wanted), "%", 99, at_least=True
    )


def _people(town: Town) -> Iterator[Wanted]:
    """Yield some of the town's people as somebody asks for them: by name and birth date."""
    for row in town.clients[:: max(len(town.clients) // 400, 1)]:
        if row["FirstName"] and row["LastName"] and row["DOB"] > "1910":
            yield Wanted(row["FirstName"], row["LastName"], date.fromisoformat(row["DOB"]))


def _asked(wanted: Wanted) -> float:
    """Return the milliseconds of one look-up; 0 for who can't be asked for."""
    db.session.remove()
    began = perf_counter()
    with suppress(Invalid), transaction():
        look_up_person(wanted, by=SYSTEM)
    return 1000 * (perf_counter() - began)
