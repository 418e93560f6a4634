"""What requests about accounts ask for besides the text."""

from wtforms import BooleanField, DateField, StringField, TimeField
from wtforms.validators import DataRequired, Length, Optional

from adminops.web.forms import Form, choice_field
from adminops.web.questions import When, account_field, agency_field, is_work_mail, program_field

YES_NO = (("yes", "Yes"), ("no", "No"))
ROLES = (
    ("services", "Services only"),
    ("direct", "Direct service: intake, assessments, exits"),
    ("assessor", "Coordinated entry assessor"),
    ("read", "Read only"),
    ("reports", "Reports and monitoring"),
    ("supervisor", "Supervisor"),
    ("lead", "Agency lead"),
)
WHOSE = DataRequired("Enter the user name, so that nobody else's account is changed.")


class LockedOutForm(Form):
    """Who can't sign in, and what the screen says."""

    username = StringField(
        "User name that does not work",
        [Length(max=200)],
        description=(
            "Leave it empty if it is your own. For a new AdminOps password nobody needs to wait: "
            "“Forgot your password?” on the sign-in page sends a link at once"
        ),
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )
    screen = choice_field(
        "What did the screen say?",
        [
            ("wrong", "Wrong user name or password"),
            ("locked", "The account is locked"),
            ("expired", "The password has expired"),
            ("inactive", "The account is inactive"),
            ("code", "The code of the second step does not work"),
            ("other", "Something else"),
        ],
        validators=[DataRequired("Choose what comes closest.")],
    )


class NewAccountForm(Form):
    """Who needs an account, for which work, and what is on file already."""

    person = StringField(
        "Name of the staff member",
        [DataRequired("Enter the staff member's name."), Length(max=200)],
        description="As on their papers. Staff only: never a client's name",
    )
    job_title = StringField("Job title", [Length(max=200)])
    work_email = StringField(
        "Work e-mail",
        [DataRequired("Enter the person's work e-mail address."), Length(max=200), is_work_mail],
        description="The invitation goes there",
        render_kw={"type": "email", "autocomplete": "off"},
    )
    employment = choice_field(
        "Works with you as",
        [("staff", "Staff"), ("volunteer", "Volunteer"), ("intern", "Intern"), ("contract", "Contractor")],
        validators=[DataRequired("Choose how the person works with you.")],
    )
    on = DateField("First day", [DataRequired("Enter the first day.")])
    role = choice_field("Work in HMIS", ROLES, validators=[DataRequired("Choose the work.")])
    program = program_field("Program", description="Name further ones below")
    had_login = choice_field("Did the person ever have an HMIS login?", YES_NO, default="no")
    old_login = StringField(
        "Where, and under which user name",
        [When("had_login", "yes", sentence="Say where it was: a training may still count."), Length(max=200)],
    )
    supervisor = account_field(
        "Supervisor", description="User name of the person's supervisor, who confirms this; empty if that is you"
    )
    replaces = account_field(
        "Takes the place of", description="User name, if somebody left. Their own account is closed by its own request"
    )
    background_check = BooleanField("The background check is passed and on file with us")


class AccessForm(Form):
    """Whose access changes, and to what."""

    username = account_field("User name", WHOSE)
    wanted = choice_field(
        "What should change?",
        [
            ("role", "Another role or workgroup"),
            ("programs", "More or fewer programs"),
            ("agency", "Work for a further agency, too"),
        ],
        validators=[DataRequired("Choose what should change.")],
    )
    role = choice_field("New work in HMIS", ROLES, validators=[When("wanted", "role", sentence="Choose the new work.")])
    program = program_field("Program", When("wanted", "programs", sentence="Choose a program, or name it below."))
    agency = agency_field(
        "Further agency",
        When("wanted", "agency", sentence="Choose the other agency: its lead is asked, too."),
        description="Its lead is asked, too",
    )
    on = DateField("From when", [DataRequired("Enter the day from which it should hold.")])
    until = DateField("Until when", [Optional()], description="Only where it ends again")


