"""What people may ask of agencies."""

from typing import Any

from flask import url_for
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from adminops.feature import RequestGroup, RequestType, WorkScreen
from adminops.identity.permissions import Permission
from adminops.web.forms import Form, choice_field
from adminops.web.questions import is_work_mail


class NewAgencyForm(Form):
    """Who would like to take part in the HMIS, and who speaks for them."""

    name = StringField("Name of the agency", [DataRequired("Enter the agency's name."), Length(max=200)])
    director = StringField("Director", [DataRequired("Enter who signs for the agency."), Length(max=200)])
    email = StringField(
        "Work e-mail of the director",
        [DataRequired("Enter an address."), Length(max=200), is_work_mail],
        render_kw={"type": "email", "autocomplete": "off"},
    )
    member = choice_field(
        "Is it a member of the Continuum of Care?",
        [("yes", "Yes"), ("no", "Not yet"), ("unknown", "I don't know")],
        validators=[DataRequired("Choose one.")],
    )
    victims = choice_field(
        "Does it serve victims of domestic violence only?",
        [("no", "No"), ("yes", "Yes: its clients must not be entered in HMIS")],
        validators=[DataRequired("Choose one.")],
    )
    serves = TextAreaField("What does it do?", [DataRequired("Say whom it serves, and how."), Length(max=2000)])


def new_agency_url(_ticket: Any) -> str:
    """Return where the agency is added."""
    return url_for("agencies.new")


REQUEST_TYPES = (
    RequestType(
        key="new_agency",
        code="D1",
        title="A new agency wants to take part",
        help="Agreement, contacts, first programs",
        icon="landmark",
        group=RequestGroup.PROGRAMS,
        order=55,
        audience=Permission.REQUEST_FOR_AGENCY,
        through_lead=True,
        form=lambda: NewAgencyForm,
        approval="team",
        closing="evidence",
        evidence="Where the signed agreements are kept",
        pii_rule="Names of staff are fine here. Names of clients are not.",
        checklist=(
            "It serves homeless people, is a legal entity, and is or becomes a member of the Continuum of Care.",
            "Agreements are signed; signer, agency lead and security officer are named.",
            "The security checklist is filled in.",
            "Add the agency here, set up its programs, train its staff, agree on the first day.",
        ),
        manuals=("new agency",),
        work=WorkScreen(
            label="Add the agency", icon="landmark", permission=Permission.MANAGE_AGENCIES, url=new_agency_url
        ),
    ),
)
