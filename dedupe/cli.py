"""`adminops dedupe …`: matching on the command line."""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from math import isnan
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext

from adminops.db import transaction
from adminops.errors import DomainError, Invalid, NotFound
from adminops.hmis.asking import date_in
from adminops.hmis.merging import get_merge
from adminops.hmis.models import Client, HmisSource, Merge
from adminops.hmis.sources import all_sources, find_source
from adminops.identity.models import SYSTEM
from adminops.settings import current_settings
from dedupe import policies
from dedupe.describing import reasons_of
from dedupe.gathering import records_to_match
from dedupe.jobs import scan_now
from dedupe.lookup import Wanted, look_up_person, read_ssn
from dedupe.matching.explain import ScoredPair
from dedupe.matching.files import LackingColumnsError, UnreadableFileError, read_clients
from dedupe.matching.looking import Look, look_here
from dedupe.matching.matching import MINIMUM_PROBABILITY, Clock, Matched, match, peak_mb
from dedupe.merges import Question, others_of, questions_of, story_of
from dedupe.model_reads import as_numbers, the_model
from dedupe.operations import keep_clients_apart, undo_merge
from dedupe.pairs_file import STANDARD_OUTPUT, PairsFile, UnwritableFileError
from dedupe.queries import requested_pairs, source_names
from dedupe.scanning import Since
from dedupe.scoring import score_gathered
from dedupe.standing import in_order

STAGES = ("read", "block", "score", "em", "cluster")


@click.group("dedupe")
def dedupe() -> None:
    """Find client records that may be one person."""


@dedupe.command("scan")
@click.option("--full", is_flag=True, help="Compare everybody with everybody and learn the model anew.")
@click.option("--since", help="Compare what imports have changed since a day (2026-09-30), or from an import (41) on.")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def scan(full: bool, since: str | None, as_json: bool) -> None:
    """Propose pairs: for what imports have changed since the last scan, or in the whole store.

    The whole store is scanned when it never was, when the last time was a week ago, or with --full. Exit code 0 also
    when nothing is found, 1 when it fails or another scan runs.
    """
    if full and since:
        raise click.UsageError("Give --full or --since, not both.")
    if not as_json and sys.stderr.isatty():
        click.echo("Scanning …", err=True)
    with _refusals():
        done = scan_now(is_full=full, since=_since(since))
    answer = {"scan": done.id, "seconds": done.seconds, **done.counts}
    click.echo(json.dumps(answer, indent=2) if as_json else done.sentence)


def _since(text: str | None) -> Since | None:
    """Read the number of an import, or a day or moment: in the zone that it names, or in the house's."""
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < 8:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("Say a day as 2026-09-30, or the number of an import.", param_hint="--since") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(current_settings().time_zone))


@dedupe.command("lookup")
@click.option("--first", default="", help="First name.")
@click.option("--last", default="", help="Last name.")
@click.option("--dob", default="", help="Birth date: 1985-05-17 or 5/17/1985.")
@click.option("--ssn", default="", help="Nine digits or the last four; - asks for it, so that it stands in no history.")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def lookup(first: str, last: str, dob: str, ssn: str, as_json: bool) -> None:
    """Ask whether a person is a client already. Tells client IDs, scores and reasons, no names and dates.

    Exit code 0 also when nobody is found, 1 when too little is known to ask.
    """
    number = click.prompt("SSN", hide_input=True, err=True) if ssn == "-" else ssn
    read = read_ssn(number)
    if number and not read:
        raise click.ClickException("An SSN has nine digits: 123-45-6789. Or give its last four.")
    born = date_in(dob)
    if dob and born is None:  # what was typed is not repeated: it is somebody's birth date
        raise click.ClickException("That is no birth date. Write it like 1985-05-17 or 5/17/1985.")
    with _refusals(), transaction():
        found = look_up_person(Wanted(first, last, born, read), by=SYSTEM)
    told = [
        {"client": hit.client_id, "personal_id": hit.personal_id, "source": hit.source_name, **_told(hit.scored)}
        for hit in found.hits
    ]
    if as_json:
        click.echo(json.dumps({"clients": told, "judged": found.judged, "cut": found.is_cut}, indent=2))
        return
    for hit in found.hits:
        click.echo(f"{hit.scored.score:3}  client {hit.personal_id} of {hit.source_name}: {hit.scored.band}")
        _say(hit.scored)
    if not found.hits:
        click.echo("Nobody like this is here.")


