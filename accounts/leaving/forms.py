"""The form of who leaves."""

from typing import Any

from wtforms import DateField, TimeField
from wtforms.validators import DataRequired, Optional

from accounts.forms import in_zone
from accounts.models import DisabledReason
from adminops import clock
from adminops.web.forms import Form, choice_field

REASONS = (
    DisabledReason.LEFT,
    DisabledReason.ROLE_CHANGED,
    DisabledReason.ON_LEAVE,
    DisabledReason.SECURITY,
)


class WhenNotAtOnce(Optional):
    """Ask for a day unless access ends at once anyway."""

    def __call__(self, form: Any, field: Any) -> None:
        """Let it pass empty for a security concern; else say what is missing."""
        if form.reason.data == DisabledReason.SECURITY.value:
            super().__call__(form, field)
        else:
            DataRequired("Enter it. If somebody is gone already, enter when that was.")(form, field)


class LeaverForm(Form):
    """When and why somebody leaves."""

    reason = choice_field(
        "Reason",
        [(reason.value, reason.title) for reason in REASONS],
        validators=[DataRequired("Choose a reason.")],
        description="A security concern ends access at once, whatever day is entered",
    )
    on = DateField("Last day", [WhenNotAtOnce()])
    at = TimeField("Time at which access ends on that day", [WhenNotAtOnce()])

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `report_leaver`: the moment is that of the team's own clocks."""
        on, at = self.on.data, self.at.data
        moment = in_zone(on, at) if on and at else clock.now()
        return {"reason": DisabledReason(self.reason.data), "leaves_at": moment}
