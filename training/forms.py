"""The forms of training: shape and choices. Rules of the house are in the verbs."""

import re
from typing import Any

from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TextAreaField, TimeField
from wtforms.validators import InputRequired, Length, Optional, Regexp
from wtforms.widgets import HiddenInput

from adminops.web.forms import Form, choices
from adminops.web.guarding import CleanForm
from training import queries
from training.models import LearnerState

_MARK = re.compile(r"(attended|absent|joined):(\d{1,9})|all")
_LARGEST_KEY = 2**31 - 1


class Day(DateField):
    """A calendar day; what is none is refused in our words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Give a day that is in the calendar, such as 2026-11-24.") from None


class Hour(TimeField):
    """A time of day; what is none is refused in our words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the time."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Give a time such as 14:30.") from None


class WholeNumber(IntegerField):
    """A whole number that the database can hold; what is none is refused in our words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number; an empty field is none."""
        self.data = None
        text = valuelist[0].strip() if valuelist else ""
        if not text:
            return
        if not re.fullmatch(r"-?[0-9]{1,10}", text) or abs(int(text)) > _LARGEST_KEY:
            raise ValueError("Give a whole number.")
        self.data = int(text)


class CourseForm(CleanForm):
    """What a course is about."""

    title = StringField("Title", [InputRequired("Give the course a title."), Length(max=200)])
    summary = StringField(
        "In one sentence",
        [InputRequired("Say in one sentence what it is about."), Length(max=200)],
        description="Shown in lists.",
    )
    description = TextAreaField(
        "Description",
        [Length(max=20_000)],
        description="What people learn, what to bring. An empty line begins a new paragraph. No client data.",
        render_kw={"rows": 10},
    )
    audience = StringField("For whom", [Length(max=200)], description="For example: everybody who enters bed nights.")
    valid_months = WholeNumber(
        "A completion counts for (months)",
        [Optional()],
        description="Empty: for good. A change applies to completions from now on.",
        render_kw={"inputmode": "numeric"},
    )
    is_required = BooleanField(
        "Everybody needs this course",
        description="Whoever takes training and has no valid completion of it is on the list of what is missing.",
    )


class CourseChangeForm(CourseForm):
    """A course that exists: remembers which version the writer began from."""

    version = WholeNumber(widget=HiddenInput())


class ClassForm(CleanForm):
    """When and where a class is, and for how many."""

    unguarded = frozenset({"place", "link"})  # a street of an agency, an address of a meeting

    day = Day("Day", [InputRequired("Choose a day.")])
    starts = Hour("From", [InputRequired("Give the time it starts.")], format=["%H:%M", "%H:%M:%S"])
    ends = Hour("To", [InputRequired("Give the time it ends.")], format=["%H:%M", "%H:%M:%S"])
    place = StringField("Place", [Length(max=200)], description="Room and address. Empty for a class online.")
    link = StringField(
        "Link",
        [Length(max=500)],
        description="Of the online meeting, beginning with https://. Only people with a seat see it.",
        render_kw={"inputmode": "url"},
    )
    seats = WholeNumber("Seats", [InputRequired("Give the number of seats.")], render_kw={"inputmode": "numeric"})
    trainer_id = SelectField("Trainer", coerce=str)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trainer_id.choices = choices((str(id_), name) for id_, name in queries.trainers())

    def values(self) -> dict[str, Any]:
        """Return the fields as the verb wants them; the trainer as a number."""
        return {**super().values(), "trainer_id": int(self.trainer_id.data)}


class ClassChangeForm(ClassForm):
    """A class that exists: remembers which revision the trainer began from."""

    revision = WholeNumber(widget=HiddenInput())


class CancelForm(CleanForm):
    """Why a class is called off."""

    reason = StringField(
        "Why?", [Length(max=200)], description="One sentence on the class's page, for everybody who signed up."
    )


class MarkForm(Form):
    """The pressed button of a roster: "attended:12", "absent:12", "joined:12" (take the mark back) or "all"."""

    mark = StringField("Mark", [Regexp(rf"^({_MARK.pattern})\Z", message="Use one of the buttons.")])

    @property
    def choice(self) -> tuple[LearnerState, int] | None:
        """The mark and the learner's number; None for "mark all attended"."""
        mark, _, learner = (self.mark.data or "").partition(":")
        return (LearnerState(mark), int(learner)) if learner else None


class SignUpForm(Form):
    """Whom a trainer signs up."""

    learner_id = WholeNumber("Person", [InputRequired("Choose somebody.")], widget=HiddenInput())
