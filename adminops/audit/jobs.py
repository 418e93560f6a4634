"""What the clock does for the audit trail: it adds links to the chain, and checks and anchors it once a day."""

from datetime import timedelta
from pathlib import Path

from adminops import clock
from adminops.audit.chain import add_links, anchor, check
from adminops.audit.queries import answerable
from adminops.db import transaction
from adminops.feature import Job
from adminops.outbox.messages import enqueue_mail
from adminops.settings import current_settings


def anchors_folder() -> Path:
    """Return where the anchors lie."""
    return current_settings().home / "anchors"


def check_and_anchor() -> None:
    """Give stragglers their links and check the trail: in order, it is anchored, else who answers for it is told."""
    more = True
    while more:
        with transaction():
            more = add_links(looked_back=None)
    with transaction(writes=False):
        verdict = check(anchors_folder())
    with transaction():
        if verdict.broken is None:
            anchor(anchors_folder())
            return
        for person in answerable():
            enqueue_mail("audit.broken", to=person, day=f"{clock.now():%Y%m%d}")


JOBS = (
    Job(name="link-audit", title="Chain the audit trail", run=add_links, every=timedelta(minutes=1), in_steps=True),
    Job(
        name="anchor-audit",
        title="Check and anchor the audit trail",
        run=check_and_anchor,
        every=timedelta(days=1),
        own_transactions=True,
    ),
)
