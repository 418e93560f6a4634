"""`adminops doctor`, `adminops backup`, `adminops restore`, `adminops keys …`."""

import sys
from dataclasses import asdict
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from adminops.cli import print_json
from adminops.crypto import Kind
from adminops.db import transaction
from adminops.feature import Finding
from adminops.identity.models import SYSTEM
from adminops.system import backups, checks, rotation

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


def _print(finding: Finding) -> None:
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


@click.group("keys")
def keys() -> None:
    """Look after the keys that SSNs are sealed under."""


@keys.command("list")
@as_json
@with_appcontext
def list_(as_json: bool) -> None:
    """List the keys of the ring, and how many values are sealed under each."""
    listed = rotation.list_keys()
    if as_json:
        print_json([asdict(key) for key in listed])
        return
    for key in listed:
        use = "in use" if key.is_current else ""
        values = "" if key.values is None else f"{key.values:,} values"
        click.echo(f"{key.kind:<6} {key.number:>3}  {use:<7} {values:<20} {key.made or 'made with the ring'}")


@keys.command("rotate")
@click.option("--index", is_flag=True, help="Give the look-ups of SSNs a new key instead.")
@click.option("--rows", is_flag=True, help="Give the hashes of rows a new key instead (after a theft of the keys).")
@as_json
@with_appcontext
def rotate(index: bool, rows: bool, as_json: bool) -> None:
    """Seal every sealed value anew under a new key, while AdminOps goes on working.

    A rotation that was interrupted is taken up and makes no further key. The old keys stay in the ring: backups that
    were made under them can be opened. Exit code 1 when some values could not be sealed anew.
    """
    if index and rows:
        raise click.UsageError("Say --index or --rows, not both: one after the other.")
    if rows:
        done = rotation.rotate_rows(by=SYSTEM)
    else:
        verb = rotation.rotate_index if index else rotation.rotate_keys
        done = verb(by=SYSTEM, tell=_teller(as_json))
    if as_json:
        print_json({**asdict(done), "is_whole": done.is_whole})
    else:
        _print_rotated(done)
    sys.exit(0 if done.is_whole else 1)


def _teller(as_json: bool) -> rotation.Tell:
    if as_json or not sys.stderr.isatty():
        return lambda *_: None

    def tell(title: str, done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        click.echo(f"\r{percent:>3} %  {title} {done:,} of {total:,}", nl=done >= total, err=True)

    return tell


def _print_rotated(done: rotation.Rotated) -> None:
    what = {"key": f"Key {done.key}", "index": f"Index key {done.key}", "rows": "The key of row hashes"}[done.kind]
    click.echo(f"{what} is {'new' if done.is_new else 'the current one'}; {done.values:,} values written.")
    if done.is_new:
        click.echo("Copy home/keys to its safe place now: the next backup can't be opened without the new key.")
    if done.left:
        click.echo(f"{done.left:,} values were being written by somebody else all the time: run it again.", err=True)
    if done.closed:
        click.echo(f"{done.closed:,} values do not open and stay as they are: run adminops doctor.", err=True)


@keys.command("forget")
@click.argument("number", type=click.IntRange(1))
@click.option("--index", is_flag=True, help="A key of look-ups.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def forget(number: int, index: bool, yes: bool) -> None:
    """Take the old key NUMBER out of the ring. Refused while anything is under it.

    SSNs in backups that were made while it was in use can't be opened without it; without an old index key (--index)
    they are not found there, until `keys rotate --index` has run.
    """
    kind: Kind = "index" if index else "key"
    lost = "not find clients by their SSN until adminops keys rotate --index has run" if index else "not open any more"
    if not yes:
        click.confirm(f"Backups made under {rotation.named(kind, number)} will {lost}. Forget it?", abort=True)
    rotation.forget_key(kind, number, by=SYSTEM)
    click.echo("Forgotten. The ring before lies beside it in home/keys: remove that file when you are sure.")
