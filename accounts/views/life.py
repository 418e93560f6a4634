"""What is done with an account: start a reset, invite again, disable, reactivate, archive. Each asks once."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from accounts import policies
from accounts.forms import DisableForm
from accounts.operations import (
    archive_account,
    disable_account,
    reactivate_account,
    resend_invite,
    start_password_reset,
)
from accounts.operations.links import lifetime
from accounts.views.blueprint import blueprint, get_account, task_of, why_not
from adminops.errors import InvalidState
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm, Form


@blueprint.route("/accounts/<int:account_id>/reset", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS)
def start_reset(account_id: int) -> ResponseReturnValue:
    """Send the owner a link to choose a new password."""
    viewer, form = signed_in_user(), ConfirmForm()
    account, task = get_account(account_id, viewer), task_of(viewer)
    refused = why_not(policies.check_may_reset, account, viewer)
    if form.submitted():
        with form.refusals():
            start_password_reset(account, by=viewer, request=task.ref)
            return task.done(f"A link to choose a new password is on its way to {account.user.name}.", account)
    minutes = int(lifetime().total_seconds() // 60)
    page = render_template(
        "accounts/start_reset.html", account=account, task=task, form=form, refused=refused, minutes=minutes
    )
    return page, _status(form, refused)


@blueprint.route("/accounts/<int:account_id>/invite", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS)
def invite(account_id: int) -> ResponseReturnValue:
    """Send the invitation again."""
    viewer, form = signed_in_user(), ConfirmForm()
    account, task = get_account(account_id, viewer), task_of(viewer)
    refused = why_not(policies.check_may_invite, account, viewer)
    if form.submitted():
        with form.refusals():
            resend_invite(account, by=viewer)
            return task.done(f"A new invitation is on its way to {account.user.name}.", account)
    page = render_template("accounts/invite.html", account=account, task=task, form=form, refused=refused)
    return page, _status(form, refused)


@blueprint.route("/accounts/<int:account_id>/disable", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS)
def disable(account_id: int) -> ResponseReturnValue:
    """Close the sign-in of a person."""
    viewer, form = signed_in_user(), DisableForm()
    account, task = get_account(account_id, viewer), task_of(viewer)
    refused = why_not(policies.check_may_disable, account, viewer)
    if form.submitted():
        with form.refusals():
            disable_account(account, **form.values(), by=viewer, request=task.ref)
            return task.done(f"The account of {account.user.name} is disabled.", account)
    page = render_template("accounts/disable.html", account=account, task=task, form=form, refused=refused)
    return page, _status(form, refused)


@blueprint.route("/accounts/<int:account_id>/reactivate", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS)
def reactivate(account_id: int) -> ResponseReturnValue:
    """Open the sign-in again."""
    viewer, form = signed_in_user(), ConfirmForm()
    account, task = get_account(account_id, viewer), task_of(viewer)
    refused = why_not(policies.check_may_reactivate, account, viewer)
    if form.submitted():
        with form.refusals():
            reactivate_account(account, by=viewer, request=task.ref)
            return task.done(f"The account of {account.user.name} works again.", account)
    page = render_template("accounts/reactivate.html", account=account, task=task, form=form, refused=refused)
    return page, _status(form, refused)


@blueprint.route("/accounts/<int:account_id>/archive", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS)
def archive(account_id: int) -> ResponseReturnValue:
    """Put a disabled account away for good."""
    viewer, form = signed_in_user(), ConfirmForm()
    account, task = get_account(account_id, viewer), task_of(viewer)
    refused = why_not(policies.check_may_archive, account, viewer)
    if form.submitted():
        with form.refusals():
            archive_account(account, by=viewer)
            return task.done(f"The account of {account.user.name} is archived.", account)
    page = render_template("accounts/archive.html", account=account, task=task, form=form, refused=refused)
    return page, _status(form, refused)


def _status(form: Form, refused: str | None) -> int:
    """Return the status of a page: what the state forbids may be looked at, but not be sent."""
    return InvalidState.status if refused and request.method == "POST" else form.status
