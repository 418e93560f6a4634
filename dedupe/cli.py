"""`adminops dedupe …`: matching on the command line."""

import json
import sys

import click
from flask.cli import with_appcontext

from dedupe.jobs import scan_now


@click.group("dedupe")
def dedupe() -> None:
    """Find client records that may be one person."""


@dedupe.command("scan")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def scan(as_json: bool) -> None:
    """Look through the whole store and propose pairs. Exit code 0 also when nothing is found, 1 when it fails."""
    if not as_json and sys.stderr.isatty():
        click.echo("Scanning …", err=True)
    done = scan_now()
    answer = {"scan": done.id, "seconds": done.seconds, **done.counts}
    click.echo(json.dumps(answer, indent=2) if as_json else done.sentence)
