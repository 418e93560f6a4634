"""Reads of notices: the list in the app, and what a digest holds. Of tickets that the reader sees, at the moment."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, Select, func, select

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import SYSTEM, User
from adminops.web.listing import Page, fetch_page
from tickets.models import Ticket
from tickets.notices.models import Digest, Notice
from tickets.notices.occasions import Occasion
from tickets.sight import visible_to

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A line of the list: "<actor> <before> <ticket> <after>"."""

    id: int
    at: datetime
    occasion: Occasion
    is_read: bool
    actor: str
    ticket_id: int
    subject: str

    @property
    def said(self) -> tuple[str, str]:
        """The words before and after the ticket."""
        before, _, after = self.occasion.says.partition("{}")
        return before, after


@dataclass(frozen=True, slots=True)
class DigestLine:
    """A ticket in the mail of a digest: what happened to it, without a word of it."""

    ticket_id: int
    said: str


def list_notices(reader: User, *, unread: bool, after: str | None = None) -> Page[NoticeRow]:
    """Return a page of what `reader` was told in the app, the newest first."""
    chosen = _rows(reader).where(Notice.in_app)
    if unread:
        chosen = chosen.where(Notice.read_at.is_(None))
    return fetch_page(chosen, (Notice.id,), after=after, shape=_shape)


def unread_counted(reader: User) -> ScalarSelect[int]:
    """Return what counts the notices that `reader` has not read."""
    counted = _of(reader).where(Notice.in_app, Notice.read_at.is_(None)).with_only_columns(func.count(Notice.id))
    return counted.scalar_subquery()


def get_notice(notice_id: int, reader: User) -> Notice:
    """Return a notice of `reader`. Raises `NotFound`."""
    found: Notice | None = db.session.scalar(_of(reader).where(Notice.id == notice_id).with_only_columns(Notice))
    if found is None:
        raise NotFound("There is no such notice any more.")
    return found


def get_digest(digest_id: int, reader: User) -> Digest:
    """Return a digest of `reader`. Raises `NotFound`."""
    found = db.session.get(Digest, digest_id)
    if found is None or found.user_id != reader.id:
        raise NotFound("There is no such digest any more.")
    return found


def told_in(digest: Digest, reader: User) -> Sequence[NoticeRow]:
    """Return what a digest tells, by ticket and then in the order in which it happened."""
    chosen = _rows(reader).where(Notice.digest_id == digest.id).order_by(Notice.ticket_id, Notice.id)
    return [_shape(row) for row in db.session.execute(chosen.limit(MOST_AT_ONCE))]


def lines_of(digest_id: int, reader: User) -> list[DigestLine]:
    """Return what the mail of a digest says: "2 replies, 1 team note" for each ticket."""
    digest = db.session.get(Digest, digest_id)
    rows = told_in(digest, reader) if digest is not None and digest.user_id == reader.id else []
    counts: dict[int, Counter[Occasion]] = {}
    for row in rows:
        counts.setdefault(row.ticket_id, Counter())[row.occasion] += 1
    return [DigestLine(ticket_id, _in_words(counted)) for ticket_id, counted in counts.items()]


def due_for_digest() -> list[int]:
    """Return the numbers of the people whose digest is due, the longest due first."""
    due = select(Notice.user_id).where(Notice.digest_at <= clock.now(), Notice.digest_id.is_(None))
    grouped = due.group_by(Notice.user_id).order_by(func.min(Notice.digest_at), Notice.user_id)
    return list(db.session.scalars(grouped.limit(MOST_AT_ONCE)))


def _of(reader: User) -> Select[Any]:
    return visible_to(reader).join(Notice, Notice.ticket_id == Ticket.id).where(Notice.user_id == reader.id)


def _rows(reader: User) -> Select[*tuple[Any, ...]]:
    chosen = _of(reader).outerjoin(User, User.id == Notice.actor_id)
    return chosen.with_only_columns(
        Notice.id, Notice.at, Notice.occasion, Notice.read_at, User.name, Notice.ticket_id, Ticket.subject
    )


def _shape(row: Any) -> NoticeRow:
    id_, at, occasion, read_at, actor, ticket_id, subject = row
    return NoticeRow(id_, at, occasion, read_at is not None, actor or SYSTEM.name, ticket_id, subject)


def _in_words(counted: Counter[Occasion]) -> str:
    named = ((occasion.counted, counted[occasion]) for occasion in Occasion if counted[occasion])
    return ", ".join(f"{many} {one if many == 1 else several}" for (one, several), many in named)
