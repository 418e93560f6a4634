"""The database: one model base, typed columns, and the only place that commits.

`transaction()` is one per request, job or command. SQLite has one writer at a time. A job or command takes it at the
start (`BEGIN IMMEDIATE`): a read that turns into a write half-way would fail with "database is locked" whatever the
timeout. A request `reads_first`: it takes the writer with its first change, and reads anew what it read until then.
"""

import enum
import os
import re
import sqlite3
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Dialect, Engine, Enum, MetaData, String, Text, event, inspect, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, mapped_column
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """A point in time: aware and in UTC in Python, on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone was about to be stored.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back that SQLite can't keep."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


NEVER_AGAIN = {"sqlite_autoincrement": True}
"""Last of the `__table_args__` of a table whose rows are removed while their numbers are remembered elsewhere, by a
mail that left or by a receiver: SQLite would give the number of the newest row to the next. PostgreSQL never does."""

Key = Annotated[int, mapped_column(primary_key=True)]
Name = Annotated[str, mapped_column(String(200))]
Code = Annotated[str, mapped_column(String(60))]
LongText = Annotated[str, mapped_column(Text)]


class Model(DeclarativeBase):
    """What every table derives from."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a plain class attribute
        datetime: Moment,
        # An enum is stored by its value, as text: a new word needs no migration, and the column reads well in SQL.
        enum.Enum: Enum(enum.Enum, native_enum=False, length=40, values_callable=lambda e: [m.value for m in e]),
        dict[str, Any]: JSON().with_variant(JSONB(), "postgresql"),
        list[str]: JSON().with_variant(JSONB(), "postgresql"),
    }


db = SQLAlchemy(metadata=Model.metadata, session_options={"expire_on_commit": False})

LOCKED = ("55P03", "40P01", "40001")
"""PostgreSQL's lock_not_available, deadlock_detected and serialization_failure."""
PATIENCE = timedelta(seconds=15)
_READS = r"SELECT|PRAGMA|EXPLAIN|BEGIN|ROLLBACK|WITH\b(?!.*\b(?:INSERT|UPDATE|DELETE)\b)"
_CHANGES = re.compile(rf"\s*+(?!(?:{_READS})\b)", re.IGNORECASE | re.DOTALL)
"""What is none of the statements that only read."""
_SAVEPOINT = re.compile(r"(?P<released>RELEASE )?SAVEPOINT (?P<name>\w+)")
LOOK_EVERY = 0.001
"""Seconds after which a writer on SQLite looks again whether it may begin."""
_patience: ContextVar[timedelta] = ContextVar("adminops_patience", default=PATIENCE)
_writing: ContextVar[bool] = ContextVar("adminops_writing", default=True)
_reading_first: ContextVar[bool] = ContextVar("adminops_reading_first", default=False)
"""Whether the open transaction may write and has not done so yet."""
_open: ContextVar[bool] = ContextVar("adminops_transaction_open", default=False)
_stored = [0]
_stored_in: Counter[str] = Counter()
_changed: ContextVar[set[str] | None] = ContextVar("adminops_changed_tables", default=None)
_afterwards: ContextVar[list[Callable[[], None]] | None] = ContextVar("adminops_after_commit", default=None)


@contextmanager
def transaction(*, writes: bool = True, reads_first: bool = False, patience: timedelta = PATIENCE) -> Iterator[Session]:
    """Run the block in one transaction: all of it is stored at its end, or nothing when it raises.

    `writes=False` promises that the block only reads (SQLite then takes no writer's lock). A transaction inside
    another is refused: the outer one is the unit of work; `savepoint()` is what a part of it may roll back to.
    With `reads_first` others may write on SQLite until the block changes or locks something (see `hold_writer`).
    `patience` is how long a writer waits for another one on SQLite before it gives up with `OperationalError`.
    """
    if _open.get():
        raise RuntimeError("A transaction is open already: one request, job or command has one.")
    session: Session = db.session()
    session.rollback()  # whatever was read before starts anew, under the right kind of lock
    calls: list[Callable[[], None]] = []
    changed: set[str] = set()
    opened, kind, waiting, tables = _open.set(True), _writing.set(writes), _afterwards.set(calls), _changed.set(changed)
    waits, begun = _patience.set(patience), _reading_first.set(writes and reads_first)
    try:
        yield session
        session.commit()
        has_written = writes and not _reading_first.get()
    except BaseException:
        session.rollback()
        raise
    finally:
        _reading_first.reset(begun)
        _changed.reset(tables)
        _afterwards.reset(waiting)
        _patience.reset(waits)
        _writing.reset(kind)
        _open.reset(opened)
    if has_written:
        _stored[0] += 1
        _stored_in.update(changed)
    for call in calls:
        call()


def hold_writer() -> None:
    """Have the open transaction write from here on: on SQLite nobody else does so before it ends.

    Where it `reads_first`, it begins anew here. When somebody has stored something meanwhile, objects that were read
    before are read again with their next use, as PostgreSQL does with the rows that a verb locks; what was decided by
    them before has to be decided again, and verbs do. Changes call this by themselves, and so do locks on rows; what
    has another kind of lock on PostgreSQL calls it.
    """
    if not _reading_first.get():
        return
    session: Session = db.session()
    connection = session.connection()
    _reading_first.set(False)
    if (seen := connection.info.pop("seen", None)) is None:
        return  # it is no SQLite
    driver: Any = connection.connection.driver_connection
    driver.execute("ROLLBACK")
    _take_writer(connection, connection.info["patience"])
    for name in connection.info["savepoints"]:
        driver.execute(f"SAVEPOINT {name}")  # those that a part may be rolled back to
    if _version(driver) != seen:
        _read_anew(session)


