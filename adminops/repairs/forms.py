"""The form that takes a repair back."""

from wtforms import StringField
from wtforms.validators import InputRequired, Length

from adminops.web.guarding import CleanForm


class UndoForm(CleanForm):
    """Why a row shall read as it came."""

    reason = StringField(
        "Why",
        [InputRequired("Say why: whoever looks at this row next will ask."), Length(max=500)],
        description="Use ids only: no names, birth dates or SSNs.",
    )
