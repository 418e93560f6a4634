"""The form of a webhook."""

from wtforms import SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from adminops.web.forms import choices
from adminops.web.guarding import CleanForm
from tickets.webhooks.calling import LONGEST
from tickets.webhooks.events import NAMES
from tickets.webhooks.models import Webhook
from tickets.webhooks.operations import LONGEST_SECRET, SHORTEST_SECRET


class WebhookForm(CleanForm):
    """Where to call, for what, and the secret that proves who calls."""

    unguarded = frozenset({"address", "secret"})

    name = StringField("Name", [InputRequired("Give it a name."), Length(max=100)])
    address = StringField(
        "Address",
        [InputRequired("Enter the address to call."), Length(max=LONGEST)],
        description="Begins with https://",
        render_kw={"autocapitalize": "none", "spellcheck": "false", "inputmode": "url"},
    )
    events = SelectMultipleField(
        "Called when",
        [InputRequired("Choose at least one.")],
        choices=choices(NAMES.items()),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    secret = StringField(
        "Secret",
        [Length(max=LONGEST_SECRET)],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )

    def __init__(self, webhook: Webhook | None = None) -> None:
        shown = {"name": webhook.name, "address": webhook.address, "events": webhook.events} if webhook else {}
        super().__init__(data=shown)
        kept = "the one it has stays" if webhook else "one is made, and shown once"
        self.secret.description = f"{SHORTEST_SECRET} characters or more. Empty: {kept}"
