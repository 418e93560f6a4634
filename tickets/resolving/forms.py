"""The form of evidence."""

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from tickets.forms import LEAVE_OUT, LONGEST_TEXT, WritingForm


class EvidenceForm(WritingForm):
    """What shows that it was done."""

    body = TextAreaField(
        "What shows that it was done?",
        [InputRequired("Say what shows that it was done."), Length(max=LONGEST_TEXT)],
        description=f"The team reads it as a note. {LEAVE_OUT}",
        render_kw={"rows": 4},
    )