@dedupe.command("explain")
@click.argument("one")
@click.argument("other")
@click.option("--source", help="The source of both, where several have these client IDs.")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def explain(one: str, other: str, source: str | None, as_json: bool) -> None:
    """Say how likely two clients are one person, and why, by the model of the last scan."""
    with _refusals(), transaction(writes=False):
        first, second = _two(one, other, source)
        gathered = records_to_match([first.id, second.id])
        policies.check_comparable(first, second, gathered)
        (scored,) = score_gathered(gathered.columns, [in_order(first.id, second.id)]).values()
    if as_json:
        click.echo(json.dumps(_told(scored), indent=2))
        return
    click.echo(f"{scored.score}  {scored.band} (probability {scored.probability:.4f})")
    _say(scored)


@dedupe.command("apart")
@click.argument("one")
@click.argument("other")
@click.option("--reason", default="", help="Why, for the log; no names, birth dates or SSNs.")
@click.option("--source", help="The source of both, where several have these client IDs.")
@with_appcontext
def apart(one: str, other: str, reason: str, source: str | None) -> None:
    """Record that two clients are two people: they are not merged, nor proposed unless they change."""
    with _refusals(), transaction():
        pair = keep_clients_apart(*_two(one, other, source), reason=reason, by=SYSTEM)
        number = pair.id
    click.echo(f"Clients {one} and {other} are kept apart (pair {number}).")


@dedupe.command("undo")
@click.argument("merge_id", metavar="MERGE", type=click.IntRange(1, 2**31 - 1))
@click.option("--reason", default="", help="Why, for the log; no names, birth dates or SSNs.")
@click.option("--also", multiple=True, type=int, metavar="MERGE", help="Another merge of the person to undo first.")
@click.option(
    "--owner",
    "said",
    multiple=True,
    metavar="STAY=OWNER",
    help="Whose a stay (its EnrollmentID) is: kept, folded, or the client ID of one of the merged records.",
)
@click.option(
    "--owners-as-proposed", "as_proposed", is_flag=True, help="Each stay that --owner does not name as proposed."
)
@with_appcontext
def undo(merge_id: int, reason: str, also: tuple[int, ...], said: tuple[str, ...], as_proposed: bool) -> None:
    """Take a merge back: every record reads as if it had never been made.

    Stays that may be of either record have to be told whose they are; without that they are listed, and nothing is
    undone.
    """
    with _refusals(), transaction():
        merge = get_merge(merge_id)
        others = others_of(story_of(merge), also)
        owners = _owners(merge, questions_of(merge, others), said, as_proposed=as_proposed)
        undo_merge(merge, reason=reason, owners=owners, also=others, by=SYSTEM)
    click.echo(f"Merge {merge_id} is undone.")


def _owners(merge: Merge, questions: Sequence[Question], said: Iterable[str], *, as_proposed: bool) -> dict[int, int]:
    """Return which record each stay is of. Raises `Invalid` for what names none, and with a list of those left over."""
    answers = dict(text.rpartition("=")[::2] for text in said)
    if strange := sorted(set(answers) - {question.stay.enrollment_id for question in questions}):
        raise Invalid(f"It is not asked whose stay {strange[0] or '(without a name)'} is.")
    owners, left = dict[int, int](), list[str]()
    for question in questions:
        answer = answers.get(question.stay.enrollment_id)
        owner = _owner(merge, question, answer) if answer else question.proposed if as_proposed else None
        if owner is None:
            left.append(_asked(question))
        else:
            owners[question.stay.id] = owner
    if left:
        raise Invalid("\n".join(["Say with --owner whose these stays are, as E1=kept:", *left]))
    return owners


