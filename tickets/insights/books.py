"""Books: tallies of days and months that are over, kept, and read instead of the tickets as long as they are right."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select

from adminops import clock
from adminops.db import db, hold_alone
from adminops.identity.permissions import Reach
from adminops.settings import current_settings
from tickets.insights.counting import Tallies, count_tickets
from tickets.insights.models import BookSpan, By, TicketBook, TicketBookChange
from tickets.insights.periods import ONE, Period, month_of, months
from tickets.insights.tallies import Tally, read
from tickets.models import Ticket

LOCK = 0x626F6F6B73
"""Number of PostgreSQL's advisory lock that whoever keeps books holds: "books" as bytes."""
EVERYWHERE = Reach(everywhere=True)
SETTLING = timedelta(minutes=15)
"""So long after a day its books are written: whoever began before midnight is done then."""
MARKS_AT_ONCE = 10_000
"""Marks that one statement takes away."""


def read_parts(parts: Sequence[Period], by: By, reach: Reach) -> list[Tallies]:
    """Return the tallies of each of `parts`, from books as far as there are right ones, else from the tickets."""
    zone = current_settings().time_zone
    if not reach.everywhere:  # an agency's tickets are few
        return [counted[by] for counted in count_tickets(parts, [by], reach, zone)]
    sums: list[Tallies] = [{} for _ in parts]
    spoilt = _spoilt(parts)
    whole = {n: part.first for n, part in enumerate(parts) if month_of(part.first) == part and not _any(part, spoilt)}
    of_months = _kept(BookSpan.MONTH, by, whole.values())
    rest: list[tuple[int, date]] = []
    for n, part in enumerate(parts):
        if n in whole and whole[n] in of_months:
            _add(sums[n], of_months[whole[n]])
        else:
            rest += [(n, part.first + ONE * day) for day in range(part.days)]
    of_days = _kept(BookSpan.DAY, by, {day for _, day in rest} - spoilt)
    missing = [(n, day) for n, day in rest if day not in of_days]
    for n, day in rest:
        _add(sums[n], of_days.get(day, {}))
    counted = count_tickets([Period(day, day) for _, day in missing], [by], EVERYWHERE, zone)
    for (n, _), tallies in zip(missing, counted, strict=True):
        _add(sums[n], tallies[by])
    return sums


@dataclass(frozen=True)
class Counted:
    """The books of a month as its tickets say, and the marks that they settle."""

    month: Period
    rows: Sequence[dict[str, object]]
    settles: Sequence[int]


def write_books() -> bool:
    """Write the books of the latest month in which some are missing or wrong; say whether there was one."""
    counted = count_month()
    if counted is not None:
        keep(counted)
    return counted is not None


def count_month() -> Counted | None:
    """Count the latest month in which books are missing or wrong. Only reads: it takes a while."""
    over = _last_day()
    spoilt = db.session.scalars(select(TicketBookChange.day).where(TicketBookChange.day <= over).distinct())
    wrong = {month_of(day).first for day in spoilt} | _missing(over)
    if not wrong:
        return None
    month = month_of(max(wrong))
    settles = _marks(month, over)  # before the tickets are read: what is marked after that is not settled
    return Counted(month, _books_of(month, over), settles)


def keep(counted: Counted) -> None:
    """Write the books that were counted, unless a ticket of their month has changed meanwhile: they are counted again.

    What is not stored yet by now leaves its mark later, and that one is not settled. One at a time keeps books, for the
    job may be run on the command line beside the clock.
    """
    hold_alone(LOCK)
    if set(_marks(counted.month, _last_day())) - set(counted.settles):
        return
    db.session.execute(delete(TicketBook).where(TicketBook.first.between(counted.month.first, counted.month.last)))
    if counted.rows:
        db.session.execute(TicketBook.__table__.insert(), counted.rows)  # type: ignore[attr-defined]
    for first in range(0, len(counted.settles), MARKS_AT_ONCE):
        settled = counted.settles[first : first + MARKS_AT_ONCE]
        db.session.execute(delete(TicketBookChange).where(TicketBookChange.id.in_(settled)))


def forget_books() -> None:
    """Drop all books, so that every one is written anew."""
    db.session.execute(delete(TicketBook))


def _last_day() -> date:
    """Return the last day that has books: one that is over, and settled."""
    return (clock.now() - SETTLING).astimezone(ZoneInfo(current_settings().time_zone)).date() - ONE


def _marks(month: Period, over: date) -> list[int]:
    """Return the marks of the days of `month` that have books; those of later ones wait for the books they get."""
    days = TicketBookChange.day.between(month.first, min(month.last, over))
    return list(db.session.scalars(select(TicketBookChange.id).where(days)))


def _books_of(month: Period, over: date) -> list[dict[str, object]]:
    days = [month.first + ONE * n for n in range(month.days) if month.first + ONE * n <= over]
    counted = count_tickets([Period(day, day) for day in days], list(By), EVERYWHERE, current_settings().time_zone)
    rows = [_row(by, BookSpan.DAY, day, one[by]) for day, one in zip(days, counted, strict=True) for by in By]
    if days and days[-1] == month.last:
        for by in By:
            summed: Tallies = {}
            for one in counted:
                _add(summed, one[by])
            rows.append(_row(by, BookSpan.MONTH, month.first, summed))
    return rows


def _row(by: By, span: BookSpan, first: date, tallies: Tallies) -> dict[str, object]:
    written = {key: tally.written() for key, tally in tallies.items()}
    return {"told_by": by, "span": span, "first": first, "tallies": written}


def _missing(over: date) -> set[date]:
    """Return the first days of months in which a day that is over has no book."""
    oldest = db.session.scalar(select(func.min(Ticket.filed_at)))
    if oldest is None:
        return set()
    first = oldest.astimezone(ZoneInfo(current_settings().time_zone)).date()
    if first > over:
        return set()
    kept = set(db.session.scalars(select(TicketBook.first).where(TicketBook.span == BookSpan.DAY).distinct()))
    return {
        month.first
        for month in months(first, over)
        if any(month.first + ONE * n not in kept for n in range(month.days) if month.first + ONE * n <= over)
    }


def _spoilt(parts: Sequence[Period]) -> set[date]:
    if not parts:
        return set()
    inside = TicketBookChange.day.between(parts[0].first, parts[-1].last)
    return set(db.session.scalars(select(TicketBookChange.day).where(inside).distinct()))


def _any(part: Period, spoilt: set[date]) -> bool:
    return any(part.first <= day <= part.last for day in spoilt)


def _kept(span: BookSpan, by: By, firsts: Collection[date]) -> dict[date, Tallies]:
    if not firsts:
        return {}
    chosen = select(TicketBook.first, TicketBook.tallies).where(
        TicketBook.told_by == by, TicketBook.span == span, TicketBook.first.in_(sorted(firsts))
    )
    return {first: {key: read(row) for key, row in rows.items()} for first, rows in db.session.execute(chosen)}


def _add(mine: Tallies, theirs: Tallies) -> None:
    for key, tally in theirs.items():
        mine.setdefault(key, Tally()).add(tally)
