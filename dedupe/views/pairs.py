"""The queue, and the page of a pair: two records side by side, and the reviewer's decision."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.db import savepoint
from adminops.errors import Invalid, NotFound
from adminops.hmis.models import Client, Merge
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.web import charts
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import answers_of, links_to
from dedupe import operations, policies, queries, worth
from dedupe.comparison import Comparison, compare, default_sides
from dedupe.forms import AGREES, SIDES_BACK, AnswerForm, DecisionForm, ReasonForm
from dedupe.gathering import protected_clients
from dedupe.history import history_of
from dedupe.matching.scores import band_of
from dedupe.models import Pair, PairState
from dedupe.narrowing import (
    AGES,
    ASKED,
    CONFLICT,
    EVIDENCE,
    HELD,
    Narrowing,
    agencies_to_choose,
    project_types_to_choose,
)
from dedupe.queue import Place, count_by_state, list_pairs, next_pair, queue_around
from dedupe.seconds.models import Proposal
from dedupe.seconds.operations import decide_merge
from dedupe.views.blueprint import blueprint
from dedupe.views.scans import scan_state

LISTED = {each.value: each for each in (PairState.OPEN, PairState.DEFERRED)}
DRAWN = 24
"""So many stays are drawn; a longer list says so."""


@blueprint.get("")
@access(Permission.REVIEW_DUPLICATES)
def index() -> ResponseReturnValue:
    """Go to the pair that is worth most of those that wait, or say that none does."""
    narrowing = Narrowing.read(request.args)
    if pair_id := next_pair(signed_in_user(), among=narrowing.conditions(signed_in_user())):
        return redirect(url_for(".show", pair_id=pair_id, **narrowing.args))
    return render_template("dedupe/empty.html", narrowing=narrowing, **scan_state())


@blueprint.get("/queue")
@access(Permission.REVIEW_DUPLICATES)
def queue() -> ResponseReturnValue:
    """List the pairs that wait, narrowed by what is asked for."""
    narrowing, state = Narrowing.read(request.args), LISTED.get(request.args.get("state", ""), PairState.OPEN)
    among = narrowing.conditions(signed_in_user())
    return render_template(
        "dedupe/queue.html",
        page=list_pairs(state, among, after=request.args.get("after")),
        counts=count_by_state(list(LISTED.values()), among),
        state=state,
        narrowing=narrowing,
        in_words=worth.in_words,
        choices={"evidence": EVIDENCE, "conflict": CONFLICT, "held": HELD, "asked": ASKED, "age": AGES},
        agencies=agencies_to_choose(),
        project_types=project_types_to_choose(),
    )


@blueprint.get("/pairs/<int:pair_id>")
@access(Permission.REVIEW_DUPLICATES, writes=True)
def show(pair_id: int) -> ResponseReturnValue:
    """Show a pair side by side, and hold it for the reviewer."""
    pair = queries.get_pair(pair_id, signed_in_user())
    return page_of(pair, DecisionForm(keep=request.args.get("keep", "")))


@blueprint.post("/pairs/<int:pair_id>")
@access(Permission.REVIEW_DUPLICATES)
def decide(pair_id: int) -> ResponseReturnValue:
    """Take the reviewer's decision; a merge without the last word asks once more."""
    pair, form = queries.get_pair(pair_id, signed_in_user()), DecisionForm()
    policies.check_not_protected(protected_clients(pair.low_client, pair.high_client))
    if not form.submitted():
        return page_of(pair, form)
    if not form.act.data:
        return _confirm(pair, form)
    with form.refusals():
        return _done(pair, form)
    return page_of(pair, form)


@blueprint.post("/pairs/<int:pair_id>/let-go")
@access(Permission.REVIEW_DUPLICATES)
def let_go(pair_id: int) -> ResponseReturnValue:
    """Leave a pair to others without a word on it."""
    pair = queries.get_pair(pair_id, signed_in_user())
    if ConfirmForm().submitted() and operations.let_go(pair, by=signed_in_user()):
        flash(f"Pair {pair.id} is free for others.", "good")
    return redirect(url_for(".queue", **Narrowing.read(request.args).args))


@blueprint.post("/pairs/<int:pair_id>/reopen")
@access(Permission.REVIEW_DUPLICATES)
def reopen(pair_id: int) -> ResponseReturnValue:
    """Take a decision back, with a reason where it is a colleague's."""
    pair, form = queries.get_pair(pair_id, signed_in_user()), ReasonForm()
    if form.submitted():
        with form.refusals():
            operations.reopen_pair(pair, reason=form.reason.data or "", by=signed_in_user())
            flash("The pair is in the queue again.", "good")
            return redirect(url_for(".show", pair_id=pair.id))
    return page_of(pair, form)


@blueprint.get("/requested/<int:ticket_id>/<first>/<second>")
@access(Permission.REVIEW_DUPLICATES)
def requested(ticket_id: int, first: str, second: str) -> ResponseReturnValue:
    """Show which records a ticket asks to merge: several pairs where more than one source has these client IDs.

    Or why it asks for nothing that can be compared, and where to say so.
    """
    _check_asks(ticket_id, first, second)
    try:
        return _asked_page(ticket_id, _candidates(first, second)), 200
    except (NotFound, Invalid) as refusal:
        return _asked_page(ticket_id, {}, refusal.sentence), refusal.status


