"""What the clock does with mails that came: read each, once, on its own."""

from datetime import timedelta

import structlog
from sqlalchemy import Select, select

from adminops import clock
from adminops.db import db, transaction
from adminops.facts import MailSorted, publish
from adminops.feature import Job
from adminops.identity.models import SYSTEM
from tickets.mail.models import IncomingMail, MailState
from tickets.mail.operations import sort_mail

log = structlog.get_logger("adminops.mail")

MOST_TRIES = 8
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=30)


def read_waiting(*, limit: int = 500) -> int:
    """Read the mails that wait, oldest first, and return how many were taken up.

    A try is counted before it begins, so that a mail that brings the process down is given up in the end, too. One
    that can't be read is put off (1 minute, 2, 4, … 30) and never holds up another; after eight tries it is on the
    page of what failed.
    """
    taken = 0
    while taken < limit and (mail_id := _claim()) is not None:
        taken += 1
        try:
            _sort(mail_id)
        except Exception as broken:  # one mail must not hold up the others
            log.error("mail can't be read", mail_id=mail_id, cause=type(broken).__name__)
            _put_off(mail_id, type(broken).__name__)
    return taken


def _waiting() -> Select[IncomingMail]:
    due = (IncomingMail.state == MailState.WAITING, IncomingMail.next_try_at <= clock.now())
    return select(IncomingMail).where(*due).order_by(IncomingMail.next_try_at, IncomingMail.id).limit(1)


def _claim() -> int | None:
    with transaction(writes=False):
        if db.session.scalar(_waiting().with_only_columns(IncomingMail.id)) is None:
            return None
    with transaction():
        mail = db.session.scalar(_waiting().with_for_update(skip_locked=True))
        if mail is None:
            return None
        if mail.attempts >= MOST_TRIES:  # each of them ended with the process
            _fail(mail, "It brought down what was reading it.")
            return None
        mail.attempts += 1
        mail.next_try_at = clock.now() + min(FIRST_PAUSE * 2 ** (mail.attempts - 1), LONGEST_PAUSE)
        return mail.id


def _sort(mail_id: int) -> None:
    with transaction():
        mail = db.session.scalars(select(IncomingMail).where(IncomingMail.id == mail_id).with_for_update()).one()
        if mail.state is MailState.WAITING:
            sort_mail(mail, by=SYSTEM)


def _put_off(mail_id: int, cause: str) -> None:
    with transaction():
        mail = db.session.scalars(select(IncomingMail).where(IncomingMail.id == mail_id).with_for_update()).one()
        if mail.state is not MailState.WAITING:
            return
        mail.why = f"It could not be read ({cause})."
        if mail.attempts >= MOST_TRIES:
            _fail(mail, mail.why)


def _fail(mail: IncomingMail, why: str) -> None:
    mail.state, mail.why = MailState.FAILED, why
    db.session.flush()
    publish(MailSorted(mail_id=mail.id, state=mail.state.value), by=SYSTEM)


def read_mails() -> None:
    """Read what waits."""
    read_waiting()


JOBS = (
    Job(
        name="read-mail",
        title="Read incoming mail",
        run=read_mails,
        every=timedelta(minutes=1),
        own_transactions=True,
    ),
)
