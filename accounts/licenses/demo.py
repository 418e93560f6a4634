"""The seats of the demo: a year for each agency, one with more accounts than seats, some bills open."""

from datetime import date, timedelta

from accounts.licenses.models import LicensePeriod
from accounts.licenses.operations import note_invoice, note_payment, open_period, order_seats
from accounts.licenses.queries import seats_of
from adminops import clock
from adminops.demo.cast import Cast

NONE_AT, SHORT_AT = 9, 6
"""Which agencies have a story."""


def fill(cast: Cast) -> None:
    """Let the agencies order seats for the year that runs."""
    year = cast.now.year if cast.now.month > 6 else cast.now.year - 1
    first = date(year, 7, 1)
    for place, agency in enumerate(cast.agencies):
        if place == NONE_AT:
            continue
        used = max(seats_of(agency.id).used, 1)
        with clock.frozen_at(cast.days_ago(max((cast.now.date() - first).days, 1))):
            period = open_period(
                agency,
                first_on=first,
                last_on=date(year + 1, 6, 30),
                price_cents=22_500,
                seats=used - 1 if place == SHORT_AT and used > 1 else used + place % 3,
                by=cast["desmond"],
            )
        _bill(cast, period, place)


def _bill(cast: Cast, period: LicensePeriod, place: int) -> None:
    by, day = cast["desmond"], cast.now.date()
    if place % 4 == 1 and (from_on := day - timedelta(days=20)) > period.first_on:
        order_seats(period, seats=2, from_on=from_on, by=by)
    if place % 5 == 4:
        return
    order = period.orders[0]
    note_invoice(order, invoice=f"L-{period.first_on.year}-{place + 1:03}", invoiced_on=period.first_on, by=by)
    if place % 3 != 2:
        note_payment(order, paid_on=min(day, period.first_on + timedelta(days=18)), by=by)
