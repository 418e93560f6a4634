"""The form of a step."""

from wtforms import StringField
from wtforms.validators import Length

from adminops.web.guarding import CleanForm


class TickForm(CleanForm):
    """What was entered, or what shows it."""

    evidence = StringField("What was entered", [Length(max=200)], description="Staff only: never a client's name")
