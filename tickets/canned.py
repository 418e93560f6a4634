"""Canned replies: texts that are written once, with variables that the ticket fills in."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, ForeignKey, Index, or_, select
from sqlalchemy.orm import Mapped, lazyload, mapped_column, relationship

from adminops import clock
from adminops.db import Key, LongText, Model, Name, db
from adminops.errors import Invalid, NotAllowed, NotFound
from adminops.facts import CannedReplyChanged, CannedReplyRemoved, CannedReplySaved, publish
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from tickets import policies
from tickets.models import Ticket

VARIABLES = {
    "name": "who asked",
    "first name": "who asked, by the first name",
    "agency": "their agency",
    "number": "the ticket's number",
    "subject": "the ticket's subject",
    "my name": "who writes",
    "my first name": "who writes, by the first name",
}
"""What a text may hold in braces, with what stands there in the end."""
LONGEST = 5_000
_VARIABLE = re.compile(r"\{([^{}\n]{0,60})\}")


class CannedReply(Model):
    """A text to answer with: somebody's own, or the team's."""

    __tablename__ = "canned_reply"
    __table_args__ = (Index(None, "owner_id"),)

    id: Mapped[Key]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """None: everybody of the team has it."""
    title: Mapped[Name]
    body: Mapped[LongText]
    request_types: Mapped[list[str]] = mapped_column(default=list)
    """Keys of the request types that it is for; none: all."""
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)

    changed_by: Mapped[User] = relationship(foreign_keys=[changed_by_id])


def filled(body: str, ticket: Ticket, writer: User) -> str:
    """Return a text with its variables filled in for `ticket`."""
    return fill(body, values_for(ticket, writer))


def fill(body: str, values: Mapping[str, str]) -> str:
    """Return `body` with each known variable replaced by its value; what is put in is not looked through again."""
    return _VARIABLE.sub(lambda found: values.get(_plain(found[1]), found[0]), body)


def values_for(ticket: Ticket, writer: User) -> dict[str, str]:
    """Return what the variables stand for on `ticket`."""
    return {
        "name": ticket.requester.name,
        "first name": ticket.requester.name.partition(" ")[0],
        "agency": ticket.agency.name if ticket.agency else "the Systems Team",
        "number": f"#{ticket.id}",
        "subject": ticket.subject,
        "my name": writer.name,
        "my first name": writer.name.partition(" ")[0],
    }


def unknown_in(body: str) -> list[str]:
    """Return what stands in braces and is no variable."""
    return [found for found in _VARIABLE.findall(body) if _plain(found) not in VARIABLES]


class Numbered(Protocol):
    """Somebody or something with a number: a row, or a place for one in a statement that is made once."""

    @property
    def id(self) -> Any:
        """The number."""


def offered(viewer: Numbered) -> ColumnElement[bool]:
    """Return that a canned reply is one of `viewer`'s: their own or the team's."""
    return or_(CannedReply.owner_id.is_(None), CannedReply.owner_id == viewer.id)


def fits(row: CannedReply, ticket: Ticket) -> bool:
    """Say whether a canned reply is for tickets like this."""
    return not row.request_types or ticket.request_type in row.request_types


def replies_of(viewer: User) -> list[CannedReply]:
    """Return the canned replies `viewer` has, by their titles: the team's first."""
    chosen = select(CannedReply).where(offered(viewer)).options(lazyload(CannedReply.changed_by))
    order = (CannedReply.owner_id.is_not(None), CannedReply.title, CannedReply.id)
    return list(db.session.scalars(chosen.order_by(*order)))


def get_reply(reply_id: int, viewer: User) -> CannedReply:
    """Return a canned reply that `viewer` has. Raises `NotFound`."""
    found = db.session.scalar(select(CannedReply).where(CannedReply.id == reply_id, offered(viewer)))
    if found is None:
        raise NotFound("There is no such canned reply (any more).")
    return found


def save_reply(*, title: str, body: str, request_types: Iterable[str] = (), shared: bool, by: User) -> CannedReply:
    """Keep a text to answer with, for oneself or (`shared`) for the team, and return it.

    Rules in the order checked: `by` works on tickets, and shapes the desk for a shared one (`NotAllowed`); title and
    text, known variables only, nothing personal (`Invalid`). Publishes `CannedReplySaved`.
    """
    check_may_keep(shared=shared, by=by)
    _check_texts(title, body, by)
    row = CannedReply(owner_id=None if shared else by.id, changed_by_id=by.id)
    _write(row, title, body, request_types, by)
    publish(CannedReplySaved(reply_id=row.id, shared=shared), by=by)
    return row


def change_reply(
    row: CannedReply, *, title: str, body: str, request_types: Iterable[str] = (), shared: bool, by: User
) -> None:
    """Change a canned reply. Rules as for `save_reply`, for what it was and what it becomes. Publishes
    `CannedReplyChanged`.
    """
    check_may_keep(shared=shared or row.owner_id is None, by=by)
    _check_texts(title, body, by)
    row.owner_id = None if shared else by.id
    _write(row, title, body, request_types, by)
    publish(CannedReplyChanged(reply_id=row.id, shared=shared), by=by)


def remove_reply(row: CannedReply, *, by: User) -> None:
    """Remove a canned reply; answers that were written with it stay. Raises `NotAllowed`. Publishes
    `CannedReplyRemoved`.
    """
    shared = row.owner_id is None
    check_may_keep(shared=shared, by=by)
    fact = CannedReplyRemoved(reply_id=row.id, shared=shared)
    db.session.delete(row)
    db.session.flush()
    publish(fact, by=by)


def check_may_keep(*, shared: bool, by: User) -> None:
    """Raise `NotAllowed` unless `by` works on tickets, and shapes the desk for what the team shares."""
    if not by.may(Permission.WORK_TICKETS):
        raise NotAllowed("Canned replies are the Systems Team's.")
    if shared and not by.may(Permission.SHAPE_DESK):
        raise NotAllowed("Only administrators change the team's canned replies. Keep one of your own instead.")


def _check_texts(title: str, body: str, by: User) -> None:
    if not title.strip():
        raise Invalid("Give it a title.", field="title")
    if not body.strip():
        raise Invalid("Write the text first.", field="body")
    if unknown := unknown_in(body):
        known = ", ".join(f"{{{name}}}" for name in VARIABLES)
        raise Invalid(f"Nothing is known as {{{unknown[0]}}}. What can stand in braces: {known}.", field="body")
    for field, text in (("title", title), ("body", body)):
        policies.check_text(text, field=field, agency_id=None, confirmed=False, by=by)


def _write(row: CannedReply, title: str, body: str, request_types: Iterable[str], by: User) -> None:
    row.title, row.body, row.request_types = title.strip()[:200], body.strip(), list(request_types)
    row.changed_by_id, row.changed_at = by.id, clock.now()
    db.session.add(row)
    db.session.flush()


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split())
