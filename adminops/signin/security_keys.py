"""Security keys: at sign-in, when people are asked again, and the pages where they add one or take it away."""

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import NotFound
from adminops.identity.confirming import confirm_by_key
from adminops.identity.factors import key_operations
from adminops.identity.factors.operations import make_recovery_codes
from adminops.identity.factors.standing import standing_of
from adminops.identity.half import find_half
from adminops.identity.operations import finish_sign_in
from adminops.identity.sessions import device_of
from adminops.settings import current_settings
from adminops.signin.confirming import asking_page, go_on
from adminops.signin.devices import known_device
from adminops.signin.forms import ConfirmIdentityForm, ConfirmKeyForm, NewKeyForm, SignInKeyForm
from adminops.signin.second_step import frame_of, sheet_of
from adminops.signin.views import HALF, blueprint, open_session, safe_goal
from adminops.web.access import PUBLIC, SIGNED_IN, Again, access, current_session, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import start_page
from adminops.web.typed import kept_fields


@blueprint.post("/sign-in/second-step/key")
@access(PUBLIC)
def second_step_key() -> ResponseReturnValue:
    """Go on with half a sign-in by a security key."""
    half, form = find_half(str(session.get(HALF, ""))), SignInKeyForm()
    goal = safe_goal(form.next.data)
    if half is None:
        return redirect(url_for(".sign_in", next=goal))
    answer, device = form.answer.data or "" if form.submitted() else "", device_of(request.user_agent.string)
    hours, known = current_settings().session_hours, known_device(half.user.username)
    outcome = finish_sign_in(half, answer, by_key=True, device=device, hours=hours, known_device=known, by=half.user)
    if outcome.token:
        return open_session(outcome, goal=goal, trust=form.trust.data)
    flash(outcome.sentence, "bad")
    return redirect(url_for(".second_step", next=goal))


@blueprint.post("/me/confirm/key")
@access(SIGNED_IN, before_factor=True)
def confirm_key() -> ResponseReturnValue:
    """Confirm by a security key that it is you."""
    form = ConfirmKeyForm()
    answer = form.answer.data or "" if form.submitted() else ""
    refused = confirm_by_key(answer, current_session(), by=signed_in_user())
    if refused is None:
        return go_on(form)
    asking = ConfirmIdentityForm(formdata=None, next=form.next.data, to=form.to.data)
    asking.refuse(refused)
    return asking_page(asking, kept_fields()), 422


@blueprint.route("/me/second-step/keys/new", methods=["GET", "POST"])
@access(SIGNED_IN, writes=True, before_factor=True, confirm=Again.OPENING)
def add_key() -> ResponseReturnValue:
    """Add a security key."""
    user, here, form = signed_in_user(), current_session(), NewKeyForm()
    first = here.is_limited
    if form.submitted():
        with form.refusals():
            had_codes = standing_of(user).codes_left
            key_operations.add_key(form.answer.data or "", form.name.data or "", by=user, here=here)
            if had_codes:
                flash("The key is added. It is asked for at sign-in from now on.", "good")
                return redirect(url_for(".own_second_step"))
            return sheet_of(make_recovery_codes(by=user), goal=start_page(user) if first else None)
    options = key_operations.ask_new_key(here, user)
    form.answer.data = ""
    page = render_template("signin/add_key.html", form=form, options=options, first=first, **frame_of(first))
    return page, form.status


@blueprint.route("/me/second-step/keys/<int:key_id>/remove", methods=["GET", "POST"])
@access(SIGNED_IN, confirm=Again.OPENING)
def remove_key(key_id: int) -> ResponseReturnValue:
    """Take one of one's own security keys away, after asking once."""
    user = signed_in_user()
    key = next((each for each in key_operations.keys_of(user) if each.id == key_id), None)
    if key is None:
        raise NotFound("You have no such key. It may have been taken away already.")
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            key_operations.remove_key(key_id, by=user)
            flash("The key is not asked for any more.", "good")
            return redirect(url_for(".own_second_step"))
    return render_template("signin/remove_key.html", form=form, key=key), form.status
