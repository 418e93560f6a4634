"""Alembic's entry: runs the migrations on the connection that `migrations.run` hands over."""

from alembic import context

import wsgi  # noqa: F401 - imports every feature, so that all tables are known
from adminops.db import Model

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Model.metadata,
    render_as_batch=True,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
