"""What people may ask of training."""

from typing import Any

from flask import url_for
from wtforms import DateField, IntegerField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from adminops.feature import RequestGroup, RequestType, WorkScreen
from adminops.identity.permissions import Permission
from adminops.web.forms import Form, choice_field
from adminops.web.questions import When


class SessionForm(Form):
    """What should be taught or written down, and for whom."""

    what = choice_field(
        "What do you need?",
        [("class", "A class"), ("manual", "A page of the manual"), ("form", "A form to print or to fill in")],
        validators=[DataRequired("Choose what you need.")],
    )
    topic = StringField("About what?", [DataRequired("Say what it is about."), Length(max=200)])
    people = IntegerField(
        "For how many people?",
        [When("what", "class", sentence="Enter about how many people would come."), NumberRange(1, 10_000)],
    )
    role = StringField("What do they do?", [Length(max=200)], description="Case managers, outreach, new supervisors")
    on = DateField("By when?", [Optional()])


def schedule_url(ticket: Any) -> str | None:
    """Return where classes are planned, for a request for one."""
    return url_for("training.courses") if ticket.answers.get("what") == "class" else None


REQUEST_TYPES = (
    RequestType(
        key="training",
        title="Training",
        help="Sign up or find a certificate",
        icon="graduation-cap",
        group=RequestGroup.LEARNING,
        order=60,
        audience=Permission.TAKE_TRAINING,
        start="training.index",
    ),
    RequestType(
        key="training_session",
        code="E1",
        title="A class, a manual page or a form is missing",
        help="Ask for what would help your staff",
        icon="calendar",
        group=RequestGroup.LEARNING,
        order=61,
        form=lambda: SessionForm,
        priority="low",
        target_hours=90,
        checklist=("Look for a class or a page that is there already.", "Tell who asked when it is ready."),
        work=WorkScreen(label="Plan a class", icon="calendar", permission=Permission.MANAGE_TRAINING, url=schedule_url),
    ),
)
