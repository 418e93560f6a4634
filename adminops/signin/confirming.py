"""The page that asks again whether it is you."""

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import login_user

from adminops.identity.confirming import confirm_identity
from adminops.identity.factors.key_operations import ask_key
from adminops.identity.factors.standing import has_factor, standing_of
from adminops.identity.sessions import renew_session
from adminops.signin.forms import ConfirmIdentityForm, KeyForm
from adminops.signin.views import blueprint, safe_goal
from adminops.web.access import SIGNED_IN, access, current_session, signed_in_user
from adminops.web.navigation import start_page


@blueprint.route("/me/confirm", methods=["GET", "POST"])
@access(SIGNED_IN, writes=True, before_factor=True)
def confirm() -> ResponseReturnValue:
    """Ask somebody who is signed in whether it is them, then go on to where they were."""
    user, session = signed_in_user(), current_session()
    form, by_code = ConfirmIdentityForm(next=request.args.get("next")), has_factor(user)
    goal = safe_goal(form.next.data) or start_page(user)
    if form.submitted():
        refused = confirm_identity(form.secret.data or "", by=user)
        if refused is None:
            user.load_by(session, renew_session(session))
            login_user(user)
            return redirect(goal)
        form.refuse(refused, field="secret")
        form.status = 422
    shell = {"shell": "plain"} if session.is_limited else {}
    page = render_template(
        "signin/confirm.html",
        form=form,
        by_code=by_code,
        has_app=by_code and standing_of(user).app_since is not None,
        options=ask_key(session, user) if by_code else None,
        key_form=KeyForm(next=form.next.data),
        **shell,
    )
    return page, form.status
