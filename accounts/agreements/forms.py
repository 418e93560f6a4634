"""The forms of the user agreement."""

from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from accounts.agreements.operations import LONGEST
from adminops.web.forms import Form


class TextForm(Form):
    """A new version."""

    body = TextAreaField(
        "The agreement",
        [InputRequired("Enter the agreement."), Length(max=LONGEST)],
        description="Plain text; a blank line begins a new paragraph",
        render_kw={"rows": "18"},
    )
    valid_days = IntegerField("A signature counts for so many days", [InputRequired("Enter the days.")], default=365)
    for_everybody = BooleanField(
        "Everybody signs this version", description="Signatures of earlier versions then count for 30 days more"
    )


class SignForm(Form):
    """One's name under the agreement."""

    read = BooleanField("I have read the agreement and will keep to it", [DataRequired("Tick this to sign.")])
    typed_name = StringField(
        "Your name, as your signature",
        [InputRequired("Type your name to sign."), Length(max=200)],
        render_kw={"autocomplete": "name"},
    )
