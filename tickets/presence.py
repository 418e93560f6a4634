"""Who of the team has a ticket open, and who is writing: to warn each other, never to lock anybody out.

No fact: nothing happened to the ticket. What is older than a minute is forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from adminops import clock
from adminops.db import Model, db, savepoint
from adminops.identity.models import User
from tickets.models import Ticket, TicketMessage, Voice

STALE = timedelta(seconds=50)
"""A page tells that it is open every 20 seconds; two may get lost."""
POLLS_FOR = timedelta(minutes=10)
"""A page that nobody turns to says so no longer, or its asking would keep a session alive for ever."""


class TicketPresence(Model):
    """That somebody has the page of a ticket open."""

    __tablename__ = "ticket_presence"
    __table_args__ = (Index(None, "seen_at"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    typed_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Present:
    """Somebody else who has the ticket open."""

    id: int
    name: str
    writes: bool


def note_presence(ticket: Ticket, *, writes: bool, by: User) -> None:
    """Note that `by` has `ticket` open, and `writes` on it."""
    row = db.session.get(TicketPresence, (ticket.id, by.id))
    if row is None:
        try:
            with savepoint():
                row = TicketPresence(ticket_id=ticket.id, user_id=by.id)
                db.session.add(row)
                db.session.flush()
        except IntegrityError:  # from another window at this very moment
            return
    row.seen_at = clock.now()
    if writes:
        row.typed_at = clock.now()
    db.session.flush()


def others_at(ticket: Ticket, *, but: User) -> list[Present]:
    """Return who else has `ticket` open now, those who write first."""
    since = clock.now() - STALE
    chosen = (
        select(User.id, User.name, TicketPresence.typed_at)
        .join(TicketPresence, TicketPresence.user_id == User.id)
        .where(TicketPresence.ticket_id == ticket.id, TicketPresence.seen_at >= since, User.id != but.id)
    )
    found = [
        Present(id_, name, typed is not None and typed >= since) for id_, name, typed in db.session.execute(chosen)
    ]
    return sorted(found, key=lambda each: (not each.writes, each.name))


def in_words(present: Sequence[Present]) -> str:
    """Return who is there as a sentence: "Maya Okafor is writing. Grace Whitfield is looking at this." """
    writing, looking = [p.name for p in present if p.writes], [p.name for p in present if not p.writes]
    said = [_said(writing, "writing"), _said(looking, "looking at this")]
    return " ".join(filter(None, said))


def forget_stale() -> None:
    """Forget who had which ticket open."""
    db.session.execute(delete(TicketPresence).where(TicketPresence.seen_at < clock.now() - STALE))


def newest_message(ticket: Ticket, *, notes: bool) -> int:
    """Return the number of the last message of `ticket` that somebody may have read."""
    chosen = select(func.max(TicketMessage.id)).where(TicketMessage.ticket_id == ticket.id)
    return db.session.scalar(chosen if notes else chosen.where(TicketMessage.voice != Voice.NOTE)) or 0


def written_since(ticket: Ticket, seen: int, *, notes: bool, but: User) -> list[str]:
    """Return who wrote on `ticket` after the message numbered `seen`, each once, but for `but`."""
    chosen = select(User.name).join(TicketMessage, TicketMessage.author_id == User.id)
    newer = chosen.where(TicketMessage.ticket_id == ticket.id, TicketMessage.id > seen, User.id != but.id)
    names = db.session.scalars(newer if notes else newer.where(TicketMessage.voice != Voice.NOTE))
    return sorted(set(names))


def _said(names: Sequence[str], doing: str) -> str:
    if not names:
        return ""
    *most, last = names
    who = f"{', '.join(most)} and {last}" if most else last
    return f"{who} {'are' if most else 'is'} {doing}."
