"""The forms of silence: an attempt to reach somebody, and asking again about what is long over."""

from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from adminops.web.forms import Form, choices
from tickets.forms import LEAVE_OUT, LONGEST_TEXT, WritingForm
from tickets.silence.models import ContactWay


class AttemptForm(Form):
    """How somebody tried to reach the requester."""

    way = SelectField("Note an attempt", choices=choices((way.value, way.label.capitalize()) for way in ContactWay))


class AgainForm(WritingForm):
    """What is still missing, for a new request that names the old one."""

    body = TextAreaField(
        "What is still missing?",
        [InputRequired("Say what is still missing."), Length(max=LONGEST_TEXT)],
        description=LEAVE_OUT,
        render_kw={"rows": 6},
    )
