"""The verbs of licenses: open a period, order seats, note the invoice and the payment."""

from datetime import date

from sqlalchemy import select

from accounts.licenses.models import LicenseOrder, LicensePeriod
from accounts.licenses.queries import today
from adminops.db import db
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.facts import (
    publish,
)
from adminops.facts.opening import (
    LicenseInvoiced,
    LicensePaid,
    LicensePeriodOpened,
    LicenseSeatsOrdered,
)
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission

MOST_SEATS = 10_000
MOST_CENTS = 10_000_000
MOST_DAYS = 5 * 366


def check_may_bill(*, by: User) -> None:
    """Raise `NotAllowed` for who does not keep the licenses."""
    if not by.may(Permission.MANAGE_LICENSES):
        raise NotAllowed("Only the HMIS manager orders licenses and notes what was paid.")


def open_period(
    agency: Agency, *, first_on: date, last_on: date, price_cents: int, seats: int, by: User
) -> LicensePeriod:
    """Open a period of `agency` with its first seats.

    Raises `NotAllowed` (accounts.licenses), `Invalid` for days, price or seats out of range, `Conflict` where one is
    open at that time. Publishes `LicensePeriodOpened`, `LicenseSeatsOrdered`.
    """
    check_may_bill(by=by)
    if last_on < first_on:
        raise Invalid("It has to end after it begins.", field="last_on")
    if (last_on - first_on).days > MOST_DAYS:
        raise Invalid("A period has five years at most.", field="last_on")
    if not 0 <= price_cents <= MOST_CENTS:
        raise Invalid("Enter what one seat costs, 0 if nothing.", field="price")
    db.session.execute(select(Agency.id).where(Agency.id == agency.id).with_for_update())
    other = select(LicensePeriod.id).where(
        LicensePeriod.agency_id == agency.id, LicensePeriod.first_on <= last_on, LicensePeriod.last_on >= first_on
    )
    if db.session.scalar(other) is not None:
        raise Conflict("A period of this agency lies in these days already.", field="first_on")
    period = LicensePeriod(
        agency_id=agency.id, first_on=first_on, last_on=last_on, price_cents=price_cents, opened_by_id=by.id
    )
    db.session.add(period)
    db.session.flush()
    publish(LicensePeriodOpened(agency_id=agency.id, period_id=period.id), by=by)
    order_seats(period, seats=seats, from_on=first_on, by=by)
    return period


def order_seats(period: LicensePeriod, *, seats: int, from_on: date, by: User) -> LicenseOrder:
    """Order seats of a period from a day on; they are billed by the months that are left.

    Raises `NotAllowed` (accounts.licenses), `Invalid` for seats out of range or a day outside. Publishes
    `LicenseSeatsOrdered`.
    """
    check_may_bill(by=by)
    if not 0 < seats <= MOST_SEATS:
        raise Invalid(f"Enter how many seats, from 1 to {MOST_SEATS:,}.", field="seats")
    if not period.holds_on(from_on):
        raise Invalid("That day is outside of the period.", field="from_on")
    order = LicenseOrder(period=period, seats=seats, from_on=from_on, ordered_by_id=by.id)
    db.session.add(order)
    db.session.flush()
    publish(LicenseSeatsOrdered(agency_id=period.agency_id, period_id=period.id, order_id=order.id), by=by)
    return order


def note_invoice(order: LicenseOrder, *, invoice: str, invoiced_on: date, by: User) -> None:
    """Note that seats were billed. Raises `NotAllowed`, `InvalidState`, `Invalid`. Publishes `LicenseInvoiced`."""
    check_may_bill(by=by)
    if order.invoiced_on is not None:
        raise InvalidState("This was billed already.")
    if not (invoice := " ".join(invoice.split())):
        raise Invalid("Enter the number of the invoice.", field="invoice")
    order.invoice, order.invoiced_on = invoice[:60], invoiced_on
    db.session.flush()
    publish(LicenseInvoiced(agency_id=order.period.agency_id, period_id=order.period_id, order_id=order.id), by=by)


def note_payment(order: LicenseOrder, *, paid_on: date, by: User) -> None:
    """Note that seats were paid. Raises `NotAllowed`, `InvalidState`, `Invalid`. Publishes `LicensePaid`."""
    check_may_bill(by=by)
    if order.invoiced_on is None:
        raise InvalidState("Note the invoice first.")
    if order.paid_on is not None:
        raise InvalidState("This was paid already.")
    if not order.invoiced_on <= paid_on <= today():
        raise Invalid("Enter the day of the payment: after the invoice, and not in the future.", field="paid_on")
    order.paid_on = paid_on
    db.session.flush()
    publish(LicensePaid(agency_id=order.period.agency_id, period_id=order.period_id, order_id=order.id), by=by)
