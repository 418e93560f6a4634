"""Finding words, the newest tickets first, without reading all that hold them.

A page needs the newest few, and nobody reads off how many there are beyond a thousand. So the newest tickets are looked
at, and all only where those are not enough for the page: then the words are rare, and their index is quick.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select

from adminops.db import db
from adminops.identity.models import User
from tickets import fulltext
from tickets.filters import looks_in_notes, phrases_of, without_words
from tickets.language import Query
from tickets.models import Ticket

NEARBY = {"sqlite": 10_000, "postgresql": 2_000}
"""So many of the newest tickets are looked at first: PostgreSQL unpacks the words of each."""
FARTHER = 10
"""So many times more are looked at next, where it was not the words that left few."""
MOST_COUNTED = 1_000
"""More tickets than that are not counted: a number that nobody reads off costs more than the page."""


@dataclass(frozen=True)
class Total:
    """How many tickets there are, or (`more`) more than how many."""

    number: int
    more: bool = False

    @classmethod
    def counted(cls, number: int) -> "Total":
        """Return a number that was counted up to one above `MOST_COUNTED`."""
        return cls(min(number, MOST_COUNTED), number > MOST_COUNTED)


@dataclass(frozen=True)
class Found:
    """The newest tickets that a search finds, by their numbers, and whether there are more."""

    ids: Sequence[int]
    more: bool

    @property
    def total(self) -> Total:
        """How many it found."""
        return Total(len(self.ids), self.more)


def find(visible: Select[Ticket], query: Query, viewer: User, *, page: int, before: int | None = None) -> Found:
    """Return the newest of `visible` that fit `query`, which holds words: all of a page at least, if there are.

    Those older than number `before` alone, if it is given. Raises `Wrong`.
    """
    chosen, phrases, notes = without_words(visible, query, viewer), phrases_of(query), looks_in_notes(viewer)
    nearby = NEARBY[db.engine.dialect.name]
    below = before or (db.session.scalar(select(func.max(Ticket.id))) or 0) + 1

    def look(above: int, most: int) -> list[int]:
        number = fulltext.number_key(searching=True)
        near = fulltext.holding(chosen, phrases, notes=notes, among=(above, below) if above else None)
        near = near.where(number < below).with_only_columns(number, maintain_column_froms=True)
        return list(db.session.scalars(near.order_by(number.desc()).limit(most)))

    above = max(below - 1 - nearby, 0)
    ids = look(above, MOST_COUNTED + 1)
    if above and len(ids) <= page:
        narrowed = any(term.field for term in query) or not notes  # and who is not of the team sees few
        above = max(below - 1 - nearby * FARTHER, 0)
        few = ids and above and narrowed and look(above, page + 1)
        if few and len(few) > page:
            return Found(few, more=True)
        above, ids = 0, look(0, MOST_COUNTED + 1)
    return Found(ids[:MOST_COUNTED], more=above > 0 or len(ids) > MOST_COUNTED)
