"""Reads of columns."""

from collections.abc import Iterable

from adminops.identity.models import User
from tickets.queries import COLUMNS, choices_of

USUAL_COLUMNS = ("status", "priority", "due", "assignee", "activity")


def known(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of `names` that are columns, each once, in their order."""
    return tuple(dict.fromkeys(name for name in names if name in COLUMNS))


def columns_of(viewer: User) -> tuple[str, ...]:
    """Return the columns of the list as `viewer` wants them: their own, or the usual ones."""
    return known(choices_of(viewer).columns) or USUAL_COLUMNS
