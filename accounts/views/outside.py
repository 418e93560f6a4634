"""Signing in with an identity provider, and what of that stands on one's own page."""

from dataclasses import astuple

from flask import flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from accounts.outside import operations, protocol, queries
from accounts.outside.operations import Visit
from accounts.views.blueprint import blueprint, own
from adminops import clock
from adminops.errors import Conflict, NotAllowed
from adminops.feature import Door
from adminops.identity.models import User
from adminops.identity.sessions import device_of
from adminops.settings import current_settings
from adminops.signin.views import go_half, open_session, safe_goal
from adminops.web.access import PUBLIC, SIGNED_IN, access, signed_in_user, viewer

VISIT, GOAL = "outside", "outside-goal"
FRESH = 120
"""Seconds that a visit is good for: the browser goes on by itself."""


def doors(goal: str | None) -> list[Door]:
    """Return the buttons of the sign-in page."""
    further = safe_goal(goal)
    return [Door(name, url_for("accounts.go_outside", provider_id=id_, next=further)) for id_, name in queries.doors()]


def address_back(provider_id: int) -> str:
    """Return where a provider sends people back to: it is told there, and never worked out from a request."""
    return current_settings().base_url + url_for("accounts.come_back", provider_id=provider_id)


@blueprint.get("/sign-in/with/<int:provider_id>")
@access(PUBLIC)
def go_outside(provider_id: int) -> ResponseReturnValue:
    """Send the browser to the identity provider."""
    client = operations.client_of(queries.get_provider(provider_id, on=True))
    protocol.forget_tries()
    try:
        there = protocol.send_there(client, back=address_back(provider_id))
    except protocol.ProviderProblem as problem:
        return _refused(problem.sentence)
    session[GOAL] = safe_goal(request.args.get("next"))
    return there


@blueprint.get("/sign-in/with/<int:provider_id>/back")
@access(PUBLIC)
def come_back(provider_id: int) -> ResponseReturnValue:
    """Ask the provider who came back. Nothing is stored while it is asked: that comes with the next address."""
    provider = queries.get_provider(provider_id, on=True)
    try:
        claims = protocol.who_came(operations.client_of(provider))
    except protocol.ProviderProblem as problem:
        return _refused(problem.sentence)
    visit = operations.recognise(provider, claims)
    session[VISIT] = [clock.now().timestamp(), *astuple(visit)]
    return redirect(url_for(".arrive"))


@blueprint.get("/sign-in/outside")
@access(PUBLIC, writes=True)
def arrive() -> ResponseReturnValue:
    """Let in who came back, or connect them with who is signed in here."""
    at, *seen = session.pop(VISIT, None) or [0.0]
    goal, here = session.pop(GOAL, None), viewer()
    if not 0 <= clock.now().timestamp() - at <= FRESH:
        return _refused(operations.GONE)
    if here is not None:
        return _connect(Visit(*seen), here)
    device, hours = device_of(request.user_agent.string), current_settings().session_hours
    visit = Visit(*seen)
    outcome = operations.admit(visit, device=device, hours=hours, by=queries.person(visit.user_id))
    if outcome.half:
        return go_half(outcome.half, goal=goal)
    return open_session(outcome, goal=goal) if outcome.token else _refused(outcome.sentence)


def _connect(visit: Visit, here: User) -> ResponseReturnValue:
    try:
        operations.connect(visit, by=here)
    except (Conflict, NotAllowed) as refused:  # nothing is changed yet
        return _refused(refused.sentence)
    flash("Connected. You can sign in that way from now on.", "good")
    return redirect(url_for("signin.me"))


def _refused(sentence: str) -> ResponseReturnValue:
    flash(sentence, "bad")
    return redirect(url_for("signin.me" if viewer() else "signin.sign_in"))


@own.route("/identities/<int:identity_id>/disconnect", methods=["POST"])
@access(SIGNED_IN)
def disconnect(identity_id: int) -> ResponseReturnValue:
    """Sign in that way no longer."""
    user = signed_in_user()
    operations.disconnect(queries.own_identity(identity_id, user), by=user)
    flash("Disconnected. Your password still works.", "good")
    return redirect(url_for("signin.me"))
