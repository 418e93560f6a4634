"""The form behind the link of a survey."""

from typing import Any

from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from adminops.web.forms import choices
from adminops.web.guarding import GuardedForm
from tickets.forms import LEAVE_OUT
from tickets.models import Rating
from tickets.survey.models import TicketSurvey
from tickets.survey.operations import LONGEST


class SurveyForm(GuardedForm):
    """How it went, and what one wants to add."""

    rating = RadioField(
        "How did it go?",
        [InputRequired("Choose one of the three.")],
        choices=choices((rating.value, rating.label) for rating in Rating),
    )
    comment = TextAreaField(
        "Anything to add?", [Length(max=LONGEST)], description="Optional. " + LEAVE_OUT, render_kw={"rows": 4}
    )

    def __init__(self, survey: TicketSurvey) -> None:
        said = survey.ticket.rating
        super().__init__(data={"rating": said.value if said else None, "comment": survey.comment})

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `answer_survey`."""
        values = super().values()
        del values["confirmed_clean"]
        return {**values, "rating": Rating(values["rating"])}