def hold_alone(number: int) -> None:
    """Have nobody else who asks for the same number go on before the open transaction ends.

    For what has no row to lock yet: a first one that is added, or a decision on many rows. `number` is one of
    PostgreSQL's advisory locks; SQLite has one writer at a time.
    """
    hold_writer()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _read_anew(session: Session) -> None:
    """Forget what objects say that were not changed here."""
    for thing in list(session.identity_map.values()):
        if not inspect(thing).modified and thing not in session.deleted:
            session.expire(thing)


def is_busy(error: OperationalError) -> bool:
    """Tell whether a statement failed for somebody else's lock alone, so that it will do later.

    A full disk or a database that is gone is something else.
    """
    if isinstance(error.orig, sqlite3.OperationalError):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(error.orig, "sqlstate", None) in LOCKED


def is_deadlock(error: OperationalError) -> bool:
    """Tell whether PostgreSQL ended a transaction so that another one could go on: the same again will do."""
    return getattr(error.orig, "sqlstate", None) in LOCKED[1:]


def writes_stored() -> int:
    """Return how many writing transactions this process has stored: what was read before the last may be old."""
    return _stored[0]


def writes_stored_in(tables: Iterable[str]) -> int | None:
    """Return how many writing transactions this process has stored that changed one of `tables`.

    None when the open transaction has changed one: what it reads there is not stored yet, and nobody else's. Objects
    that are flushed are seen, and inserts, updates and deletes that the session executes; SQL written as text is not.
    """
    named = set(tables)
    return sum(_stored_in[table] for table in named) if named.isdisjoint(_changed.get() or ()) else None


@event.listens_for(db.session, "before_flush")
def _write_flushed(_session: Session, _context: object, _instances: object) -> None:
    hold_writer()


@event.listens_for(db.session, "after_flush")
def _note_flushed(session: Session, _context: object) -> None:
    if (changed := _changed.get()) is not None:
        touched = {type(thing) for things in (session.new, session.dirty, session.deleted) for thing in things}
        changed.update(table.name for kind in touched for table in inspect(kind).tables)


@event.listens_for(db.session, "do_orm_execute")
def _note_executed(state: ORMExecuteState) -> None:
    changed, written = _changed.get(), state.is_insert or state.is_update or state.is_delete
    if written or getattr(state.statement, "_for_update_arg", None) is not None:  # SQLite has no words for a lock
        hold_writer()
    if changed is not None and written:
        changed.add(state.statement.table.name)  # type: ignore[attr-defined]


def after_commit(call: Callable[[], None]) -> None:
    """Have `call` run once the open transaction is stored, and never when it (or the savepoint around) is undone.

    For what must not happen too early: waking a worker, removing the file of a deleted row. `call` must not raise,
    for what it follows is stored. Outside a transaction there is nothing to follow, and it is not called.
    """
    waiting = _afterwards.get()
    if waiting is not None:
        waiting.append(call)


@contextmanager
def savepoint() -> Iterator[None]:
    """Undo what the block changed when it raises, and go on with the transaction around it."""
    waiting = _afterwards.get()
    before = len(waiting or ())
    try:
        with db.session.begin_nested():
            yield
    except BaseException:
        if waiting is not None:
            del waiting[before:]
        raise


def prepare_engine(engine: Engine) -> None:
    """Set up `engine`: SQLite's pragmas and explicit BEGIN, and no connection shared with a forked worker."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "before_cursor_execute", _write_told)
    known = weakref.ref(engine)

    def start_with_an_empty_pool() -> None:
        # A web server may build the app and fork afterwards: two processes on one connection garble each other's data.
        if (inherited := known()) is not None:
            inherited.dispose(close=False)

    os.register_at_fork(after_in_child=start_with_an_empty_pool)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # NORMAL may lose an acknowledged commit when the power goes
        "foreign_keys=ON",
        "busy_timeout=15000",
        "temp_store=MEMORY",
        "mmap_size=268435456",
        "cache_size=-32000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    patience = int(_patience.get().total_seconds() * 1000)
    if connection.info.get("patience") != patience:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={patience}")
        connection.info["patience"] = patience
    connection.info.pop("seen", None)
    connection.info["savepoints"] = []
    if _writing.get() and _open.get() and not _reading_first.get():
        _take_writer(connection, patience)
        return
    connection.exec_driver_sql("BEGIN")
    if _reading_first.get():
        connection.info["seen"] = _version(connection.connection.driver_connection)


def _version(driver: Any) -> int:
    """Return a number that is another one once somebody else has stored something; what is read next is as of now."""
    version: int = driver.execute("PRAGMA data_version").fetchone()[0]
    return version


def _write_told(connection: Any, _cursor: object, statement: str, *_: object) -> None:
    """Take the writer for SQL that comes past the session's own events, and keep the savepoints set before that."""
    if not _reading_first.get():
        return
    if told := _SAVEPOINT.fullmatch(statement):
        kept: list[str] = connection.info.get("savepoints", [])
        if told["released"] and told["name"] in kept:
            kept.remove(told["name"])
        elif not told["released"]:
            kept.append(told["name"])
    elif _CHANGES.match(statement):
        hold_writer()


def _take_writer(connection: Any, patience: int) -> None:
    """Begin to write on SQLite, as soon as the one who writes now is done.

    By itself SQLite looks ever more rarely, at last each tenth of a second: who came last gets the lock, and who waits
    longest goes on waiting. Here everybody looks every millisecond.
    """
    driver, until = connection.connection.driver_connection, time.monotonic() + patience / 1000
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < until:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as refused:
                if refused.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break  # and raised below, as the other errors of statements are
            time.sleep(LOOK_EVERY)
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout={patience}")
