"""What the pages about the running of AdminOps show."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ScalarSelect, func, select

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.feature import Job
from adminops.identity.models import User
from adminops.outbox.models import MailboxMail, MessageState, OutboxMessage
from adminops.scheduler import JobOrder, JobRun, Lease, RunState, slot_of
from adminops.web.listing import Page, fetch_page

GRACE = timedelta(minutes=2)
"""How much a job may be behind on top of a missed period before it is called late."""
VIEWS: dict[str, tuple[MessageState, ...]] = {
    "given-up": (MessageState.DEAD,),
    "waiting": (MessageState.PENDING, MessageState.SENDING),
    "left": (MessageState.SENT, MessageState.DROPPED),
}


@dataclass(frozen=True)
class JobLine:
    """A job with its last run."""

    name: str
    title: str
    period: str
    """How often, in words: "every 5 s"."""
    state: RunState | None
    """Of the last run; None: it has never run here."""
    cause: str
    started_at: datetime | None
    last_done_at: datetime | None
    next_at: datetime
    is_next_soon: bool
    is_late: bool
    is_asked_for: bool


@dataclass(frozen=True)
class Leader:
    """Who runs the jobs."""

    host: str
    process: str
    since: datetime


@dataclass(frozen=True)
class MessageLine:
    """A message of the outbox with who gets it."""

    id: int
    kind: str
    state: MessageState
    recipient_id: int
    recipient: str
    attempts: int
    problem: str
    created_at: datetime
    next_try_at: datetime
    sent_at: datetime | None

    @property
    def may_be_changed(self) -> bool:
        """Whether it can be tried again or dropped."""
        return self.state in (MessageState.PENDING, MessageState.DEAD)

    @property
    def about(self) -> str:
        """The kind in words: "tickets · reply"."""
        return about(self.kind)


@dataclass(frozen=True)
class MailLine:
    """A mail of the mailbox."""

    id: int
    recipient: str
    subject: str
    caught_at: datetime


@dataclass(frozen=True)
class Piece:
    """A piece of a mail's text; a link when it has an address."""

    text: str
    url: str | None = None


def leader() -> Leader | None:
    """Return who runs the jobs at the moment, or None when nobody does."""
    lease = db.session.scalar(select(Lease).where(Lease.until > clock.now()))
    if lease is None:
        return None
    host, process, _word = lease.holder.rsplit(":", 2)
    return Leader(host, process, lease.since)


def job_lines(jobs: Sequence[Job]) -> list[JobLine]:
    """Return each of `jobs` with its last run, in their order."""
    newest = select(func.max(JobRun.id)).group_by(JobRun.job)
    last = {run.job: run for run in db.session.scalars(select(JobRun).where(JobRun.id.in_(newest)))}
    done_at = select(JobRun.job, func.max(JobRun.ended_at)).where(JobRun.state == RunState.DONE).group_by(JobRun.job)
    done = dict(db.session.execute(done_at).all())
    asked = set(db.session.scalars(select(JobOrder.job)))
    now = clock.now()
    return [_line(job, last.get(job.name), done.get(job.name), job.name in asked, now) for job in jobs]


def _line(job: Job, last: JobRun | None, done_at: datetime | None, asked: bool, now: datetime) -> JobLine:
    reference = done_at or (last.started_at if last else None)
    next_slot = (slot_of(job, now) + 1) * job.every.total_seconds()
    return JobLine(
        name=job.name,
        title=job.title,
        period=period(job.every),
        state=last.state if last else None,
        cause=last.cause if last else "",
        started_at=last.started_at if last else None,
        last_done_at=done_at,
        next_at=datetime.fromtimestamp(next_slot, UTC),
        is_next_soon=next_slot - now.timestamp() < 60,
        is_late=reference is not None and now - reference > 2 * job.every + GRACE,
        is_asked_for=asked,
    )


def period(every: timedelta) -> str:
    """Return how often something happens: "every 5 s", "every hour", "every day"."""
    seconds = int(every.total_seconds())
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            count = seconds // size
            return f"every {word}" if count == 1 else f"every {count} {word}s"
    return f"every {seconds} s"


