"""How webhooks are named elsewhere: on the audit trail and in the navigation."""

from collections.abc import Sequence

from flask import url_for
from sqlalchemy import select

from adminops.db import db
from adminops.feature import NavItem
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Link
from tickets.webhooks.models import Webhook


def webhooks(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of these webhooks, for who looks after the system."""
    if not viewer.may(Permission.MANAGE_WEBHOOKS):
        return {}
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    named = select(Webhook.id, Webhook.name).where(Webhook.id.in_(numbers))
    return {
        str(id_): Link(name, url_for("webhooks.show", webhook_id=id_), "link")
        for id_, name in db.session.execute(named)
    }


ITEMS = (
    NavItem(
        label="Webhooks",
        icon="link",
        endpoint="webhooks.index",
        permission=Permission.MANAGE_WEBHOOKS,
        group="System",
        order=64,
    ),
)
