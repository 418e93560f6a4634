"""`adminops dedupe …`: matching on the command line."""

import json
import sys

import click
from flask.cli import with_appcontext

from adminops.db import transaction
from dedupe.scanning import scan_store


@click.group("dedupe")
def dedupe() -> None:
    """Find client records that may be one person."""


@dedupe.command("scan")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def scan(as_json: bool) -> None:
    """Look through the whole store and propose pairs. Exit code 0 also when nothing is found."""
    if not as_json and sys.stderr.isatty():
        click.echo("Scanning …", err=True)
    with transaction():
        done = scan_store()
        answer = {"scan": done.id, "seconds": done.seconds, **done.counts}
        sentence = done.sentence
    click.echo(json.dumps(answer, indent=2) if as_json else sentence)
