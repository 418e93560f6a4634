"""What the clock does with notices: digests leave, and what is old is forgotten."""

from datetime import timedelta

from sqlalchemy import delete, select

from adminops import clock
from adminops.db import db, transaction
from adminops.feature import Job
from adminops.identity.models import User
from tickets.notices.models import Digest, Notice
from tickets.notices.operations import gather_digest
from tickets.notices.queries import due_for_digest

KEPT = timedelta(days=90)
BLINDLY = {"synchronize_session": False}


def send_digests() -> None:
    """Gather what is due, each person's in a transaction of its own: one that is stopped half-way goes on there."""
    with transaction(writes=False):
        due = due_for_digest()
    for user_id in due:
        with transaction():
            gather_digest(db.session.get_one(User, user_id))


def forget_old_notices() -> None:
    """Forget what was told long ago, but nothing that still waits for its digest."""
    before = clock.now() - KEPT
    waits = Notice.digest_at.is_not(None) & Notice.digest_id.is_(None)
    db.session.execute(delete(Notice).where(Notice.at < before, ~waits), execution_options=BLINDLY)
    empty = ~select(Notice.id).where(Notice.digest_id == Digest.id).exists()
    db.session.execute(delete(Digest).where(Digest.made_at < before, empty), execution_options=BLINDLY)


JOBS = (
    Job(
        name="send-digests",
        title="Gather digests of notices",
        run=send_digests,
        every=timedelta(minutes=5),
        own_transactions=True,
    ),
    Job(name="forget-notices", title="Forget old notices", run=forget_old_notices, every=timedelta(days=1)),
)
