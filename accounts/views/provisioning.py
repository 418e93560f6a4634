"""The page of what an identity provider tells: its tokens, and what it asked for."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.outside import queries as providers
from accounts.scim import connecting, queries
from accounts.scim.forms import ScimTokenForm
from accounts.views.blueprint import blueprint
from adminops import clock
from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from adminops.web.access import Again, access, signed_in_user
from adminops.web.problem_json import SCIM


@blueprint.route("/accounts/providers/<int:provider_id>/people", methods=["GET", "POST"])
@access(Permission.MANAGE_PROVIDERS, confirm=Again.OPENING)
def provider_people(provider_id: int) -> ResponseReturnValue:
    """Show for which agencies a provider tells of people, and make a token: its text is on the answer to that alone."""
    provider, made = providers.get_provider(provider_id), ""
    people = queries.speakers(provider)
    form = ScimTokenForm(people)
    if form.submitted():
        with form.refusals():
            made = connecting.make_scim_token(provider, **form.values(), by=signed_in_user())
            form = ScimTokenForm(people, formdata=None)
    page = render_template(
        "accounts/outside/people.html",
        provider=provider,
        form=form,
        made=made,
        speakers=people,
        connections=queries.connections_of(provider),
        calls=queries.last_calls(provider),
        address=current_settings().base_url.rstrip("/") + SCIM,
        now=clock.now(),
    )
    return page, form.status


@blueprint.post("/accounts/providers/<int:provider_id>/people/<int:token_id>/revoke")
@access(Permission.MANAGE_PROVIDERS, confirm=Again.USING)
def revoke_scim_token(provider_id: int, token_id: int) -> ResponseReturnValue:
    """End a token of a provider."""
    token = queries.get_own_token(providers.get_provider(provider_id), token_id)
    connecting.revoke_scim_token(token, by=signed_in_user())
    flash("The token is revoked. Calls with it are refused from now on.", "good")
    return redirect(url_for(".provider_people", provider_id=provider_id))
