"""Several pairs of one kind on one page: each is looked at, and none is decided without its own word."""

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.db import savepoint
from adminops.errors import DomainError
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from dedupe.batch.comparison import briefs_of
from dedupe.batch.operations import review_batch, share_time
from dedupe.batch.queries import MOST, left_over, pairs_numbered, pairs_of_kind
from dedupe.comparison import default_sides, rows_of_two
from dedupe.forms import SIDES
from dedupe.matching.scores import band_of
from dedupe.models import Evidence, Pair
from dedupe.narrowing import EVIDENCE, Narrowing
from dedupe.operations import keep_apart
from dedupe.policies import version_of
from dedupe.seconds.operations import decide_merge
from dedupe.views.blueprint import blueprint

WORDS = {"merge": "merged", "apart": "kept apart"}


@blueprint.get("/batch")
@access(Permission.REVIEW_DUPLICATES, writes=True)
def batch() -> ResponseReturnValue:
    """Show the next pairs of one kind, and hold them for the reviewer."""
    narrowing, by = Narrowing.read({"evidence": Evidence.NUMBER.value, **request.args}), signed_in_user()
    kind = Evidence(narrowing.evidence or Evidence.NUMBER.value)
    pairs = review_batch(pairs_of_kind(kind, by, narrowing.conditions(by)), by=by)
    shown = [
        (brief, band_of(brief.pair.score), version_of(brief.pair, behind=brief.behind)) for brief in briefs_of(pairs)
    ]
    args = {**narrowing.args, "evidence": kind.value}
    return render_template("dedupe/batch.html", shown=shown, kind=kind, kinds=EVIDENCE, args=args)


@blueprint.post("/batch")
@access(Permission.REVIEW_DUPLICATES)
def decide_batch() -> ResponseReturnValue:
    """Decide those pairs that got a word of their own; of each that is not decided it is said why."""
    form, args = ConfirmForm(), Narrowing.read(request.args).args
    if form.submitted():
        _decide_all(_chosen())
    for _id, _label, sentence in form.problems:
        flash(sentence, "warn")
    return redirect(url_for(".batch", **args))


def _chosen() -> dict[int, str]:
    """Return the word that each pair got. A page has no more pairs than `MOST`."""
    sent = ((name.removeprefix("pair-"), said) for name, said in request.form.items() if name.startswith("pair-"))
    words = {int(text): said for text, said in sent if text.isascii() and text.isdecimal() and len(text) < 10}
    return dict(list(words.items())[:MOST])


def _decide_all(chosen: Mapping[int, str]) -> None:
    by, done = signed_in_user(), dict.fromkeys(WORDS, 0)
    numbers = [number for number, said in chosen.items() if said in done]
    pairs = pairs_numbered(numbers, by)
    for number, sentence in left_over(set(numbers).difference(pair.id for pair in pairs), by):
        flash(f"Pair {number}: {sentence}", "warn")
    share_time(pairs, by=by)
    for pair in pairs:
        said = chosen[pair.id]
        try:
            with savepoint():
                _decide(pair, said, request.form.get(f"seen-{pair.id}", ""))
            done[said] += 1
        except DomainError as refusal:
            flash(f"Pair {pair.id}: {refusal.sentence}", "warn")
    if told := [f"{count} {WORDS[act]}" for act, count in done.items() if count]:
        flash(f"{', '.join(told).capitalize()}. Each can be taken back.", "good")


def _decide(pair: Pair, said: str, seen: str) -> None:
    by = signed_in_user()
    if said == "apart":
        keep_apart(pair, seen=seen or "-", by=by)
        return
    kept, folded = default_sides(pair)
    choices = {row.key: SIDES[row.chosen] for row in rows_of_two(kept, folded) if row.state != "same"}
    decide_merge(pair, destination_client_id=kept.id, choices=choices, seen=seen or "-", by=by)
