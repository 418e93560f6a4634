"""The forms of time spent."""

from typing import Any

from wtforms import DateField, IntegerField, SelectField
from wtforms.validators import InputRequired

from adminops.db import db
from adminops.identity.models import User
from adminops.web.forms import Form, choices
from tickets.absences.queries import office_day
from tickets.queries import team
from tickets.spent.models import Activity, TicketTime


class TimeForm(Form):
    """Minutes, what for, on which day, and whose."""

    minutes = IntegerField("Minutes", [InputRequired("Enter how many minutes.")])
    activity = SelectField("What for", choices=choices((each.value, each.label) for each in Activity))
    worked_on = DateField("On", [InputRequired("Enter a day.")], default=office_day)
    person = SelectField("Whose time")

    def __init__(self, user: User, row: TicketTime | None = None, *, others: bool = False) -> None:
        now = {"minutes": row.minutes, "activity": row.activity.value, "worked_on": row.worked_on} if row else {}
        super().__init__(data={"person": str(user.id), **now})
        if others and row is None:
            self.person.choices = choices((str(each.id), each.name) for each in team())
        else:
            del self.person

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `note_time` and `correct_time`."""
        values: dict[str, Any] = {
            "minutes": self.minutes.data,
            "activity": Activity(self.activity.data),
            "worked_on": self.worked_on.data,
        }
        if self.person:
            values["person"] = db.session.get_one(User, int(self.person.data))
        return values
