"""Writing an export."""

from collections.abc import Collection
from pathlib import Path

from adminops.errors import NotAllowed
from adminops.facts import ExportWritten, publish
from adminops.hmis.export import WrittenExport, write_export
from adminops.hmis.models import HmisSource
from adminops.identity.models import User
from adminops.identity.permissions import Permission


def export_store(
    target: Path, *, source: HmisSource, project_ids: Collection[str] | None = None, hashed: bool = False, by: User
) -> WrittenExport:
    """Write a HUD CSV export of `source` to the zip `target`.

    Raises `NotAllowed` (needs store.export), `NotFound` for an unknown project. Publishes `ExportWritten`.
    """
    if not by.may(Permission.EXPORT_STORE):
        raise NotAllowed("Your role does not include writing exports.")
    written = write_export(target, source=source, project_ids=project_ids, hashed=hashed)
    publish(ExportWritten(source_id=source.id, clients=written.rows["Client.csv"], hashed=hashed), by=by)
    return written
