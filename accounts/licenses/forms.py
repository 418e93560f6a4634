"""The forms of licenses."""

from decimal import Decimal
from typing import Any

from wtforms import DateField, DecimalField, IntegerField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from adminops.web.forms import Form


def _seats() -> IntegerField:
    return IntegerField(
        "Seats", [InputRequired("Enter how many seats.")], render_kw={"min": "1", "inputmode": "numeric"}
    )


class PeriodForm(Form):
    """A period with its first seats."""

    first_on = DateField("First day", [DataRequired("Enter the first day.")])
    last_on = DateField("Last day", [DataRequired("Enter the last day.")])
    price = DecimalField(
        "Price of a seat for the whole period, in dollars",
        [InputRequired("Enter what one seat costs, 0 if nothing.")],
        description="0 where seats are free and only counted",
        render_kw={"inputmode": "decimal"},
    )
    seats = _seats()

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `open_period`."""
        values = super().values()
        price = values.pop("price")
        sane = price.is_finite() and -1_000_000 < price < 1_000_000
        return {**values, "price_cents": round(Decimal(price) * 100) if sane else -1}


class SeatsForm(Form):
    """More seats of a period."""

    seats = _seats()
    from_on = DateField("From", [DataRequired("Enter the first day of these seats.")])


class InvoiceForm(Form):
    """The invoice of some seats."""

    invoice = StringField("Number of the invoice", [InputRequired("Enter the number."), Length(max=60)])
    invoiced_on = DateField("Day of the invoice", [DataRequired("Enter the day of the invoice.")])


class PaymentForm(Form):
    """The payment of some seats."""

    paid_on = DateField("Paid on", [DataRequired("Enter the day of the payment.")])
