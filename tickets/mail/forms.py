"""The form in which somebody says whose request a mail is."""

from sqlalchemy import func, or_, select
from wtforms import StringField, ValidationError
from wtforms.validators import InputRequired, Length

from adminops.db import db
from adminops.identity.models import User
from adminops.web.forms import Form


class ClaimForm(Form):
    """On whose behalf a mail is filed."""

    person = StringField(
        "Whose request is it?",
        [InputRequired(), Length(max=200)],
        description="The user name or the e-mail address of somebody with an account.",
    )

    _person: User | None = None

    def validate_person(self, field: StringField) -> None:
        """Refuse what names nobody, or several people."""
        words = (field.data or "").lower()
        named = select(User).where(or_(User.username == words, func.lower(User.email) == words)).limit(2)
        found = list(db.session.scalars(named))
        if len(found) != 1:
            said = "Several people have that address. Use the user name." if found else "Nobody here has that name."
            raise ValidationError(said)
        self._person = found[0]

    def chosen(self) -> User:
        """Return the person, once the form is right."""
        if self._person is None:
            raise RuntimeError("The form was not checked.")
        return self._person
