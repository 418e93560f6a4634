"""`adminops doctor`, `adminops backup`, `adminops restore`."""

import sys
from dataclasses import asdict
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from adminops.cli import print_json
from adminops.db import transaction
from adminops.system import backups, checks

MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}
as_json = click.option("--json", "as_json", is_flag=True, help="Answer for machines.")


@click.command("doctor")
@as_json
@with_appcontext
def doctor(as_json: bool) -> None:
    """Look at everything AdminOps needs to run, and say what to do.

    Exit code 1 when something is broken; a warning alone is 0.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    with transaction(writes=False):
        findings = checks.examine(app)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            _print(finding)
    sys.exit(1 if checks.worst(findings) == "fail" else 0)


def _print(finding: checks.Finding) -> None:
    mark, colour = MARKS[finding.state]
    click.echo(f"{click.style(mark, fg=colour)}  {finding.about:<10} {finding.says}")
    if finding.advice:
        click.echo(f"      {'':<10} → {finding.advice}")


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--with-keys", is_flag=True, help="Put the keys in too: whoever has the file can read every SSN.")
@click.option("--force", is_flag=True, help="Replace FILE when it is there.")
@as_json
@with_appcontext
def backup(file: Path, with_keys: bool, force: bool, as_json: bool) -> None:
    """Write the database and the kept files to FILE (a zip). AdminOps may go on working.

    The keys (home/keys) are not in it: keep a copy of them somewhere else.
    """
    written = backups.write_backup(file.resolve(), with_keys=with_keys, replace=force)
    if as_json:
        print_json({**asdict(written), "file": str(file)})
        return
    rows = sum(written.rows.values())
    click.echo(f"{rows:,} rows and {written.files:,} files written to {file} and read again.")
    if not with_keys:
        click.echo("The keys are not in it. Keep a copy of home/keys somewhere else.")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace a database that is not empty, and keys that differ.")
@as_json
@with_appcontext
def restore(file: Path, force: bool, as_json: bool) -> None:
    """Put the backup FILE in the place of the database. Stop AdminOps first.

    A backup of an older version wants `adminops db upgrade` afterwards.
    """
    restored = backups.restore_backup(file.resolve(), force=force)
    if as_json:
        print_json({**asdict(restored), "file": str(file)})
        return
    rows = sum(restored.rows.values())
    click.echo(f"{rows:,} rows and {restored.files:,} files of {restored.written_at} are back.")
    click.echo("Look whether all is well: adminops doctor")
