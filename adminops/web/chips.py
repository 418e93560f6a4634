"""The small things a list shows hundreds of times: icons, badges, priorities, clocks and people.

They are Python functions and not Jinja macros because of what they cost. A list page of 25 rows shows about
150 of them; a macro call builds its frame, resolves its names and renders its body every time, which made
them a third of the page's CPU. These return Markup that is built once for each combination of constants and
then looked up.

In templates they are the global `chip`, so that no import is needed and no view's variable hides them:

    {{ chip.status("open") }}  {{ chip.priority("high") }}  {{ chip.due(149) }}
    {{ chip.badge("Imported", "check", "good") }}
    {{ chip.avatar(user.id, user.name) }}  {{ chip.person(user.id, user.name) }}  {{ chip.nobody() }}

Only house words are cached. Names of people are escaped at every call and never kept.
"""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final, Literal
from zlib import crc32

from jinja2 import Environment
from markupsafe import Markup

from adminops.web import charts, fields
from adminops.web.assets import Assets
from adminops.web.icons import ICONS

Tone = Literal["neutral", "brand", "info", "warn", "bad", "good"]
TONES: Final[tuple[Tone, ...]] = ("neutral", "brand", "info", "warn", "bad", "good")


@dataclass(frozen=True, slots=True)
class Look:
    """How a state or a level looks: its word, the icon whose shape says the same, and the tone."""

    label: str
    icon: str
    tone: Tone = "neutral"


# Every state of the house that a badge can show. The shape says as much as the colour: an empty circle has
# not begun, a dot is at work, a pause waits, a check is done, a slash is over, a cross went wrong.
STATUSES: Final[dict[str, Look]] = {
    # tickets
    "new": Look("New", "circle", "info"),
    "open": Look("Open", "circle-dot", "brand"),
    "waiting": Look("Waiting", "circle-pause", "warn"),
    "resolved": Look("Resolved", "circle-check", "good"),
    "closed": Look("Closed", "circle-slash"),
    # requests and accounts
    "draft": Look("Draft", "circle-dashed"),
    "requested": Look("Requested", "circle", "info"),
    "submitted": Look("Submitted", "circle", "info"),
    "approved": Look("Approved", "circle-check", "brand"),
    "refused": Look("Refused", "circle-x", "bad"),
    "withdrawn": Look("Withdrawn", "circle-slash"),
    "provisioning": Look("Being set up", "circle-dot", "brand"),
    "invited": Look("Invited", "mail", "info"),
    "active": Look("Active", "circle-check", "good"),
    "disabled": Look("Disabled", "circle-slash", "warn"),
    "locked": Look("Locked", "lock", "bad"),
    "archived": Look("Archived", "archive"),
    # pairs of clients
    "proposed": Look("To review", "circle", "info"),
    "claimed": Look("In review", "circle-dot", "brand"),
    "deferred": Look("Decide later", "circle-pause", "warn"),
    "merged": Look("Merged", "merge", "good"),
    "kept_apart": Look("Kept apart", "split"),
    "undone": Look("Undone", "undo-2", "warn"),
    # work in the background, imports, messages
    "queued": Look("Queued", "circle", "info"),
    "pending": Look("Pending", "circle", "info"),
    "running": Look("Running", "circle-dot", "brand"),
    "done": Look("Done", "circle-check", "good"),
    "sent": Look("Sent", "circle-check", "good"),
    "failed": Look("Failed", "circle-x", "bad"),
    "cancelled": Look("Cancelled", "circle-slash"),
    # courses, classes, manuals
    "published": Look("Published", "circle-check", "good"),
    "scheduled": Look("Scheduled", "calendar", "info"),
    "full": Look("Full", "users", "warn"),
    "enrolled": Look("Signed up", "circle", "info"),
    "attended": Look("Attended", "circle-check", "good"),
    "completed": Look("Completed", "badge-check", "good"),
    "absent": Look("Absent", "circle-x", "warn"),
    "expired": Look("Expired", "circle-alert", "warn"),
}

PRIORITIES: Final[dict[str, Look]] = {
    "urgent": Look("Urgent", "chevrons-up", "bad"),
    "high": Look("High", "chevron-up", "warn"),
    "normal": Look("Normal", "equal"),
    "low": Look("Low", "chevron-down"),
}

SOON: Final = 4 * 60  # minutes: under four hours a clock turns amber

_DUE_ICONS: Final = {
    "late": "triangle-alert",
    "soon": "hourglass",
    "ok": "clock",
    "paused": "circle-pause",
    "done": "check",
}


# Added to Markup, a name is escaped; adding is four times as fast as formatting, and a list does it a hundred times.
_PERSON: Final = Markup('<span class="person">')
_NAME: Final = Markup("<span>")
_CLOSE: Final = Markup("</span>")


