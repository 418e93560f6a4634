"""The pages of the user agreement: its versions for the team, signing for everybody."""

from flask import flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.agreements import queries
from accounts.agreements.forms import SignForm, TextForm
from accounts.agreements.operations import find_signing_link, publish_text, sign
from accounts.queries import account_of
from accounts.requests.queries import waiting_of
from accounts.views.blueprint import blueprint, own, unreferred
from adminops.errors import NotFound
from adminops.identity.permissions import Permission
from adminops.web.access import PUBLIC, SIGNED_IN, access, signed_in_user


@blueprint.route("/accounts/agreement", methods=["GET", "POST"])
@access(Permission.KEEP_ACCESS_RULES)
def agreement() -> ResponseReturnValue:
    """Show the version that people sign, and publish a new one."""
    newest = queries.current_text()
    if (form := TextForm(obj=newest)).submitted():
        with form.refusals():
            values = form.values()
            made = publish_text(values.pop("body"), **values, by=signed_in_user())
            flash(f"Version {made.version} is what people sign from now on.", "good")
            return redirect(url_for(".agreement"))
    signed, in_use = queries.count_signed()
    page = render_template(
        "accounts/agreements/text.html",
        form=form,
        newest=newest,
        versions=queries.versions(),
        signed=signed,
        in_use=in_use,
    )
    return page, form.status


@own.route("/agreement", methods=["GET", "POST"])
@access(SIGNED_IN)
def sign_own() -> ResponseReturnValue:
    """Read and sign the agreement."""
    user, text = signed_in_user(), queries.current_text()
    account = account_of(user)
    if account is None or text is None:
        raise NotFound("There is no agreement to sign at present.")
    if (form := SignForm()).submitted():
        with form.refusals():
            sign(account, text, typed_name=form.typed_name.data or "", by=user)
            flash("Thank you: the agreement is signed.", "good")
            return redirect(url_for("signin.me"))
    shown = {"text": text, "name": user.name, "signed": queries.signed_by(account.id), "today": queries.today()}
    return render_template("accounts/agreements/sign_own.html", form=form, **shown), form.status


@blueprint.route("/agreement/<token>", methods=["GET", "POST"])
@access(PUBLIC)
def sign_by_link(token: str) -> ResponseReturnValue:
    """Let somebody who can't sign in yet read and sign the agreement. Neither uses the link up."""
    try:
        link = find_signing_link(token)
    except NotFound as dead:
        page = render_template("accounts/agreements/dead.html", shell="plain", sentence=dead.sentence)
        return unreferred(make_response(page, 404))
    account, text = link.account, queries.current_text()
    if text is not None and (form := SignForm()).submitted():
        with form.refusals():
            sign(account, text, typed_name=form.typed_name.data or "", by=account.user)
            flash("Thank you: the agreement is signed.", "good")
            return unreferred(redirect(url_for(".sign_by_link", token=token)))
    form = form if text is not None else SignForm()
    signed = queries.signed_by(account.id)
    shown = {"text": text, "name": account.user.name, "signed": signed, "today": queries.today()}
    page = render_template(
        "accounts/agreements/sign_by_link.html", shell="plain", form=form, gates=waiting_of(account), **shown
    )
    return unreferred(make_response(page, form.status))
