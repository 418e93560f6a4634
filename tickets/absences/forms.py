"""The form of an absence."""

from typing import Any

from wtforms import DateField, SelectField
from wtforms.validators import InputRequired

from adminops.db import db
from adminops.identity.models import User
from adminops.web.forms import Form, choices
from tickets.absences.queries import office_day
from tickets.queries import team


class AbsenceForm(Form):
    """Who is away, from when until when, and who stands in."""

    person = SelectField("Who")
    first_day = DateField("First day away", [InputRequired("Enter a day.")], default=office_day)
    last_day = DateField("Last day away", [InputRequired("Enter a day.")], default=office_day)
    substitute = SelectField(
        "Who stands in",
        description="Is given what the queues give out when nobody of the queue is present",
    )

    def __init__(self, user: User, *, others: bool) -> None:
        super().__init__(data={"person": str(user.id)})
        people = [(str(row.id), row.name) for row in team()]
        self.person.choices = choices(people)
        self.substitute.choices = choices([("", "Nobody"), *people])
        self.user = user
        if not others:
            del self.person

    def values(self) -> dict[str, Any]:
        """Return the arguments of `enter_absence`."""
        return {
            "person": _user(self.person.data) if self.person else self.user,
            "first_day": self.first_day.data,
            "last_day": self.last_day.data,
            "substitute": _user(self.substitute.data) if self.substitute.data else None,
        }


def _user(number: str) -> User:
    return db.session.get_one(User, int(number))
