"""How queues are named elsewhere: on the audit trail."""

from collections.abc import Sequence

from flask import url_for
from sqlalchemy import select

from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Link
from tickets.queues.models import TicketQueue


def queues(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of these queues, for who arranges them."""
    if not viewer.may(Permission.SHAPE_DESK):
        return {}
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    named = select(TicketQueue.id, TicketQueue.name).where(TicketQueue.id.in_(numbers))
    return {
        str(id_): Link(name, url_for("tickets.edit_queue", queue_id=id_), "list-checks")
        for id_, name in db.session.execute(named)
    }
