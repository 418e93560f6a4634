"""`adminops audit verify`, `adminops audit export`."""

import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from flask.cli import with_appcontext

from adminops.audit import chain, exporting, queries
from adminops.audit.jobs import anchors_folder
from adminops.cli import print_json
from adminops.db import transaction
from adminops.private_files import open_private

DAY = click.DateTime(["%Y-%m-%d"])


@click.group("audit")
def audit() -> None:
    """Look after the audit trail."""


@audit.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def verify(as_json: bool) -> None:
    """Check that no entry of the audit trail was changed, deleted, moved or put in, and that its end is there.

    Exit code 1 when one was; the first is named.
    """
    with transaction(writes=False):
        verdict = chain.check(anchors_folder())
    if as_json:
        print_json(asdict(verdict))
    elif verdict.broken:
        click.echo(f"The audit trail is broken at link {verdict.broken.number or '–'}: {verdict.broken.sentence}")
    else:
        click.echo(f"{verdict.links:,} entries are as they were written, {verdict.waiting:,} wait for their link.")
        click.echo(f"{verdict.anchors:,} anchors are in the chain.")
    sys.exit(1 if verdict.broken else 0)


@audit.command("export")
@click.argument("file", type=click.Path(dir_okay=False, exists=False, path_type=Path))
@click.option("--since", type=DAY, help="The first day, as 2026-01-31.")
@click.option("--until", type=DAY, help="The last day.")
@click.option("--actor", default="", help="User name of who did it.")
@click.option("--fact", default="", help="Kind of entry, such as ClientViewed.")
@click.option("--lines", is_flag=True, help="A JSON object on each line instead of CSV.")
@with_appcontext
def export(file: Path, since: datetime | None, until: datetime | None, actor: str, fact: str, lines: bool) -> None:
    """Write the audit trail to FILE as CSV, the oldest entry first. Ids only, as the trail has them."""
    if file.exists():
        raise click.ClickException(f"{file} is there already.")
    first, last = (each.date() if each else None for each in (since, until))
    wanted = queries.AuditFilter(actor=actor, fact=fact, since=first, until=last)
    with transaction(writes=False), open_private(file) as opened:
        number = (exporting.write_lines if lines else exporting.write_csv)(wanted, opened)
    click.echo(f"{number:,} entries written to {file}.")
