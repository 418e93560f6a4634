"""What the help desk's own request types ask for besides the text."""

from wtforms import BooleanField, DateField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length, Optional

from adminops import clock
from adminops.web.forms import Form, choice_field
from adminops.web.questions import When, client_ids_field, program_field, report_field

YES_NO = (("yes", "Yes"), ("no", "No"))
NUMBERS_ONLY = "Only the numbers, separated by blanks or commas"
LONG = Length(max=2000)


class PeriodForm(Form):
    """From which day to which."""

    since = DateField("From", [DataRequired("Enter the first day.")])
    until = DateField("To", [DataRequired("Enter the last day.")])

    def validate_until(self, field: DateField) -> None:
        """Refuse a period that ends before it begins."""
        if self.since.data and field.data and field.data < self.since.data:
            raise ValidationError("The last day lies before the first.")


class DeleteForm(Form):
    """What was entered in error, and why it should go."""

    what = choice_field(
        "What was entered in error?",
        [("enrollment", "An enrollment"), ("service", "A service or bed night"), ("client", "A whole client record")],
        validators=[DataRequired("Choose what should be deleted.")],
        description="Who left is exited, not deleted; who is of another family is taken out of the household",
    )
    client_id = client_ids_field(wanted="Enter the client ID.")
    enrollment_id = client_ids_field(
        "Enrollment ID",
        description="Where it is an enrollment or belongs to one; the numbers only",
    )
    program = program_field()
    why = choice_field(
        "Why?",
        [
            ("test", "It was a test or an exercise"),
            ("wrong", "The wrong client was chosen"),
            ("double", "It was entered twice"),
            ("other", "Something else: I say it below"),
        ],
        validators=[DataRequired("Choose the reason.")],
    )

    def validate_enrollment_id(self, field: StringField) -> None:
        """Ask for the enrollment where one is to be deleted."""
        if self.what.data == "enrollment" and not field.data:
            raise ValidationError("Enter the enrollment ID, so that no other one is deleted.")


class CorrectionForm(Form):
    """Which record, and what is wrong with it."""

    client_ids = client_ids_field(
        "Client or enrollment IDs", most=20, wanted="Give the IDs of the records.", description=NUMBERS_ONLY
    )
    program = program_field()
    change = TextAreaField(
        "What should it say?",
        [DataRequired("Say what should be changed."), LONG],
        description="For example: exit date from 3 to 13 October",
    )


class ConsentForm(Form):
    """Whose consent, and what is to happen."""

    client_id = client_ids_field(wanted="Enter the client ID.")
    what = choice_field(
        "What does the client wish?",
        [
            ("revoke", "Takes the consent to sharing back"),
            ("anonymous", "Wants to be anonymous from now on"),
            ("lock", "Wants the record locked for other agencies"),
        ],
        validators=[DataRequired("Choose what the client wishes.")],
    )
    on = DateField("Signed on", [DataRequired("Enter the day of the signature.")])
    on_file = BooleanField(
        "The signed form is in the client's file in HMIS",
        [DataRequired("Put the signed form into the client's file first. It does not belong here.")],
    )


class PullReportForm(PeriodForm):
    """Which report, of what, for whom, by when."""

    report = report_field("Report", DataRequired("Choose the report."))
    program = program_field(description="Name further ones below")
    purpose = StringField("What for?", [Length(max=200)])
    due = DateField("Needed by", [Optional()], description="Of the funder or the board; leave it empty without one")


class WrongNumberForm(Form):
    """Which number, where, and what it should be."""

    report = StringField(
        "Report or page",
        [DataRequired("Say which report it is."), Length(max=200)],
        description="With its dates and the question, for example APR 1 Oct to 30 Sep, Q6a",
    )
    expected = TextAreaField(
        "What you expected, and why",
        [LONG],
        description="Numbers and client IDs are enough",
    )
    client_ids = client_ids_field("Client IDs to look at", most=20, description=NUMBERS_ONLY)
    tried = TextAreaField("What did you try?", [LONG])


