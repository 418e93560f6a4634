"""Finding words, the newest tickets first, without reading all that hold them.

A page needs the newest few, and nobody reads off how many there are beyond a thousand. So the newest tickets are looked
at, and all only where those are not enough for the page: then the words are rare, and their index is quick.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import ColumnElement, Integer, Select, String, bindparam, func, select, true

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
    dialect, words = db.engine.dialect.name, fulltext.asked(phrases, notes)
    nearby, looking = NEARBY[dialect], _kept if chosen is visible else _looking

    def look(within: int | None, most: int) -> tuple[list[int], int]:
        """Return the numbers found among so many, or (None) among all, and the number that they lie below."""
        numbers = {"words": words, "most": most, "within": within, "before": before}
        asked = {name: value for name, value in numbers.items() if value is not None}
        statement = looking(chosen, dialect, notes, within is not None, before is not None)
        rows = db.session.execute(statement, asked).all()
        return [row.number for row in rows if row.number is not None], rows[0].below or 0

    ids, end = look(nearby, MOST_COUNTED + 1)
    more = end > nearby + 1
    if more and len(ids) <= page:
        narrowed = any(term.field for term in query) or not notes  # and who is not of the team sees few
        few = look(nearby * FARTHER, page + 1)[0] if ids and narrowed else []
        if len(few) > page:
            return Found(few, more=True)
        more, ids = False, look(None, MOST_COUNTED + 1)[0]
    return Found(ids[:MOST_COUNTED], more=more or len(ids) > MOST_COUNTED)


def _looking(
    chosen: Select[Ticket],
    dialect: str,  # noqa: ARG001 - what is kept is kept for one
    notes: bool,
    near: bool,
    older: bool,
) -> Select[int, int]:
    """Return the statement that looks among the newest tickets (`near`) or all, `older` than a number or not."""
    number = fulltext.number_key(searching=True)
    newest = select(func.max(Ticket.id)).scalar_subquery()
    below: ColumnElement[int] = bindparam("before", type_=Integer()) if older else newest + 1
    among = (below - bindparam("within", type_=Integer()) - 1, below) if near else None
    found = fulltext.holding_asked(chosen, bindparam("words", type_=String()), notes=notes, among=among)
    found = found.where(number < below) if older else found
    numbers = found.with_only_columns(number.label("number"), maintain_column_froms=True)
    last = numbers.order_by(number.desc()).limit(bindparam("most", type_=Integer())).subquery()
    end = select(below.label("below")).subquery()
    both = select(end.c.below, last.c.number).select_from(end.outerjoin(last, true()))
    return both.order_by(last.c.number.desc())


_kept = lru_cache(maxsize=500)(_looking)
"""Of what somebody sees, whole: putting the statement together takes longer than running it."""
