"""The forms of the agency pages."""

from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length

from adminops.web.forms import Form


class AgencyForm(Form):
    """An agency's particulars."""

    name = StringField("Name", [InputRequired("Enter the agency's name."), Length(max=200)])
    phone = StringField("Phone", [Length(max=60)], description="The number people call about HMIS questions.")
    is_victim_service_provider = BooleanField(
        "Victim service provider",
        description="Its clients never enter the shared HMIS: no matching, no sight for others.",
    )
