"""The forms of the client pages."""

from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from adminops.clients.operations import REASONS
from adminops.web.forms import Form, choice_field


class LookUpForm(Form):
    """A name or a PersonalID. It is sent as a POST: names of clients don't belong into addresses."""

    words = StringField(
        "Name or client ID",
        [InputRequired("Type a name or a client ID."), Length(max=120)],
        description="Last name, first name; or first name last name; or the beginning of one of them.",
    )
    after = HiddenField()


class RevealForm(Form):
    """Why the whole SSN is needed."""

    reason = choice_field("Why do you need it?", REASONS.items(), validators=[InputRequired("Choose why.")])
