"""`adminops hmis repairs …` and `adminops hmis repair …`: repairs on the command line."""

import json

import click
from flask.cli import with_appcontext

from adminops.db import transaction
from adminops.hmis import sources
from adminops.hmis.models import HmisSource
from adminops.hmis.repairs import Rule, rule_named
from adminops.identity.models import SYSTEM
from adminops.repairs import operations, queries
from adminops.web.formats import plural


@click.group("hmis")
def hmis() -> None:
    """Import, check, repair and export HMIS exports (HUD CSV)."""


@hmis.command("repairs")
@click.option("--source", required=True, help="Name of the source.")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def repairs(source: str, as_json: bool) -> None:
    """List the repairs of a source: which are on, and how many values each changes."""
    with transaction(writes=False):
        found = sources.source_named(source)
        rows = queries.rules_of(found)
        columns = found.repair_counts
    if as_json:
        listed = [
            {"rule": row.rule.key, "on": row.is_on, "values": row.values, "columns": columns.get(row.rule.key, {})}
            for row in rows
        ]
        click.echo(json.dumps({"source": source, "repairs": listed}, indent=2))
        return
    for row in rows:
        click.echo(f"{row.rule.key:<26} {'on ' if row.is_on else 'off'} {row.values:>9,}  {row.rule.title}")


@hmis.command("repair")
@click.argument("rule")
@click.option("--source", required=True, help="Name of the source.")
@click.option("--on/--off", "on", required=True, help="Switch it on or off.")
@click.option("--dry-run", is_flag=True, help="Say how many values would change and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def repair(rule: str, source: str, on: bool, dry_run: bool, as_json: bool) -> None:
    """Switch the repair RULE of a source on or off."""
    with transaction():
        found, known = sources.source_named(source), rule_named(rule)
        count = _asked(found, known, on=on) if dry_run else _switched(found, known, on=on)
    if as_json:
        answer = {"source": source, "rule": rule, "on": on, "values": count, "dry_run": dry_run}
        click.echo(json.dumps(answer, indent=2))
        return
    said = "changed" if on else f"read as {'it' if count == 1 else 'they'} came again"
    click.echo(f"{plural(count, 'value')} {'would be ' if on and dry_run else 'would ' if dry_run else ''}{said}.")


def _asked(source: HmisSource, rule: Rule, *, on: bool) -> int:
    return operations.what_switching_does(source, rule, on=on, by=SYSTEM)


def _switched(source: HmisSource, rule: Rule, *, on: bool) -> int:
    """Switch a rule and return how many values that changed; only what is switched on has to be worked out for that."""
    before = 0 if on else _asked(source, rule, on=False)
    outcome = operations.switch_rule(source, rule, on=on, by=SYSTEM)
    return outcome.of_rule(rule.key) if on else before
