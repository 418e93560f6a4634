"""The forms of the merge desk."""

from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from adminops.web.forms import Form, choice_field

CLIENT_ID = [
    InputRequired("Enter a client ID."),
    Length(max=32),
    Regexp(r"^[\w-]+$", message="A client ID has letters, digits and dashes only."),
]
UNITS = ("name", "dob", "ssn", "sex", "race", "veteran")


class DecisionForm(Form):
    """What the reviewer decided; the choices of fields are read beside it."""

    reason = TextAreaField("Reason", [Length(max=2000)], render_kw={"rows": 2})


class ScanForm(Form):
    """A button."""


class RequestForm(Form):
    """What somebody who found a duplicate tells: two client IDs and what is right, never the values themselves."""

    first_client = StringField("Client ID of one record", CLIENT_ID)
    second_client = StringField("Client ID of the other record", CLIENT_ID)
    right_record = choice_field(
        "Which record is right?",
        (("first", "The first one"), ("second", "The second one"), ("mixed", "Some of each: I say which below")),
        validators=[InputRequired("Say which record is right.")],
    )
