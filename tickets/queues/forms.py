"""The form of a queue."""

from typing import Any

from wtforms import IntegerField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from adminops.web.forms import Form, choices
from tickets.queues.models import TicketQueue


class QueueForm(Form):
    """Name, request types, and after how long untouched tickets go back."""

    name = StringField("Name", [InputRequired("Give the queue a name."), Length(max=60)])
    untouched_hours = IntegerField(
        "Back to the queue when untouched for",
        [InputRequired("Enter a number of hours, or 0."), NumberRange(0, 400)],
        default=0,
        description="Business hours; 0 leaves tickets with whom they were given to",
    )
    request_types = SelectMultipleField(
        "Request types", widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )

    def __init__(self, kinds: list[tuple[str, str]], queue: TicketQueue | None = None) -> None:
        super().__init__(obj=queue)
        self.request_types.choices = choices(kinds)

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `save_queue`."""
        return {**super().values(), "request_types": self.request_types.data or []}
