"""The pages of identity providers, for who keeps them."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.outside import operations, queries
from accounts.outside.forms import ProviderForm
from accounts.outside.models import IdentityProvider
from accounts.outside.protocol import ProviderProblem, check_answers
from accounts.queries import agencies_to_choose
from accounts.views.blueprint import blueprint
from accounts.views.outside import address_back
from adminops.identity.permissions import Permission
from adminops.web.access import Again, access, signed_in_user


@blueprint.get("/accounts/providers")
@access(Permission.MANAGE_PROVIDERS)
def providers() -> ResponseReturnValue:
    """List the identity providers."""
    return render_template("accounts/outside/index.html", rows=queries.all_providers())


@blueprint.route("/accounts/providers/new", methods=["GET", "POST"])
@access(Permission.MANAGE_PROVIDERS, confirm=Again.OPENING)
def new_provider() -> ResponseReturnValue:
    """Add an identity provider."""
    return _edit(None)


@blueprint.route("/accounts/providers/<int:provider_id>", methods=["GET", "POST"])
@access(Permission.MANAGE_PROVIDERS, confirm=Again.OPENING)
def provider(provider_id: int) -> ResponseReturnValue:
    """Show an identity provider, and change it."""
    return _edit(queries.get_provider(provider_id))


def _edit(known: IdentityProvider | None) -> ResponseReturnValue:
    viewer = signed_in_user()
    form = ProviderForm(agencies_to_choose(viewer, Permission.MANAGE_PROVIDERS), known)
    if form.submitted():
        with form.refusals():
            saved = operations.save_provider(known, **form.values(), by=viewer)
            flash("Saved. Check the connection once.", "good")
            return redirect(url_for(".provider", provider_id=saved.id))
    back = address_back(known.id) if known else None
    return render_template("accounts/outside/provider.html", form=form, provider=known, back=back), form.status


@blueprint.post("/accounts/providers/<int:provider_id>/switch")
@access(Permission.MANAGE_PROVIDERS, confirm=Again.USING)
def switch_provider(provider_id: int) -> ResponseReturnValue:
    """Switch an identity provider on or off."""
    known = queries.get_provider(provider_id)
    operations.switch_provider(known, on=request.form.get("on") == "yes", by=signed_in_user())
    flash("People can sign in by it." if known.is_on else "Nobody signs in by it any more.", "good")
    return redirect(url_for(".provider", provider_id=provider_id))


@blueprint.post("/accounts/providers/<int:provider_id>/check")
@access(Permission.MANAGE_PROVIDERS, writes=False)
def check_provider(provider_id: int) -> ResponseReturnValue:
    """Ask the provider whether it is there and is what it should be."""
    try:
        check_answers(operations.client_of(queries.get_provider(provider_id)))
        flash("It answers, and is what it should be.", "good")
    except ProviderProblem as problem:
        flash(f"It does not work yet ({problem.reason}): look at the issuer, letter by letter.", "bad")
    return redirect(url_for(".provider", provider_id=provider_id))
