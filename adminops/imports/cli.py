"""`adminops hmis …`: the store on the command line.

Exit codes: 0 applied or unchanged, 3 held for approval, 4 refused, 2 wrong use, 1 failed.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from adminops.db import db, is_busy, transaction
from adminops.errors import DomainError
from adminops.hmis import sources
from adminops.hmis.intake import ImportResult, check_export, import_export
from adminops.hmis.intake.bulk import HIGHEST_ID
from adminops.hmis.intake.claims import claimed
from adminops.hmis.intake.progress import Progress, tell_nobody
from adminops.hmis.models import HmisImport, HmisSource, ImportStatus
from adminops.identity.models import SYSTEM
from adminops.imports import exporting, jobs, operations, queries
from adminops.imports.printing import print_result, print_summary
from adminops.imports.problem_file import write_problems
from adminops.settings import Settings, current_settings

EXIT = {"applied": 0, "unchanged": 0, "undone": 0, "cancelled": 0, "held": 3, "refused": 4, "failed": 1}
WORST_FIRST = (1, 4, 3, 0)
PATH = click.Path(exists=True, path_type=Path)
LOOK_EVERY = 10.0
DAY = click.DateTime(["%Y-%m-%d"])


def _writable(_context: click.Context, _parameter: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a file that can't be written before anything is done, and not after it."""
    if path is not None and not (path.parent.is_dir() and os.access(path.parent, os.W_OK)):
        raise click.BadParameter(f"There is no folder {path.parent} to write it to.")
    return path


as_json = click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
problems_file = click.option(
    "--problems",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    callback=_writable,
    help="Write every problem to this CSV file.",
)


@click.group("hmis")
def hmis() -> None:
    """Import, check and export HMIS exports (HUD CSV)."""


