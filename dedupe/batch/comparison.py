"""What a page with several pairs shows of each: which record stays, every field that differs, and what moves."""

from collections.abc import Sequence
from dataclasses import dataclass

from adminops.hmis.models import Client
from adminops.hmis.stays import stays_of
from adminops.identity.scopes import is_outside_victim_services
from dedupe.comparison import Row, default_sides, rows_of_two
from dedupe.models import Pair
from dedupe.seen import Behind, behind

ALWAYS = ("name", "dob", "ssn", "sex")
"""These are shown also where both say the same."""


@dataclass(frozen=True)
class Brief:
    """One pair of records that each stand alone."""

    pair: Pair
    kept: Client
    folded: Client
    rows: tuple[Row, ...]
    moving_stays: int
    moving_services: int
    behind: Behind
    """All that it is based on, by numbers."""

    @property
    def shown(self) -> list[Row]:
        """The rows that identify the two, and those of all other fields that differ."""
        return [row for row in self.rows if row.key in ALWAYS or row.state != "same"]


def briefs_of(pairs: Sequence[Pair]) -> list[Brief]:
    """Return what is shown of some pairs: two reads, and a few more where stays are repaired.

    Stays with victim service providers are not counted.
    """
    sides = [(pair, *default_sides(pair)) for pair in pairs]
    stays = stays_of([client for _, *both in sides for client in both], is_outside_victim_services())
    found = []
    for pair, kept, folded in sides:
        staying, moving = ([stay for stay in stays if stay.client_id == client.id] for client in (kept, folded))
        based_on = behind([kept, folded], (), {stay.id for stay in (*staying, *moving)})
        services = sum(stay.services + stay.bed_nights for stay in moving)
        found.append(Brief(pair, kept, folded, rows_of_two(kept, folded), len(moving), services, based_on))
    return found
