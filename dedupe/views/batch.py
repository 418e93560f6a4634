"""Several pairs of one kind on one page: each is looked at, and none is decided without its own word."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.db import savepoint
from adminops.errors import DomainError
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from dedupe.batch.comparison import briefs_of
from dedupe.batch.operations import review_batch
from dedupe.batch.queries import pairs_numbered, pairs_of_kind
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
    """Decide those pairs that got a word of their own; what is refused is said, the others are decided."""
    form, args = ConfirmForm(), Narrowing.read(request.args).args
    if form.submitted():
        _decide_all(pairs_numbered(_numbers(), signed_in_user()))
    for _id, _label, sentence in form.problems:
        flash(sentence, "warn")
    return redirect(url_for(".batch", **args))


def _numbers() -> list[int]:
    sent = (name.removeprefix("pair-") for name in request.form if name.startswith("pair-"))
    return [int(text) for text in sent if text.isascii() and text.isdecimal() and len(text) < 10]


def _decide_all(pairs: Sequence[Pair]) -> None:
    done = {"merge": 0, "apart": 0}
    for pair in pairs:
        said = request.form.get(f"pair-{pair.id}", "")
        if said not in done:
            continue
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
