"""`adminops tickets import`: tickets of another desk from a file, tried or taken over."""

import json
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from adminops.db import transaction
from adminops.errors import Invalid
from adminops.identity.models import SYSTEM
from adminops.web.formats import plural
from tickets.importing import jobs, operations, queries
from tickets.importing.models import ImportState, Outcome
from tickets.importing.records import LARGEST

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("tickets")
def tickets() -> None:
    """Look after tickets."""


@tickets.command("import")
@click.argument("file", type=FILE)
@click.option("--mapping", type=FILE, help="What its columns are, as JSON; guessed without.")
@click.option("--source", help="Name of the other desk; needed without a mapping.")
@click.option("--dry-run", is_flag=True, help="Say what would become of each ticket and store none.")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def import_(file: Path, mapping: Path | None, source: str | None, dry_run: bool, as_json: bool) -> None:
    """Take the tickets of another desk over from FILE (CSV, JSON, or a zip of either with its files).

    A wrong ticket is named with line, column and rule and never stops the others. Nobody is told of any.
    """
    with file.open("rb") as opened:
        raw = opened.read(LARGEST + 1)
    with transaction():
        record = operations.upload(raw, name=file.name, by=SYSTEM)
        said = _read(mapping) if mapping else operations.guessed(operations.content(record))
        operations.map_columns(record, {**said, "source": source or said.get("source", "")}, by=SYSTEM)
        import_id = record.id
    jobs.advance(import_id)
    with transaction():
        record = queries.get_import(import_id, SYSTEM)
        if record.state is ImportState.FAILED:
            raise Invalid("This file could not be tried. The log says why.")
        if not dry_run and queries.counts_of(record)[Outcome.READY]:
            operations.start(record, by=SYSTEM)
    jobs.advance(import_id)
    with transaction():
        answer = _answer(import_id)
        if dry_run or answer["state"] == ImportState.CHECKED:
            operations.drop(queries.get_import(import_id, SYSTEM), by=SYSTEM)
    _tell(answer, dry_run=dry_run, as_json=as_json)


def _read(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        raise Invalid("The mapping is no JSON.") from None
    if not isinstance(said, dict):
        raise Invalid("The mapping has to be a JSON object.")
    return said


def _answer(import_id: int) -> dict[str, Any]:
    record = queries.get_import(import_id, SYSTEM)
    problems = [
        {"line": each.line, "column": each.column, "rule": each.rule, "refused": each.refuses, "what": each.sentence}
        for row in queries.all_rows(record)
        for each in row.problems
    ]
    counts = {outcome.value: count for outcome, count in queries.counts_of(record).items()}
    mapping = record.mapping
    return {
        "import": record.id,
        "state": record.state.value,
        "counts": counts,
        "mapping": mapping,
        "problems": problems,
    }


def _tell(answer: dict[str, Any], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    for each in answer["problems"]:
        where = f"line {each['line']}" + (f", {each['column']}" if each["column"] else "")
        click.echo(f"{where}: {each['what']} ({each['rule']})")
    counts = answer["counts"]
    taken = counts["ready" if dry_run else "done"]
    said = "would be taken over" if dry_run else "taken over"
    left = f"{counts['refused']:,} left out, {counts['known']:,} here already"
    click.echo(f"{plural(taken, 'ticket')} {said}, {left}.")
