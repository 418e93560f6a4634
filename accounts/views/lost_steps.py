"""A second step that was lost: one of the team asks, another agrees."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.lost_steps import operations, policies
from accounts.lost_steps.forms import AskForm, DecideForm
from accounts.lost_steps.queries import waiting_of
from accounts.policies import check_may_reset, refusal
from accounts.views.blueprint import blueprint, get_account, why_not
from adminops.errors import InvalidState, NotFound
from adminops.identity.permissions import Permission
from adminops.web.access import Again, access, signed_in_user


@blueprint.get("/accounts/<int:account_id>/lost-step")
@access(Permission.RESET_PASSWORDS, confirm=Again.OPENING)
def lost_step(account_id: int) -> ResponseReturnValue:
    """Show what is asked about a second step that was lost, or the form to ask."""
    return _page(account_id, AskForm())


@blueprint.post("/accounts/<int:account_id>/lost-step")
@access(Permission.RESET_PASSWORDS, confirm=Again.OPENING)
def ask_for_lost_step(account_id: int) -> ResponseReturnValue:
    """Ask to have a second step taken away."""
    viewer, form = signed_in_user(), AskForm()
    account = get_account(account_id, viewer)
    if form.submitted():
        with form.refusals():
            operations.ask_for_lost_step(account, **form.values(), by=viewer)
            flash("Asked. A colleague who may agree has to do so within three days.", "good")
            return redirect(url_for(".lost_step", account_id=account.id))
    return _page(account_id, form)


@blueprint.post("/accounts/<int:account_id>/lost-step/decide")
@access(Permission.RESET_PASSWORDS, confirm=Again.USING)
def decide_lost_step(account_id: int) -> ResponseReturnValue:
    """Agree that a second step is taken away, or refuse."""
    viewer, form = signed_in_user(), DecideForm()
    account = get_account(account_id, viewer)
    lost = waiting_of(account)
    if lost is None:
        raise NotFound("Nothing is asked for, or it was decided already.")
    if form.agree.data:
        operations.agree_to_lost_step(lost, by=viewer)
        flash(f"Done. {account.user.name} sets a new second step up at the next sign-in.", "good")
    else:
        operations.refuse_lost_step(lost, by=viewer)
        flash("The second step stays as it is.", "good")
    return redirect(url_for(".show", account_id=account.id))


def _page(account_id: int, form: AskForm) -> ResponseReturnValue:
    viewer = signed_in_user()
    account = get_account(account_id, viewer)
    check = refusal(check_may_reset, account, by=viewer)
    lost = waiting_of(account) if check is None else None
    refused = None if lost else why_not(policies.check_may_ask, account, viewer)
    may_agree = lost is not None and refusal(policies.check_may_agree, lost, by=viewer) is None
    page = render_template(
        "accounts/lost_step.html", account=account, lost=lost, form=form, refused=refused, may_agree=may_agree
    )
    return page, InvalidState.status if refused and form.is_submitted() else form.status
