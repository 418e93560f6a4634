"""The forms of program requests."""

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from adminops.hmis.codes import options
from adminops.web.forms import Form, choices
from adminops.web.guarding import CleanForm

MOST = 100_000


def _codes(label: str, list_id: str, description: str = "") -> SelectField:
    pairs = [("", "Choose…"), *((str(code), text) for code, text in options(list_id))]
    return SelectField(label, choices=choices(pairs), coerce=_code, default="", description=description)


def _code(value: Any) -> Any:
    """Return a code as a number; the empty choice as the empty text that the select box shows."""
    return int(value) if value is not None and str(value).isdecimal() else ""


class ProgramForm(Form):
    """What an agency says about the program it wants: HUD's elements 2.02, 2.03, 2.06 and 2.07."""

    agency = SelectField("Agency", choices=[])
    name = StringField(
        "Program name", [Length(max=200)], description="Organization, program, type: Harbor House Family Shelter (ES)."
    )
    project_type = _codes("Project type", "2.02.6")
    rrh_sub_type = _codes("Rapid re-housing subtype", "2.02.A", "Only for rapid re-housing.")
    housing_type = _codes("Housing type", "2.02.D", "Only for programs that house people.")
    residential_affiliation = _codes(
        "Affiliated with a residential program?", "1.10", "Only for services-only programs."
    )
    continuum_project = BooleanField("This is a continuum project", default=True)
    operating_start = DateField("Operating start date", [Optional()])
    coc_code = StringField("Continuum of Care", [Length(max=6)], default="FL-510", filters=[str.upper])
    geocode = StringField("Geocode", [Length(max=6)], description="Six digits, from HUD's list.")
    geography_type = _codes("Geography type", "2.03.4")
    address = StringField("Street", [Length(max=100)], description="Leave empty for a confidential address.")
    city = StringField("City", [Length(max=50)])
    state = StringField("State", [Length(max=2)], default="FL")
    zip = StringField("ZIP code", [Length(max=5)])
    funder = _codes("Funding source", "2.06.1")
    other_funder = StringField("Name of the other funding source", [Length(max=100)])
    grant_id = StringField("Grant ID", [Length(max=100)], description="Exactly as in the contract.")
    grant_start = DateField("Grant start", [Optional()])
    grant_end = DateField("Grant end", [Optional()])
    household_type = _codes("Households", "2.07.4")
    beds = IntegerField("Beds", [Optional(), NumberRange(0, MOST)])
    units = IntegerField("Units", [Optional(), NumberRange(0, MOST)])
    availability = _codes("Availability of the beds", "2.07.6", "Only for emergency shelters.")
    bed_type = _codes("Bed type", "2.07.5", "Only for emergency shelters.")

    @classmethod
    def filled(cls, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a form begins with that goes on with `wanted`: no choice is the empty one, other blanks none."""
        chosen = {name for name in wanted if getattr(cls, name).field_class is SelectField}
        return {name: "" if value is None and name in chosen else value for name, value in wanted.items()}

    def wanted(self) -> dict[str, Any]:
        """Return the answers for `save_draft`: the empty choice as None."""
        values = self.values()
        values.pop("agency")
        return {name: None if value == "" else value for name, value in values.items()}


class RemarkForm(CleanForm):
    """A question or a reason."""

    text = TextAreaField("Text", [InputRequired("Write something."), Length(max=4000)], render_kw={"rows": 4})


class SetUpForm(Form):
    """Which source the program's rows are made in."""

    source = SelectField("Source", [InputRequired("Choose a source.")], choices=[])
