"""What is kept so that a long period costs no more than a short one: books of days that are over, and what spoils them.

Nothing here is the truth: that is in the tickets, and all of it can be written anew from them.
"""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adminops.db import Key, Model


class By(StrEnum):
    """What numbers are told apart by."""

    TYPE = "type"
    AGENCY = "agency"
    PRIORITY = "priority"


class BookSpan(StrEnum):
    """What a book is about."""

    DAY = "day"
    MONTH = "month"


class TicketBook(Model):
    """The tallies of a day or a month, by what they are told apart by."""

    __tablename__ = "ticket_book"
    __table_args__ = (UniqueConstraint("told_by", "span", "first"), Index(None, "first"))

    id: Mapped[Key]
    told_by: Mapped[By]
    span: Mapped[BookSpan]
    first: Mapped[date]
    tallies: Mapped[dict[str, Any]]
    """A tally as it is written by the key of a type, an agency ("" for none) or a priority."""


class TicketBookChange(Model):
    """A day whose books a change of a ticket made wrong. Only ever added, so nobody waits for anybody."""

    __tablename__ = "ticket_book_change"

    id: Mapped[Key]
    day: Mapped[date] = mapped_column(index=True)
