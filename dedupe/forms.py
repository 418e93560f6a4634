"""The forms of the merge desk."""

from typing import Any

from wtforms import Field, IntegerField, StringField, TextAreaField, ValidationError
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Regexp

from adminops.hmis.asking import date_in
from adminops.hmis.merging import Side
from adminops.hmis.sources import all_sources
from adminops.web.forms import Form, choice_field
from adminops.web.guarding import CleanForm
from dedupe.comparison import Choice
from dedupe.lookup import Wanted, read_ssn

CLIENT_ID = [
    InputRequired("Enter a client ID."),
    Length(max=32),
    Regexp(r"^[\w-]+$", message="A client ID has letters, digits and dashes only."),
]
AGREES = (
    ("all", "Name, SSN and birth date"),
    ("two", "Two of them; the third is blank in one"),
    ("close", "Two of them; the third is nearly the same"),
    ("less", "Less than two: please look closely"),
)
SIDES: dict[Choice, Side] = {"left": "destination", "right": "source"}
SIDES_BACK: dict[Side, Choice] = {side: choice for choice, side in SIDES.items()}


def unit_field(title: str) -> StringField:
    """Return the field of a unit: which side's value is kept. A unit that is the same on both sides is not sent."""
    return StringField(title, [AnyOf(["", *SIDES], message="Keep the left or the right value.")], default="")


class ReasonForm(CleanForm):
    """Why something is done, in the reviewer's own words, for the log."""

    reason = TextAreaField(
        "Reason, for the log", [Length(max=2000)], description="No names, birth dates or SSNs.", render_kw={"rows": 2}
    )


class SeenForm(ReasonForm):
    """A form of a page that is based on something that others may change meanwhile."""

    unguarded = frozenset({"seen"})

    seen = StringField("What was seen", [Length(max=16)], default="")

    @property
    def what_was_seen(self) -> str:
        """What was seen; without one it is what nobody has seen, so that a check refuses it."""
        return self.seen.data or "-"


class DecisionForm(SeenForm):
    """What the reviewer decided about a pair: what to do, which record is kept, and whose value of each unit.

    Without an `act` a merge is asked for and not yet confirmed.
    """

    unguarded = frozenset(
        {"act", "keep", "seen", "name", "dob", "ssn", "sex", "race", "veteran"}
    )  # sides, and a number

    act = StringField("Decision", [AnyOf(["", "merge", "apart", "later"], message="Choose what to do.")], default="")
    keep = StringField("Record to keep", default="")
    name = unit_field("Name")
    dob = unit_field("Date of birth")
    ssn = unit_field("SSN")
    sex = unit_field("Sex")
    race = unit_field("Race and ethnicity")
    veteran = unit_field("Veteran status")

    @property
    def sides(self) -> dict[str, Choice]:
        """The side chosen for each unit that was sent."""
        sent = {unit: self._fields[unit].data for unit in ("name", "dob", "ssn", "sex", "race", "veteran")}
        return {unit: side for unit, side in sent.items() if side in SIDES}

    @property
    def kept_id(self) -> int:
        """The number of the record to keep, 0 for what is no number."""
        text = self.keep.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `merge_pair`."""
        chosen = {unit: SIDES[side] for unit, side in self.sides.items()}
        said = {"reason": self.reason.data or "", "seen": self.what_was_seen}
        return {"destination_client_id": self.kept_id, "choices": chosen, **said}


class AnswerForm(SeenForm):
    """What the second person says about a merge."""

    unguarded = frozenset({"answer", "seen"})

    answer = StringField("Answer", [AnyOf(["agree", "refuse", "back"], message="Agree or refuse.")])


class RequestForm(Form):
    """What somebody who found a duplicate tells: two client IDs and what is right, never the values themselves."""

    first_client = StringField("Client ID of one record", CLIENT_ID)
    second_client = StringField("Client ID of the other record", CLIENT_ID)
    right_record = choice_field(
        "Which record is right?",
        (("first", "The first one"), ("second", "The second one"), ("mixed", "Some of each: I say which below")),
        validators=[InputRequired("Say which record is right.")],
    )
    agrees = choice_field(
        "What agrees in the two records?",
        AGREES,
        validators=[InputRequired("Look at both records and say what agrees.")],
    )

    def validate_second_client(self, field: Field) -> None:
        """Refuse one record twice. Where several HMIS are read, two of them may have given the same ID."""
        if field.data == self.first_client.data and len(all_sources()) < 2:
            raise ValidationError("This is the client ID above. Enter that of the other record.")


class ExactForm(Form):
    """So many exact pairs a day may be merged without a reviewer."""

    cap = IntegerField(
        "Merges a day, at most",
        [InputRequired("Say how many a day, at most."), NumberRange(1, 200, "Choose 1 to 200 merges a day.")],
    )


class LookUpForm(Form):
    """Whom somebody asks for. It is sent as a POST: names, birth dates and SSNs don't belong into addresses."""

    first = StringField("First name", [Length(max=100)])
    last = StringField("Last name", [Length(max=100)])
    birth_date = StringField("Birth date", [Length(max=30)], description="Like 5/17/1985 or 1985-05-17.")
    ssn = StringField(
        "SSN",
        [Length(max=20)],
        description="All nine digits, or the last four. That you gave one is kept on the audit trail, the SSN is not.",
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )

    def validate_birth_date(self, field: Field) -> None:
        """Refuse what is no day in the past."""
        if field.data and date_in(field.data) is None:
            raise ValidationError("That is no birth date. Write it like 5/17/1985 or 1985-05-17.")

    def validate_ssn(self, field: Field) -> None:
        """Refuse what is neither a whole SSN nor its end."""
        if field.data and not read_ssn(field.data):
            raise ValidationError("An SSN has nine digits: 123-45-6789. Or give its last four.")

    @property
    def wanted(self) -> Wanted:
        """Who is asked for."""
        return Wanted(
            first=(self.first.data or "").strip(),
            last=(self.last.data or "").strip(),
            dob=date_in(self.birth_date.data or ""),
            ssn=read_ssn(self.ssn.data or ""),
        )
