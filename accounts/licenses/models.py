"""Periods with a price, and the seats that were ordered in them."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, Model
from adminops.identity.models import Agency

DAYS_TO_PAY = timedelta(days=30)


class LicensePeriod(Model):
    """The time for which an agency's seats are billed, mostly a year, and what one costs for all of it."""

    __tablename__ = "license_period"
    __table_args__ = (Index(None, "agency_id", "first_on"),)

    id: Mapped[Key]
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    first_on: Mapped[date]
    last_on: Mapped[date]
    price_cents: Mapped[int]
    """What one seat costs for the whole period; 0 where seats are free and only counted."""
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    agency: Mapped[Agency] = relationship()
    orders: Mapped[list["LicenseOrder"]] = relationship(back_populates="period", order_by="LicenseOrder.id")

    @property
    def months(self) -> int:
        """How many months it has, begun ones in full."""
        return months_begun(self.first_on, self.last_on)

    def holds_on(self, day: date) -> bool:
        """Say whether `day` lies in it."""
        return self.first_on <= day <= self.last_on


class LicenseOrder(Model):
    """Seats of a period, from a day on. What they cost is counted from price and months, never typed."""

    __tablename__ = "license_order"

    id: Mapped[Key]
    period_id: Mapped[int] = mapped_column(ForeignKey("license_period.id"), index=True)
    seats: Mapped[int]
    from_on: Mapped[date]
    ordered_at: Mapped[datetime] = mapped_column(default=clock.now)
    ordered_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    invoice: Mapped[Code] = mapped_column(default="")
    """Number of the invoice."""
    invoiced_on: Mapped[date | None]
    paid_on: Mapped[date | None]
    period: Mapped[LicensePeriod] = relationship(back_populates="orders")

    @property
    def months(self) -> int:
        """How many months of the period are left from its first day on, begun ones in full."""
        return min(months_begun(self.from_on, self.period.last_on), self.period.months)

    @property
    def amount_cents(self) -> int:
        """What the seats cost: the price of the period by the months that are left, to the cent."""
        exact = Decimal(self.seats * self.period.price_cents * self.months) / self.period.months
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))

    def standing_on(self, day: date) -> str:
        """Return one word: ordered, invoiced, overdue or paid."""
        if self.paid_on is not None:
            return "paid"
        if self.invoiced_on is None:
            return "ordered"
        return "overdue" if self.invoiced_on + DAYS_TO_PAY < day else "invoiced"


def months_begun(first: date, last: date) -> int:
    """Return how many months lie between two days, both included; a month that has begun counts."""
    after = last + timedelta(days=1)
    whole = (after.year - first.year) * 12 + after.month - first.month
    return whole + (after.day > first.day)
