"""The migrations make exactly what the models say, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from adminops.app import AdminOps
from adminops.db import Model, db


def test_migrations_make_what_the_models_say(app: AdminOps) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Model.metadata) == []
