"""A post office for tests: the app with a few mails of its own, and short words to send and look."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Blueprint
from sqlalchemy import select

import wsgi
from adminops import clock
from adminops.app import AdminOps, create_app
from adminops.audit.models import AuditEntry
from adminops.db import db, transaction
from adminops.feature import Feature
from adminops.identity.models import User
from adminops.outbox.delivery import Deliveries, deliver_due
from adminops.outbox.messages import Mail, enqueue_mail
from adminops.outbox.models import MessageState, OutboxMessage
from adminops.outbox.transports import Transport
from tests.make import make_user

QUICK = {"mail_transport": "smtp", "smtp_security": "none", "smtp_timeout_seconds": 5}


def note(*, to_id: int, number: int) -> Mail:
    """Write the ordinary mail."""
    return Mail(subject=f"Note {number}\r\nBcc: thief@example.org", template="post/note",
                values={"number": number}, link=f"/notes/{number}", link_label="Read the note")  # fmt: skip


def needless(*, to_id: int, number: int) -> None:
    """Say that the mail is not worth sending any more."""


def broken(*, to_id: int, number: int) -> Mail:
    """Fail in the database, which spoils the transaction."""
    db.session.add(OutboxMessage(key=f"spoilt {number}", kind="", arguments={}, recipient_id=-1))
    db.session.flush()
    raise AssertionError("The database took a message to nobody.")


def wordless(*, to_id: int, number: int) -> Mail:
    """Name a template that is not there."""
    return Mail(subject="Nothing", template="post/nowhere")


FEATURE = Feature(
    name="post",
    title="Post",
    blueprints=(Blueprint("post", __name__, template_folder="templates"),),
    mails={"post.note": note, "post.needless": needless, "post.broken": broken, "post.wordless": wordless},
)


class Post:
    """The app with the test's mails; `deliver(later=…)` delivers as if it were later."""

    def __init__(self, app: AdminOps, **settings: Any) -> None:
        chosen = replace(app.extensions["settings"], **{**QUICK, **settings})
        self.app = create_app(chosen, (*wsgi.FEATURES, FEATURE))

    def person(self, **over: Any) -> User:
        """Make somebody who gets mails."""
        with self.app.app_context(), transaction():
            return make_user(**over)

    def ask(self, number: int = 1, *, to: User | None = None, kind: str = "post.note") -> int:
        """Put a mail into the outbox and return its number there."""
        recipient = to or self.person()
        with self.app.app_context(), transaction() as session:
            return enqueue_mail(kind, to=session.get_one(User, recipient.id), number=number).id

    def deliver(self, transport: Transport | None = None, *, later: timedelta = timedelta(0)) -> Deliveries:
        """Deliver what is due, `later` from now."""
        with self.app.app_context(), clock.frozen_at(clock.now() + later):
            return deliver_due(transport)

    def message(self, number: int) -> OutboxMessage:
        """Return a message as it stands."""
        with self.app.app_context(), transaction(writes=False) as session:
            return session.get_one(OutboxMessage, number)

    def state(self, number: int) -> MessageState:
        """Return where a message stands."""
        return self.message(number).state

    def facts(self) -> list[str]:
        """Return what the audit heard, oldest first."""
        with self.app.app_context(), transaction(writes=False) as session:
            return list(session.scalars(select(AuditEntry.fact).order_by(AuditEntry.id)))

    def close(self) -> None:
        """Give the database's connections back."""
        with self.app.app_context():
            db.engine.dispose()
