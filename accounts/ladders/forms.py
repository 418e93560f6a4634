"""The form of a policy: for whom, its steps, and why."""

import re
from typing import Any

from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from accounts.ladders.models import PolicyScope
from accounts.ladders.operations import SCOPES
from accounts.ladders.values import OFFERED, STEPS, PolicyKind
from adminops.errors import Invalid
from adminops.identity.permissions import Role
from adminops.web.forms import choices
from adminops.web.guarding import CleanForm

LABELS: dict[str, tuple[str, str]] = {
    "warn": ("Warn after days", "Several with commas; each is a mail"),
    "hold": ("Hold after days", "Placed with the first warning, so that it is seen coming"),
    "refresher": ("Refresher needed after days", "Then a course comes before the account opens again"),
    "full": ("Whole training needed after days", ""),
    "archive": ("Archive after days", "Only who is held for inactivity"),
    "ahead": ("Place the hold so many days ahead", "It acts when the last day is over"),
    "grace": ("Days of grace after the last day", "Empty: none"),
    "due": ("To be confirmed within days", "Then the lead is reminded"),
    "escalate": ("A finding after days", "Then the managers hear of it"),
}
BEFORE = ("Warn so many days before", "Several with commas; each is a mail")
LABELS_OF: dict[tuple[PolicyKind, str], tuple[str, str]] = {
    (PolicyKind.MOU, "warn"): ("Warn so many days before", "Of what follows; the agreement has reminders of its own"),
    (PolicyKind.MOU, "hold"): ("Hold all accounts so many days after the last day", "Unless a new one is on record"),
    (PolicyKind.DEPARTURE, "due"): ("Tell the team after hours", "That the HMIS is not closed yet"),
    (PolicyKind.DEPARTURE, "escalate"): ("Tell the managers after hours", "Within 24"),
    (PolicyKind.DEPARTURE, "hold"): (
        "Hold after hours who waits for the lead’s word",
        "Counted from when they leave, or from when somebody said so. Empty: it waits",
    ),
    (PolicyKind.PRIVILEGED, "due"): ("To be confirmed by two within days", "Then they are reminded"),
    (PolicyKind.PRIVILEGED, "escalate"): ("A finding after days", ""),
}


class PolicyForm(CleanForm):
    """What all policies have. A subclass of each kind has its steps."""

    scope = SelectField("For whom")
    ends = BooleanField("Nothing of this kind holds there any more", description="Then the steps below do not count")
    why = StringField(
        "Why", [InputRequired("Say why: it stays on record."), Length(max=200)], description="For who puts it in force"
    )

    def steps(self, kind: PolicyKind) -> dict[str, Any]:
        """Return the steps that were entered. Raises `Invalid` for warnings that are no days."""
        values = {field: self[field].data for field in STEPS[kind]}
        if "warn" in values:
            words = [word for word in re.split(r"[,;\s]+", values["warn"] or "") if word]
            if not all(word.isdecimal() and len(word) < 5 for word in words):
                raise Invalid("Enter days with commas between them, like 45, 55.", field="warn")
            values["warn"] = [int(word) for word in words]
        return values

    def place(self) -> tuple[PolicyScope, str]:
        """Return for whom it holds."""
        scope, _, scope_id = (self.scope.data or "").partition(":")
        return PolicyScope(scope), scope_id


def policy_form(kind: PolicyKind, agencies: dict[str, str], steps: dict[str, Any] | None = None) -> PolicyForm:
    """Return the form of a kind, filled with `steps` or with where a new policy starts."""

    class OfKind(PolicyForm):
        """The steps of one kind."""

    for field in STEPS[kind]:
        usual = BEFORE if field == "warn" and kind is not PolicyKind.INACTIVITY else LABELS[field]
        label, hint = LABELS_OF.get((kind, field), usual)
        if field == "warn":
            setattr(OfKind, field, StringField(label, [Optional(), Length(max=100)], description=hint))
        else:
            setattr(OfKind, field, IntegerField(label, [Optional()], description=hint, render_kw={"min": "0"}))
    shown = dict(steps or OFFERED[kind].as_dict())
    shown["warn"] = ", ".join(str(day) for day in shown.get("warn", ()))
    form = OfKind(data=shown)
    form.scope.choices = choices(_places(kind, agencies))
    return form


def _places(kind: PolicyKind, agencies: dict[str, str]) -> list[tuple[str, str]]:
    found = [(f"{PolicyScope.EVERYBODY.value}:", "Everybody")]
    if PolicyScope.ROLE in SCOPES[kind]:
        found += [(f"{PolicyScope.ROLE.value}:{role.value}", f"Role: {role.title}") for role in Role]
    if PolicyScope.AGENCY in SCOPES[kind]:
        found += [(f"{PolicyScope.AGENCY.value}:{id_}", name) for id_, name in agencies.items()]
    return found