def given_up_counted(_viewer: User) -> ScalarSelect[int]:
    """Return what counts the messages that were given up and wait for somebody."""
    return select(func.count(OutboxMessage.id)).where(OutboxMessage.state == MessageState.DEAD).scalar_subquery()


def count_by_view() -> dict[str, int]:
    """Return the number of messages in each of the views of the outbox that need a number."""
    counted = dict(
        db.session.execute(
            select(OutboxMessage.state, func.count(OutboxMessage.id))
            .where(OutboxMessage.state.in_([*VIEWS["given-up"], *VIEWS["waiting"]]))
            .group_by(OutboxMessage.state)
        ).all()
    )
    return {view: sum(counted.get(state, 0) for state in VIEWS[view]) for view in ("given-up", "waiting")}


def messages(view: str, *, after: str | None = None) -> Page[MessageLine]:
    """Return the messages of one view, the newest first."""
    chosen = (
        select(
            OutboxMessage.created_at,
            OutboxMessage.id,
            OutboxMessage.kind,
            OutboxMessage.state,
            OutboxMessage.recipient_id,
            User.name,
            OutboxMessage.attempts,
            OutboxMessage.problem,
            OutboxMessage.next_try_at,
            OutboxMessage.sent_at,
        )
        .join(User, User.id == OutboxMessage.recipient_id)
        .where(OutboxMessage.state.in_(VIEWS[view]))
    )
    return fetch_page(
        chosen,
        (OutboxMessage.created_at, OutboxMessage.id),
        after=after,
        shape=lambda row: MessageLine(
            id=row.id,
            kind=row.kind,
            state=row.state,
            recipient_id=row.recipient_id,
            recipient=row.name,
            attempts=row.attempts,
            problem=row.problem,
            created_at=row.created_at,
            next_try_at=row.next_try_at,
            sent_at=row.sent_at,
        ),
    )


def about(kind: str) -> str:
    """Return a kind of mail in words: "tickets · reply"."""
    return kind.replace("_", " ").replace(".", " · ")


def get_message(message_id: int, *, to_change: bool = False) -> OutboxMessage:
    """Return a message; with `to_change` nobody else changes it meanwhile. Raises `NotFound`."""
    found = db.session.get(OutboxMessage, message_id, with_for_update=to_change)
    if found is None:
        raise NotFound("There is no such message.")
    return found


def mailbox(*, after: str | None = None) -> Page[MailLine]:
    """Return the mails that the mailbox caught, the newest first."""
    chosen = select(MailboxMail.caught_at, MailboxMail.id, MailboxMail.recipient, MailboxMail.subject)
    return fetch_page(
        chosen,
        (MailboxMail.caught_at, MailboxMail.id),
        after=after,
        shape=lambda row: MailLine(row.id, row.recipient, row.subject, row.caught_at),
    )


def get_mail(mail_id: int) -> MailboxMail:
    """Return a mail of the mailbox. Raises `NotFound`."""
    found = db.session.get(MailboxMail, mail_id)
    if found is None:
        raise NotFound("There is no such mail.")
    return found


_ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


def paragraphs(text: str, base_url: str) -> list[list[list[Piece]]]:
    """Return a mail's text as paragraphs of lines of pieces, cut at its web addresses.

    Addresses of this installation become paths, so that they work wherever it is served.
    """
    blocks = [block.strip("\n") for block in text.replace("\r\n", "\n").split("\n\n")]
    return [[_pieces(line, base_url) for line in block.splitlines()] for block in blocks if block.strip()]


def _pieces(line: str, base_url: str) -> list[Piece]:
    cut: list[Piece] = []
    at = 0
    for found in _ADDRESS.finditer(line):
        url = found.group()
        inside = url == base_url or url.startswith(f"{base_url}/")
        cut += [Piece(line[at : found.start()]), Piece(url, url.removeprefix(base_url) or "/" if inside else url)]
        at = found.end()
    return [piece for piece in [*cut, Piece(line[at:])] if piece.text]
