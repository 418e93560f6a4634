"""The second step: its page at sign-in, and the pages where a person sets one up, renews it or takes it away."""

import segno
from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from adminops.identity.factors import operations, recovery, totp
from adminops.identity.factors.key_operations import ask_key, keys_of
from adminops.identity.factors.keys import where
from adminops.identity.factors.standing import standing_of
from adminops.identity.factors.trusting import days_of_trust
from adminops.identity.half import find_half
from adminops.identity.operations import finish_sign_in
from adminops.identity.sessions import device_of
from adminops.settings import current_settings
from adminops.signin.devices import known_device
from adminops.signin.forms import CodeForm, SecondStepForm, SignInKeyForm
from adminops.signin.views import HALF, blueprint, open_session
from adminops.web.access import PUBLIC, SIGNED_IN, Again, access, current_session, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import start_page


@blueprint.route("/sign-in/second-step", methods=["GET", "POST"])
@access(PUBLIC, writes=True)
def second_step() -> ResponseReturnValue:
    """Ask who gave the right password for a code."""
    half = find_half(str(session.get(HALF, "")))
    if half is None:
        session.pop(HALF, None)
        return redirect(url_for(".sign_in", next=request.args.get("next")))
    form, user = SecondStepForm(next=request.args.get("next")), half.user
    if form.submitted():
        with form.refusals():
            device, hours = device_of(request.user_agent.string), current_settings().session_hours
            known = known_device(user.username)
            outcome = finish_sign_in(
                half, form.code.data or "", device=device, hours=hours, known_device=known, by=user
            )
            if outcome.token:
                by_app = not recovery.is_code(form.code.data or "")
                return open_session(outcome, goal=form.next.data, trust=by_app and form.trust.data)
            form.refuse(outcome.sentence, field="code")
            form.status = 422
    page = render_template(
        "signin/second_step.html",
        form=form,
        by_recovery="recovery" in request.args,
        has_app=standing_of(user).app_since is not None,
        options=ask_key(half, user),
        key_form=SignInKeyForm(next=form.next.data),
        trust_days=days_of_trust(user),
    )
    return page, form.status


@blueprint.get("/me/second-step")
@access(SIGNED_IN)
def own_second_step() -> ResponseReturnValue:
    """Show what one signs in with besides the password."""
    user = signed_in_user()
    return render_template(
        "signin/own_second_step.html", second=standing_of(user), keys=keys_of(user), offers_keys=where() is not None
    )


@blueprint.route("/me/second-step/app", methods=["GET", "POST"])
@access(SIGNED_IN, writes=True, before_factor=True, confirm=Again.OPENING)
def set_up_app() -> ResponseReturnValue:
    """Set up an authenticator app: a picture to scan, and a code to show that it works."""
    user, here = signed_in_user(), current_session()
    first = here.is_limited
    if (form := CodeForm()).submitted():
        with form.refusals():
            had_codes = standing_of(user).codes_left
            operations.finish_app(form.code.data or "", by=user, keep=here)
            if had_codes:
                flash("The new app is in use. The one before is not asked for any more.", "good")
                return redirect(url_for(".own_second_step"))
            return sheet_of(operations.make_recovery_codes(by=user), goal=start_page(user) if first else None)
    secret = operations.begin_app(by=user)
    page = render_template(
        "signin/set_up_app.html",
        form=form,
        first=first,
        offers_keys=where() is not None,
        **_picture(secret),
        **frame_of(first),
    )
    return page, form.status


def _picture(secret: bytes) -> dict[str, str]:
    """Return the picture of a secret and its letters, for who types them."""
    address = totp.address(secret, username=signed_in_user().username, issuer=current_settings().product_name)
    drawn = segno.make(address, error="m").svg_inline(scale=5, border=3, dark="#15211d", light="#ffffff")
    letters = totp.written(secret)
    return {
        "picture": Markup(drawn),  # noqa: S704 - drawn by us: no letter of the address stands in it
        "letters": " ".join(letters[start : start + 4] for start in range(0, len(letters), 4)),
    }


def frame_of(first: bool) -> dict[str, str]:
    """Return the frame of who can't go anywhere else yet: without the places."""
    return {"shell": "plain"} if first else {}


def sheet_of(codes: list[str], *, goal: str | None = None) -> str:
    """Draw the sheet of new recovery codes: it stands on the answer to this request alone."""
    user = signed_in_user()
    goal = goal or url_for(".own_second_step")
    return render_template("signin/recovery_codes.html", codes=codes, username=user.username, goal=goal)


@blueprint.route("/me/second-step/codes", methods=["GET", "POST"])
@access(SIGNED_IN, confirm=Again.OPENING)
def recovery_codes() -> ResponseReturnValue:
    """Make a new sheet of recovery codes, after asking once."""
    user = signed_in_user()
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            return sheet_of(operations.make_recovery_codes(by=user))
    return render_template("signin/new_codes.html", form=form, second=standing_of(user)), form.status


@blueprint.route("/me/second-step/remove", methods=["GET", "POST"])
@access(SIGNED_IN, confirm=Again.OPENING)
def remove_second_step() -> ResponseReturnValue:
    """Take one's app away, after asking once."""
    user = signed_in_user()
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            operations.remove_app(by=user)
            flash("The app is not asked for any more.", "good")
            return redirect(url_for(".own_second_step"))
    return render_template("signin/remove_second_step.html", form=form, second=standing_of(user)), form.status
