"""The pages of policies: what is in force, a proposal with what it comes to today, and the holds on their way."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.ladders import operations, queries
from accounts.ladders.forms import policy_form
from accounts.ladders.models import AccountPolicy, PolicyState
from accounts.ladders.values import STANDARD, PolicyKind
from accounts.lapses.preview import list_coming, preview_of
from accounts.policies import refusal
from accounts.views.blueprint import blueprint
from adminops.errors import NotFound
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm


@blueprint.get("/accounts/policies")
@access(Permission.READ_ACCOUNTS)
def policies() -> ResponseReturnValue:
    """List what is in force, what was proposed, and what was before."""
    viewer = signed_in_user()
    return render_template(
        "accounts/policies/index.html",
        kinds=list(PolicyKind),
        standard=STANDARD,
        active=queries.in_state(PolicyState.ACTIVE),
        proposed=queries.in_state(PolicyState.PROPOSED),
        earlier=queries.in_state(PolicyState.RETIRED, PolicyState.REFUSED),
        agencies=queries.agency_names(),
        may_propose=refusal(operations.check_may_propose, by=viewer) is None,
    )


@blueprint.route("/accounts/policies/new/<kind>", methods=["GET", "POST"])
@access(Permission.MANAGE_ACCOUNTS)
def new_policy(kind: str) -> ResponseReturnValue:
    """Propose a version; it starts with the steps of the one that `from` names."""
    viewer = signed_in_user()
    operations.check_may_propose(by=viewer)
    if kind not in set(PolicyKind):
        raise NotFound("There is no such policy.")
    which = PolicyKind(kind)
    base = queries.find_policy(request.args.get("from", 0, type=int))
    form = policy_form(which, queries.agency_names(), base.steps if base and base.kind is which else None)
    if form.submitted():
        with form.refusals():
            ends = bool(form.ends.data)
            scope, scope_id = form.place()
            policy = operations.propose_policy(
                which, scope, scope_id, form.steps(which), why=form.why.data or "", ends=ends, by=viewer
            )
            return redirect(url_for(".policy", policy_id=policy.id))
    return render_template("accounts/policies/new.html", kind=which, form=form), form.status


@blueprint.get("/accounts/policies/<int:policy_id>")
@access(Permission.READ_ACCOUNTS)
def policy(policy_id: int) -> ResponseReturnValue:
    """Show a version, and what it would come to today."""
    viewer, found = signed_in_user(), _get(policy_id)
    is_proposed, decides = found.state is PolicyState.PROPOSED, operations.check_may_decide
    return render_template(
        "accounts/policies/show.html",
        policy=found,
        whom=found.whom(queries.agency_names()),
        now=preview_of(found.kind) if is_proposed else None,
        then=preview_of(found.kind, found) if is_proposed else None,
        sees_all=viewer.reach(Permission.READ_ACCOUNTS).everywhere,
        refused=refusal(decides, found, by=viewer) if is_proposed else "",
        may_take_back=is_proposed and found.proposed_by_id == viewer.id,
        form=ConfirmForm(),
    )


@blueprint.post("/accounts/policies/<int:policy_id>/activate")
@access(Permission.KEEP_ACCESS_RULES)
def activate_policy(policy_id: int) -> ResponseReturnValue:
    """Put a version in force, as a second person."""
    found = _get(policy_id)
    operations.activate_policy(found, by=signed_in_user())
    flash(f"{found.name} is in force. Holds that follow from it are seen days before they act.", "good")
    return redirect(url_for(".policies"))


@blueprint.post("/accounts/policies/<int:policy_id>/refuse")
@access(Permission.MANAGE_ACCOUNTS)
def refuse_policy(policy_id: int) -> ResponseReturnValue:
    """Refuse a version, or take one's own proposal back."""
    operations.refuse_policy(_get(policy_id), by=signed_in_user())
    flash("It will not come into force.", "good")
    return redirect(url_for(".policies"))


@blueprint.get("/accounts/coming")
@access(Permission.READ_ACCOUNTS)
def coming_holds() -> ResponseReturnValue:
    """List the holds that the clock has placed and that have not begun: each can be cancelled."""
    viewer = signed_in_user()
    return render_template(
        "accounts/policies/coming.html",
        page=list_coming(viewer, after=request.args.get("after")),
        may_cancel=viewer.may(Permission.MANAGE_ACCOUNTS),
    )


def _get(policy_id: int) -> AccountPolicy:
    found = queries.find_policy(policy_id)
    if found is None:
        raise NotFound("There is no such policy.")
    return found
