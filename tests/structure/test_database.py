"""The migrations make exactly what the models say, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from adminops.app import AdminOps
from adminops.db import Model, db


# PostgreSQL writes the expression of a computed column back in its own words, which can't be compared.
@pytest.mark.filterwarnings("ignore:Computed default on")
def test_migrations_make_what_the_models_say(app: AdminOps) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Model.metadata) == []
