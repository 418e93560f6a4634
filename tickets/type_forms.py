"""The form of a request type."""

from typing import Any

from wtforms import BooleanField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from adminops.web.forms import choices
from adminops.web.guarding import CleanForm
from tickets.models import Priority
from tickets.type_versions import Edit

CLOSINGS = {
    "free": "nothing is asked",
    "code": "they say how it ended",
    "evidence": "they say how it ended, and what shows that it was done",
    "work": "they say how it ended, and the work was carried out here",
}
TEXTS = ("title", "help", "priority", "approval", "pii_rule", "closing", "evidence")


class TypeForm(CleanForm):
    """What administrators change of a request type. `based_on` is the version they have read."""

    based_on = HiddenField(validators=[Length(max=10)])
    title = StringField("Title", [InputRequired("Give it a title."), Length(max=80)])
    help = StringField("One line of help", [InputRequired("Say what it is for."), Length(max=200)])
    priority = SelectField("Priority", choices=choices((level.value, level.value.capitalize()) for level in Priority))
    target_hours = IntegerField(
        "Resolved within (office hours)",
        [InputRequired("Enter how many hours.")],
        description="An office day has nine",
    )
    approval = SelectField(
        "Who must agree first?",
        choices=choices([("none", "Nobody"), ("team", "An approver of the team"), ("work", "Who carries it out")]),
    )
    pii_rule = StringField("What to leave out", [InputRequired("Say what to leave out."), Length(max=200)])
    closing = SelectField("Before the team resolves one", choices=choices(CLOSINGS.items()))
    evidence = StringField(
        "What shows that it was done", [Length(max=200)], description="Read by who has to give it; without client data"
    )
    checklist = TextAreaField(
        "Checklist of the team, one step a line",
        [Length(max=4000)],
        description="Begin a line with ! where the ticket can't be resolved before that is done",
        render_kw={"rows": 6},
    )
    manuals = TextAreaField(
        "Manual pages to suggest",
        [Length(max=1000)],
        description="Words that find them, one search a line",
        render_kw={"rows": 2},
    )
    offered = BooleanField("People can ask for this")
    because = StringField("Why the change?", [Length(max=200)], description="For the history")

    def edit(self) -> Edit:
        """Return what was entered."""
        values: dict[str, Any] = {name: self._fields[name].data or "" for name in TEXTS}
        for name in ("checklist", "manuals"):
            lines = (line.strip() for line in (self._fields[name].data or "").splitlines())
            values[name] = tuple(filter(None, lines))
        return Edit(**values, target_hours=self.target_hours.data or 0, offered=bool(self.offered.data))
