"""Running the migrations from Python: `adminops db upgrade` and the tests."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from adminops.db import db

HERE = Path(__file__).parent


def configuration(connection: Connection) -> Config:
    """Return Alembic's configuration for `connection`, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


def upgrade_database(revision: str = "head") -> None:
    """Bring the app's database to `revision`; all of it or, where the database can, nothing."""
    with db.engine.begin() as connection:
        command.upgrade(configuration(connection), revision)


def is_current(connection: Connection) -> bool:
    """Say whether the tables that `connection` leads to are those of this version."""
    heads = ScriptDirectory.from_config(configuration(connection)).get_heads()
    return set(MigrationContext.configure(connection).get_current_heads()) == set(heads)


def write_revision(message: str) -> None:
    """Write a new migration from what the models have and the database has not (for developers)."""
    number = f"{len(list((HERE / 'versions').glob('0*.py'))) + 1:04}"
    with db.engine.begin() as connection:
        command.revision(configuration(connection), message=message, autogenerate=True, rev_id=number)