@hmis.command("import")
@click.argument("path", type=PATH)
@click.option("--source", required=True, help="Name of the HMIS it comes from; a new name adds a source.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@click.option("--approve", is_flag=True, help="Take it even if it would be held for approval.")
@as_json
@problems_file
@with_appcontext
def import_(path: Path, source: str, dry_run: bool, approve: bool, as_json: bool, problems: Path | None) -> None:
    """Take the export at PATH (a zip or a folder) into a source.

    One that is too odd is held (exit code 3): look at it on the page of imports and approve or cancel it there.
    """
    jobs.settle_interrupted()
    if dry_run:
        result = _try(path, source, approve, _teller(as_json))
    else:
        result = _take(path, source, approve, _teller(as_json))
    _answer(result, as_json=as_json, problems=problems)


def _try(path: Path, name: str, approve: bool, progress: Any) -> ImportResult:
    with transaction(writes=True) as session:
        known = sources.find_source(name)
        target = known or sources.add_source(name)
        result = import_export(
            path,
            source=target,
            by_id=None,
            dry_run=True,
            approve=approve,
            progress=progress,
            unpacked_limit=_bytes_of(current_settings()),
        )
        if known is None:
            session.delete(target)
    return result


def _number_of(name: str) -> int:
    """Return the number of a source, adding it when there is none: only then is there something to write.

    While an import writes, on SQLite nobody else can; who comes into its source is to be told that, and not to wait.
    """
    with transaction(writes=False):
        found = sources.find_source(name)
    if found is not None:
        return found.id
    with transaction():
        return operations.source_for(name, by=SYSTEM).id


def _take(path: Path, name: str, approve: bool, progress: Any) -> ImportResult:
    """Put the import on the log, then run it: a command that is killed leaves a trace, and nothing else."""
    settings = current_settings()
    source_id = _number_of(name)
    with claimed(settings.home, source_id):
        with transaction():
            record_id = operations.begin_import(path, source=sources.get_source(source_id), by=SYSTEM).id
        try:
            with transaction() as session:
                return operations.finish_here(
                    session.get_one(HmisImport, record_id),
                    path,
                    home=settings.home,
                    approve=approve,
                    progress=progress,
                    unpacked_limit=_bytes_of(settings),
                    by=SYSTEM,
                )
        except BaseException as error:
            with transaction() as session:
                record = session.get_one(HmisImport, record_id)
                if isinstance(error, DomainError):
                    operations.give_up(record, sentence=error.sentence, by=SYSTEM)
                else:
                    operations.give_up(record, by=SYSTEM)
            raise


@hmis.command("check")
@click.argument("path", type=PATH)
@as_json
@problems_file
def check(path: Path, as_json: bool, problems: Path | None) -> None:
    """Read the export at PATH and report what is wrong with it; needs no database."""
    limit = _bytes_of(Settings.from_environment(os.environ))  # of no running app: it needs none
    result = check_export(path, progress=_teller(as_json), unpacked_limit=limit)
    _answer(result, as_json=as_json, problems=problems)


def _bytes_of(settings: Settings) -> int:
    return settings.unpacked_limit_mb * 1024 * 1024


@hmis.command("imports")
@as_json
@with_appcontext
def imports(as_json: bool) -> None:
    """List what was imported, the newest first."""
    jobs.settle_interrupted()
    with transaction(writes=False):
        chosen = select(HmisImport, HmisSource.name).join(HmisSource).order_by(HmisImport.id.desc()).limit(100)
        rows = [_summary(record, name) for record, name in db.session.execute(chosen)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['id']:>6}  {row['queued_at']}  {row['source']:<28} {row['status']:<10} {row['sentence']}")


def _summary(record: HmisImport, source: str) -> dict[str, Any]:
    return {
        "id": record.id,
        "source": source,
        "file": record.file_name,
        "status": record.status.value,
        "way": record.way.value,
        "queued_at": record.queued_at.isoformat(timespec="seconds"),
        "interrupted_at": record.interrupted_at.isoformat(timespec="seconds") if record.interrupted_at else None,
        "content_hash": record.content_hash,
        "problem_count": record.problem_count,
        "sentence": record.sentence or "",
    }


@hmis.command("undo")
@click.argument("import_id", metavar="ID", type=click.IntRange(1, HIGHEST_ID))
@as_json
@with_appcontext
def undo(import_id: int, as_json: bool) -> None:
    """Take the import ID back: the store is as it was before it. It must be the last one of its source."""
    jobs.settle_interrupted()
    with transaction():
        record = queries.get_import(import_id)
        operations.undo_import(record, by=SYSTEM)
        source = record.source.name
    if as_json:
        click.echo(
            json.dumps({"status": ImportStatus.UNDONE.value, "import_id": import_id, "source": source}, indent=2)
        )
    else:
        click.echo(f"Import {import_id} was undone: {source} is as it was before it.")


@hmis.command("watch")
@click.option("--once", is_flag=True, help="Look once and end; exit code 1 for one that failed, 4 refused, 3 held.")
@as_json
@with_appcontext
def watch(once: bool, as_json: bool) -> None:
    """Take the exports out of the drop folders of all sources that are watched, and run all imports that wait.

    An export is taken once it has not grown for a while, so a single look after it arrived takes nothing.
    """
    if once:
        codes = {EXIT.get(report["status"], 0) for report in _look(as_json, once=True)}
        sys.exit(next((code for code in WORST_FIRST if code in codes), 0))
    while True:
        try:
            _look(as_json, once=False)
        except OperationalError as trouble:
            words = "is busy" if is_busy(trouble) else "can't be used; adminops doctor says why"
            click.echo(f"The database {words}. The next look follows.", err=True)
        time.sleep(LOOK_EVERY)


def _look(as_json: bool, *, once: bool) -> list[dict[str, Any]]:
    """Look, and say what became of the exports that were filed away: for machines in a list, unless it is empty."""
    filed = jobs.watch()
    with transaction(writes=False):
        found = [queries.report_of(queries.get_import(import_id)) for import_id in filed]
    if as_json and (found or once):
        click.echo(json.dumps(found, indent=2))
    for report in found if not as_json else []:
        print_summary(report)
    return found


@hmis.command("export")
@click.argument("target", type=click.Path(dir_okay=False, writable=True, path_type=Path), callback=_writable)
@click.option("--source", required=True, help="Name of the source to write.")
@click.option("--project", "projects", multiple=True, help="ProjectID to write; all of them without.")
@click.option("--start", type=DAY, help="First day of the period: 2026-01-31.")
@click.option("--end", type=DAY, help="Last day of the period.")
@click.option("--hashed", is_flag=True, help="Write names and SSNs as SHA-256 hashes.")
@click.option(
    "--repaired/--as-received", "repaired", default=True, help="With the repairs that are on, or as the rows came."
)
@click.option("--merged", is_flag=True, help="Rows of merged clients under the kept one; of the whole source only.")
@as_json
@with_appcontext
def export(
    target: Path,
    source: str,
    projects: tuple[str, ...],
    start: datetime | None,
    end: datetime | None,
    hashed: bool,
    repaired: bool,
    merged: bool,
    as_json: bool,
) -> None:
    """Write a HUD CSV export to TARGET (a zip), readable by you alone.

    With a period: stays that overlap it, and what is dated by its end.
    """
    with transaction(writes=False):
        source_id = sources.source_named(source).id
    written = exporting.write_store(
        target,
        source_id=source_id,
        project_ids=projects or None,
        start=start.date() if start else None,
        end=end.date() if end else None,
        hashed=hashed,
        as_received=not repaired,
        merged=merged,
        tell=_teller(as_json) or tell_nobody,
        by=SYSTEM,
    )
    if as_json:
        click.echo(json.dumps({"export_id": written.export_id, "file": str(target), "rows": written.rows}, indent=2))
    else:
        click.echo(f"{sum(written.rows.values()):,} rows written to {target}.")


def _teller(as_json: bool) -> Callable[[Progress], None] | None:
    if as_json or not sys.stderr.isatty():
        return None

    def tell(progress: Progress) -> None:
        click.echo(f"\r{progress.percent:>3} %  {progress.step} {progress.file:<28}", nl=False, err=True)
        if progress.step == "done":
            click.echo("", err=True)

    return tell


def _answer(result: ImportResult, *, as_json: bool, problems: Path | None) -> None:
    if problems is not None:
        with problems.open("w", newline="", encoding="utf-8") as file:
            write_problems(result.problems, file)
    if as_json:
        click.echo(json.dumps(result.as_dict(), indent=2))
    else:
        print_result(result)
    sys.exit(EXIT[result.status])
