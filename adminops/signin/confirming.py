"""The page that asks again whether it is you."""

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user

from adminops.identity.confirming import confirm_identity
from adminops.identity.factors.key_operations import ask_key
from adminops.identity.factors.standing import has_factor, standing_of
from adminops.identity.sessions import renew_session
from adminops.signin.forms import ConfirmIdentityForm, ConfirmKeyForm
from adminops.signin.views import blueprint, safe_goal
from adminops.web.access import SIGNED_IN, access, current_session, signed_in_user
from adminops.web.navigation import start_page
from adminops.web.typed import KEPT, kept_fields, sent_fields


@blueprint.route("/me/confirm", methods=["GET", "POST"])
@access(SIGNED_IN, writes=True, before_factor=True)
def confirm() -> ResponseReturnValue:
    """Ask somebody who is signed in whether it is them, then go on to where they were."""
    form = ConfirmIdentityForm(next=request.args.get("next"))
    if form.submitted():
        refused = confirm_identity(form.secret.data or "", by=signed_in_user())
        if refused is None:
            return go_on(form)
        form.refuse(refused, field="secret")
        form.status = 422
    return asking_page(form, kept_fields()), form.status


@blueprint.get("/me/confirm/sent")
@access(SIGNED_IN, before_factor=True)
def confirm_without_form() -> ResponseReturnValue:
    """Ask somebody who opens the address below by hand: no form came with it."""
    return redirect(url_for(".confirm", next=request.args.get("next")))


@blueprint.post("/me/confirm/sent")
@access(SIGNED_IN, before_factor=True)
def confirm_sent() -> ResponseReturnValue:
    """Ask somebody who sent a form whether it is them; the page keeps what they had filled in."""
    form = ConfirmIdentityForm(formdata=None, next=request.args.get("next"), to=request.args.get("to"))
    return asking_page(form, sent_fields())


def asking_page(form: ConfirmIdentityForm, kept: Sequence[tuple[str, str]]) -> str:
    """Return the page that asks, with the fields of the form that is kept meanwhile."""
    user, session = signed_in_user(), current_session()
    by_code = has_factor(user)
    return render_template(
        "signin/confirm.html",
        form=form,
        by_code=by_code,
        has_app=by_code and standing_of(user).app_since is not None,
        options=ask_key(session, user) if by_code else None,
        key_form=ConfirmKeyForm(formdata=None, next=form.next.data, to=form.to.data),
        kept=[(KEPT + name, value) for name, value in kept],
        **({"shell": "plain"} if session.is_limited else {}),
    )


def go_on(form: ConfirmIdentityForm | ConfirmKeyForm) -> ResponseReturnValue:
    """Give the session of who proved it a new token. They go on to where they were, or send the form that was kept."""
    user, session = signed_in_user(), current_session()
    user.load_by(session, renew_session(session))
    login_user(user)
    goal, to = safe_goal(form.next.data) or start_page(user), safe_goal(form.to.data)
    if to is None:
        return redirect(goal)
    return render_template("signin/confirmed.html", to=to, goal=goal, kept=kept_fields())