def _owner(merge: Merge, question: Question, answer: str) -> int:
    sides = {"kept": merge.destination_client_id, "folded": merge.source_client_id}
    records = {client.personal_id: client.id for client in question.records}
    found = sides.get(answer, records.get(answer))
    if found is None:
        raise Invalid(f"Stay {question.stay.enrollment_id} is kept, folded or of client {' or '.join(records)}.")
    return found


def _asked(question: Question) -> str:
    proposed = [client.personal_id for client in question.records if client.id == question.proposed]
    names = " or ".join(client.personal_id for client in question.records)
    end = f" (proposed: {proposed[0]})" if proposed else ""
    return f"  {question.stay.enrollment_id} under client {question.stay.personal_id}: client {names}{end}"


@dedupe.command("model")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@with_appcontext
def model(as_json: bool) -> None:
    """Say what pairs are weighed by: the model of the last scan, what decisions taught, and how often it was right."""
    with _refusals(), transaction(writes=False):
        shown = the_model(SYSTEM)
        numbers = as_numbers(shown)
    if as_json:
        click.echo(json.dumps(numbers, indent=2))
        return
    click.echo(shown.model.note)
    corrected = f"corrected by version {shown.lesson.id}" if shown.lesson else "not corrected by decisions"
    click.echo(f"Pairs are proposed from {shown.threshold:.2f} on; {corrected}.")
    for cut in shown.cuts:
        if cut.precision.between and cut.precision.percent is not None:
            low, high = cut.precision.between
            share = f"{cut.precision.percent:.0f}% ({low:.0f} to {high:.0f}%)"
            click.echo(f"  from {cut.probability:.2f}: {share} of {cut.precision.whole:,} decided pairs were merged")


@contextmanager
def _refusals() -> Iterator[None]:
    """Let what is refused end the command with its sentence."""
    try:
        yield
    except DomainError as refusal:
        raise click.ClickException(str(refusal)) from None


def _two(one: str, other: str, source: str | None) -> tuple[Client, Client]:
    """Return the two clients that are meant. Raises `NotFound`, and `Invalid` when they are not clear."""
    meant = None if source is None else _source(source)
    candidates = requested_pairs(one, other)
    names = ", ".join(sorted(source_names({client.source_id for pair in candidates for client in pair}).values()))
    if meant is not None:
        candidates = [pair for pair in candidates if all(client.source_id == meant.id for client in pair)]
        if not candidates:
            raise NotFound(f"{meant.name} does not have both of these clients. They are of: {names}.")
    if len(candidates) != 1:
        raise Invalid(f"Say with --source which of these is meant: {names}.")
    return candidates[0]


def _source(name: str) -> HmisSource:
    """Return the source of that name. Raises `NotFound` with the names that there are."""
    found = find_source(name)
    if found is None:
        there = ", ".join(source.name for source in all_sources()) or "none yet"
        raise NotFound(f'There is no source "{name}". Sources are: {there}.')
    return found


def _told(scored: ScoredPair) -> dict[str, object]:
    return {
        "score": scored.score,
        "probability": round(scored.probability, 6),
        "reasons": reasons_of(scored),
        "warnings": [warning.sentence for warning in scored.warnings],
    }


def _say(scored: ScoredPair) -> None:
    for reason in reasons_of(scored):
        click.echo(f"     {reason['points']:+4}  {reason['field']} {reason['says']}")
    for warning in scored.warnings:
        click.echo(f"     Check: {warning.sentence}")


