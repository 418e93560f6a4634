"""The forms of the client pages."""

from datetime import date

from wtforms import Field, HiddenField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length

from adminops.clients.operations import REASONS
from adminops.hmis.asking import Question, date_in, understand
from adminops.pii import holds_ssn
from adminops.web.forms import Form, choice_field


class LookUpForm(Form):
    """Who is looked for. It is sent as a POST: names and birth dates of clients don't belong into addresses."""

    words = StringField(
        "Name, client ID, birth date or SSN",
        [Length(max=120)],
        description="Such as “Lopez, Maria”, “maria lo”, “Bob Smith”, 48213, 5/17/1985. Nicknames find the full name.",
    )
    birth_date = StringField("Birth date", [Length(max=30)], description="Like 5/17/1985 or 1985-05-17.")
    after = HiddenField(validators=[Length(max=20)])

    def validate_words(self, field: Field) -> None:
        """Ask for one of the two."""
        if not field.data and not self.birth_date.data:
            raise ValidationError("Type a name, a client ID or a birth date.")

    def validate_birth_date(self, field: Field) -> None:
        """Refuse what is no day in the past."""
        if field.data and self.born is None:
            raise ValidationError("That is no birth date. Write it like 5/17/1985 or 1985-05-17.")

    @property
    def born(self) -> date | None:
        """The birth date of its own field."""
        return date_in(self.birth_date.data or "")

    @property
    def asked(self) -> Question:
        """What is looked for."""
        return understand(self.words.data or "", birth_date=self.born)

    def forget_ssns(self) -> None:
        """Empty fields into which an SSN was typed: it stands on no page, not even on the answer to who typed it."""
        for field in (self.words, self.birth_date):
            if holds_ssn(field.data or ""):
                field.data = ""


class SsnForm(Form):
    """An SSN to look for."""

    ssn = StringField(
        "SSN",
        [DataRequired("Type the SSN."), Length(max=20)],
        description="All nine digits. That you looked for one is kept on the audit trail, the SSN is not.",
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )


class RevealForm(Form):
    """Why the whole SSN is needed."""

    reason = choice_field("Why do you need it?", REASONS.items(), validators=[InputRequired("Choose why.")])
