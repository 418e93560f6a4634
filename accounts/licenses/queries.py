"""Reading the seats of agencies and what was billed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import joinedload

from accounts.licenses.models import LicenseOrder, LicensePeriod
from accounts.models import Account, AccountState, Hold, HoldKind
from accounts.seats.models import AccountSeat
from accounts.seats.queries import further_at
from adminops import clock
from adminops.db import db
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from adminops.web.listing import Page, fetch_page


@dataclass(frozen=True)
class Seats:
    """The seats of an agency today; `total` is None where none were ever ordered."""

    total: int | None
    used: int

    @property
    def free(self) -> int:
        """How many are free; never less than none."""
        return max((self.total or 0) - self.used, 0)


@dataclass(frozen=True)
class AgencySeats:
    """One line of the list."""

    id: int
    name: str
    seats: Seats


def today() -> date:
    """Return the team's day."""
    return clock.today(current_settings().time_zone)


def agencies_in_reach(viewer: User) -> Select[Agency]:
    """Return the agencies whose seats the viewer may see."""
    reach = viewer.reach(Permission.READ_ACCOUNTS)
    return select(Agency) if reach.everywhere else select(Agency).where(Agency.id.in_(reach.agency_ids))


def find_agency(agency_id: int, viewer: User) -> Agency | None:
    """Return one agency, or None when there is none whose seats the viewer may see."""
    return db.session.scalar(agencies_in_reach(viewer).where(Agency.id == agency_id))


def seats_of(agency_id: int) -> Seats:
    """Return the seats of one agency today."""
    row = db.session.execute(select(_total(agency_id), _used(agency_id))).one()
    return Seats(row[0], row[1])


def list_seats(viewer: User, *, after: str | None = None) -> Page[AgencySeats]:
    """Return a page of agencies by name with their seats."""
    chosen = agencies_in_reach(viewer).with_only_columns(Agency.name, Agency.id, _total(Agency.id), _used(Agency.id))
    keys = (Agency.name, Agency.id)
    return fetch_page(
        chosen,
        keys,
        after=after,
        descending=False,
        shape=lambda row: AgencySeats(row[1], row[0], Seats(row[2], row[3])),
    )


def count_agencies(viewer: User) -> int:
    """Return how many agencies `list_seats` goes through."""
    return db.session.scalar(agencies_in_reach(viewer).with_only_columns(func.count(Agency.id))) or 0


def periods_of(agency_id: int) -> Sequence[LicensePeriod]:
    """Return the agency's periods with their orders, the newest first."""
    chosen = select(LicensePeriod).where(LicensePeriod.agency_id == agency_id).order_by(LicensePeriod.first_on.desc())
    return db.session.scalars(chosen.options(joinedload(LicensePeriod.orders))).unique().all()


def find_period(period_id: int, viewer: User) -> LicensePeriod | None:
    """Return one period, or None."""
    reach = agencies_in_reach(viewer).with_only_columns(Agency.id)
    return db.session.scalar(
        select(LicensePeriod).where(LicensePeriod.id == period_id, LicensePeriod.agency_id.in_(reach))
    )


def find_order(order_id: int, viewer: User) -> LicenseOrder | None:
    """Return one order, or None."""
    order = db.session.get(LicenseOrder, order_id)
    return order if order is not None and find_period(order.period_id, viewer) else None


def invoices(viewer: User) -> Iterable[Sequence[Any]]:
    """Yield a row for each order in reach, as the list of invoices has them."""
    reach = agencies_in_reach(viewer).with_only_columns(Agency.id)
    chosen = (
        select(LicenseOrder)
        .join(LicensePeriod, LicensePeriod.id == LicenseOrder.period_id)
        .join(Agency, Agency.id == LicensePeriod.agency_id)
        .where(LicensePeriod.agency_id.in_(reach))
        .order_by(LicensePeriod.first_on.desc(), Agency.name, LicenseOrder.id)
        .options(joinedload(LicenseOrder.period).joinedload(LicensePeriod.agency))
    )
    day = today()
    for order in db.session.scalars(chosen):
        period = order.period
        yield (
            period.agency.name,
            period.first_on.isoformat(),
            period.last_on.isoformat(),
            order.seats,
            order.from_on.isoformat(),
            f"{period.price_cents / 100:.2f}",
            f"{order.months}/{period.months}",
            f"{order.amount_cents / 100:.2f}",
            order.standing_on(day),
            order.invoice,
            order.invoiced_on.isoformat() if order.invoiced_on else "",
            order.paid_on.isoformat() if order.paid_on else "",
        )


INVOICE_HEADS = (
    *("Agency", "Period from", "Period until", "Seats", "Seats from", "Price of a seat", "Months", "Amount"),
    *("State", "Invoice", "Invoiced on", "Paid on"),
)


def _total(agency_id: Any) -> Any:
    day = today()
    ordered = select(func.sum(LicenseOrder.seats)).join(LicensePeriod, LicensePeriod.id == LicenseOrder.period_id)
    held = (LicensePeriod.first_on <= day, LicensePeriod.last_on >= day, LicenseOrder.from_on <= day)
    return ordered.where(LicensePeriod.agency_id == agency_id, *held).scalar_subquery()


def _used(agency_id: Any) -> Any:
    taken = (Account.agency_id == agency_id, Account.state.not_in((AccountState.REQUESTED, AccountState.ARCHIVED)))
    own = select(func.count(Account.id)).where(*taken, ~_has_left())
    further = select(func.count(AccountSeat.id)).join(Account, Account.id == AccountSeat.account_id)
    further = further.where(further_at(agency_id), *taken[1:], ~_has_left())
    return own.scalar_subquery() + further.scalar_subquery()


def takes_a_seat(account: Account) -> bool:
    """Say whether an account takes up a seat of its agency."""
    left = any(hold.kind is HoldKind.OFFBOARDED and hold.released_at is None for hold in account.open_holds)
    return account.state not in (AccountState.REQUESTED, AccountState.ARCHIVED) and not left


def _has_left() -> ColumnElement[bool]:
    """Say that the person was off-boarded: the seat is free from that moment on."""
    return exists().where(
        Hold.account_id == Account.id,
        Hold.kind == HoldKind.OFFBOARDED,
        Hold.released_at.is_(None),
        Hold.begins_at <= clock.now(),
    )
