"""Links to messages of the outbox and to jobs, for those who look after them."""

from collections.abc import Sequence

from flask import current_app, url_for
from sqlalchemy import select

from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.outbox.models import OutboxMessage
from adminops.refs import Link
from adminops.scheduler import jobs_of


def resolve_messages(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of messages that are still there."""
    if not viewer.may(Permission.RUN_SYSTEM):
        return {}
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    found = db.session.scalars(select(OutboxMessage.id).where(OutboxMessage.id.in_(numbers)))
    return {
        str(number): Link(f"message {number}", url_for("system.message", message_id=number), "mail") for number in found
    }


def resolve_jobs(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of jobs."""
    if not viewer.may(Permission.RUN_SYSTEM):
        return {}
    titles = {job.name: job.title for job in jobs_of(current_app)}
    return {
        name: Link(f"job “{titles[name]}”", url_for("system.jobs", _anchor=name), "refresh-cw")
        for name in ids
        if name in titles
    }