@blueprint.post("/requested/<int:ticket_id>/<first>/<second>")
@access(Permission.REVIEW_DUPLICATES)
def open_requested(ticket_id: int, first: str, second: str) -> ResponseReturnValue:
    """Open the pair that a ticket asks to merge, and note that it does; or say why not, as the page with the button."""
    _check_asks(ticket_id, first, second)
    try:
        candidates = _candidates(first, second)
        if not ConfirmForm().submitted() or (wanted := request.form.get("records", "")) not in candidates:
            return redirect(request.full_path)
        one, other = candidates[wanted]
        with savepoint():
            pair = operations.pair_for_request(one, other, ticket_id=ticket_id, by=signed_in_user())
    except (NotFound, Invalid) as refusal:
        return _asked_page(ticket_id, {}, refusal.sentence), refusal.status
    right = {"first": one.id, "second": other.id}.get(request.args.get("right", ""))
    return redirect(url_for(".show", pair_id=pair.id, keep=right))


def _asked_page(ticket_id: int, candidates: Mapping[str, tuple[Client, Client]], problem: str = "") -> str:
    """Draw the page between a ticket and its pair: which records can be compared, or why none can."""
    return render_template(
        "dedupe/requested.html",
        ticket=Ref.to("ticket", ticket_id),
        problem=problem,
        candidates=candidates,
        sources=queries.source_names({client.source_id for pair in candidates.values() for client in pair}),
        here=request.full_path,
    )


def _candidates(first: str, second: str) -> dict[str, tuple[Client, Client]]:
    """Return the pairs of records that two client IDs may mean, by their numbers. Raises `NotFound`, `Invalid`."""
    return {f"{one.id}-{other.id}": (one, other) for one, other in queries.requested_pairs(first, second)}


def _check_asks(ticket_id: int, *client_ids: str) -> None:
    """Raise `NotFound` for a ticket that there is not, or that does not name these two clients."""
    said = answers_of(Ref.to("ticket", ticket_id), signed_in_user())
    if said is None:
        raise NotFound("There is no such ticket.")
    named = (str(said.get(name, "")).strip() for name in ("first_client", "second_client"))
    if sorted(named) != sorted(id_.strip() for id_ in client_ids):
        raise NotFound("This ticket asks for other clients. Go there from the ticket.")


def _attested(pair: Pair) -> list[str]:
    """Return what those who asked for a merge say agrees in the two records, in the words of the form."""
    asked = [answers_of(ticket, signed_in_user()) or {} for ticket in pair.requests] if pair.is_waiting else []
    words = dict(AGREES)
    said = [words[answers["agrees"]] for answers in asked if answers.get("agrees") in words]
    return list(dict.fromkeys(said))


def _done(pair: Pair, form: DecisionForm) -> ResponseReturnValue:
    """Carry the decision out and go to the next pair; one that a ticket asked for stays, with the way back to it."""
    by, place = signed_in_user(), Place.of(pair)
    if form.act.data == "merge":
        _merged(decide_merge(pair, **form.values(), by=by))
    elif form.act.data == "apart":
        operations.keep_apart(pair, reason=form.reason.data or "", seen=form.what_was_seen, by=by)
        _say(
            "Kept apart: not proposed again unless they change.",
            "See the pair",
            url_for(".show", pair_id=pair.id),
        )
    else:
        operations.defer_pair(pair, seen=form.what_was_seen, by=by)
        _say("Put off: the pair comes again after the others.", "See the pair", url_for(".show", pair_id=pair.id))
    if pair.request and not pair.is_undecided:
        return redirect(url_for(".show", pair_id=pair.id))
    narrowing = Narrowing.read(request.args)
    following = next_pair(by, after=place, among=narrowing.conditions(by))
    there = url_for(".show", pair_id=following, **narrowing.args) if following else url_for(".index", **narrowing.args)
    return redirect(there)


def _merged(outcome: Merge | Proposal) -> None:
    if isinstance(outcome, Merge):
        _say("Merged. You can undo it at any time.", "See the merge", url_for(".merge", merge_id=outcome.id))
    else:
        there = url_for(".show", pair_id=outcome.pair_id)
        _say("A second person has to agree: nothing is merged before that.", "See the pair", there)


def _say(text: str, label: str, url: str) -> None:
    flash({"text": text, "label": label, "url": url}, "good")  # type: ignore[arg-type]  # flashes.html draws the link


def _sides(pair: Pair, form: DecisionForm) -> tuple[Client, Client]:
    """Return the record that is kept and the other: as the reviewer says, else the older one is kept."""
    low, high = pair.low_client, pair.high_client
    if form.kept_id in (low.id, high.id):
        return (low, high) if form.kept_id == low.id else (high, low)
    return default_sides(pair)


