"""`adminops accounts import-logins` and `import-users`: the vendor's lists on the command line.

Exit codes are those of `adminops hmis import`: 0 taken or unchanged, 3 held for approval, 4 refused, 2 wrong use.
"""

import sys
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from accounts.lists import queries, running
from accounts.lists.judging import Judged
from accounts.lists.models import SENTENCES, ListPurpose, ListState, RowOutcome, VendorList
from accounts.lists.operations import drop_list, map_list, take_list, upload_list
from adminops.cli import print_json
from adminops.db import transaction
from adminops.errors import Conflict, Invalid
from adminops.identity.models import SYSTEM

EXIT = {"tried": 0, "done": 0, "unchanged": 0, "held": 3, "refused": 4}

file_argument = click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
column = click.option(
    "--column", "columns", multiple=True, metavar="FIELD=COLUMN", help="Which column is what, where the guess is wrong."
)
dry_run = click.option("--dry-run", is_flag=True, help="Say what would happen and keep nothing.")
accept = click.option("--approve", is_flag=True, help="Take it even if it would be held for approval.")
as_json = click.option("--json", "as_json", is_flag=True, help="Answer for machines.")


@click.command("import-logins")
@file_argument
@click.option("--source", default="clienttrack", show_default=True, help="Name of the HMIS it comes from.")
@column
@dry_run
@accept
@as_json
@with_appcontext
def import_logins(
    path: Path, source: str, columns: tuple[str, ...], dry_run: bool, approve: bool, as_json: bool
) -> None:
    """Take the list of users at FILE with their last sign-ins.

    One that is old, not whole, or mostly unreadable is held (exit code 3): look at it, then use --approve.
    """
    _take(path, ListPurpose.LOGINS, source, columns, dry_run, {"accept": approve}, as_json)


@click.command("import-users")
@file_argument
@click.option("--source", required=True, help="Name of the system it comes from.")
@click.option("--invite", is_flag=True, help="Mail everybody who is added an invitation.")
@column
@dry_run
@accept
@as_json
@with_appcontext
def import_users(
    path: Path, source: str, invite: bool, columns: tuple[str, ...], dry_run: bool, approve: bool, as_json: bool
) -> None:
    """Add the people at FILE who have no account; who is here already is left as they are.

    Interrupted, it goes on where it stood: by itself, or when the same command is given again.
    """
    _take(path, ListPurpose.USERS, source, columns, dry_run, {"accept": approve, "invites": invite}, as_json)


def _take(
    path: Path,
    purpose: ListPurpose,
    source: str,
    columns: tuple[str, ...],
    dry_run: bool,
    how: dict[str, bool],
    as_json: bool,
) -> None:
    said = _named(columns)
    running.go_on()  # what was interrupted comes first
    try:
        with transaction():
            record = upload_list(path.read_bytes(), name=path.name, purpose=purpose, source=source, by=SYSTEM)
            map_list(record, {**record.mapping, **said}, by=SYSTEM)
            judged = queries.judged_of(record)
            brakes = queries.brakes_of(record, judged)
            if dry_run:
                drop_list(record, by=SYSTEM)
            else:
                take_list(record, **how, by=SYSTEM)
    except Conflict as known:
        _answer({"state": "unchanged", "why": [known.sentence]}, as_json)
    except Invalid as wrong:
        _answer({"state": "refused", "why": [wrong.sentence]}, as_json)
    running.go_on()
    _answer(_tried(judged, brakes) if dry_run else _told(record.id), as_json)


def _named(columns: tuple[str, ...]) -> dict[str, str]:
    pairs = [said.partition("=") for said in columns]
    if any(not sign for _, sign, _ in pairs):
        raise click.BadParameter("Write FIELD=COLUMN, like login=UserName.", param_hint="--column")
    return {field.strip(): name.strip() for field, _, name in pairs}


def _tried(judged: Judged, brakes: list[str]) -> dict[str, Any]:
    faults = [{"line": fault.line, "rule": fault.rule} for fault in judged.faults]
    return {"state": "tried", "why": brakes, "rows": {"fit": len(judged.entries)}, "refused": faults}


def _told(list_id: int) -> dict[str, Any]:
    with transaction(writes=False):
        record: VendorList | None = queries.find_list(list_id)
        if record is None:
            return {"state": "refused", "why": []}
        refused = queries.rows_of(record, RowOutcome.REFUSED, limit=record.rows + 1)
        faults = [{"line": row.line, "rule": row.rule} for row in refused]
        state = "held" if record.state is ListState.HELD else record.state.value
        return {"state": state, "list": record.id, "why": record.why, "rows": record.told, "refused": faults}


def _answer(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in told.get("rows", {}).items())
        click.echo(f"{told['state']}: {counts}" if counts else told["state"])
        for sentence in told["why"]:
            click.echo(f"  {sentence}")
        for fault in told.get("refused", ()):
            click.echo(f"  line {fault['line']}: {SENTENCES[fault['rule']]}")
    sys.exit(EXIT.get(told["state"], 1))
