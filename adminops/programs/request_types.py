"""What people may ask of programs and funding, and where each request is carried out."""

from typing import Any

from flask import url_for
from wtforms import BooleanField, DateField, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from adminops.feature import RequestGroup, RequestType, WorkScreen
from adminops.identity.permissions import Permission
from adminops.web.forms import Form, choice_field
from adminops.web.questions import NOT_LISTED, When, agency_field, program_field

OFFICE_DAY = 9
YES_NO = (("yes", "Yes"), ("no", "No"))
WHICH = DataRequired("Choose the program.")


class NewProgramForm(Form):
    """What the new program is, in a few words; its own form asks for the rest."""

    name = StringField(
        "Name of the program",
        [DataRequired("Enter the name."), Length(max=200)],
        description="As in the grant: Harbor House Family Shelter (ES)",
    )
    on = DateField("Starts on", [DataRequired("Enter the day on which it starts.")])
    funded = choice_field("Is there a signed grant or contract?", YES_NO, validators=[DataRequired("Choose one.")])
    grant = StringField(
        "Grant ID", [When("funded", "yes", sentence="Enter the ID exactly as in the contract."), Length(max=100)]
    )


class ProgramChangeForm(Form):
    """Which program, and what is different from when on."""

    program = program_field("Program", WHICH)
    what = choice_field(
        "What changes?",
        [
            ("name", "Its name"),
            ("address", "Its address"),
            ("funder", "A funding source comes or ends"),
            ("grant", "A grant was renewed"),
            ("beds", "Beds or units"),
            ("coc", "The Continuum of Care it belongs to"),
            ("target", "Whom it serves"),
        ],
        validators=[DataRequired("Choose what changes.")],
    )
    new_value = StringField("What should it be?", [DataRequired("Say what it should be."), Length(max=200)])
    grant = StringField(
        "Grant ID", [When("what", "funder", "grant", sentence="Enter the ID as in the contract."), Length(max=100)]
    )
    until = DateField("Grant ends on", [When("what", "grant", sentence="Enter the new end of the grant.")])
    on = DateField("From when", [DataRequired("Enter the day from which it holds.")])


class CloseProgramForm(Form):
    """Which program ends, and where its clients go."""

    program = program_field("Program", WHICH)
    on = DateField("Last day", [DataRequired("Enter the last day of the program.")])
    why = StringField("Why does it close?", [DataRequired("Say why it closes."), Length(max=200)])
    still_in = IntegerField(
        "Clients still enrolled",
        [InputRequired("Enter how many are enrolled today, 0 for nobody."), NumberRange(0, 100_000)],
    )
    moving = choice_field(
        "Do they move to another program?", YES_NO, validators=[DataRequired("Choose one.")], default="no"
    )
    target = StringField(
        "To which one", [When("moving", "yes", sentence="Name the program they move to."), Length(max=200)]
    )
    reports_done = BooleanField("The final reports to the funder are filed")


class ServiceForm(Form):
    """What should be there to choose or to fill in that is not."""

    what = choice_field(
        "What should be added or changed?",
        [("service", "A service"), ("assessment", "An assessment"), ("form", "A form or a page"), ("list", "A list")],
        validators=[DataRequired("Choose what it is.")],
    )
    name = StringField("Its name", [DataRequired("Enter its name."), Length(max=200)])
    funding = StringField(
        "Paid by which funding source", [When("what", "service", sentence="Name it, or write: none."), Length(max=200)]
    )
    program = program_field("Program that uses it", description="Name further ones below")
    enters = StringField("Who enters it?", [Length(max=200)])
    on = DateField("From when", [Optional()])


class SharingForm(Form):
    """Which two agencies share which data, and which way."""

    one = agency_field("Agency that shares", DataRequired("Choose the agency that shares."))
    other = agency_field("Agency that receives", DataRequired("Choose the agency that receives."))
    direction = choice_field(
        "Which way?", [("one", "One way"), ("both", "Both ways")], validators=[DataRequired("Choose one.")]
    )
    data = TextAreaField("Which data?", [DataRequired("Say which data are shared."), Length(max=2000)])
    signed = BooleanField("Both directors have signed", [DataRequired("Both directors must have signed first.")])
    on = DateField("From when", [DataRequired("Enter the day on which it begins.")])
    until = DateField("Until when", [Optional()])


