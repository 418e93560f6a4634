"""The form of an identity provider."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from accounts.outside.models import IdentityProvider
from adminops.db import db
from adminops.identity.models import Agency
from adminops.web.forms import Form, choices

EVERYBODY = ("", "Every agency")
_AS_TYPED = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class ProviderForm(Form):
    """Where people prove who they are, what we are called there, and for whom its word counts."""

    name = StringField(
        "Name", [InputRequired("Give it a name."), Length(max=60)], description="People read it on the button"
    )
    issuer = StringField(
        "Issuer",
        [InputRequired("Enter the provider's address."), Length(max=300)],
        description="The provider's address as it names itself, such as https://login.example.org",
        render_kw={**_AS_TYPED, "inputmode": "url"},
    )
    client_id = StringField(
        "Client ID", [InputRequired("Enter what we are called there."), Length(max=200)], render_kw=_AS_TYPED
    )
    secret = PasswordField("Client secret", [Length(max=500)], render_kw={"autocomplete": "off"})
    agency = SelectField("Vouches for people of", validate_choice=True)
    domains = TextAreaField(
        "Domains of e-mail addresses",
        [Length(max=2000)],
        description="One on each line. Who comes the first time is known by an address under these",
        render_kw={"rows": "3", **_AS_TYPED},
    )
    has_second_step = BooleanField("A second step there counts here")

    def __init__(self, agencies: Sequence[tuple[int, str]], provider: IdentityProvider | None = None) -> None:
        super().__init__(data=_shown(provider) if provider else {})
        self.agency.choices = choices([EVERYBODY, *((str(id_), name) for id_, name in agencies)])
        self.secret.description = "Empty: the one that is kept stays" if provider else "The provider gives it to you"

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `save_provider`."""
        chosen = self.agency.data or ""
        domains = (self.domains.data or "").replace(",", " ").split()
        agency = db.session.get(Agency, int(chosen)) if chosen else None
        return {**super().values(), "agency": agency, "domains": domains, "secret": self.secret.data or ""}


def _shown(provider: IdentityProvider) -> dict[str, Any]:
    return {
        "name": provider.name,
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "agency": str(provider.agency_id or ""),
        "domains": "\n".join(provider.domains),
        "has_second_step": provider.has_second_step,
    }
