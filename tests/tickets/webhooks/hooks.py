"""Makers of webhooks that tell a receiver on this machine, and short words to look at their calls."""

from sqlalchemy import select

from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.make import make_user
from tests.tickets.webhooks.receiver import SECRET
from tickets.webhooks.events import NAMES
from tickets.webhooks.models import Webhook, WebhookCall
from tickets.webhooks.operations import save_webhook


def make_hook(name: str = "Data warehouse", *, at: str = "", events: list[str] | None = None, by: User | None = None,
              secret: str = SECRET) -> Webhook:  # fmt: skip
    """Save a webhook for `events` (all); `at` is where it is called, also where no page would let it go."""
    by = by or make_user(Role.SYSTEM_ADMIN)
    address = "https://hooks.example.org/desk"
    webhook, _ = save_webhook(None, name=name, address=address, events=events or [*NAMES], secret=secret, by=by)
    webhook.address = at or webhook.address
    db.session.flush()
    return webhook


def calls() -> list[WebhookCall]:
    """Return all calls, the first first."""
    return list(db.session.scalars(select(WebhookCall).order_by(WebhookCall.id)))
