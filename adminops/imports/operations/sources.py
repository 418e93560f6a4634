"""Setting up the sources that exports come from."""

from typing import Any

from adminops.facts import SourceChanged, publish
from adminops.hmis import sources
from adminops.hmis.models import HmisSource
from adminops.identity.models import User
from adminops.imports.operations.handing_in import check_may_import


def add_source(*, name: str, by: User, **values: Any) -> HmisSource:
    """Add a source. Raises `NotAllowed` (needs store.import), `Invalid`, `Conflict`. Publishes `SourceChanged`."""
    check_may_import(by)
    source = sources.add_source(name)
    sources.change_source(source, name=name, **values)
    publish(SourceChanged(source_id=source.id), by=by)
    return source


def change_source(source: HmisSource, *, by: User, **values: Any) -> None:
    """Change a source as `hmis.sources.change_source` does.

    Raises `NotAllowed` (needs store.import), `Invalid`, `Conflict`. Publishes `SourceChanged`.
    """
    check_may_import(by)
    sources.change_source(source, **values)
    publish(SourceChanged(source_id=source.id), by=by)
