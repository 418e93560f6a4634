"""Going on with acts on many tickets that are too long for one page."""

from datetime import timedelta

from sqlalchemy import select

from adminops.db import db
from adminops.feature import Job
from adminops.identity.models import User
from tickets.bulk.models import BulkAct, BulkState
from tickets.bulk.operations import go_on

BATCH = 100


def go_on_with_acts() -> None:
    """Change the next tickets of the oldest act that is not done, by whom it was asked."""
    unfinished = select(BulkAct).where(BulkAct.state.in_((BulkState.RUNNING, BulkState.UNDOING))).order_by(BulkAct.id)
    act = db.session.scalar(unfinished.limit(1).with_for_update())
    if act is not None:
        go_on(act, limit=BATCH, by=db.session.get_one(User, act.by_id))


JOBS = (
    Job(name="bulk-acts", title="Go on with changes of many tickets", run=go_on_with_acts, every=timedelta(seconds=5)),
)
