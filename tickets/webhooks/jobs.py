"""What the clock does with webhooks: calls are made, and old ones forgotten."""

from datetime import timedelta

from sqlalchemy import delete

from adminops import clock
from adminops.db import db
from adminops.feature import Job
from tickets.webhooks.delivery import call_due
from tickets.webhooks.models import WebhookCall

KEPT = timedelta(days=30)


def make_calls() -> None:
    """Make the calls that are due."""
    call_due()


def forget_old_calls() -> None:
    """Forget calls of long ago: those that are over, and those that waited all the time for their webhook."""
    old = delete(WebhookCall).where(WebhookCall.made_at < clock.now() - KEPT)
    db.session.execute(old, execution_options={"synchronize_session": False})


JOBS = (
    Job(
        name="call-webhooks",
        title="Call webhooks",
        run=make_calls,
        every=timedelta(seconds=10),
        own_transactions=True,
    ),
    Job(
        name="forget-webhook-calls", title="Forget old calls of webhooks", run=forget_old_calls, every=timedelta(days=1)
    ),
)
