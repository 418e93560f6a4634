"""The pages of signing in and out, and one's own page."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from adminops.clock import now
from adminops.errors import NotAllowed
from adminops.identity import operations, sessions
from adminops.identity.factors import trusting
from adminops.identity.factors.standing import standing_of
from adminops.identity.models import User, UserSession
from adminops.settings import current_settings
from adminops.signin.devices import keep_trust, known_device, remember_device, trusted_token
from adminops.signin.forms import SignInForm
from adminops.signin.queries import demo_sign_ins
from adminops.web.access import PUBLIC, SIGNED_IN, access, current_session, signed_in_user, viewer
from adminops.web.formats import day
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import doors, panels, start_page, ways_in
from adminops.web.security import SEEN

blueprint = Blueprint("signin", __name__)

THEMES = ("light", "dark", "auto")
HALF = "half"
"""Key of the cookie: the token of half a sign-in."""


@blueprint.get("/")
@access(SIGNED_IN)
def home() -> ResponseReturnValue:
    """Go to the first of one's places."""
    return redirect(start_page(signed_in_user()))


@blueprint.route("/sign-in", methods=["GET", "POST"])
@access(PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Ask for name and password."""
    if viewer() is not None and request.method in ("GET", "HEAD"):
        return redirect(url_for(".home"))
    form = SignInForm(next=request.args.get("next"))
    if form.submitted():
        outcome = try_sign_in(form.username.data or "", form.password.data or "")
        if outcome.half:
            return go_half(outcome.half, goal=form.next.data)
        if outcome.token and outcome.user:
            return open_session(outcome, goal=form.next.data)
        form.status = 429 if outcome.wait_seconds else 422
        form.refuse(outcome.sentence)
    demo = demo_sign_ins() if current_settings().demo_allowed else []
    ways = {"ways_in": ways_in(), "doors": doors(form.next.data), "demo": demo}
    return render_template("signin/sign_in.html", form=form, **ways), form.status


def try_sign_in(username: str, password: str) -> operations.SignInOutcome:
    """Try to sign the sender of this request in."""
    return operations.sign_in(
        username,
        password,
        network=request.remote_addr or "",
        device=sessions.device_of(request.user_agent.string),
        hours=current_settings().session_hours,
        known_device=known_device(username),
        trusted=trusted_token(username),
    )


def go_half(half: str, *, goal: str | None) -> Response:
    """Go on to the second step. Who was signed in here before is not any more: somebody else sits here, perhaps."""
    _leave()
    session[HALF] = half
    return redirect(url_for("signin.second_step", next=safe_goal(goal)))


def _leave() -> None:
    before = viewer()
    if before is not None and before.session is not None:
        sessions.end_session(before.session, reason="signed in anew")
        logout_user()
    session.clear()  # a new session, a new CSRF token: nothing of before the sign-in lives on


def open_session(outcome: operations.SignInOutcome, *, goal: str | None, trust: bool = False) -> Response:
    """Give the browser the session's token and go on to where the person wanted to be.

    `trust`: they gave the second step, and asked not to be asked for it here for some days.
    """
    user, token = outcome.user, outcome.token
    if user is None or token is None:
        raise NotAllowed(outcome.sentence)
    _leave()
    user.load_by(None, token)
    login_user(user)
    session[SEEN] = now().timestamp()
    if outcome.grace_until is not None:
        until = f"Your role needs a second step at sign-in, from {day(outcome.grace_until)} on."
        told: Any = {"text": until, "label": "Set it up", "url": url_for(".set_up_app")}
        flash(told, "warn")
    answer = redirect(safe_goal(goal) or start_page(user))
    remember_device(answer, user.username)
    if trust and (days := trusting.days_of_trust(user)):
        token = trusting.trust_device(device=sessions.device_of(request.user_agent.string), by=user)
        keep_trust(answer, user.username, token, days=days)
    return answer


def safe_goal(goal: str | None) -> str | None:
    """Return `goal` when it is a path of this very app, else None."""
    text = goal or ""
    if not text.startswith("/") or text.startswith("//") or "\\" in text or not text.isprintable():
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if not parts.scheme and not parts.netloc else None


@blueprint.post("/sign-out")
@access(SIGNED_IN, before_factor=True)
def sign_out() -> ResponseReturnValue:
    """End this session on the server and forget it in the browser."""
    operations.sign_out(current_session(), by=signed_in_user())
    logout_user()
    session.clear()
    answer = redirect(url_for(".sign_in"))
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@blueprint.get("/me")
@access(SIGNED_IN)
def me() -> ResponseReturnValue:
    """Show one's own page: who one is here, and what the features have to say about one."""
    user = signed_in_user()
    cards, second = panels("user", user.id, user), standing_of(user)
    return render_template("signin/me.html", user=user, cards=cards, here=current_session(), second=second)


@blueprint.get("/me/sessions")
@access(SIGNED_IN)
def my_sessions() -> ResponseReturnValue:
    """Show where one is signed in."""
    user = signed_in_user()
    return render_template(
        "signin/sessions.html",
        user=user,
        sessions=_living_sessions(user),
        here=current_session(),
        form=ConfirmForm(),
        trusted=trusting.devices_of(user),
    )


@blueprint.post("/me/sessions/trusted/<int:device_id>/end")
@access(SIGNED_IN)
def end_trust(device_id: int) -> ResponseReturnValue:
    """Ask for the second step again on a device of one's own."""
    trusting.end_trust(device_id, by=signed_in_user())
    flash("Your second step is asked for on that device again.", "good")
    return redirect(url_for(".my_sessions"))


@blueprint.post("/me/sessions/<int:session_id>/end")
@access(SIGNED_IN)
def end_session(session_id: int) -> ResponseReturnValue:
    """End one of one's own sessions."""
    user = signed_in_user()
    found = next((row for row in _living_sessions(user) if row.id == session_id), None)
    if found is None:
        abort(404)
    operations.sign_out(found, by=user)
    flash("That session has ended.", "good")
    return redirect(url_for(".my_sessions"))


@blueprint.post("/me/sessions/end-others")
@access(SIGNED_IN)
def end_other_sessions() -> ResponseReturnValue:
    """End all of one's sessions but this one."""
    ended = operations.sign_out_elsewhere(current_session(), by=signed_in_user())
    flash("You are signed in nowhere else now." if ended else "You were signed in nowhere else.", "good")
    return redirect(url_for(".my_sessions"))


def _living_sessions(user: User) -> list[UserSession]:
    return sessions.sessions_of(user, idle=timedelta(minutes=current_settings().session_idle_minutes))


@blueprint.post("/me/theme")
@access(SIGNED_IN, before_factor=True)
def set_theme() -> ResponseReturnValue:
    """Remember light, dark or automatic in a cookie, so that the server draws it without a flash."""
    theme = request.form.get("theme", "")
    if theme not in THEMES:
        abort(422)
    goal = safe_goal(request.form.get("next")) or safe_goal(urlsplit(request.referrer or "").path)
    answer = redirect(goal or url_for(".home"), code=303)
    secure = current_settings().secure_cookies
    answer.set_cookie("theme", theme, max_age=31_536_000, httponly=True, samesite="Lax", secure=secure)
    return answer