def new_program_url(ticket: Any) -> str:
    """Return where the request behind a ticket is carried out."""
    return url_for("programs.new", ticket=ticket.id)


def program_url(ticket: Any) -> str:
    """Return the page of the program a ticket is about, else the list."""
    source, _, project = str(ticket.answers.get("program") or NOT_LISTED).partition(":")
    if source.isdecimal() and len(source) < 10 and project:
        return url_for("programs.program", source_id=int(source), project_id=project)
    return url_for("programs.index")


def _of_programs(**over: Any) -> RequestType:
    return RequestType(
        group=RequestGroup.PROGRAMS,
        audience=Permission.REQUEST_PROGRAMS,
        through_lead=True,
        closing="evidence",
        evidence="Which rows of the program were changed, and from which day on",
        **over,
    )


_OPEN_PROGRAM = WorkScreen(
    label="Open the program", icon="building-2", permission=Permission.SET_UP_PROGRAMS, url=program_url
)

REQUEST_TYPES = (
    _of_programs(
        key="new_program",
        code="D2",
        title="New program",
        help="A new program, or new money that needs one of its own",
        icon="building-2",
        order=50,
        form=lambda: NewProgramForm,
        target_hours=10 * OFFICE_DAY,
        approval="work",
        checklist=(
            "No program of that name is there already, also among the closed ones.",
            "The signed grant or contract is on file.",
            "Set it up here; no finding of high severity is left.",
            "Set it up in the HMIS in the order of its screens, enroll a test client in the training site.",
            "The agency has looked at it.",
        ),
        manuals=("new program",),
        work=WorkScreen(
            label="Write the program request",
            icon="building-2",
            permission=Permission.REQUEST_PROGRAMS,
            url=new_program_url,
        ),
    ),
    _of_programs(
        key="program_change",
        code="D3",
        title="Change a program or its funding",
        help="Name, address, funder, renewed grant, beds, whom it serves",
        icon="pencil",
        order=51,
        form=lambda: ProgramChangeForm,
        approval="team",
        checklist=(
            "New money mostly needs a new program; a renewal needs the new grant ID and its dates.",
            "Keep the history: end the old row and start a new one instead of writing over it.",
        ),
        manuals=("funding source",),
        work=_OPEN_PROGRAM,
    ),
    _of_programs(
        key="close_program",
        code="D4",
        title="Close a program",
        help="What has to be done before the last day",
        icon="archive",
        order=52,
        form=lambda: CloseProgramForm,
        approval="team",
        checklist=(
            "Nobody is enrolled after the last day; who moves is enrolled elsewhere.",
            "End funding, inventory and participation, then the program itself.",
            "Take away the access of who worked only there; stop referrals.",
            "The final reports are filed; take it off the list of the housing inventory count.",
        ),
        manuals=("closing a program",),
        work=_OPEN_PROGRAM,
    ),
    _of_programs(
        key="service_or_form",
        code="D5",
        title="Add a service, an assessment or a form",
        help="Something to choose or to fill in that is not there yet",
        icon="list-checks",
        order=53,
        form=lambda: ServiceForm,
        priority="low",
        target_hours=10 * OFFICE_DAY,
        approval="work",
        checklist=("Try it in the training site.", "Tie the service to its funding source.", "Tell who enters it."),
    ),
    _of_programs(
        key="data_sharing",
        code="D6",
        title="Share data with another agency",
        help="What two agencies may see of each other's clients; referrals between them",
        icon="arrow-left-right",
        order=54,
        form=lambda: SharingForm,
        approval="team",
        checklist=("Both signatures are on file.", "Enter the release in the HMIS, one row for each way.", "Try it."),
    ),
)
