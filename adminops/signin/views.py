"""The pages of signing in and out."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user

from adminops.clock import now
from adminops.identity import operations, sessions
from adminops.signin.forms import SignInForm
from adminops.web.access import PUBLIC, SIGNED_IN, access, current_session, signed_in_user, viewer
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import start_page
from adminops.web.security import SEEN

blueprint = Blueprint("signin", __name__)


@blueprint.get("/")
@access(SIGNED_IN)
def home() -> ResponseReturnValue:
    """Go to the first of one's places."""
    return redirect(start_page(signed_in_user()))


@blueprint.route("/sign-in", methods=["GET", "POST"])
@access(PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Ask for name and password."""
    if viewer() is not None and request.method == "GET":
        return redirect(url_for(".home"))
    form = SignInForm(next=request.args.get("next"))
    if form.submitted():
        outcome = operations.sign_in(
            form.username.data or "",
            form.password.data or "",
            network=request.remote_addr or "",
            device=sessions.device_of(request.user_agent.string),
            hours=current_app.extensions["settings"].session_hours,
        )
        if outcome.token and outcome.user:
            return open_session(outcome.user, outcome.token, goal=form.next.data)
        form.status = 429 if outcome.wait_seconds else 422
        form.refuse(outcome.sentence)
    return render_template("signin/sign_in.html", form=form), form.status


def open_session(user: operations.User, token: str, *, goal: str | None) -> ResponseReturnValue:
    """Give the browser the session's token and go on to where the person wanted to be."""
    session.clear()  # a new session, a new CSRF token: nothing of before the sign-in lives on
    user.load_by(None, token)
    login_user(user)
    session[SEEN] = now().timestamp()
    return redirect(safe_goal(goal) or start_page(user))


def safe_goal(goal: str | None) -> str | None:
    """Return `goal` when it is a path of this very app, else None."""
    parts = urlsplit(goal or "")
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/") and not parts.path.startswith("//")
    return goal if inside and "\\" not in (goal or "") else None


@blueprint.post("/sign-out")
@access(SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    """End this session on the server and forget it in the browser."""
    operations.sign_out(current_session(), by=signed_in_user())
    logout_user()
    session.clear()
    answer = redirect(url_for(".sign_in"))
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@blueprint.get("/me/sessions")
@access(SIGNED_IN)
def my_sessions() -> ResponseReturnValue:
    """Show where one is signed in."""
    user = signed_in_user()
    return render_template(
        "signin/sessions.html",
        user=user,
        sessions=sessions.sessions_of(user),
        here=current_session(),
        form=ConfirmForm(),
    )


@blueprint.post("/me/sessions/<int:session_id>/end")
@access(SIGNED_IN)
def end_session(session_id: int) -> ResponseReturnValue:
    """End another of one's own sessions."""
    user = signed_in_user()
    found = next((row for row in sessions.sessions_of(user) if row.id == session_id), None)
    if found is None:
        abort(404)
    operations.sign_out(found, by=user)
    flash("That session has ended.")
    return redirect(url_for(".my_sessions"))


@blueprint.post("/me/theme")
@access(SIGNED_IN)
def set_theme() -> ResponseReturnValue:
    """Remember light, dark or automatic in a cookie, so that the server draws it without a flash."""
    theme = request.form.get("theme", "")
    if theme not in ("light", "dark", "auto"):
        abort(422)
    goal = safe_goal(urlsplit(request.referrer or "").path)
    answer = redirect(goal or url_for(".home"), code=303)
    answer.set_cookie("theme", theme, max_age=31_536_000, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer
