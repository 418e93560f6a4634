"""Alembic's entry: runs the migrations on the connection that `migrations.run` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, Enum
from sqlalchemy.types import TypeDecorator

import wsgi  # noqa: F401 - imports every feature, so that all tables are known
from adminops.db import Model


def plain_types(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write a column's type as what the database has: a migration must not change when our classes do."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Model.metadata,
    render_as_batch=True,
    compare_type=True,
    compare_server_default=True,
    render_item=plain_types,
    include_name=lambda name, kind, _parents: (
        not (kind == "table" and name and "_fts" in name)
    ),  # full text is SQL's own
)
with context.begin_transaction():
    context.run_migrations()
