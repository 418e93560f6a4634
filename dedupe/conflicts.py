"""What speaks against a merge so much that a second person has to agree, read off the records as they are now.

A scan warns of what it saw; this is asked when somebody decides. It looks at all records of both persons, for a merge
joins persons.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from sqlalchemy import or_, select

from adminops.db import db
from adminops.hmis import sealing
from adminops.hmis.codes import label
from adminops.hmis.models import Client
from adminops.hmis.persons import are_one
from adminops.hmis.stays import Stay, stays_of
from adminops.identity.scopes import is_outside_victim_services
from adminops.settings import current_settings
from dedupe.asking_again import is_asked_again
from dedupe.models import Pair, PairState

FULL = 1
DECEASED = 24


@dataclass(frozen=True)
class Person:
    """One side of a merge: all records of a person, and their stays but for those with victim services."""

    records: Sequence[Client]
    stays: Sequence[Stay]


def why_second(pair: Pair, kept: Person, folded: Person) -> list[str]:
    """Return why a second person has to agree that `folded` is merged into `kept`, as sentences; none if nobody has."""
    found = [sentence for rule, sentence in _RULES if rule(kept, folded)]
    if pair.has_conflict and not found:
        found.append("The scan found something that speaks against one person.")
    if is_asked_again(pair):
        found.append("Somebody kept these two apart: merging them takes that back.")
    found += [
        f"The scan found something that speaks against one person in pair {id_}, which this merge joins, too."
        for id_, has_conflict in crossing_pairs(kept, folded).items()
        if has_conflict and id_ != pair.id
    ]
    if len(folded.stays) > (most := current_settings().merge_second_person_stays):
        found.append(f"More than {most} stays would move.")
    return found


def crossing_pairs(kept: Person, folded: Person) -> dict[int, bool]:
    """Return the known pairs of a record of the one with a record of the other, and whether each has a conflict.

    Joining the two decides all of them. Those that are no longer proposed are not among them. One read, along the
    index of both sides: a pair has the lower number first, whichever person that is of.
    """
    ours, theirs = ({client.id for client in person.records} for person in (kept, folded))
    some = sorted(ours | theirs)
    reading = select(Pair.id, Pair.low_client_id, Pair.high_client_id, Pair.has_conflict).where(
        Pair.low_client_id.in_(some), Pair.high_client_id.in_(some), Pair.state != PairState.GONE
    )
    return {
        id_: has_conflict
        for id_, low, high, has_conflict in db.session.execute(reading.order_by(Pair.id))
        if (low in ours) is not (high in ours)
    }


def persons_of(*clients: Client) -> list[Person]:
    """Return the persons of some records: two reads, and a few more for their stays."""
    persons = [client.person_id for client in clients if client.person_id is not None]
    theirs = or_(Client.id.in_([client.id for client in clients]), Client.person_id.in_(persons))
    records = list(db.session.scalars(select(Client).where(theirs, Client.removed_at.is_(None)).order_by(Client.id)))
    stays = stays_of(records, is_outside_victim_services())
    found = []
    for client in clients:
        own = [each for each in records if are_one(each, client)]
        ids = {each.id for each in own}
        found.append(Person(own, [stay for stay in stays if stay.client_id in ids]))
    return found


def _two_numbers(one: Person, other: Person) -> bool:
    left, right = (_numbers(person.records) for person in (one, other))
    return bool(left and right) and not left & right


def _numbers(records: Iterable[Client]) -> set[str]:
    opened = (sealing.open_ssn(each.source_id, each.personal_id, each.ssn_sealed) for each in records)
    return {ssn for ssn in opened if sealing.is_valid_ssn(ssn)}


def _two_birth_dates(one: Person, other: Person) -> bool:
    left, right = (
        [each.dob for each in person.records if each.dob and each.dob_data_quality == FULL] for person in (one, other)
    )
    return bool(left and right) and not any(_have_something_in_common(*days) for days in product(left, right))


def _have_something_in_common(one: date, other: date) -> bool:
    is_swapped = (one.year, one.month, one.day) == (other.year, other.day, other.month)
    return is_swapped or (one.day == other.day) + (one.month == other.month) + (one.year == other.year) > 0


def _seen_after_death(one: Person, other: Person) -> bool:
    return _lives_on(one, other) or _lives_on(other, one)


def _lives_on(dead: Person, other: Person) -> bool:
    """Say whether `other` is seen after a stay of `dead` ended with death."""
    ended = [stay.exit_date for stay in dead.stays if stay.exit_date and stay.destination == label("3.12.1", DECEASED)]
    seen = [day for stay in other.stays for day in (stay.entry_date, *stay.service_days) if day]
    return bool(ended and seen) and max(seen) > min(ended)


def _entered_together(one: Person, other: Person) -> bool:
    left, right = (
        {
            (stay.source_id, stay.project_id, stay.household_id, stay.entry_date)
            for stay in person.stays
            if stay.household_id
        }
        for person in (one, other)
    )
    return bool(left & right)


_RULES = (
    (_two_numbers, "The two have two different full SSNs."),
    (_two_birth_dates, "Their full birth dates have neither day, month nor year in common."),
    (_seen_after_death, "One was seen after a stay of the other ended with death."),
    (_entered_together, "Both entered a project together as members of one household."),
)