def _probability(_context: click.Context, _parameter: click.Parameter, value: float) -> float:
    """Refuse what is no number: it is neither less nor more than any bound."""
    if isnan(value):
        raise click.BadParameter("A probability is a number from 0 to 1.")
    return value


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dedupe.command("pairs")
@click.argument("client_csv", type=_FILE)
@click.option("--enrollment", type=_FILE, help="Enrollment.csv, for households and projects.")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, readable=False, allow_dash=True),
    help="The file to write; - is standard output, and what is told of them then comes on standard error.",
)
@click.option(
    "--min-probability",
    "minimum",
    type=click.FloatRange(0, 1),
    callback=_probability,
    default=MINIMUM_PROBABILITY,
    show_default=True,
    help="Leave out pairs less likely than this.",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "spark"]),
    default="local",
    show_default=True,
    help="Who compares the pairs.",
)
@click.option("--master", help="Spark's address, where it is not this machine: spark://host:7077, yarn.")
@click.option("--workers", type=click.IntRange(1), help="So many cores. Without it, all there are.")
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
def pairs(
    client_csv: Path,
    enrollment: Path | None,
    out: str,
    minimum: float,
    engine: str,
    master: str | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Find likely pairs in a HUD Client.csv. No database is needed, and none is read.

    Writes a CSV file with personal_id_a, personal_id_b, probability, and what each piece of evidence adds in bits.
    The candidate_pairs that --json tells are the pairs that were compared field by field, each counted once; what
    the rules bring together and a first look tells to be two people is not among them.
    Exit code 0 also when nothing is found, 1 when a file can't be read or written, 2 when it is not the one asked for.
    """
    _check_out(out, [file for file in (client_csv, enrollment) if file], as_json=as_json)
    clock, look = Clock(), _look_of(engine, master, workers)
    try:
        with PairsFile(out) as file:
            read = read_clients(client_csv, enrollment)
            found = match(read.columns, minimum=minimum, workers=workers, clock=clock, look=look)
            file.write(read.columns.ids, found.pairs)
    except LackingColumnsError as error:
        raise click.UsageError(str(error)) from None
    except (UnreadableFileError, UnwritableFileError) as error:
        raise click.ClickException(str(error)) from None
    clock.ends("write")
    for note in read.notes:
        click.echo(note, err=True)
    for sentence, rows in found.skipped.items():
        click.echo(
            f"{len(rows):,} {'record takes' if len(rows) == 1 else 'records take'} no part. {sentence}", err=True
        )
    said = json.dumps(_numbers(found), indent=2) if as_json else _in_words(found, out)
    click.echo(said, err=out == STANDARD_OUTPUT)


def _check_out(out: str, read: Sequence[Path], *, as_json: bool) -> None:
    """Refuse to write over what is read, and to mix pairs with what is told to machines."""
    if out == STANDARD_OUTPUT:
        if as_json:
            raise click.UsageError("--json answers on standard output. Name a file with --out.")
        return
    with suppress(OSError):  # what is not there is not read
        if any(file.samefile(out) for file in read):
            raise click.BadParameter("That is a file to read. Name another one.", param_hint="--out")


def _look_of(engine: str, master: str | None, workers: int | None) -> Look:
    """Return what looks at the pairs. Ends the command where Spark is asked for and not there."""
    if engine == "local":
        if master:
            raise click.UsageError("--master is for --engine spark.")
        return look_here
    try:
        from dedupe.matching.spark import look_on
    except ImportError:
        raise click.ClickException("Spark is not installed here. Type: pip install 'adminops[spark]'") from None
    if not master and not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise click.ClickException("Spark needs Java 17 or later on this machine.")
    return look_on(master or f"local[{workers or '*'}]")


def _numbers(found: Matched) -> dict[str, object]:
    seconds = {stage: round(found.seconds.get(stage, 0.0), 3) for stage in STAGES}
    return {
        "records": found.records,
        "candidate_pairs": found.candidate_pairs,
        "pairs": len(found.pairs),
        "seconds": {**seconds, "total": round(sum(found.seconds.values()), 3)},
        "peak_mb": round(peak_mb(), 1),
    }


def _in_words(found: Matched, out: str) -> str:
    pairs, seconds = len(found.pairs), sum(found.seconds.values())
    noun = "pair" if pairs == 1 else "pairs"
    where = "on standard output" if out == STANDARD_OUTPUT else f"in {out}"
    return f"{pairs:,} {noun} among {found.records:,} records, in {seconds:.1f} s. They are {where}."
