"""The form of a queue."""

from typing import Any

from wtforms import IntegerField, RadioField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from adminops.db import db
from adminops.identity.models import User
from adminops.web.forms import choices
from adminops.web.guarding import CleanForm
from tickets.absences.queries import team_choices
from tickets.queues.models import TicketQueue
from tickets.queues.rules import Rule


class QueueForm(CleanForm):
    """Name, request types, who is given its tickets, and after how long untouched ones go back."""

    name = StringField("Name", [InputRequired("Give the queue a name."), Length(max=60)])
    untouched_hours = IntegerField(
        "Back to the queue when untouched for",
        [InputRequired("Enter a number of hours, or 0."), NumberRange(0, 400)],
        default=0,
        description="Business hours; 0 leaves tickets with whom they were given to",
    )

    rule = RadioField(
        "Who is given a ticket that comes in?",
        choices=choices((rule.value, rule.label) for rule in Rule),
        default=Rule.MANUAL.value,
    )
    members = SelectMultipleField(
        "Among these people",
        description="Who is away is passed over, and so is who may not see a ticket or asked for it",
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    request_types = SelectMultipleField(
        "Request types", widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )

    def __init__(self, kinds: list[tuple[str, str]], queue: TicketQueue | None = None) -> None:
        now = (
            {
                "name": queue.name,
                "untouched_hours": queue.untouched_hours,
                "request_types": queue.request_types,
                "rule": queue.rule.value,
                "members": [str(member.user_id) for member in queue.members],
            }
            if queue
            else {}
        )
        super().__init__(data=now)
        self.request_types.choices = choices(kinds)
        self.members.choices = choices(team_choices())

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `save_queue`."""
        return {
            **super().values(),
            "request_types": self.request_types.data or [],
            "rule": Rule(self.rule.data),
            "members": [db.session.get_one(User, int(number)) for number in self.members.data or []],
        }
