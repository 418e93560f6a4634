"""`adminops dedupe …`: matching on the command line."""

import json
import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from dedupe.jobs import scan_now
from dedupe.matching.files import UnreadableFileError, read_clients
from dedupe.matching.matching import MINIMUM_PROBABILITY, Clock, Matched, match, peak_mb
from dedupe.pairs_file import write_pairs

STAGES = ("read", "block", "score", "em", "cluster")


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


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dedupe.command("pairs")
@click.argument("client_csv", type=_FILE)
@click.option("--enrollment", type=_FILE, help="Enrollment.csv, for households and projects.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option(
    "--min-probability",
    "minimum",
    type=click.FloatRange(0, 1),
    default=MINIMUM_PROBABILITY,
    show_default=True,
    help="Leave out pairs less likely than this.",
)
@click.option("--engine", type=click.Choice(["local"]), default="local", show_default=True)
@click.option("--workers", type=click.IntRange(1), help="So many cores. Without it, all there are.")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
def pairs(
    client_csv: Path,
    enrollment: Path | None,
    out: Path,
    minimum: float,
    engine: str,  # noqa: ARG001  # one engine so far; scripts may name it already
    workers: int | None,
    as_json: bool,
) -> None:
    """Find likely pairs in a HUD Client.csv. No database is needed, and none is read.

    Writes a CSV file with personal_id_a, personal_id_b, probability, and what each piece of evidence adds in bits.
    Exit code 0 also when nothing is found, 1 when a file can't be read or written.
    """
    clock = Clock()
    try:
        columns = read_clients(client_csv, enrollment)
        found = match(columns, minimum=minimum, workers=workers, clock=clock)
        write_pairs(out, columns.ids, found.pairs)
    except UnreadableFileError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{out.name} can't be written: {error.strerror}.") from None
    clock.ends("write")
    for sentence, rows in found.skipped.items():
        click.echo(
            f"{len(rows):,} {'record takes' if len(rows) == 1 else 'records take'} no part. {sentence}", err=True
        )
    click.echo(json.dumps(_numbers(found), indent=2) if as_json else _in_words(found, out))


def _numbers(found: Matched) -> dict[str, object]:
    seconds = {stage: round(found.seconds.get(stage, 0.0), 3) for stage in STAGES}
    return {
        "records": found.records,
        "candidate_pairs": found.candidate_pairs,
        "pairs": len(found.pairs),
        "seconds": {**seconds, "total": round(sum(found.seconds.values()), 3)},
        "peak_mb": round(peak_mb(), 1),
    }


def _in_words(found: Matched, out: Path) -> str:
    pairs, seconds = len(found.pairs), sum(found.seconds.values())
    noun = "pair" if pairs == 1 else "pairs"
    return f"{pairs:,} {noun} among {found.records:,} records, in {seconds:.1f} s. They are in {out.name}."
