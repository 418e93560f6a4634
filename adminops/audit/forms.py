"""The form of an export of the trail."""

from collections.abc import Iterable
from typing import Any

from wtforms import DateField, SelectField, StringField
from wtforms.validators import Length, Optional

from adminops.audit.queries import AuditFilter
from adminops.web.forms import Form, choice_field, choices


class ExportForm(Form):
    """Which entries, and as what."""

    since = DateField("From", [Optional()], description="The first day; empty: from the beginning")
    until = DateField("Until", [Optional()], description="The last day; days are counted in UTC, as entries are")
    actor = StringField("Who", [Length(max=60)], description="User name; empty: everybody")
    fact = SelectField("What", description="Kind of entry")
    kind = choice_field(
        "As", [("csv", "CSV, for a spreadsheet"), ("lines", "JSON, an entry on each line")], default="csv"
    )

    def __init__(self, facts: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fact.choices = choices([("", "Anything"), *((name, name) for name in facts)])

    def wanted(self) -> AuditFilter:
        """Return what is looked for."""
        return AuditFilter(
            actor=(self.actor.data or "").strip(),
            fact=self.fact.data or "",
            since=self.since.data,
            until=self.until.data,
        )
