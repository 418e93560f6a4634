"""The form of a token for a provider."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from wtforms import SelectField
from wtforms.validators import InputRequired

from adminops.db import db
from adminops.identity.models import User
from adminops.web.forms import Form, choices


class ScimTokenForm(Form):
    """In whose name the provider asks, which says for which agency, and how long the token lives."""

    speaker = SelectField(
        "Asks in the name of",
        [InputRequired("Choose who asks for accounts on the agency's behalf.")],
        description="They are told by mail. The token counts for their agency alone",
    )
    days = SelectField(
        "It ends after", choices=choices([("90", "90 days"), ("180", "180 days"), ("365", "A year")]), default="180"
    )

    def __init__(self, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        named = [(str(user.id), f"{user.name}, {user.agency.name if user.agency else ''}") for user in people]
        self.speaker.choices = choices(named)

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `make_scim_token`."""
        speaker = db.session.get_one(User, int(self.speaker.data))
        return {"speaker": speaker, "lives": timedelta(days=int(self.days.data))}
