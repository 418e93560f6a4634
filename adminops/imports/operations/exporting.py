"""Writing an export."""

from collections.abc import Collection
from datetime import date
from pathlib import Path

from adminops.errors import NotAllowed
from adminops.facts import ExportWritten, publish
from adminops.hmis.export import WrittenExport, write_export
from adminops.hmis.intake.progress import Tell, tell_nobody
from adminops.hmis.models import HmisSource
from adminops.identity.models import User
from adminops.identity.permissions import Permission


def export_store(
    target: Path,
    *,
    source: HmisSource,
    project_ids: Collection[str] | None = None,
    start: date | None = None,
    end: date | None = None,
    hashed: bool = False,
    tell: Tell = tell_nobody,
    by: User,
) -> WrittenExport:
    """Write a HUD CSV export of `source`, or of some projects or a period of it, to the zip `target`.

    Raises `NotAllowed` (needs store.export), `NotFound` for an unknown project, `Invalid` for a period that ends before
    it begins. Publishes `ExportWritten`.
    """
    if not by.may(Permission.EXPORT_STORE):
        raise NotAllowed("Your role does not include writing exports.")
    written = write_export(
        target, source=source, project_ids=project_ids, start=start, end=end, hashed=hashed, tell=tell
    )
    publish(ExportWritten(source_id=source.id, clients=written.rows["Client.csv"], hashed=hashed), by=by)
    return written
