"""Forgotten passwords, the page behind a one-time link, and changing one's own password."""

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.forms import ChangePasswordForm, ForgotForm, NewPasswordForm
from accounts.models import LinkReason, PasswordReset
from accounts.operations import ask_for_reset, change_password, finish_password_reset, prove_password, redeem
from accounts.queries import account_of
from accounts.views.blueprint import blueprint, own, unreferred
from adminops.errors import NotFound
from adminops.identity.throttle import Meter, sign_in_meters
from adminops.signin.devices import known_device
from adminops.web.access import PUBLIC, SIGNED_IN, access, current_session, signed_in_user


@blueprint.route("/forgot", methods=["GET", "POST"])
@access(PUBLIC)
def forgot() -> ResponseReturnValue:
    """Ask for a link to a new password. The answer is the same for everybody, known or not."""
    if (form := ForgotForm()).submitted():
        with form.refusals():
            ask_for_reset(form.text.data or "", network=request.remote_addr or "")
            return redirect(url_for(".forgot", asked="yes"))
    return _plain("forgot", form=form, asked="asked" in request.args), form.status


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@access(PUBLIC)
def reset(token: str) -> ResponseReturnValue:
    """Let the owner of an account choose a password. Opening the page does not use the link up."""
    try:
        link = redeem(token)
        if (form := NewPasswordForm(link.account.user)).submitted():
            with form.refusals():
                finish_password_reset(link, form.password.data or "", by=link.account.user, forgive=_own_tries(link))
                flash("Your new password works. Sign in with it.", "good")
                return unreferred(redirect(url_for("signin.sign_in")))
    except NotFound as dead:
        return unreferred(make_response(_plain("dead_link", sentence=dead.sentence), 404))
    first = link.reason is LinkReason.INVITATION
    page = _plain("reset", form=form, username=link.account.user.username, first=first)
    return unreferred(make_response(page, form.status))


def _plain(name: str, **values: Any) -> str:
    """Draw a page in the frame of who is not signed in, even for somebody who is: it is about getting in."""
    return render_template(f"accounts/{name}.html", shell="plain", **values)


def _own_tries(link: PasswordReset) -> list[Meter]:
    """Return the meters that the owner's wrong tries at this very place have filled."""
    username = link.account.user.username
    device = known_device(username)
    here = sign_in_meters(username, request.remote_addr or "")
    return [*here, *(sign_in_meters(username, "", device) if device else ())]


@own.route("/password", methods=["GET", "POST"])
@access(SIGNED_IN)
def password() -> ResponseReturnValue:
    """Change one's own password."""
    user = signed_in_user()
    account = account_of(user)
    if account is None:
        raise NotFound("You have no account whose password could be changed here.")
    if (form := ChangePasswordForm(user)).submitted():
        if refused := prove_password(account, form.current.data or "", by=user):
            form.refuse(refused, field="current")
            form.status = 422
        else:
            with form.refusals():
                change_password(account, form.password.data or "", by=user, keep=current_session())
                flash("Your password is changed. Everywhere else you were signed out.", "good")
                return redirect(url_for("signin.me"))
    return render_template("accounts/change_password.html", form=form), form.status
