"""The forms of projects."""

from typing import Any

from wtforms import DateField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from adminops.db import db
from adminops.identity.models import User
from adminops.web.forms import Form, choices
from adminops.web.guarding import GuardedForm
from tickets.absences.queries import team_choices
from tickets.forms import LEAVE_OUT, LONGEST_TEXT, WritingForm
from tickets.projects.models import TicketProject
from tickets.projects.operations import LONGEST_PART, MOST_PARTS

_MOST = MOST_PARTS * (LONGEST_PART + 2)
_ANSWERS = "Gets a mail a week before the day, and when all parts are done"


def _team() -> Any:
    return choices([("", "Choose somebody"), *team_choices()])


def _lines(text: str | None) -> list[str]:
    return (text or "").splitlines()


class PlanForm(Form):
    """Who answers for a project, and by when it is done."""

    owner = SelectField("Who answers for it", [InputRequired("Choose somebody.")], description=_ANSWERS)
    due_on = DateField("Done by", [InputRequired("Enter the day by which it is done.")])

    def __init__(self, project: TicketProject | None = None, *, owner: User | None = None, **kwargs: Any) -> None:
        now = {"owner": str(project.owner_id), "due_on": project.due_on} if project else {}
        begins = {"owner": str(owner.id)} if owner else {}
        super().__init__(data={**begins, **now, **kwargs})
        self.owner.choices = _team()

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `change_project`."""
        return {"owner": db.session.get_one(User, int(self.owner.data)), "due_on": self.due_on.data}


class PartsForm(GuardedForm):
    """Further parts of a project."""

    parts = TextAreaField(
        "Parts, one a line",
        [Length(max=_MOST)],
        description=f"Each becomes a ticket that waits until somebody takes it up. {LEAVE_OUT}",
        render_kw={"rows": 8},
    )

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `add_parts`."""
        return {"parts": _lines(self.parts.data), "confirmed_clean": bool(self.confirmed_clean.data)}


class PromoteForm(PlanForm, PartsForm, WritingForm):
    """A ticket that is larger than a ticket."""

    message = TextAreaField(
        "What to tell who asked",
        [Length(max=LONGEST_TEXT)],
        description="It is sent as a reply. Empty: nothing is written.",
        render_kw={"rows": 4},
    )

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `promote`."""
        return {**PlanForm.values(self), **PartsForm.values(self)}
