"""`adminops hmis …`: the store on the command line.

Exit codes: 0 applied or unchanged, 3 held for approval, 4 refused, 2 wrong use, 1 failed.
"""

import json
import sys
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from adminops.db import db, transaction
from adminops.facts import ExportImported, publish
from adminops.hmis import sources
from adminops.hmis.intake import ImportResult, check_export, import_export
from adminops.hmis.intake.progress import Progress
from adminops.hmis.models import HmisImport, HmisSource
from adminops.identity.models import SYSTEM
from adminops.imports import operations
from adminops.imports.problem_file import write_problems

EXIT = {"applied": 0, "unchanged": 0, "held": 3, "refused": 4, "failed": 1}
PATH = click.Path(exists=True, path_type=Path)


@click.group("hmis")
def hmis() -> None:
    """Import, check and export HMIS exports (HUD CSV)."""


@hmis.command("import")
@click.argument("path", type=PATH)
@click.option("--source", required=True, help="Name of the HMIS it comes from; a new name adds a source.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@click.option("--problems", type=click.Path(path_type=Path), help="Write every problem to this CSV file.")
@with_appcontext
def import_(path: Path, source: str, dry_run: bool, as_json: bool, problems: Path | None) -> None:
    """Take the export at PATH (a zip or a folder) into a source."""
    with transaction(writes=True) as session:
        known = sources.find_source(source)
        target = known or sources.add_source(source)
        result = import_export(path, source=target, by_id=None, dry_run=dry_run, progress=_teller(as_json))
        if result.import_id is not None:
            publish(ExportImported(import_id=result.import_id, outcome=result.status), by=SYSTEM)
        if dry_run and known is None:
            session.delete(target)
    _answer(result, as_json=as_json, problems=problems)


@hmis.command("check")
@click.argument("path", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@click.option("--problems", type=click.Path(path_type=Path), help="Write every problem to this CSV file.")
def check(path: Path, as_json: bool, problems: Path | None) -> None:
    """Read the export at PATH and report what is wrong with it; needs no database."""
    _answer(check_export(path, progress=_teller(as_json)), as_json=as_json, problems=problems)


@hmis.command("imports")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def imports(as_json: bool) -> None:
    """List what was imported, the newest first."""
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
        "queued_at": record.queued_at.isoformat(timespec="seconds"),
        "content_hash": record.content_hash,
        "problem_count": record.problem_count,
        "sentence": record.sentence or "",
    }


@hmis.command("export")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="Name of the source to write.")
@click.option("--project", "projects", multiple=True, help="ProjectID to write; all of them without.")
@click.option("--hashed", is_flag=True, help="Write names and SSNs as SHA-256 hashes.")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def export(target: Path, source: str, projects: tuple[str, ...], hashed: bool, as_json: bool) -> None:
    """Write a HUD CSV export to TARGET (a zip)."""
    with transaction():
        written = operations.export_store(
            target,
            source=sources.source_named(source),
            project_ids=projects or None,
            hashed=hashed,
            by=SYSTEM,
        )
    if as_json:
        click.echo(json.dumps({"export_id": written.export_id, "file": str(target), "rows": written.rows}, indent=2))
    else:
        click.echo(f"{sum(written.rows.values()):,} rows written to {target}.")


def _teller(as_json: bool) -> Any:
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
        _print(result)
    sys.exit(EXIT[result.status])


def _print(result: ImportResult) -> None:
    click.echo(f"{'Would be ' if result.dry_run else ''}{result.status}. {result.sentence}")
    for name, counts in result.files.items():
        words = ", ".join(f"{number:,} {what}" for what, number in counts.as_dict().items() if number)
        click.echo(f"  {name:<26} {words or 'empty'}")
    for problem in result.problems.first(20):
        place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part)
        click.echo(f"  {problem.severity:<8} {place}  {problem.text}")
    if len(result.problems) > 20:
        click.echo(f"  … and {len(result.problems) - 20:,} more: --problems FILE.csv writes all of them.")
