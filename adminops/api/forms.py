"""The form of a new token."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from adminops.identity.tokens import TokenScope
from adminops.web.forms import choices
from adminops.web.guarding import CleanForm


class TokenForm(CleanForm):
    """Name, scopes and life of a token, with the scopes that its owner can use."""

    name = StringField(
        "Name", [InputRequired("Give it a name."), Length(max=60)], description="The program that will use it"
    )
    scopes = SelectMultipleField(
        "What may it be used for?",
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    days = SelectField(
        "It ends after", choices=choices([("30", "30 days"), ("90", "90 days"), ("365", "A year")]), default="90"
    )

    def __init__(self, offered: Iterable[TokenScope], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scopes.choices = choices((scope.value, scope.sentence) for scope in offered)

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `make_token`."""
        scopes = {TokenScope(value) for value in self.scopes.data or ()}
        return {"name": self.name.data or "", "scopes": scopes, "lives": timedelta(days=int(self.days.data))}
