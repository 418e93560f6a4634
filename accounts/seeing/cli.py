"""`adminops audit who-could-see`."""

import json
from dataclasses import asdict
from datetime import datetime

import click
from flask.cli import with_appcontext

from accounts.seeing.operations import ask_who_could_see
from adminops.audit.cli import DAY
from adminops.cli import print_json
from adminops.db import transaction
from adminops.errors import DomainError
from adminops.identity.models import SYSTEM


@click.command("who-could-see")
@click.argument("client", type=click.IntRange(1, 2**31 - 1))
@click.option("--on", "day", type=DAY, required=True, help="The day, as 2026-01-31.")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def who_could_see(client: int, day: datetime, as_json: bool) -> None:
    """Say who could see the client record of that number on a day, and who looked. Asking is on the trail, too."""
    try:
        with transaction():
            found = ask_who_could_see(client, on=day.date(), by=SYSTEM)
    except DomainError as refused:
        raise click.ClickException(refused.sentence) from None
    if as_json:
        print_json(json.loads(json.dumps(asdict(found), default=str)))
        return
    click.echo(f"{len(found.seers)} people could see client record {client} on {found.on}:")
    for seer in found.seers:
        looked = f", looked {seer.looks} time{'' if seer.looks == 1 else 's'}" if seer.looks else ""
        click.echo(f"  {seer.username:<30}{'; '.join(seer.roles)}{looked}")
    click.echo(f"{len(found.looks)} looks are on record:")
    for look in found.looks:
        click.echo(f"  {look.at:%Y-%m-%d %H:%M} UTC  {look.name} {look.sentence}")
    for caveat in found.caveats:
        click.echo(f"- {caveat}")