class Chips:
    """The functions of the global `chip`. One value for each application: icons need its build id."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        self.icon = lru_cache(maxsize=1024)(self._icon)
        self.badge = lru_cache(maxsize=1024)(self._badge)
        self._level = lru_cache(maxsize=16)(self._draw_level)
        self._circle = lru_cache(maxsize=32)(self._draw_circle)
        self._clock = lru_cache(maxsize=1024)(self._draw_clock)
        self.person = lru_cache(maxsize=1024)(self._person)

    def _icon(self, name: str, cls: str = "") -> Markup:
        """Return one icon. It is decoration: the words beside it say what is meant.

        Raises LookupError for a name that is not in `icons.ICONS`.
        """
        if name not in ICONS:
            raise LookupError(f"There is no icon named {name!r}; add it to ICONS in adminops/web/icons.py.")
        shape = Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>')
        return shape.format(f"icon {cls}".rstrip(), self._assets.url("icons.svg"), name)

    def _badge(self, text: str, icon: str | None = None, tone: Tone = "neutral") -> Markup:
        """Return a round badge: a house word (it is cached), the name of an icon or None, a tone.

        Raises LookupError for a tone or an icon that does not exist.
        """
        if tone not in TONES:
            raise LookupError(f"There is no tone {tone!r}; the tones are {', '.join(TONES)}.")
        shape = Markup('<span class="badge tone-{}">{}{}</span>')
        return shape.format(tone, self.icon(icon) if icon else "", text)

    def _draw_circle(self, tint: int, size: str) -> Markup:
        classes = f"avatar avatar-{tint}" + (f" avatar-{size}" if size else "")
        return Markup('<span class="{}" aria-hidden="true">').format(classes)

    def _draw_level(self, key: str) -> Markup:
        look = PRIORITIES[key]
        shape = Markup('<span class="priority priority-{}">{}{}</span>')
        return shape.format(key, self.icon(look.icon), look.label)

    def _draw_clock(self, kind: str, text: str) -> Markup:
        shape = Markup('<span class="due due-{}">{}{}</span>')
        return shape.format(kind, self.icon(_DUE_ICONS[kind]), text)

    def status(self, state: object, label: str | None = None) -> Markup:
        """Return the badge of a state (a string or an enum of strings) with its word, or another word.

        A state without a look of its own shows its name in plain words on a neutral badge.
        """
        key = _word(state)
        look = STATUSES.get(key) or Look(key.replace("_", " ").capitalize(), "circle")
        return self.badge(label or look.label, look.icon, look.tone)

    def priority(self, level: object) -> Markup:
        """Return a priority: "urgent", "high", "normal" or "low", or an enum of them."""
        return self._level(_word(level))

    def due(self, minutes: int | None, state: Literal["running", "paused", "done"] = "running") -> Markup:
        """Return how long is left until a goal, in working minutes (below zero: late), or None without a goal."""
        if state == "paused":
            return self._clock("paused", "Clock paused")
        if state == "done":
            return self._clock("done", "Done")
        if minutes is None:
            return Markup('<span class="due due-none">No goal</span>')
        if minutes < 0:
            return self._clock("late", f"{duration(-minutes)} late")
        return self._clock("soon" if minutes < SOON else "ok", f"{duration(minutes)} left")

    def note(self, kind: Literal["late", "soon", "ok", "paused", "done"], text: str) -> Markup:
        """Return a clock with other words: `chip.note("done", "in 3 h 36 (goal 4 h)")`. House words only."""
        return self._clock(kind, text)

    def avatar(self, key: object, name: str, size: Literal["", "small", "large"] = "") -> Markup:
        """Return the circle with a person's initials; `key` (their id) picks its colour."""
        tint = key % 6 if isinstance(key, int) else crc32(str(key).encode()) % 6
        return self._circle(tint, size) + initials(name) + _CLOSE

    def _person(self, key: object, name: str) -> Markup:
        """Return a person in one line: circle and name."""
        return _PERSON + self.avatar(key, name, "small") + _NAME + name + _CLOSE + _CLOSE

    def nobody(self, text: str = "Nobody yet") -> Markup:
        """Return what stands where a person could be."""
        return Markup('<span class="nobody">{}</span>').format(text)


def initials(name: str) -> str:
    """Return the first letters of the first and the last word of a name, at most two."""
    words = [word for word in name.split() if word[0].isalnum()]
    picked = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0] for word in picked).upper() or "?"


def duration(minutes: int) -> str:
    """Say a span of minutes as people do: "39 min", "2 h 29", "20 h", "3 days"."""
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        return f"{rest} min"
    if hours < 10:
        return f"{hours} h {rest:02}" if rest else f"{hours} h"
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"


def register(env: Environment, assets: Assets) -> None:
    """Give the templates the globals of the UI kit.

    `asset(name)`, `font_url()`, `icon(name, cls="")`, `chip` (this module), `chart` (charts.py), and `field_kind`
    and `field_attributes` (fields.py) for the macros in `templates/ui/`. Those macros also call `csrf_token()`,
    which Flask-WTF registers.
    """
    chips = Chips(assets)
    env.globals.update(
        asset=assets.url,
        font_url=assets.font_url,
        icon=chips.icon,
        chip=chips,
        chart=charts,
        field_kind=fields.kind,
        field_attributes=fields.attributes,
    )


def _word(value: object) -> str:
    return str(value.value) if isinstance(value, Enum) else str(value)
