"""What every test may ask for: the app on both databases, a session at work, people who browse it.

- `app`: the app with an empty, migrated database; run once on SQLite and once on PostgreSQL.
- `session`: the app's database inside one open transaction (for verbs): `file_ticket(..., by=make_user())`.
- `desk`: the app with committed data and people who click (`desk.work()`, `desk.signed_in(user)`); also see
  `tests/browsing.py`, which checks every page any test fetches.
- `sqlite_app`: the app on SQLite only, for tests that have nothing to do with the database.
"""

import gc
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import event
from sqlalchemy.orm import Session

import wsgi
from adminops.app import AdminOps, create_app
from adminops.crypto import RingFile
from adminops.db import db, transaction
from adminops.hmis import sealing
from adminops.settings import Settings
from migrations.run import upgrade_database
from tests.browsing import Desk

pytest_plugins = ["tests.services.requirements", "tests.services.plugin"]

gc.disable()  # while tests are collected; see pytest_collection_finish


class _Compiled(BytecodeCache):
    """The templates that this process has compiled, for every app it makes: each would take two seconds for them."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what another app compiled of the same text."""
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it for the others."""
        self.kept[bucket.key] = bucket.bytecode_to_string()


AdminOps.jinja_options = {**AdminOps.jinja_options, "bytecode_cache": _Compiled()}


def pytest_collection_finish() -> None:
    """Tell the garbage collector that the app and the tests, half a million objects, are here to stay.

    It would look at all of them again and again, which takes a tenth of the tests' time. Objects that a test leaves
    behind are still found, in the small generations and at the end.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def settings_for(home: Path, **over: object) -> Settings:
    """Return the settings of a test: no scheduler, mails in the mailbox, answers sent at once, no second step asked."""
    quiet: dict[str, object] = {"scheduler": False, "log_level": "error", "undo_send_seconds": 0, "survey_percent": 100}
    quiet["second_factor_roles"] = ""
    return Settings(environment="test", home=home, **{**quiet, **over})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database to copy."""
    home = tmp_path_factory.mktemp("template")
    app = create_app(settings_for(home), wsgi.FEATURES)
    with app.app_context():
        upgrade_database()
        db.session.remove()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return home / "adminops.sqlite"


@pytest.fixture(scope="session")
def app_on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AdminOps:
    """The app on a SQLite file of this test process.

    It waits for no disk, like the private PostgreSQL: the file lives as long as one test. What has to survive a crash
    is tested by processes of their own, with the settings of the house.
    """
    app = create_app(settings_for(tmp_path_factory.mktemp("home")), wsgi.FEATURES)
    with app.app_context():
        event.listen(db.engine, "connect", _wait_for_no_disk)
        event.listen(db.engine, "connect", _promise_no_order)
    return app


def _wait_for_no_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _promise_no_order(connection: Any, _record: object) -> None:
    """Turn around what a statement without ORDER BY gives.

    PostgreSQL gives such rows in another order once in a while, and what leant on it fails once in a hundred runs.
    """
    connection.execute("PRAGMA reverse_unordered_selects=ON")


@pytest.fixture(scope="session")
def app_on_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminOps]:
    """The app on this test process's database of the private PostgreSQL."""
    from tests.services.postgres import postgres_url_for_worker  # after pytest has rewritten its assertions

    home = tmp_path_factory.mktemp("home")

    def migrate(url: str) -> None:
        app = create_app(settings_for(home, database_url=url), wsgi.FEATURES)
        with app.app_context():
            upgrade_database()
            db.engine.dispose()

    url = postgres_url_for_worker(migrate)
    app = create_app(settings_for(home, database_url=url), wsgi.FEATURES)
    yield app
    with app.app_context():
        db.engine.dispose()


def _begin_anew(app: AdminOps) -> None:
    """Let this process forget what it read of the last test's database, and seal under the keys of `app`."""
    app.extensions.pop("remembered", None)
    sealing.use(RingFile(app.extensions["settings"].home / "keys" / "fields.json"))


def _fresh_sqlite(app: AdminOps, template: Path) -> None:
    _begin_anew(app)
    target = app.extensions["settings"].home / "adminops.sqlite"
    with app.app_context():
        db.engine.dispose()
    for leftover in (target, target.with_name(target.name + "-wal"), target.with_name(target.name + "-shm")):
        leftover.unlink(missing_ok=True)
    shutil.copyfile(template, target)


@pytest.fixture(scope="session")
def empty_postgresql(app_on_postgresql: AdminOps) -> Iterator[Callable[[], None]]:
    """A function that empties this test process's database of the private PostgreSQL."""
    from tests.services.postgres import emptying

    with emptying(app_on_postgresql.extensions["settings"].database) as empty:
        yield empty


@pytest.fixture
def sqlite_app(app_on_sqlite: AdminOps, sqlite_template: Path) -> Iterator[AdminOps]:
    """The app with an empty database, on SQLite only."""
    _fresh_sqlite(app_on_sqlite, sqlite_template)
    yield app_on_sqlite
    with app_on_sqlite.app_context():
        db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest) -> Iterator[AdminOps]:
    """The app with an empty database, on each of the two."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_app")
        return
    on_postgresql: AdminOps = request.getfixturevalue("app_on_postgresql")
    _begin_anew(on_postgresql)
    request.getfixturevalue("empty_postgresql")()
    yield on_postgresql


@pytest.fixture
def session(app: AdminOps) -> Iterator[Session]:
    """An open transaction in the app's context: for tests of verbs and reads."""
    with app.app_context(), transaction() as opened:
        yield opened


@pytest.fixture
def desk(app: AdminOps) -> Desk:
    """The app with people who browse it."""
    return Desk(app)


@pytest.fixture
def sqlite_desk(sqlite_app: AdminOps) -> Desk:
    """The same on SQLite only."""
    return Desk(sqlite_app)


@pytest.fixture
def counted(app: AdminOps) -> Callable[[], int]:
    """Return a function that tells how many SQL statements ran since it was last called."""
    statements = app.extensions["statements"]

    def since_last() -> int:
        count, statements["count"] = statements["count"], 0
        return int(count)

    return since_last
