"""What is answered: who could see a record on a day and by what, who looked, and what is not known. No tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Seer:
    """Somebody who could see it: by which roles, and how often they did look."""

    user_id: int
    username: str
    name: str
    agency: str | None
    roles: Sequence[str]
    """In words: "Agency lead at Harbor House", "Help desk"."""
    looks: int


@dataclass(frozen=True)
class Look:
    """That somebody did look: a page, an SSN, or a look-up that found it."""

    at: datetime
    user_id: int | None
    name: str
    sentence: str


@dataclass(frozen=True)
class Answer:
    """Who could see a client record on a day, who did look, and what this rests on."""

    client_id: int
    on: date
    known_since: datetime | None
    """When the trail begins; before that only rows tell."""
    seers: Sequence[Seer]
    """Who looked most comes first."""
    looks: Sequence[Look]
    caveats: Sequence[str]
    """What is not known of that day, in sentences."""
