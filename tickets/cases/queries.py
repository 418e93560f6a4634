"""Reads of cases at the vendor: the team's alone."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.settings import current_settings
from adminops.web.listing import Page, fetch_page
from tickets.cases.models import KIND, OPEN, WAITED_FOR, CaseState, VendorCase
from tickets.models import Ticket, TicketLink
from tickets.sight import visible_to


class Which(StrEnum):
    """Which cases a list shows."""

    OPEN = "open"
    LATE = "late"
    DONE = "done"


def list_cases(which: Which, *, after: str | None = None) -> Page[VendorCase]:
    """Return a page of cases, the newest first."""
    rows = select(VendorCase.id, VendorCase).where(_is(which))
    return fetch_page(rows, [VendorCase.id], after=after, shape=lambda row: row[1])


def count_cases() -> dict[Which, int]:
    """Return how many cases each list has."""
    counts = [select(func.count(VendorCase.id)).where(_is(which)).scalar_subquery() for which in Which]
    return dict(zip(Which, db.session.execute(select(*counts)).one(), strict=True))


def _is(which: Which) -> ColumnElement[bool]:
    if which is Which.DONE:
        return VendorCase.state == CaseState.VERIFIED
    if which is Which.OPEN:
        return VendorCase.state.in_(OPEN)
    today = clock.today(current_settings().time_zone)
    return VendorCase.state.in_(WAITED_FOR) & (VendorCase.promised_on < today)


def broken_promises(limit: int) -> Sequence[VendorCase]:
    """Return cases whose promised day is over, where nobody was told of that day."""
    untold = VendorCase.told_of.is_distinct_from(VendorCase.promised_on)
    chosen = select(VendorCase).where(_is(Which.LATE), untold).order_by(VendorCase.promised_on, VendorCase.id)
    return db.session.scalars(chosen.limit(limit)).all()


def those_who_wait(case: VendorCase) -> list[User]:
    """Return who wrote `case` down, and who works on the open tickets that wait for it."""
    waiting = select(Ticket.assignee_id).join(TicketLink, TicketLink.ticket_id == Ticket.id)
    of_it = waiting.where(Ticket.is_open, TicketLink.kind == KIND, TicketLink.ref_id == str(case.id))
    concerned = or_(User.id == case.opened_by_id, User.id.in_(of_it))
    return list(db.session.scalars(select(User).where(User.may_sign_in, concerned).order_by(User.id)))


def open_cases() -> list[VendorCase]:
    """Return the cases that tickets may wait for, by vendor and number."""
    chosen = select(VendorCase).where(VendorCase.state.in_(OPEN)).order_by(VendorCase.vendor, VendorCase.number)
    return list(db.session.scalars(chosen))


def get_case(case_id: int) -> VendorCase:
    """Return a case. Raises `NotFound`."""
    case = db.session.get(VendorCase, case_id)
    if case is None:
        raise NotFound("There is no such case.")
    return case


def count_tickets_of(cases: Sequence[VendorCase], viewer: User) -> dict[int, int]:
    """Return how many open tickets that `viewer` may see wait for each of `cases`."""
    counted = (
        visible_to(viewer)
        .join(TicketLink, TicketLink.ticket_id == Ticket.id)
        .where(Ticket.is_open, TicketLink.kind == KIND, TicketLink.ref_id.in_([str(case.id) for case in cases]))
        .with_only_columns(TicketLink.ref_id, func.count())
        .group_by(TicketLink.ref_id)
    )
    return {int(number): count for number, count in db.session.execute(counted)}
