"""The verbs of tags: put on, take off, rename, merge."""

import re
from dataclasses import replace

from sqlalchemy import delete, func, insert, literal, select
from sqlalchemy.exc import IntegrityError

from adminops.db import db, savepoint
from adminops.errors import Conflict, Invalid
from adminops.facts import TagRenamed, TagsMerged, TicketTagged, TicketUntagged, publish
from adminops.identity.models import User
from tickets import policies
from tickets.language import NONE, Wrong, parse, write
from tickets.models import SavedView, Tag, Tagging, Ticket
from tickets.operations import lock

LONGEST_TAG = 40
MOST_TAGS = 12
_TAG = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")


def read_tag(text: str) -> str:
    """Return the name of a tag as it is kept: small letters, a hyphen for a blank. Raises `Invalid`."""
    name = "-".join(text.strip().removeprefix("#").casefold().split())
    if not name:
        raise Invalid("Write a tag first.", field="name")
    if len(name) > LONGEST_TAG:
        raise Invalid(f"A tag has at most {LONGEST_TAG} letters.", field="name")
    if not _TAG.fullmatch(name) or name == NONE:
        raise Invalid("A tag is made of letters and digits, with single hyphens or dots in between.", field="name")
    return name


def tag(ticket: Ticket, *, name: str, by: User) -> Tag:
    """Put the tag of that name on `ticket`, a new one if need be; a tag that it bears already changes nothing.

    Rules in the order checked: `by` may work on it (`NotAllowed`, `InvalidState`); a name that a tag can have, and
    nothing personal (`Invalid`); no more than `MOST_TAGS` (`Invalid`). Publishes `TicketTagged`.
    """
    lock(ticket)
    policies.check_may_work(ticket, by=by)
    name = read_tag(name)
    policies.check_text(name, field="name", confirmed=False, agency_id=None, by=by)
    named = _find(name) or _make(name)
    if _bears(ticket, named) is not None:
        return named
    count = db.session.scalar(select(func.count(Tagging.id)).where(Tagging.ticket_id == ticket.id)) or 0
    if count >= MOST_TAGS:
        raise Invalid(f"A ticket bears at most {MOST_TAGS} tags. Take one off first.", field="name")
    db.session.add(Tagging(ticket_id=ticket.id, tag_id=named.id))
    db.session.flush()
    publish(TicketTagged(ticket_id=ticket.id, agency_id=ticket.agency_id, tag_id=named.id), by=by)
    return named


def untag(ticket: Ticket, named: Tag, *, by: User) -> None:
    """Take a tag off `ticket`; one that it does not bear changes nothing.

    Raises `NotAllowed`, `InvalidState` as `check_may_work`. Publishes `TicketUntagged`.
    """
    lock(ticket)
    policies.check_may_work(ticket, by=by)
    if (tagging := _bears(ticket, named)) is None:
        return
    db.session.delete(tagging)
    db.session.flush()
    publish(TicketUntagged(ticket_id=ticket.id, agency_id=ticket.agency_id, tag_id=named.id), by=by)


def rename_tag(named: Tag, *, name: str, by: User) -> None:
    """Give a tag another name. Raises `NotAllowed`; `Invalid` for a name that no tag can have; `Conflict` for that of
    another tag, which it can be merged into instead. Saved views that name it go on to. Publishes `TagRenamed`.
    """
    policies.check_may_shape(by=by)
    name = read_tag(name)
    policies.check_text(name, field="name", confirmed=False, agency_id=None, by=by)
    other = _find(name)
    if other is not None and other.id != named.id:
        raise Conflict(f"There is a tag “{name}” already. Merge this one into it.", field="name")
    if name != named.name:
        _follow(named.name, name)
        named.name = name
        db.session.flush()
        publish(TagRenamed(tag_id=named.id), by=by)


def merge_tags(named: Tag, *, into: Tag, by: User) -> int:
    """Let every ticket that bears `named` bear `into`, and remove `named`; return how many tickets that were.

    Saved views that name the one name the other then. Raises `NotAllowed`; `Invalid` for a tag and itself. Publishes
    `TagsMerged`.
    """
    policies.check_may_shape(by=by)
    if named.id == into.id:
        raise Invalid("Choose another tag to merge this one into.", field="into")
    bearing = select(Tagging.ticket_id).where(Tagging.tag_id == named.id)
    tickets = db.session.scalar(select(func.count()).select_from(bearing.subquery())) or 0
    both = select(Tagging.ticket_id).where(Tagging.tag_id == into.id)
    moved = select(Tagging.ticket_id, literal(into.id)).where(
        Tagging.tag_id == named.id, Tagging.ticket_id.not_in(both)
    )
    db.session.execute(insert(Tagging).from_select(["ticket_id", "tag_id"], moved))
    db.session.execute(delete(Tagging).where(Tagging.tag_id == named.id))
    _follow(named.name, into.name)
    db.session.delete(named)
    db.session.flush()
    publish(TagsMerged(tag_id=named.id, into_id=into.id, tickets=tickets), by=by)
    return tickets


def _follow(old: str, new: str) -> None:
    """Let saved views, of whomever, name a tag by its `new` name: else they would show nothing, and say nothing."""
    for view in db.session.scalars(select(SavedView).where(SavedView.query.icontains(old, autoescape=True))):
        view.query = _renamed(view.query, old, new)
    db.session.flush()


def _renamed(query: str, old: str, new: str) -> str:
    try:
        terms = parse(query)
    except Wrong:  # by the language as it was
        return query
    changed = tuple(
        replace(term, values=_values(term.values, old, new)) if term.field == "tag" else term for term in terms
    )
    return write(changed) if changed != terms else query


def _values(values: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(new if value.casefold() == old else value for value in values))


def _find(name: str) -> Tag | None:
    return db.session.scalar(select(Tag).where(Tag.name == name))


def _make(name: str) -> Tag:
    named = Tag(name=name)
    try:
        with savepoint():
            db.session.add(named)
            db.session.flush()
    except IntegrityError:  # somebody else thought of it at this very moment
        return db.session.scalars(select(Tag).where(Tag.name == name)).one()
    return named


def _bears(ticket: Ticket, named: Tag) -> Tagging | None:
    return db.session.scalar(select(Tagging).where(Tagging.ticket_id == ticket.id, Tagging.tag_id == named.id))
