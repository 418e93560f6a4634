"""The pages of webhooks: the list, one with its log, and what is done with it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import Again, access, signed_in_user
from adminops.web.forms import ConfirmForm
from tickets.webhooks import operations, queries
from tickets.webhooks.events import NAMES, PING
from tickets.webhooks.forms import WebhookForm

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks", template_folder="../templates")


@blueprint.get("/")
@access(Permission.MANAGE_WEBHOOKS)
def index() -> ResponseReturnValue:
    """List the webhooks."""
    return render_template("webhooks/index.html", rows=queries.all_webhooks(), names=NAMES)


@blueprint.route("/new", methods=["GET", "POST"])
@access(Permission.MANAGE_WEBHOOKS, confirm=Again.OPENING)
def new() -> ResponseReturnValue:
    """Add a webhook: a secret that was made is on the answer to that alone."""
    form = WebhookForm()
    if form.submitted():
        with form.refusals():
            webhook, secret = operations.save_webhook(None, **form.values(), by=signed_in_user())
            return _page(webhook.id, secret=secret)
    return render_template("webhooks/new.html", form=form), form.status


@blueprint.route("/<int:webhook_id>", methods=["GET", "POST"])
@access(Permission.MANAGE_WEBHOOKS, confirm=Again.USING)
def show(webhook_id: int) -> ResponseReturnValue:
    """Show a webhook with its log, and change it."""
    webhook = queries.get_webhook(webhook_id)
    form = WebhookForm(webhook)
    if form.submitted():
        with form.refusals():
            operations.save_webhook(webhook, **form.values(), by=signed_in_user())
            flash("The webhook is saved.", "good")
            return redirect(url_for(".show", webhook_id=webhook.id))
    return _page(webhook_id, form)


@blueprint.post("/<int:webhook_id>/switch")
@access(Permission.MANAGE_WEBHOOKS)
def switch(webhook_id: int) -> ResponseReturnValue:
    """Switch a webhook on or off."""
    webhook = queries.get_webhook(webhook_id)
    operations.switch_webhook(webhook, on=request.form.get("on") == "yes", by=signed_in_user())
    flash("It is on." if webhook.is_on else "It is off. What happens from now on is not told.", "good")
    return redirect(url_for(".show", webhook_id=webhook.id))


@blueprint.post("/<int:webhook_id>/try")
@access(Permission.MANAGE_WEBHOOKS)
def attempt(webhook_id: int) -> ResponseReturnValue:
    """Make a call that tells nothing."""
    operations.try_webhook(queries.get_webhook(webhook_id), by=signed_in_user())
    flash("It is called in a few seconds. Look at the log then.", "good")
    return redirect(url_for(".show", webhook_id=webhook_id))


@blueprint.post("/<int:webhook_id>/calls/<int:call_id>/again")
@access(Permission.MANAGE_WEBHOOKS)
def again(webhook_id: int, call_id: int) -> ResponseReturnValue:
    """Make a call again."""
    call = queries.get_call(queries.get_webhook(webhook_id), call_id)
    operations.call_again(call, by=signed_in_user())
    flash("It is sent again in a few seconds.", "good")
    return redirect(url_for(".show", webhook_id=webhook_id))


@blueprint.route("/<int:webhook_id>/remove", methods=["GET", "POST"])
@access(Permission.MANAGE_WEBHOOKS)
def remove(webhook_id: int) -> ResponseReturnValue:
    """Ask once, then remove a webhook with its log."""
    webhook, form = queries.get_webhook(webhook_id), ConfirmForm()
    if form.submitted():
        operations.remove_webhook(webhook, by=signed_in_user())
        flash(f"“{webhook.name}” is removed.", "good")
        return redirect(url_for(".index"))
    return render_template("webhooks/remove.html", webhook=webhook, form=form), form.status


def _page(webhook_id: int, form: WebhookForm | None = None, secret: str = "") -> ResponseReturnValue:
    webhook = queries.get_webhook(webhook_id)
    form = form or WebhookForm(webhook)
    page = render_template(
        "webhooks/show.html",
        webhook=webhook,
        page=queries.list_calls(webhook, after=request.args.get("after")),
        form=form,
        secret=secret,
        names={**NAMES, PING: "A test"},
    )
    return page, form.status
