"""What the team reads of incoming mail: what became of each, and why. Never a word of one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.scheduler.models import JobRun, RunState
from adminops.settings import current_settings
from adminops.web.listing import Page, fetch_page
from tickets.mail.models import IncomingMail, MailBounce, MailState

STOPPED_FOR = timedelta(days=60)
"""So long after a mail came back for good, no mail about tickets goes to that address."""

FETCHING = "fetch-mail"
"""The job that fetches mails from a mailbox."""


@dataclass(frozen=True, slots=True)
class MailRow:
    """A line of the list."""

    id: int
    received_at: datetime
    size: int
    state: MailState
    why: str
    ticket_id: int | None


def visible_to(viewer: User) -> Select[IncomingMail]:
    """Return the mails that the viewer may know of: all for the team, none for others."""
    chosen = select(IncomingMail)
    return chosen if viewer.may(Permission.WORK_TICKETS) else chosen.where(IncomingMail.id.is_(None))


def list_mails(viewer: User, *, state: MailState | None, after: str | None = None) -> Page[MailRow]:
    """Return a page of mails, the newest first; those in `state` alone where one is given."""
    chosen = visible_to(viewer).with_only_columns(
        IncomingMail.id,
        IncomingMail.received_at,
        IncomingMail.size,
        IncomingMail.state,
        IncomingMail.why,
        IncomingMail.ticket_id,
    )
    if state is not None:
        chosen = chosen.where(IncomingMail.state == state)
    return fetch_page(chosen, (IncomingMail.id,), after=after, shape=lambda row: MailRow(*row))


def get_mail(mail_id: int, viewer: User) -> IncomingMail:
    """Return a mail. Raises `NotFound`."""
    found = db.session.scalar(visible_to(viewer).where(IncomingMail.id == mail_id))
    if found is None:
        raise NotFound("There is no such mail.")
    return found


def why_not_fetched() -> str:
    """Return why mails were not fetched from the mailbox the last time; empty when they were, or there is none."""
    if not current_settings().imap_host:
        return ""
    last = select(JobRun.state, JobRun.cause).where(JobRun.job == FETCHING, JobRun.state != RunState.RUNNING)
    state, cause = db.session.execute(last.order_by(JobRun.id.desc()).limit(1)).first() or (None, "")
    return cause if state is RunState.FAILED else ""


def is_stopped(user: User, address_hash: str) -> bool:
    """Say whether mails to this address came back for good not long ago."""
    came_back = select(MailBounce.id).where(
        MailBounce.user_id == user.id,
        MailBounce.at > clock.now() - STOPPED_FOR,
        MailBounce.is_permanent,
        MailBounce.address_hash == address_hash,
    )
    return db.session.scalar(came_back.limit(1)) is not None