class CustomReportForm(PeriodForm):
    """Which numbers, for whom."""

    asked_by = choice_field(
        "Who wants to know?",
        [("agency", "Our agency"), ("coc", "The Continuum of Care"), ("outside", "Somebody outside")],
        validators=[DataRequired("Choose who wants to know.")],
    )
    outsider = StringField("Who outside?", [When("asked_by", "outside", sentence="Say who it is."), Length(max=200)])
    columns = TextAreaField("What should it show?", [DataRequired("Say which numbers, by what."), LONG])
    purpose = StringField("What for?", [DataRequired("Say what it is for."), Length(max=200)])
    public = choice_field("Will it be published?", YES_NO, validators=[DataRequired("Choose one.")])
    due = DateField("Needed by", [Optional()])


class OwnRecordForm(Form):
    """Which client asks for the own record, and that it is the client who asks."""

    client_id = client_ids_field(wanted="Enter the client ID.", description="The ID only: we send nothing by mail")
    on = DateField("Asked on", [DataRequired("Enter the day on which the client asked.")])
    known = BooleanField(
        "I have checked who is asking",
        [DataRequired("Check the client's papers first, or who the guardian is.")],
    )
    minor = choice_field("Is the client under 18?", YES_NO, default="no")
    guardian = BooleanField("The guardian has signed the request")

    def validate_guardian(self, field: BooleanField) -> None:
        """Want a guardian's word for a child."""
        if self.minor.data == "yes" and not field.data:
            raise ValidationError("For a child the guardian must have signed.")


class FaultForm(Form):
    """What is broken, since when, for whom."""

    since = StringField("Since when?", [DataRequired("Say since when."), Length(max=100)])
    affected = choice_field(
        "Who has it?",
        [("me", "Only me"), ("some", "Some of us"), ("agency", "Our whole agency"), ("all", "Other agencies, too")],
        validators=[DataRequired("Choose who has it: it decides how fast we are.")],
    )
    browser = StringField("Browser", [Length(max=100)], description="Chrome, Edge, Firefox, Safari")
    steps = TextAreaField("What did you do, step by step?", [LONG], description="And what the screen said")


class IdeaForm(Form):
    """What is needed, and whom it would help."""

    need = TextAreaField("What can't you do today?", [DataRequired("Say what you need it for."), LONG])
    helps = StringField("Whom would it help?", [Length(max=200)])


class IncidentForm(Form):
    """What happened to data or to an account; never whose."""

    on = DateField("When was it?", [DataRequired("Enter the day, or about when.")])
    what = choice_field(
        "What happened?",
        [
            ("seen", "Somebody saw data they should not see"),
            ("sent", "Data were sent or left where they should not be"),
            ("login", "A login was shared or used by somebody else"),
            ("lost", "A computer, a phone or papers are lost"),
            ("other", "Something else"),
        ],
        validators=[DataRequired("Choose what comes closest.")],
    )
    client_ids = client_ids_field("Client IDs concerned", most=50, description=NUMBERS_ONLY)
    how_found = StringField("How was it found?", [Length(max=200)])
    going_on = choice_field("Is it still going on?", [("no", "No"), ("yes", "Yes"), ("unknown", "I don't know")])

    def validate_on(self, field: DateField) -> None:
        """Refuse a day that has not come yet."""
        if field.data and field.data > clock.today():
            raise ValidationError("That day has not come yet.")


class ConcernForm(Form):
    """What it is about that is no incident."""

    what = choice_field(
        "What is it?",
        [
            ("grievance", "A complaint, also on a client's behalf"),
            ("policy", "A question about the rules"),
            ("monitoring", "A point of a review or visit"),
        ],
        validators=[DataRequired("Choose what it is.")],
    )
    client_ids = client_ids_field("Client ID, if one is concerned", description="Never a name")
    wish = StringField("What would put it right?", [Length(max=200)])
