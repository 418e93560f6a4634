"""Where two stays of one person clash.

Two stays clash when somebody is said to sleep in two places in one night: shelters (entry/exit), safe havens and
transitional housing from entry to exit, permanent housing from the move-in on (HMIS Data Standards, 3.20). Street
outreach, day shelter, coordinated entry and services beside a stay are as it should be, and of a night-by-night shelter
only its bed nights count. Two stays in one project at once clash whatever its type.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from adminops.hmis.codes import ProjectType
from adminops.hmis.stays import Stay

FROM_ENTRY = {ProjectType.ES_ENTRY_EXIT, ProjectType.TRANSITIONAL_HOUSING, ProjectType.SAFE_HAVEN}
FROM_MOVE_IN = {
    ProjectType.PERMANENT_SUPPORTIVE_HOUSING,
    ProjectType.PH_HOUSING_ONLY,
    ProjectType.PH_HOUSING_WITH_SERVICES,
    ProjectType.RAPID_REHOUSING,
}
NIGHT = timedelta(days=1)


@dataclass(frozen=True)
class Clash:
    """Nights that a stay shares with another one of the same person."""

    other: Stay
    first: date
    last: date
    """The last such night."""

    @property
    def nights(self) -> int:
        """How many nights they share."""
        return (self.last - self.first).days + 1


def clashes_of(stays: Sequence[Stay], today: date) -> dict[int, tuple[Clash, ...]]:
    """Return by number of the stay with which others it clashes, by first night; those without a clash are left out."""
    found: dict[int, list[Clash]] = {}
    going: list[Stay] = []
    for stay in sorted((stay for stay in stays if stay.entry_date), key=lambda stay: (stay.entry_date, stay.id)):
        going = [other for other in going if _end(other, today) > (stay.entry_date or today)]
        for other in going:
            if shared := _shared_nights(stay, other, today):
                found.setdefault(stay.id, []).append(Clash(other, *shared))
                found.setdefault(other.id, []).append(Clash(stay, *shared))
        going.append(stay)
    return {id_: tuple(sorted(clashes, key=lambda clash: clash.first)) for id_, clashes in found.items()}


def _shared_nights(one: Stay, other: Stay, today: date) -> tuple[date, date] | None:
    same = (one.source_id, one.project_id) == (other.source_id, other.project_id)
    begins = [stay.entry_date if same else _first_night(stay) for stay in (one, other)]
    known = [begin for begin in begins if begin is not None]
    if len(known) < 2:
        return None
    first, end = max(known), min(_end(one, today), _end(other, today))
    return (first, end - NIGHT) if first < end else None


def _first_night(stay: Stay) -> date | None:
    if stay.project_type in FROM_ENTRY:
        return stay.entry_date
    return stay.move_in_date if stay.project_type in FROM_MOVE_IN else None


def _end(stay: Stay, today: date) -> date:
    """Return the day of leaving, which is no night there; of an open stay, tomorrow."""
    return stay.exit_date or today + NIGHT
