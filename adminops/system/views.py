"""The pages about the running of AdminOps, the development mailbox, and what a load balancer asks."""

from ipaddress import ip_address

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.permissions import Permission
from adminops.outbox import operations as outbox_verbs
from adminops.scheduler import ask_for_job, find_job, jobs_of
from adminops.settings import current_settings
from adminops.system import checks, queries
from adminops.web.access import PUBLIC, access, signed_in_user, viewer

blueprint = Blueprint("system", __name__)


@blueprint.context_processor
def places() -> dict[str, bool]:
    """Tell the pages whether there is a mailbox."""
    return {"has_mailbox": has_mailbox()}


def has_mailbox() -> bool:
    """Say whether mails are caught on a page of the app: never in production, and for who sits at this machine only.

    The caught mails hold links that open accounts.
    """
    settings = current_settings()
    at_this_machine = not settings.trusted_proxies and ip_address(request.remote_addr or "::").is_loopback
    return at_this_machine and settings.mail_transport == "mailbox" and settings.environment != "production"


@blueprint.get("/system/jobs")
@access(Permission.RUN_SYSTEM)
def jobs() -> ResponseReturnValue:
    """Show what runs by the clock, and who runs it."""
    lines = queries.job_lines(jobs_of(current_app))
    counts = queries.count_by_view()
    return render_template("system/jobs.html", jobs=lines, leader=queries.leader(), counts=counts)


@blueprint.post("/system/jobs/<name>/run")
@access(Permission.RUN_SYSTEM)
def run_job(name: str) -> ResponseReturnValue:
    """Have a job run now."""
    job = find_job(current_app, name)
    if job is None:
        raise NotFound("There is no such job.")
    ask_for_job(job, by=signed_in_user())
    flash(f"“{job.title}” starts in a moment.", "good")
    return redirect(url_for(".jobs", _anchor=job.name))


@blueprint.get("/system/outbox")
@access(Permission.RUN_SYSTEM)
def outbox() -> ResponseReturnValue:
    """Show the messages that were given up, that wait, or that left."""
    view = request.args.get("view", "given-up")
    if view not in queries.VIEWS:
        abort(404)
    page = queries.messages(view, after=request.args.get("after"))
    return render_template("system/outbox.html", view=view, page=page, counts=queries.count_by_view())


@blueprint.get("/system/outbox/<int:message_id>")
@access(Permission.RUN_SYSTEM)
def message(message_id: int) -> ResponseReturnValue:
    """Show one message."""
    found = queries.get_message(message_id)
    return render_template("system/message.html", message=found, about=queries.about(found.kind))


@blueprint.post("/system/outbox/<int:message_id>/retry")
@access(Permission.RUN_SYSTEM)
def retry(message_id: int) -> ResponseReturnValue:
    """Try a message again."""
    outbox_verbs.retry_message(queries.get_message(message_id, to_change=True), by=signed_in_user())
    flash("The message is tried again.", "good")
    return _back_to_the_list()


@blueprint.post("/system/outbox/<int:message_id>/drop")
@access(Permission.RUN_SYSTEM)
def drop(message_id: int) -> ResponseReturnValue:
    """Take a message out of the outbox."""
    outbox_verbs.drop_message(queries.get_message(message_id, to_change=True), by=signed_in_user())
    flash("The message will not be sent.", "good")
    return _back_to_the_list()


def _back_to_the_list() -> ResponseReturnValue:
    view = request.args.get("view")
    return redirect(url_for(".outbox", view=view if view in queries.VIEWS else None))


@blueprint.get("/system/health")
@access(Permission.RUN_SYSTEM)
def health() -> ResponseReturnValue:
    """Show what the doctor finds."""
    findings = checks.examine(current_app._get_current_object(), patience=3)  # type: ignore[attr-defined]  # noqa: SLF001
    return render_template(
        "system/health.html", findings=findings, worst=checks.worst(findings), counts=queries.count_by_view()
    )


@blueprint.get("/mailbox")
@access(PUBLIC)
def mailbox() -> ResponseReturnValue:
    """Show the mails that were caught instead of sent: in development, so that a demo's people can read theirs."""
    _refuse_without_mailbox()
    looker = viewer()
    return render_template(
        "system/mailbox.html",
        page=queries.mailbox(after=request.args.get("after")),
        counts=queries.count_by_view() if looker and looker.may(Permission.RUN_SYSTEM) else None,
    )


@blueprint.get("/mailbox/<int:mail_id>")
@access(PUBLIC)
def mailbox_mail(mail_id: int) -> ResponseReturnValue:
    """Show one caught mail."""
    _refuse_without_mailbox()
    mail = queries.get_mail(mail_id)
    text = queries.paragraphs(mail.text, current_settings().base_url)
    return render_template("system/mailbox_mail.html", mail=mail, paragraphs=text)


def _refuse_without_mailbox() -> None:
    if not has_mailbox():
        abort(404)


@blueprint.get("/healthz")
@access(PUBLIC)
def healthz() -> ResponseReturnValue:
    """Answer a load balancer: "ok" when the database answers. It says nothing more to a stranger."""
    try:
        db.session.execute(select(1))
    except SQLAlchemyError:
        return Response("unavailable\n", status=503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")
