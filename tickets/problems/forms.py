"""The forms of known problems."""

from datetime import date
from typing import Any

from wtforms import BooleanField, DateField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from adminops.web.forms import Form, choices
from tickets import queries
from tickets.forms import LEAVE_OUT, LONGEST_TEXT
from tickets.problems.models import KnownProblem

CLEAN = "I looked again: this is no client's data"


class ProblemForm(Form):
    """What is broken, since when, for whom."""

    title = StringField("What is broken, in a few words", [InputRequired("Say it in a few words."), Length(max=120)])
    body = TextAreaField(
        "What people see, and what they can do meanwhile",
        [InputRequired("Say what people see."), Length(max=4_000)],
        description=LEAVE_OUT,
        render_kw={"rows": 6},
    )
    since = DateField("Since", [InputRequired("Enter the day on which it began.")])
    until = DateField("Should be over by", [Optional()], description="Empty while nobody can say")
    on_banner = BooleanField("Tell it above every page of those concerned", description="They can put that away")
    agency_ids = SelectMultipleField(
        "Only these agencies",
        description="None chosen means all; then it also stands on the sign-in page.",
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    request_types = SelectMultipleField(
        "Who asks for one of these may mean it",
        description="They see it before they write. None chosen means any ticket of the agencies.",
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    confirmed_clean = BooleanField(CLEAN)

    def __init__(self, kinds: list[tuple[str, str]], today: date, problem: KnownProblem | None = None) -> None:
        super().__init__(obj=problem, **({} if problem else {"since": today}))
        self.request_types.choices = choices(kinds)
        self.agency_ids.choices = choices((str(row.id), row.name) for row in queries.agencies())

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `save_problem`."""
        values = super().values()
        return {**values, **{name: values[name] or [] for name in ("request_types", "agency_ids")}}


class SolvedForm(Form):
    """What to tell those who wrote about it."""

    body = TextAreaField(
        "Message on the tickets about it",
        [Length(max=LONGEST_TEXT)],
        description="Empty: nothing is written. " + LEAVE_OUT,
        render_kw={"rows": 5},
    )
    resolve = BooleanField("Resolve these tickets with it", default=True)
    confirmed_clean = BooleanField(CLEAN)
