"""What is done with an account: start a reset, invite again, disable, reactivate, archive. Each asks once."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from accounts import policies, queries
from accounts.forms import DisableForm, LimitForm, shown_limits
from accounts.models import HOLD_FOR, AccountState, HoldKind
from accounts.operations import (
    archive_account,
    disable_account,
    limit_account,
    place_hold,
    reactivate_account,
    release_hold,
    resend_invite,
    restore_account,
    start_password_reset,
    unlock_account,
)
from accounts.operations.links import lifetime
from accounts.views.blueprint import Task, blueprint, get_account, task_of, why_not
from adminops.errors import InvalidState, NotFound
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
            when = "is disabled" if account.state is AccountState.DISABLED else "will be disabled then"
            return task.done(f"The account of {account.user.name} {when}.", account)
    page = render_template("accounts/disable.html", account=account, task=task, form=form, refused=refused)
    return page, _status(form, refused)


@blueprint.route("/accounts/<int:account_id>/hold", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS)
def hold(account_id: int) -> ResponseReturnValue:
    """Keep an account closed for a further reason: it opens when all of them are released."""
    viewer, form = signed_in_user(), DisableForm()
    account, task = get_account(account_id, viewer), task_of(viewer)
    refused = why_not(policies.check_may_hold, account, viewer)
    if form.submitted():
        with form.refusals():
            values = form.values()
            place_hold(account, HOLD_FOR.get(values["reason"], HoldKind.ADMIN), **values, by=viewer, request=task.ref)
            return task.done("It stays closed until each reason is released.", account)
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


@blueprint.route("/accounts/<int:account_id>/restore", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS)
def restore(account_id: int) -> ResponseReturnValue:
    """Take an archived account back."""
    viewer, form = signed_in_user(), ConfirmForm()
    account, task = get_account(account_id, viewer), task_of(viewer)
    refused = why_not(policies.check_may_restore, account, viewer)
    if form.submitted():
        with form.refusals():
            restore_account(account, by=viewer)
            return task.done(f"{account.user.name} was invited to choose a new password.", account)
    page = render_template("accounts/restore.html", account=account, task=task, form=form, refused=refused)
    return page, _status(form, refused)


@blueprint.route("/accounts/<int:account_id>/unlock", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS)
def unlock(account_id: int) -> ResponseReturnValue:
    """Let somebody whom wrong tries have slowed or locked try again at once."""
    viewer, form = signed_in_user(), ConfirmForm()
    account, task = get_account(account_id, viewer), task_of(viewer)
    refused = why_not(policies.check_may_unlock, account, viewer)
    if form.submitted():
        with form.refusals():
            unlock_account(account, by=viewer)
            return task.done(f"{account.user.name} can try again at once, with the same password.", account)
    page = render_template("accounts/unlock.html", account=account, task=task, form=form, refused=refused)
    return page, _status(form, refused)


@blueprint.route("/accounts/<int:account_id>/limits", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS)
def limits(account_id: int) -> ResponseReturnValue:
    """Say from when and until when an account is open."""
    viewer = signed_in_user()
    account, task = get_account(account_id, viewer), task_of(viewer)
    form = LimitForm(obj=shown_limits(account))
    refused = why_not(policies.check_may_hold, account, viewer)
    if form.submitted():
        with form.refusals():
            limit_account(account, **form.values(), by=viewer)
            return task.done("Saved.", account)
    page = render_template("accounts/limits.html", account=account, task=task, form=form, refused=refused)
    return page, _status(form, refused)


@blueprint.route("/accounts/<int:account_id>/holds/<int:hold_id>/release", methods=["GET", "POST"])
@access(Permission.READ_ACCOUNTS)
def release(account_id: int, hold_id: int) -> ResponseReturnValue:
    """Release one of the things that keep an account closed, after asking once."""
    viewer = signed_in_user()
    account = get_account(account_id, viewer)
    policies.check_may_release(account, by=viewer)
    found = queries.hold_of(account, hold_id)
    if found is None:
        raise NotFound("This hold was released already.")
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            release_hold(found, by=viewer)
            return Task().done(f"Released. The account is {account.state.value}.", account)
    return render_template("accounts/release.html", account=account, hold=found), form.status


def _status(form: Form, refused: str | None) -> int:
    """Return the status of a page: what the state forbids may be looked at, but not be sent."""
    return InvalidState.status if refused and request.method == "POST" else form.status