class TransferForm(Form):
    """Who comes from another agency."""

    username = StringField(
        "User name at the old agency",
        [DataRequired("Enter the old user name, so that a training is not taken twice."), Length(max=60)],
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )
    agency = agency_field("Old agency", DataRequired("Choose the agency the person comes from."))
    role = choice_field("New work in HMIS", ROLES, validators=[DataRequired("Choose the new work.")])
    same_type = choice_field("The same kind of program as before?", YES_NO, validators=[DataRequired("Choose one.")])
    last_login = DateField("Last sign-in there", [Optional()], description="About, if you know it")
    on = DateField("First day with you", [DataRequired("Enter the first day.")])


class ReactivateForm(Form):
    """Whose account should work again."""

    username = account_field("User name", WHOSE)
    last_login = DateField("Last sign-in", [Optional()], description="About. It decides which course is needed first")
    still_employed = BooleanField(
        "The person works with us now", [DataRequired("Only people who work with you may have an account.")]
    )
    until = DateField("Until when", [Optional()], description="Only where it ends again")
    training = choice_field(
        "Yearly privacy training",
        [("done", "Taken within the year"), ("due", "Still to be taken"), ("unknown", "I don't know")],
        validators=[DataRequired("Choose one.")],
    )


class DeactivateForm(Form):
    """Whose access ends, and when: to the hour."""

    username = account_field("User name", WHOSE)
    on = DateField("Last day", [DataRequired("Enter the day on which access ends.")])
    at = TimeField("Time", [DataRequired("Enter the time at which access ends.")], description="On that day")
    why = choice_field(
        "Reason",
        [
            ("left", "Left the agency"),
            ("role", "New work without HMIS"),
            ("leave", "On leave"),
            ("security", "A matter of security: now"),
        ],
        validators=[DataRequired("Choose a reason.")],
    )
    seat = choice_field("The license", [("keep", "Keep it for a successor"), ("drop", "Give it back")], default="keep")
    replaced_by = StringField(
        "Who takes over?", [Length(max=200)], description="Staff name. A new account is a request of its own"
    )


class AssessorForm(Form):
    """Who is to assess for coordinated entry."""

    username = account_field("User name", WHOSE)
    trained_on = DateField("Assessor training taken on", [DataRequired("Enter the day of the training.")])
    trainer = StringField("Trainer", [DataRequired("Enter who gave the training."), Length(max=200)])
    program = program_field("Program")


class LicenseForm(Form):
    """Who needs the license for own reports."""

    username = account_field("User name", WHOSE)
    purpose = StringField("What for?", [DataRequired("Say what the reports are for."), Length(max=200)])
    trained = BooleanField("The report training is done")
    fee_accepted = BooleanField("We accept the yearly fee", [DataRequired("The license has a yearly fee.")])


class ParticularsForm(Form):
    """What is different now about a person, or who holds an office at the agency."""

    what = choice_field(
        "What has changed?",
        [
            ("name", "A staff member's name"),
            ("email", "A staff member's e-mail address"),
            ("lead", "Our agency lead"),
            ("security", "Our security officer"),
            ("director", "Our director"),
        ],
        validators=[DataRequired("Choose what has changed.")],
    )
    username = account_field(
        "User name",
        When("what", "name", "email", "lead", "security", sentence="Enter the user name of the person concerned."),
        description="For an office: of the person who has it now",
    )
    instead_of = account_field(
        "Who had it before", When("what", "lead", "security", sentence=""), description="User name, if the role ends"
    )
    new_value = StringField(
        "New name or address",
        [When("what", "name", "email", "director", sentence="Enter what it should be."), Length(max=200)],
        description="Staff only: never a client's name",
    )
    on = DateField("From when", [DataRequired("Enter the day from which it holds.")])
    signer = StringField(
        "Who signs for the agency?",
        [When("what", "lead", "security", "director", sentence="Say who signs the designation."), Length(max=200)],
    )
