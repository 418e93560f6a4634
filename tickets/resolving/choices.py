"""How it ended, as a select box that several forms have."""

from typing import Any

from adminops.feature import RequestType
from adminops.web.forms import choices
from tickets.models import Resolution


def resolution_named(value: Any) -> Resolution | None:
    """Return the ending of that name; None for none, and for what is none."""
    return next((ending for ending in Resolution if ending == value), None)


def endings(*, must_choose: bool) -> list[tuple[str, str]]:
    """Return all endings, with an empty one first where somebody has to choose."""
    told = [(ending.value, ending.label.capitalize()) for ending in Resolution]
    return [("", "Choose how it ended"), *told] if must_choose else told


def offer_endings(form: Any, kind: RequestType | None) -> None:
    """Let `form` offer how a ticket of `kind` may end: as done without a word, unless the type asks."""
    form.resolution.choices = choices(endings(must_choose=kind is not None and kind.closing != "free"))
