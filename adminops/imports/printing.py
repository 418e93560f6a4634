"""What became of an export, in lines for a terminal."""

from collections.abc import Mapping
from typing import Any

import click

from adminops.hmis.intake import ImportResult

SHOWN = 20


def print_result(result: ImportResult) -> None:
    """Print the result of an import or a check."""
    click.echo(f"{'Would be ' if result.dry_run else ''}{result.status}. {result.sentence}")
    for brake in result.brakes:
        click.echo(f"  held     {brake.sentence}")
    for name, counts in result.files.items():
        _print_counts(name, counts.as_dict())
    for mover in result.difference.get("projects", []):
        moves = ", ".join(f"{mover[what]:,} {what}" for what in ("added", "changed", "removed") if mover[what])
        click.echo(f"  project {mover['project_id']:<18} {moves}")
    for problem in result.problems.first(SHOWN):
        place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part)
        click.echo(f"  {problem.severity:<8} {place}  {problem.text}")
    if len(result.problems) > SHOWN:
        click.echo(f"  … and {len(result.problems) - SHOWN:,} more: --problems FILE.csv writes all of them.")
    if result.is_held and not result.dry_run and result.import_id is not None:
        click.echo(f"Approve or cancel import {result.import_id} on its page, or import it again with --approve.")


def print_summary(report: Mapping[str, Any]) -> None:
    """Print what became of an export of a drop folder."""
    click.echo(f"Import {report['import_id']}, {report['file']} into {report['source']}: {report['status']}.")
    click.echo(f"  {report['sentence']}")


def _print_counts(name: str, counts: Mapping[str, int]) -> None:
    words = ", ".join(f"{number:,} {what}" for what, number in counts.items() if number)
    click.echo(f"  {name:<26} {words or 'empty'}")
