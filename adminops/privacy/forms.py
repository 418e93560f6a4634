"""The form in which a redactor settles a text that is held back."""

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, StringField, TextAreaField, ValidationError
from wtforms.validators import AnyOf, Length

from adminops.web.forms import Form

LONGEST = 20_000


class SettleForm(Form):
    """The text of each field, to be redacted, and the button that was pressed."""

    how = StringField(validators=[AnyOf(["redact", "put_back", "drop"])], default="")
    sure = BooleanField("To delete it: yes, for good")

    def validate_sure(self, field: BooleanField) -> None:
        """Ask before a text is deleted."""
        if self.how.data == "drop" and not field.data:
            raise ValidationError("Tick this to delete the text: nobody can bring it back.")

    def texts(self) -> dict[str, str]:
        """Return the texts by the names of their fields."""
        return {
            field.description: field.data or ""
            for field in self
            if isinstance(field, TextAreaField) and field.name.startswith("text_")
        }


def settle_form(texts: Mapping[str, str]) -> SettleForm:
    """Return the form for the fields of an incident, filled with their `texts`."""
    fields: dict[str, Any] = {
        f"text_{number}": TextAreaField(
            name.rpartition(".")[2].replace("_", " ").capitalize(),
            [Length(max=LONGEST)],
            default=text,
            description=name,
        )
        for number, (name, text) in enumerate(texts.items())
    }
    form: SettleForm = type("SettleTexts", (SettleForm,), fields)()
    return form
