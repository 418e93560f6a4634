"""The forms of requests for accounts."""

from wtforms import DateField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from adminops.web.forms import Form
from adminops.web.guarding import CleanForm


class BackgroundForm(Form):
    """The day of a background check."""

    checked_on = DateField("Passed on", [DataRequired("Enter the day on which it was passed.")])


class WaiveForm(CleanForm):
    """Why something is waived."""

    reason = StringField(
        "Why?",
        [InputRequired("Say why it is waived: it stays on record."), Length(max=200)],
        description="The agency reads it, too",
    )
