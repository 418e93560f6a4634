"""The forms of cases at the vendor."""

from typing import Any

from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from adminops.web.forms import Form, choices
from tickets.cases.models import TRANSITIONS, CaseState, VendorCase
from tickets.cases.queries import open_cases
from tickets.forms import LEAVE_OUT

NEW = "new"
CLEAN = "I looked again: this is no client's data"


class CaseForm(Form):
    """What a vendor has to do, and by when."""

    vendor = StringField("Vendor", [InputRequired("Say whose case it is."), Length(max=80)])
    number = StringField("Their number", [InputRequired("Enter the number that they gave it."), Length(max=40)])
    title = StringField(
        "What it is about", [InputRequired("Say it in a few words."), Length(max=150)], description=LEAVE_OUT
    )
    state = SelectField("Status", choices=[])
    promised_on = DateField("Promised for", [Optional()], description="Empty while they have promised nothing")
    release = StringField("Their release", [Length(max=40)], description="The version that will bring it, if known")
    confirmed_clean = BooleanField(CLEAN)

    def __init__(self, case: VendorCase | None = None) -> None:
        super().__init__(obj=case)
        now = case.state if case else CaseState.WITH_VENDOR
        self.state.choices = choices((state.value, state.label) for state in (now, *TRANSITIONS[now]))

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `save_case`."""
        return {**super().values(), "state": CaseState(self.state.data)}


class PassForm(CaseForm):
    """Which case a ticket waits for: one that is there, or a new one."""

    case = SelectField("Case", choices=[])

    def __init__(self) -> None:
        super().__init__()
        known = [(str(case.id), f"{case.named}: {case.title}") for case in open_cases()]
        self.case.choices = choices([(NEW, "A new case, described below"), *known])
        if self.case.data not in (None, NEW):  # what is below does not count then
            for field in (self.vendor, self.number, self.title):
                field.validators = [Optional()]

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `save_case`."""
        return {name: value for name, value in super().values().items() if name != "case"}
