"""The migrations make exactly what the models say, on both databases, and keep what they find."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import wsgi
from adminops.app import AdminOps, create_app
from adminops.db import Model, db
from migrations.run import configuration, is_current, upgrade_database
from tests.conftest import settings_for
from tests.services.postgres import postgres_database
from tickets.models import TicketEvent

FIRST = "0001"


# PostgreSQL writes the expression of a computed column back in its own words, which can't be compared.
@pytest.mark.filterwarnings("ignore:Computed default on")
def test_migrations_make_what_the_models_say(app: AdminOps) -> None:
    with app.app_context(), db.engine.connect() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_name": is_modelled}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Model.metadata) == []


def is_modelled(name: str | None, kind: str, _parents: object) -> bool:
    """Say whether a table is one of a model's: those of full text are made by the migration alone."""
    return not (kind == "table" and name is not None and "_fts" in name)


@pytest.fixture(params=["sqlite", "postgresql"])
def first_version(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AdminOps]:
    """The app on a database as the first version made it."""
    with postgres_database() if request.param == "postgresql" else nullcontext("") as url:
        app = create_app(settings_for(tmp_path / "home", database_url=url), wsgi.FEATURES)
        with app.app_context():
            upgrade_database(FIRST)
            yield app
            db.session.remove()
            db.engine.dispose()


def test_a_database_in_use_is_upgraded_and_loses_nothing(first_version: AdminOps) -> None:
    with db.engine.begin() as connection:
        tables = fill(connection)
    upgrade_database()
    with db.engine.connect() as connection:
        assert is_current(connection)
        counts = {table.name: count(connection, table) for table in tables}
        assert set(counts.values()) == {1}, counts
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_a_database_in_use_goes_back_to_the_first_version_and_loses_nothing_of_it(first_version: AdminOps) -> None:
    with db.engine.connect() as connection:
        first = shape_of(connection)
    upgrade_database()
    with db.engine.begin() as connection:
        fill(connection)
    with db.engine.begin() as connection:
        command.downgrade(configuration(connection), FIRST)
    with db.engine.connect() as connection:
        assert shape_of(connection) == first
        counts = {table.name: count(connection, table) for table in reflected(connection)}
        assert set(counts.values()) == {1}, counts
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def shape_of(connection: sa.Connection) -> dict[str, Any]:
    """The columns, indexes and foreign keys of every table, in an order that does not matter."""
    shape: dict[str, Any] = {}
    for table in reflected(connection):
        keys = {(str(key.name), str(key.parent.name), key.target_fullname) for key in table.foreign_keys}
        columns = {(column.name, str(column.type), column.nullable) for column in table.columns}
        indexes = {(str(index.name), tuple(map(str, index.expressions)), bool(index.unique)) for index in table.indexes}
        shape[table.name] = (columns, indexes, keys)
    return shape


def fill(connection: sa.Connection) -> list[sa.Table]:
    """Let every table have a row with the number 1; return the tables."""
    tables = reflected(connection)
    for table in tables:
        values = {column.name: some(column) for column in table.columns if wanted(column)}
        connection.execute(table.insert(), [values])
    return tables


def count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_tickets_of_before_get_the_events_that_the_audit_trail_tells_of(first_version: AdminOps) -> None:
    at = [datetime(2026, 11, 2, hour, tzinfo=UTC) for hour in range(14, 19)]
    with db.engine.begin() as connection:
        tables = {table.name: table for table in reflected(connection)}
        for name in ("hmis_source", "agency", "app_user", "ticket", "ticket_message"):
            table = tables[name]
            values = {column.name: some(column) for column in table.columns if wanted(column)}
            if name == "ticket":
                values |= {"state": "waiting", "priority": "high", "request_type": "locked_out", "due_at": None}
            connection.execute(table.insert(), [{**values, "voice": "team"} if name == "ticket_message" else values])
        told: list[tuple[str, dict[str, object]]] = [
            ("TicketFiled", {"request_type": "locked_out"}),
            ("TicketPrioritised", {"old": "normal", "new": "high"}),
            ("TicketReplied", {"message_id": 1}),
            ("TicketNoted", {"message_id": 1}),
            ("TicketMoved", {"old": "new", "new": "waiting", "waiting_on": "user", "because": ""}),
        ]
        entry = tables["audit_entry"]
        for number, (fact, detail) in enumerate(told):
            values = {column.name: some(column) for column in entry.columns}
            values |= {"id": number + 1, "about_kind": "ticket", "about_id": "1", "fact": fact, "detail": detail}
            connection.execute(entry.insert(), [{**values, "at": at[number]}])
    upgrade_database()
    chosen = sa.select(TicketEvent).order_by(TicketEvent.id)
    events = [(e.happening, e.state, e.priority, e.promised, e.at) for e in db.session.scalars(chosen)]
    assert [tuple(map(str, event[:4])) for event in events] == [
        ("filed", "new", "normal", "480"),
        ("prioritised", "new", "high", "0"),
        ("answered", "new", "high", "0"),
        ("moved", "waiting", "high", "0"),
    ]
    assert [event[4] for event in events] == [at[0], at[1], at[2], at[4]]


def reflected(connection: sa.Connection) -> list[sa.Table]:
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version" and "_fts" not in table.name]


def wanted(column: sa.Column[Any]) -> bool:
    return column.computed is None


def some(column: sa.Column[Any]) -> Any:
    """A value that the column takes; of every table there is one row, with the number 1."""
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, sa.Numeric | sa.Float | sa.Integer):
        return 1
    if isinstance(kind, sa.JSON):
        return {}
    if isinstance(kind, sa.LargeBinary):
        return b"x" * 32
    if isinstance(kind, sa.DateTime):
        return datetime(2026, 11, 1, tzinfo=UTC if kind.timezone else None)
    if isinstance(kind, sa.Date):
        return date(2026, 11, 1)
    return "x"
