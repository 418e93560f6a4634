"""The pages of requests for accounts: what is missing, who sees to it, and the words that are given here."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.policies import refusal
from accounts.requests import operations, policies, queries
from accounts.requests.forms import BackgroundForm, WaiveForm
from accounts.requests.models import AccountGate, AccountRequest, GateKind, RequestState
from accounts.views.blueprint import blueprint
from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.access import SIGNED_IN, access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import link_to


@blueprint.get("/accounts/requests")
@access(Permission.READ_ACCOUNTS)
def requests() -> ResponseReturnValue:
    """List the requests for accounts."""
    viewer, named = signed_in_user(), request.args.get("state", RequestState.WAITING.value)
    state = RequestState(named) if named in set(RequestState) else None
    counts = queries.count_requests(viewer)
    return render_template(
        "accounts/requests/index.html",
        page=queries.list_requests(viewer, state=state, after=request.args.get("after")),
        state=state,
        counts=[(each, counts.get(each, 0)) for each in RequestState],
        total=counts.get(state, 0) if state else sum(counts.values()),
    )


@blueprint.get("/accounts/requests/<int:request_id>")
@access(SIGNED_IN)
def request_page(request_id: int) -> ResponseReturnValue:
    """Show what an account needs before it opens, what is there, and who sees to the rest."""
    viewer = signed_in_user()
    asked = _get(request_id, viewer)
    return render_template(
        "accounts/requests/show.html",
        asked=asked,
        user=asked.account.user,
        ticket=link_to(asked.ticket, viewer),
        may_open=viewer.reach(Permission.READ_ACCOUNTS).covers(asked.agency_id),
        **_steps(asked, viewer),
    )


def _steps(asked: AccountRequest, viewer: User) -> dict[str, Any]:
    """Return what the viewer may do now, for the buttons."""
    waived = [gate.kind for gate in asked.gates if refusal(policies.check_may_waive, gate, by=viewer) is None]
    return {
        "may_confirm": refusal(policies.check_may_confirm, asked, by=viewer) is None,
        "may_attest": refusal(policies.check_may_attest, asked, by=viewer) is None,
        "may_send": refusal(policies.check_may_send_link, asked, by=viewer) is None,
        "may_waive": waived,
    }


@blueprint.route("/accounts/requests/<int:request_id>/confirm", methods=["GET", "POST"])
@access(SIGNED_IN)
def confirm(request_id: int) -> ResponseReturnValue:
    """Confirm as the supervisor, after being asked once."""
    viewer = signed_in_user()
    asked = _get(request_id, viewer)
    policies.check_may_confirm(asked, by=viewer)
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            operations.confirm_supervisor(asked, by=viewer)
            return _done(asked, "Thank you: it is noted.")
    return render_template("accounts/requests/confirm.html", asked=asked, form=form), form.status


@blueprint.route("/accounts/requests/<int:request_id>/background", methods=["GET", "POST"])
@access(SIGNED_IN)
def background(request_id: int) -> ResponseReturnValue:
    """Confirm that the background check is passed."""
    viewer = signed_in_user()
    asked = _get(request_id, viewer)
    policies.check_may_attest(asked, by=viewer)
    if (form := BackgroundForm()).submitted():
        with form.refusals():
            operations.attest_background(asked, **form.values(), by=viewer)
            return _done(asked, "It is noted.")
    gate = asked.gate(GateKind.BACKGROUND)
    return render_template("accounts/requests/word.html", asked=asked, gate=gate, form=form, waives=False), form.status


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
            operations.waive_gate(asked, gate.kind, reason=form.reason.data or "", by=viewer)
            return _done(asked, "It is waived.")
    return render_template("accounts/requests/word.html", asked=asked, gate=gate, form=form, waives=True), form.status


@blueprint.post("/accounts/requests/<int:request_id>/agreement")
@access(SIGNED_IN)
def send_agreement(request_id: int) -> ResponseReturnValue:
    """Send the person the link to the user agreement again."""
    viewer = signed_in_user()
    asked = _get(request_id, viewer)
    operations.send_link_again(asked, by=viewer)
    return _done(asked, "A new link is on its way to the person. The one before does not work any more.")


def _done(asked: AccountRequest, sentence: str) -> ResponseReturnValue:
    over = asked.state is RequestState.DONE
    flash(f"{sentence} Nothing is missing any more: the account is on its way." if over else sentence, "good")
    return redirect(url_for(".request_page", request_id=asked.id))


def _get(request_id: int, viewer: User) -> AccountRequest:
    found = queries.find_request(request_id, viewer)
    if found is None:
        raise NotFound("There is no such request for an account.")
    return found


def _gate(asked: AccountRequest, kind: str) -> AccountGate:
    gate = asked.gate(GateKind(kind)) if kind in set(GateKind) else None
    if gate is None:
        raise NotFound("This request does not ask for that.")
    return gate
