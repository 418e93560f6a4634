"""Going on with acts on many tickets that are too long for one page."""

from datetime import timedelta

from sqlalchemy import select

from adminops.db import db
from adminops.feature import Job
from adminops.identity.models import User
from tickets.bulk.models import BulkAct, BulkState
from tickets.bulk.operations import go_on

STEP = 10
"""Tickets that are changed in one transaction."""


def go_on_with_acts() -> bool:
    """Change the next tickets of the oldest act that is not done, by whom it was asked; say whether there was one."""
    unfinished = select(BulkAct).where(BulkAct.state.in_((BulkState.RUNNING, BulkState.UNDOING))).order_by(BulkAct.id)
    act = db.session.scalar(unfinished.limit(1).with_for_update())
    if act is None:
        return False
    go_on(act, limit=STEP, by=db.session.get_one(User, act.by_id))
    return True


JOBS = (
    Job(
        name="bulk-acts",
        title="Go on with changes of many tickets",
        run=go_on_with_acts,
        every=timedelta(seconds=5),
        in_steps=True,
    ),
)
