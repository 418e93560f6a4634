"""Licenses: what seats cost is counted, who takes one up is counted, bills are noted once."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from accounts.licenses.models import LicenseOrder, LicensePeriod, months_begun
from accounts.licenses.operations import note_invoice, note_payment, open_period, order_seats
from accounts.licenses.queries import invoices, seats_of, today
from accounts.models import AccountState, DisabledReason, HoldKind
from accounts.operations import disable_account, place_hold
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.identity.models import SYSTEM, Agency
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_accounts import make_account


def make_period(agency: Agency, *, seats: int = 3, price_cents: int = 22_500) -> LicensePeriod:
    """Open a period of a year around today."""
    first = today() - timedelta(days=100)
    return open_period(
        agency,
        first_on=first,
        last_on=first + timedelta(days=364),
        price_cents=price_cents,
        seats=seats,
        by=SYSTEM,
    )


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2026-01-01", "2026-12-31", 12),
        ("2026-07-01", "2026-12-31", 6),
        ("2026-07-15", "2026-12-31", 6),
        ("2026-12-31", "2026-12-31", 1),
        ("2026-01-31", "2026-02-28", 2),
        ("2025-10-15", "2026-10-14", 12),
    ],
)
def test_months_that_have_begun_count(first: str, last: str, months: int) -> None:
    assert months_begun(date.fromisoformat(first), date.fromisoformat(last)) == months


def test_seats_of_the_middle_of_a_year_cost_by_the_months_left() -> None:
    year = LicensePeriod(first_on=date(2026, 1, 1), last_on=date(2026, 12, 31), price_cents=22_500)
    for seats, from_on, cents in ((1, 1, 22_500), (2, 7, 22_500), (1, 12, 1_875), (3, 11, 11_250)):
        assert LicenseOrder(period=year, seats=seats, from_on=date(2026, from_on, 1)).amount_cents == cents
    odd = LicensePeriod(first_on=date(2026, 1, 1), last_on=date(2026, 7, 31), price_cents=10_000)
    assert LicenseOrder(period=odd, seats=1, from_on=date(2026, 5, 31)).amount_cents == 4_286


def test_who_has_an_account_takes_a_seat_until_they_leave(session: Session) -> None:
    agency = make_agency()
    assert (seats_of(agency.id).total, seats_of(agency.id).used) == (None, 0)
    period = make_period(agency)
    stays, leaves = make_account(agency=agency), make_account(agency=agency)
    for state in (AccountState.REQUESTED, AccountState.ARCHIVED):
        make_account(agency=agency, state=state)
    make_account()
    assert (seats_of(agency.id).used, seats_of(agency.id).free) == (2, 1)
    place_hold(stays, HoldKind.TRAINING, by=SYSTEM)
    disable_account(leaves, DisabledReason.LEFT, by=SYSTEM)
    assert (seats_of(agency.id).used, seats_of(agency.id).free) == (1, 2)
    order_seats(period, seats=4, from_on=today(), by=SYSTEM)
    order_seats(period, seats=9, from_on=today() + timedelta(days=1), by=SYSTEM)
    assert seats_of(agency.id).total == 7


def test_seats_are_billed_once_and_paid_once_by_the_manager(session: Session) -> None:
    agency = make_agency(name="=Harbor")
    with pytest.raises(NotAllowed):
        open_period(agency, first_on=today(), last_on=today(), price_cents=1, seats=1, by=make_user(Role.SYSTEM_ADMIN))
    order, by = make_period(agency).orders[0], make_user(Role.MANAGER)
    with pytest.raises(InvalidState, match="invoice first"):
        note_payment(order, paid_on=today(), by=by)
    note_invoice(order, invoice="L-1", invoiced_on=today() - timedelta(days=31), by=by)
    assert order.standing_on(today()) == "overdue"
    with pytest.raises(InvalidState, match="billed already"):
        note_invoice(order, invoice="L-2", invoiced_on=today(), by=by)
    with pytest.raises(Invalid, match="not in the future"):
        note_payment(order, paid_on=today() + timedelta(days=1), by=by)
    note_payment(order, paid_on=today(), by=by)
    with pytest.raises(InvalidState, match="paid already"):
        note_payment(order, paid_on=today(), by=by)
    assert [row[7:10] for row in invoices(by)] == [("675.00", "paid", "L-1")]
    with pytest.raises(Conflict, match="in these days"):
        make_period(agency)


def test_manager_keeps_the_seats_and_the_lead_sees_their_own(desk: Desk) -> None:
    with desk.work():
        agency, other = make_agency(), make_agency()
        manager, lead = make_user(Role.MANAGER), make_user(Role.AGENCY_LEAD, agency=agency)
        first = today() - timedelta(days=40)
    visitor, url = desk.signed_in(manager), f"/accounts/licenses/{agency.id}"
    assert visitor.get(url).says("No seats are on record")
    sent = {"first_on": f"{first}", "last_on": f"{first + timedelta(days=364)}", "price": "225", "seats": "4"}
    for field, wrong in (("seats", "0"), ("price", "NaN"), ("price", "1e99"), ("last_on", "2001-01-01")):
        visitor.post(f"{url}/new", {**sent, field: wrong}, status=422)
    page = visitor.post(f"{url}/new", sent, follow=True)
    assert page.says("$900.00")
    more = visitor.post(page.link("Order seats"), {"seats": "1", "from_on": f"{first}"}, follow=True)
    assert more.says("5 seats, 0 in use, 5 free")
    visitor.post(page.link("Order seats"), {"seats": "1", "from_on": "1999-01-01"}, status=422)
    billed = visitor.post(more.link("Note the invoice"), {"invoice": "L-9", "invoiced_on": f"{first}"}, follow=True)
    assert billed.says("Overdue")
    assert visitor.post(billed.link("Note the payment"), {"paid_on": f"{first}"}, follow=True).says("Paid")
    own = desk.signed_in(lead)
    assert own.get("/accounts/licenses").says(agency.name)
    assert not own.get("/accounts/licenses").says(other.name)
    assert own.get(url).says("$900.00")
    own.get(f"/accounts/licenses/{other.id}", status=404)
    own.get(f"{url}/new", status=403)
    assert "L-9" in own.get("/accounts/licenses/invoices.csv").html
