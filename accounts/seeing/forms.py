"""The form of looking back."""

from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from adminops.web.forms import Form


class SightForm(Form):
    """Which record, and which day."""

    client_id = IntegerField(
        "Number of the client record",
        [InputRequired("Enter the number that stands in the record's address."), NumberRange(min=1, max=2**31 - 1)],
        description="It stands at the end of the address of the client's page",
        render_kw={"inputmode": "numeric"},
    )
    on = DateField("On", [InputRequired("Enter a day.")])
