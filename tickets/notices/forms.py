"""The forms of notices: what one wishes to be told of and when, and what the house tells."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, TimeField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.forms import Form, choices
from tickets.notices.hours import Every
from tickets.notices.models import NoticeWishes
from tickets.notices.occasions import OFFERED, Nearness, Occasion, Way, cell
from tickets.notices.operations import Choices, Hours
from tickets.queues.models import TicketQueue

USUAL = "usual"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EIGHT = time(8)
HEADS: Mapping[Nearness, str] = {Nearness.MINE: "Mine", Nearness.TEAM: "My team's", Nearness.ALL: "All others"}


class MatrixForm(Form):
    """A select box for each place of the matrix; `matrix_form` adds them."""

    def place(self, occasion: Occasion, near: Nearness) -> Any:
        """Return the field of a place; None where there is nothing to choose."""
        return self._fields.get(_name(cell(occasion, near)))

    @property
    def occasions(self) -> list[Occasion]:
        """The rows of the matrix."""
        return [occasion for occasion in Occasion if any(self.place(occasion, near) for near in Nearness)]

    @property
    def columns(self) -> list[tuple[Nearness, str]]:
        """The columns of the matrix with their heads."""
        shown = (near for near in Nearness if any(self.place(occasion, near) for occasion in Occasion))
        return [(near, HEADS[near]) for near in shown]

    def ways(self) -> dict[str, Way]:
        """Return what was chosen, by the places of the matrix."""
        places = {cell(occasion, near): self.place(occasion, near) for occasion in Occasion for near in Nearness}
        return {key: Way(field.data) for key, field in places.items() if field is not None and field.data != USUAL}


class WishesForm(MatrixForm):
    """What somebody wishes: the matrix, the queues that are theirs, quiet hours, the digest."""

    queues = SelectMultipleField(
        "Queues whose tickets are my team's",
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description="None chosen: those that nobody has taken yet",
    )
    quiet_from = TimeField("No mails about tickets from", [Optional()])
    quiet_until = TimeField("until", [Optional()])
    quiet_weekends = BooleanField("Nor on Saturdays and Sundays")
    urgent_passes = BooleanField("Urgent tickets may disturb me at any time", default=True)
    zone = StringField("My time zone", [Length(max=60)])
    digest_every = SelectField(
        "A digest comes", choices=choices([(Every.DAY.value, "Every day"), (Every.WEEK.value, "Every week")])
    )
    digest_time = TimeField("at", [InputRequired("Enter a time, such as 08:00.")], default=EIGHT)
    digest_weekday = SelectField(
        "Day of a weekly one", choices=choices((str(day), name) for day, name in enumerate(DAYS))
    )

    def choices_made(self) -> Choices:
        """Return what `choose_notices` takes."""
        hours = Hours(
            zone=self.zone.data or "",
            quiet_from=_minutes(self.quiet_from.data),
            quiet_until=_minutes(self.quiet_until.data),
            quiet_weekends=bool(self.quiet_weekends.data),
            urgent_passes=bool(self.urgent_passes.data),
            digest_every=Every(self.digest_every.data),
            digest_minute=_minutes(self.digest_time.data) or 0,
            digest_weekday=int(self.digest_weekday.data),
        )
        queues = [int(number) for number in (self.queues.data if self.queues else None) or []]
        return Choices(ways=self.ways(), queues=queues, hours=hours)


def wishes_form(
    viewer: User, wishes: NoticeWishes | None, house: Mapping[str, Way], queues: Sequence[TicketQueue], zone: str
) -> WishesForm:
    """Return the form with what `viewer` can choose and has chosen; `zone` is that of the house."""
    keys = _places(viewer)
    fields = {_name(key): _select(key, (USUAL, f"As usual: {house[key].label.lower()}")) for key in keys}
    form: WishesForm = type("WishesForm", (WishesForm,), fields)(data=_shown(wishes, keys))
    form.zone.description = f"Empty: {zone}, that of the house"
    form.queues.choices = choices((str(queue.id), queue.name) for queue in queues)
    if not (queues and viewer.may(Permission.WORK_TICKETS)):
        del form.queues
    return form


def defaults_form(house: Mapping[str, Way]) -> MatrixForm:
    """Return the form of what the house tells."""
    fields = {_name(key): _select(key) for key in house}
    form: MatrixForm = type("DefaultsForm", (MatrixForm,), fields)(data={_name(key): house[key].value for key in house})
    return form


def _places(viewer: User) -> list[str]:
    """Return the places that mean something to a person: not those of tickets that they would never see."""
    read, work = viewer.reach(Permission.READ_AGENCY_TICKETS), viewer.reach(Permission.WORK_TICKETS)
    nears = {Nearness.MINE, *([Nearness.TEAM] if read or work else []), *([Nearness.ALL] if work else [])}
    return [
        cell(occasion, near)
        for occasion, offered in OFFERED.items()
        for near in offered
        if near in nears and (work or not occasion.for_team)
    ]


def _select(key: str, *first: tuple[str, str]) -> SelectField:
    occasion, near = key.split(".")
    label = f"{Occasion(occasion).label}: {HEADS[Nearness(near)].lower()}"
    return SelectField(label, choices=choices([*first, *((way.value, way.label) for way in Way)]))


def _shown(wishes: NoticeWishes | None, keys: Sequence[str]) -> dict[str, Any]:
    if wishes is None:
        return {_name(key): USUAL for key in keys} | {"urgent_passes": True}
    return {_name(key): wishes.ways.get(key, USUAL) for key in keys} | {
        "queues": wishes.queues,
        "zone": wishes.zone,
        "quiet_from": _time(wishes.quiet_from),
        "quiet_until": _time(wishes.quiet_until),
        "quiet_weekends": wishes.quiet_weekends,
        "urgent_passes": wishes.urgent_passes,
        "digest_every": wishes.digest_every.value,
        "digest_time": _time(wishes.digest_minute),
        "digest_weekday": str(wishes.digest_weekday),
    }


def _name(key: str) -> str:
    return key.replace(".", "_")


def _minutes(value: time | None) -> int | None:
    return None if value is None else value.hour * 60 + value.minute


def _time(minutes: int | None) -> time | None:
    return None if minutes is None else time(minutes // 60, minutes % 60)
