"""Reads of tags."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from adminops.db import db
from adminops.errors import NotFound
from tickets.models import Tag, Tagging
from tickets.queries import Choice


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag and how many tickets bear it."""

    id: int
    name: str
    tickets: int


def all_tags() -> list[TagRow]:
    """Return every tag with how many tickets bear it, by name."""
    counted = select(Tag.id, Tag.name, func.count(Tagging.id)).outerjoin(Tagging, Tagging.tag_id == Tag.id)
    return [TagRow(*row) for row in db.session.execute(counted.group_by(Tag.id, Tag.name).order_by(Tag.name))]


def tag_names() -> list[str]:
    """Return the names of all tags."""
    return list(db.session.scalars(select(Tag.name).order_by(Tag.name)))


def tags_of(ids: Iterable[int]) -> dict[int, list[Choice]]:
    """Return the tags of these tickets by their numbers; a ticket without any is left out."""
    chosen = select(Tagging.ticket_id, Tag.id, Tag.name).join(Tag, Tag.id == Tagging.tag_id)
    found: dict[int, list[Choice]] = {}
    for ticket_id, id_, name in db.session.execute(chosen.where(Tagging.ticket_id.in_(list(ids))).order_by(Tag.name)):
        found.setdefault(ticket_id, []).append(Choice(id_, name))
    return found


def get_tag(tag_id: int) -> Tag:
    """Return a tag. Raises `NotFound`."""
    tag = db.session.get(Tag, tag_id)
    if tag is None:
        raise NotFound("There is no such tag. It may have been merged into another.")
    return tag
