"""The forms of calendars and policies."""

from collections.abc import Callable
from typing import Any

from wtforms import Field, HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from adminops.feature import RequestType
from adminops.web.forms import Form, choices
from adminops.web.guarding import CleanForm
from tickets.clocks import Target
from tickets.clocks.words import length
from tickets.clocks.writing import (
    read_days,
    read_hours,
    read_length,
    read_steps,
    write_days,
    write_hours,
    write_steps,
)
from tickets.goals.models import CalendarVersion, GoalCalendar, PolicyVersion
from tickets.goals.queries import policy_of
from tickets.goals.regions import REGIONS
from tickets.models import Priority, WaitingOn

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
KINDS = {"first": "First reply", "next": "Next reply", "resolution": "Solution"}


def readable(read: Callable[[str], Any]) -> Callable[[Form, Field], None]:
    """Return a validator: what `read` can't read is said at the field in its words."""

    def check(_form: Form, field: Field) -> None:
        try:
            read(field.data or "")
        except ValueError as problem:
            raise ValidationError(str(problem)) from None

    return check


def _hours(day: str) -> StringField:
    return StringField(day.capitalize(), [Length(max=200), readable(read_hours)])


class CalendarForm(CleanForm):
    """A calendar: its week, and the days that are off."""

    name = StringField("Name", [InputRequired("Enter a name."), Length(max=200)])
    zone = StringField(
        "Time zone", [InputRequired("Enter a time zone."), Length(max=60)], description="America/New_York"
    )
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = map(_hours, DAYS)
    region = SelectField("Public holidays that are off", choices=choices(REGIONS.items()))
    days_off = TextAreaField(
        "Own days off",
        [Length(max=10_000), readable(read_days)],
        description="One a line, with a name: 2026-12-24 Christmas Eve",
    )
    worked = TextAreaField(
        "Public holidays on which you work",
        [Length(max=10_000), readable(read_days)],
        description="One a line: 2026-11-27",
    )
    seen = HiddenField(default="0")

    def fill(self, calendar: GoalCalendar, version: CalendarVersion) -> None:
        """Show what the newest version says."""
        self.name.data, self.zone.data, self.region.data = calendar.name, version.zone, version.region
        for day, hours in zip(DAYS, version.hours["week"], strict=True):
            self[day].data = write_hours(hours)
        self.days_off.data, self.worked.data = write_days(version.days_off), "\n".join(version.worked)
        self.seen.data = str(calendar.number)

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `save_calendar`."""
        return {
            "name": self.name.data,
            "zone": self.zone.data,
            "week": [read_hours(self[day].data or "") for day in DAYS],
            "region": self.region.data,
            "days_off": read_days(self.days_off.data or ""),
            "worked": list(read_days(self.worked.data or "")),
            "seen": _number(self.seen.data),
        }


class PolicyForm(Form):
    """A policy; `policy_form` adds the targets of each priority."""

    calendar = SelectField("Counts by")
    pauses = SelectMultipleField(
        "The clock of the solution rests while a ticket waits on",
        choices=choices(
            (who.value, who.label.removeprefix("Waiting on ").capitalize())
            for who in WaitingOn
            if who is not WaitingOn.PROJECT
        ),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description="Clocks of replies never rest: waiting is no answer.",
    )
    steps = TextAreaField(
        "Warnings",
        [Length(max=2000), readable(read_steps)],
        description="One a line: 1 h before: assignee. When due: assignee. 4 h after: managers.",
        render_kw={"rows": 4},
    )
    request_types = SelectMultipleField(
        "For these request types",
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    seen = HiddenField(default="0")

    def offer(self, calendars: list[GoalCalendar], kinds: list[RequestType], version: PolicyVersion) -> None:
        """Name what can be chosen; a type that nobody offers any more stays as it is."""
        self.calendar.choices = choices((str(calendar.id), calendar.name) for calendar in calendars)
        titles = {kind.key: kind.title for kind in kinds}
        titles |= {key: key for key in version.request_types if key not in titles}
        self.request_types.choices = choices(titles.items())

    def fill(self, version: PolicyVersion) -> None:
        """Show what the newest version says."""
        policy = policy_of(version)
        self.calendar.data, self.seen.data = str(version.calendar_id), str(version.number)
        self.pauses.data, self.request_types.data = version.pauses, version.request_types
        self.steps.data = write_steps(policy.steps)
        for level, target in policy.targets.items():
            for kind in KINDS:
                minutes = getattr(target, kind)
                self[f"{kind}_{level.value}"].data = length(minutes) if minutes else ""

    def rows(self) -> list[tuple[str, list[Field]]]:
        """Return the fields of the targets, by priority."""
        return [(level.value.capitalize(), [self[f"{kind}_{level.value}"] for kind in KINDS]) for level in Priority]

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `save_policy`; the calendar as its id."""
        return {
            "calendar_id": int(self.calendar.data),
            "targets": {level: self._target(level) for level in Priority},
            "pauses": [WaitingOn(who) for who in self.pauses.data or ()],
            "steps": read_steps(self.steps.data or ""),
            "request_types": self.request_types.data or [],
            "seen": _number(self.seen.data),
        }

    def _target(self, level: Priority) -> Target:
        solution = self[f"resolution_{level.value}"].data
        first, later = (read_length(self[f"{kind}_{level.value}"].data) for kind in ("first", "next"))
        return Target(first, later, read_length(solution) if solution else None)


def policy_form() -> PolicyForm:
    """Return the form of a policy with a field for each priority and each thing that is promised."""
    fields: dict[str, Any] = {}
    for level in Priority:
        for kind, title in KINDS.items():
            optional = kind == "resolution"
            checks = [Length(max=40), readable(_optional(read_length) if optional else read_length)]
            fields[f"{kind}_{level.value}"] = StringField(f"{level.value.capitalize()}: {title.lower()}", checks)
    form: PolicyForm = type("PolicyForm", (PolicyForm,), fields)()
    return form


def _optional(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: read(text) if text else None


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0