def _compared(pair: Pair, form: DecisionForm) -> Comparison:
    kept, folded = _sides(pair, form)
    both = {kept.source_id, folded.source_id}
    sources = queries.source_names(both) if len(both) > 1 else {}
    return compare(kept, folded, sources=sources, choices=form.sides, pair=pair)


def page_of(pair: Pair, form: ReasonForm) -> ResponseReturnValue:
    """Show a pair as it stands: to agree to, to decide, or decided. Whoever is shown both records looks at them.

    A `form` that was refused is told of on each of them, with what was done with the pair meanwhile, and its reason
    stays to be copied where the page asks for none of that kind.
    """
    if pair.is_undecided:
        operations.review_pair(pair, by=signed_in_user())
    if pair.state is PairState.SECOND and pair.proposals:
        return _second_page(pair, pair.proposals[-1], form)
    return _pair_page(pair, form) if pair.is_undecided else _decided_page(pair, form)


def _decided_page(pair: Pair, form: ReasonForm) -> ResponseReturnValue:
    protected = protected_clients(pair.low_client, pair.high_client)
    asks_why = policies.is_kept_apart_by_another(pair, signed_in_user()) and not protected
    own = form if type(form) is ReasonForm else ReasonForm(formdata=None)
    told = {"own": own, "protected": protected, "asks_why": asks_why}
    around = _beside(pair, form, has_field=asks_why and own is form)
    return render_template("dedupe/decided.html", **told, **around), form.status


def _pair_page(pair: Pair, form: ReasonForm) -> ResponseReturnValue:
    own = form if isinstance(form, DecisionForm) else DecisionForm(formdata=None)
    compared, is_held = _compared(pair, own), policies.is_claimed_by_another(pair, signed_in_user())
    shown = render_template(
        "dedupe/pair.html",
        own=own,
        version=policies.version_of(pair, behind=compared.behind),
        proposal=pair.proposals[-1] if pair.proposals else None,
        in_words=worth.in_words,
        holder=policies.holder_of(pair) if is_held else None,
        **_beside(pair, form, has_field=own is form and not is_held),
        **_evidence(compared),
    )
    return shown, form.status


def _second_page(pair: Pair, proposal: Proposal, form: ReasonForm) -> ResponseReturnValue:
    """Show a merge as one person decided it, to who has to agree.

    Both records are looked at by it. A pair with a client of victim services alone leaves the desk instead.
    """
    by = signed_in_user()
    operations.review_pair(pair, by=by)
    if pair.state is not PairState.SECOND:
        return page_of(pair, form)
    compared, is_own = _compared_as_decided(pair, proposal), proposal.by_id == by.id
    own = form if isinstance(form, AnswerForm) else AnswerForm(formdata=None)
    shown = render_template(
        "dedupe/second.html",
        proposal=proposal,
        is_own=is_own,
        own=own,
        version=policies.version_of(pair, compared.why_second, behind=compared.behind),
        **_beside(pair, form, has_field=own is form and not is_own),
        **_evidence(compared),
    )
    return shown, form.status


def _compared_as_decided(pair: Pair, proposal: Proposal) -> Comparison:
    """Compare the two as the first person did, and ask anew what speaks against it."""
    form = DecisionForm(formdata=None, keep=str(proposal.destination_client_id))
    for unit, side in proposal.choices.items():
        form[unit].data = SIDES_BACK[side]
    return _compared(pair, form)


def _beside(pair: Pair, form: ReasonForm, *, has_field: bool) -> dict[str, Any]:
    """Return what `dedupe/beside.html` shows; `has_field` says whether the page has one for the reason of `form`."""
    narrowing = Narrowing.read(request.args)
    queue = queue_around(pair, narrowing.conditions(signed_in_user()))
    told: dict[str, Any] = {
        "form": form,
        "asked": links_to(pair.requests, signed_in_user()),
        "attested": _attested(pair),
        "history": history_of(pair) if form.problems else [],
    }
    told["to_copy"] = form.reason.data if form.problems and not has_field else ""
    return {"pair": pair, "narrowing": narrowing, "queue": queue, "band": band_of(pair.score), **told}


def _evidence(compared: Comparison) -> dict[str, Any]:
    """Return what the pages of a pair that waits show of both people."""
    stays = [
        charts.Stay(side, stay.project_name, stay.project_type_label, stay.entry_date, stay.exit_date)
        for side, stay in compared.stays
        if stay.entry_date
    ]
    drawn = {"drawn": stays[:DRAWN], "not_drawn": len(stays[DRAWN:]), "today": clock.today()}
    return {"compared": compared, **drawn}


def _confirm(pair: Pair, form: DecisionForm) -> ResponseReturnValue:
    """Ask once more, for browsers without scripts."""
    if form.kept_id not in (pair.low_client_id, pair.high_client_id) or not pair.is_undecided:
        form.status = 422
        form.refuse("Choose which of the two records is kept." if pair.is_undecided else "This pair is decided.")
        return page_of(pair, form)
    operations.review_pair(pair, by=signed_in_user())
    return render_template(
        "dedupe/confirm.html",
        pair=pair,
        form=form,
        compared=_compared(pair, form),
        narrowing=Narrowing.read(request.args),
    )
