"""The pages of requests: what is missing, whose move it is, and the words that are given here."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.leaving.policies import check_may_report
from accounts.leaving.queries import of_account as leaving_of
from accounts.licenses.queries import find_agency
from accounts.models import Account
from accounts.policies import refusal
from accounts.queries import account_with
from accounts.requests import policies, queries, words
from accounts.requests.forms import WaiveForm, form_for
from accounts.requests.kinds import SPOKEN, GateKind
from accounts.requests.leavers import held_meanwhile
from accounts.requests.models import AccountGate, AccountRequest, RequestState
from accounts.views.blueprint import blueprint
from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.access import SIGNED_IN, Again, access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import link_to


@blueprint.get("/accounts/requests")
@access(Permission.READ_ACCOUNTS)
def requests() -> ResponseReturnValue:
    """List the requests with what is missing and whose move it is; `?agency=` shows those of one agency."""
    viewer, named = signed_in_user(), request.args.get("state", RequestState.WAITING.value)
    state = RequestState(named) if named in set(RequestState) else None
    wanted = request.args.get("agency", "")
    agency = find_agency(int(wanted), viewer) if wanted.isdecimal() and len(wanted) < 10 else None
    agency_id = agency.id if agency else None
    counts = queries.count_requests(viewer, agency_id=agency_id)
    return render_template(
        "accounts/requests/index.html",
        page=queries.list_requests(viewer, state=state, agency_id=agency_id, after=request.args.get("after")),
        state=state,
        agency=agency,
        counts=[(each, counts.get(each, 0)) for each in RequestState],
        total=counts.get(state, 0) if state else sum(counts.values()),
    )


@blueprint.get("/accounts/requests/<int:request_id>")
@access(SIGNED_IN)
def request_page(request_id: int) -> ResponseReturnValue:
    """Show what a request needs, what is there, and whose move it is."""
    viewer = signed_in_user()
    asked = _get(request_id, viewer)
    reach = viewer.reach(Permission.READ_ACCOUNTS)
    return render_template(
        "accounts/requests/show.html",
        asked=asked,
        user=asked.account.user,
        ticket=link_to(asked.ticket, viewer),
        may_list=reach.covers(asked.agency_id),
        may_open=reach.covers(asked.account.agency_id),
        leaver=_who_leaves(asked, viewer),
        held=held_meanwhile(asked) if asked.state is RequestState.WAITING else None,
        **_steps(asked, viewer),
    )


def _steps(asked: AccountRequest, viewer: User) -> dict[str, Any]:
    """Return what the viewer may do now, for the buttons."""
    waived = [gate.kind for gate in asked.gates if refusal(policies.check_may_waive, gate, by=viewer) is None]
    return {
        "may_say": [gate.kind for gate in asked.gates if refusal(policies.check_may_say, gate, by=viewer) is None],
        "may_send": refusal(policies.check_may_send_link, asked, by=viewer) is None,
        "may_waive": waived,
    }


def _who_leaves(asked: AccountRequest, viewer: User) -> Account | None:
    """Return whose place a new person takes, while nobody has reported that they leave and the viewer may."""
    number = asked.wanted.get("replaces")
    before = account_with(int(number)) if number else None
    if before is None or leaving_of(before.id) is not None or before.state.value in ("disabled", "archived"):
        return None
    return before if refusal(check_may_report, before, by=viewer) is None else None


@blueprint.route("/accounts/requests/<int:request_id>/words/<kind>", methods=["GET", "POST"])
@access(SIGNED_IN)
def say(request_id: int, kind: str) -> ResponseReturnValue:
    """Say a word that a request waits for, after being asked once."""
    if kind not in set(SPOKEN):
        raise NotFound("Nobody says this here.")
    return _word(request_id, kind)


@blueprint.route("/accounts/requests/<int:request_id>/grant", methods=["GET", "POST"])
@access(Permission.GRANT_ROLES, confirm=Again.OPENING)
def grant(request_id: int) -> ResponseReturnValue:
    """Give the higher role that is asked for, as the last word."""
    return _word(request_id, GateKind.GRANT.value)


def _word(request_id: int, kind: str) -> ResponseReturnValue:
    viewer = signed_in_user()
    asked = _get(request_id, viewer)
    gate = _gate(asked, kind)
    policies.check_may_say(gate, by=viewer)
    form = form_for(gate.kind)
    if form.submitted():
        with form.refusals():
            values = {} if isinstance(form, ConfirmForm) else form.values()
            words.give_word(asked, gate.kind, **values, by=viewer)
            return _done(asked, "Thank you: it is noted.", viewer)
    page = render_template("accounts/requests/say.html", asked=asked, gate=gate, form=form, user=asked.account.user)
    return page, form.status


@blueprint.route("/accounts/requests/<int:request_id>/waive/<kind>", methods=["GET", "POST"])
@access(Permission.KEEP_ACCESS_RULES)
def waive(request_id: int, kind: str) -> ResponseReturnValue:
    """Let the account begin although one thing is not proven, and say why."""
    viewer = signed_in_user()
    asked = _get(request_id, viewer)
    gate = _gate(asked, kind)
    policies.check_may_waive(gate, by=viewer)
    if (form := WaiveForm()).submitted():
        with form.refusals():
            words.waive_gate(asked, gate.kind, reason=form.reason.data or "", by=viewer)
            return _done(asked, "It is waived.", viewer)
    return render_template("accounts/requests/waive.html", asked=asked, gate=gate, form=form), form.status


@blueprint.post("/accounts/requests/<int:request_id>/agreement")
@access(SIGNED_IN)
def send_agreement(request_id: int) -> ResponseReturnValue:
    """Send the person the link to the user agreement again."""
    viewer = signed_in_user()
    asked = _get(request_id, viewer)
    words.send_link_again(asked, by=viewer)
    return _done(asked, "A new link is on its way to the person. The one before does not work any more.", viewer)


def _done(asked: AccountRequest, sentence: str, viewer: User) -> ResponseReturnValue:
    """Say what was done and go back: to the ticket, once nothing is missing, for who works on it."""
    over = asked.state is RequestState.DONE
    if asked.trouble:
        flash(f"{sentence} But it could not be carried out: {asked.trouble}", "warn")
    else:
        flash(f"{sentence} Nothing is missing any more. {asked.kind.done}" if over else sentence, "good")
    ticket = link_to(asked.ticket, viewer) if over and viewer.may(Permission.WORK_TICKETS) else None
    return redirect(ticket.url if ticket else url_for(".request_page", request_id=asked.id))


def _get(request_id: int, viewer: User) -> AccountRequest:
    found = queries.find_request(request_id, viewer)
    if found is None:
        raise NotFound("There is no such request.")
    return found


def _gate(asked: AccountRequest, kind: str) -> AccountGate:
    gate = asked.gate(GateKind(kind)) if kind in set(GateKind) else None
    if gate is None:
        raise NotFound("This request does not ask for that.")
    return gate
