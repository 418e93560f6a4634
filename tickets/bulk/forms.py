"""The form of an act on many tickets: which act, and what it needs."""

from typing import Any

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from adminops.web.forms import choices
from tickets.absences.queries import team_choices
from tickets.bulk.models import Act
from tickets.forms import LEAVE_OUT, LONGEST_TEXT, WritingForm, read_status, status_value
from tickets.models import Priority, TicketState, WaitingOn
from tickets.resolving.choices import endings


class BulkForm(WritingForm):
    """What is to be done; of the fields below only the one of the chosen act counts."""

    act = RadioField("What shall be done?", choices=choices((act.value, act.label) for act in Act), default=Act.ASSIGN)
    assignee = SelectField("Assigned to")
    state = SelectField("Status")
    resolution = SelectField("How they ended", choices=choices(endings(must_choose=False)), validate_choice=False)
    priority = SelectField("Priority", choices=choices((level.value, level.value.capitalize()) for level in Priority))
    tag = StringField("Tag", [Length(max=60)])
    body = TextAreaField("Message", [Length(max=LONGEST_TEXT)], description=LEAVE_OUT, render_kw={"rows": 4})

    unguarded = frozenset({"tag"})

    def __init__(self) -> None:
        super().__init__()
        self.assignee.choices = choices([("", "Nobody: back to the queue"), *team_choices()])
        waits = [
            (status_value(TicketState.WAITING, whom), whom.label)
            for whom in WaitingOn
            if whom not in ("approval", "project")
        ]
        plain = [(s.value, s.value.capitalize()) for s in (TicketState.OPEN, TicketState.RESOLVED, TicketState.CLOSED)]
        self.state.choices = choices([plain[0], *waits, *plain[1:]])

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `plan`."""
        act = Act(self.act.data)
        return {"act": act, "value": self._value(act), "body": self.body.data or ""}

    def _value(self, act: Act) -> dict[str, Any]:
        match act:
            case Act.ASSIGN:
                return {"assignee": int(self.assignee.data) if self.assignee.data else None}
            case Act.STATE:
                state, whom = read_status(self.state.data)
                ending = {"resolution": self.resolution.data} if state is TicketState.RESOLVED else {}
                return {"state": state.value, "waiting_on": whom.value if whom else None, **ending}
            case Act.PRIORITY:
                return {"priority": self.priority.data}
            case Act.TAG | Act.UNTAG:
                return {"tag": self.tag.data or ""}
        return {"confirmed": bool(self.confirmed_clean.data)}
