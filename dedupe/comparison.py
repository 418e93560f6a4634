"""Two records side by side, as the page of a pair shows them.

The reviewer chooses in units of the store: a name with its quality is one, so that a name is never put together from
two records. A unit has a line for each of its parts. A record that stands for a person with others already shows what
that person reads as, and says from which record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from adminops.db import db
from adminops.hmis.households import HouseholdKey, Member, household_of, others_in_households
from adminops.hmis.models import Client, Merge
from adminops.hmis.persons import chosen_records
from adminops.hmis.scope import EVERYTHING
from adminops.hmis.stays import Stay, stay_ids_of, stays_of
from adminops.identity.scopes import is_outside_victim_services
from dedupe.conflicts import Person, why_second
from dedupe.lines import Line, state_of
from dedupe.models import Pair
from dedupe.moving import count_rows
from dedupe.seen import Behind, behind
from dedupe.units import UNITS, Unit

Choice = Literal["left", "right"]


@dataclass(frozen=True)
class Side:
    """The head of one column."""

    title: str
    role: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A unit to choose, or a line that is the same on both sides and asks nothing."""

    key: str
    label: str
    lines: tuple[Line, ...]
    chosen: Choice = "left"
    notes: Mapping[str, str] = field(default_factory=dict)
    """Where a side's value comes from, when it is another record of the same person: {"left": "from client 12"}."""

    @property
    def state(self) -> str:
        """The weakest of its lines: different, alike, blank or same."""
        return state_of(self.lines)


@dataclass(frozen=True)
class Reader:
    """A record with all that its person stands for."""

    client: Client
    records: tuple[Client, ...]
    read: Mapping[str, Client]
    """The record that each unit is read from."""

    @classmethod
    def of(cls, client: Client, everybody: Sequence[Client], merges: Sequence[Merge]) -> "Reader":
        """Return what the person of `client` reads as now; `everybody` and `merges` hold all of that person."""
        own = [record for record in everybody if record.person_id == client.person_id]
        own = sorted(own, key=lambda record: (record.id != client.person_id, record.id))
        records = own or [client]  # a record without a person yet, or one that has left its source
        return cls(client, tuple(records), chosen_records(records, merges))

    def note(self, unit: str) -> str:
        """Say which record gives the unit, when it is another one of the person."""
        giver = self.read[unit]
        return "" if giver.id == self.client.id else f"from client {giver.personal_id}"


@dataclass(frozen=True)
class Household:
    """Who else was in the household of a stay. `in_common`: somebody of one's own household is in the other's, too."""

    project: str
    members: tuple[Member, ...]
    in_common: bool


@dataclass(frozen=True)
class Comparison:
    """All that the page of a pair compares. Left is the record that is kept."""

    kept: Client
    folded: Client
    left: Side
    right: Side
    rows: tuple[Row, ...]
    stays: tuple[tuple[str, Stay], ...]
    """Of both people, each with its side ("a" or "b"), the newest first."""
    households: tuple[tuple[str, Household], ...]
    """Of both people, each with its side, those with others in them."""
    moving_stays: int
    moving_services: int
    moving_rows: tuple[tuple[str, int], ...]
    """Of each of HUD's files that has some, how many rows of the right side move with the stays."""
    why_second: tuple[str, ...]
    """Why a second person has to agree, as sentences; nobody has to without any."""
    behind: Behind
    """All that it is based on, by numbers."""

    @property
    def taken(self) -> int:
        """How many units are chosen from the record that is folded in."""
        return sum(row.state != "same" and row.chosen == "right" for row in self.rows)


def default_sides(pair: Pair) -> tuple[Client, Client]:
    """Return the record that is kept unless a reviewer says otherwise, the older one, and the one folded into it."""
    low, high = pair.low_client, pair.high_client
    is_older = high.date_created and (low.date_created is None or high.date_created < low.date_created)
    return (high, low) if is_older else (low, high)


def rows_of_two(kept: Client, folded: Client) -> tuple[Row, ...]:
    """Compare two records that are the only ones of their persons. Reads nothing."""
    units = [unit.key for unit in UNITS]
    left, right = (Reader(client, (client,), dict.fromkeys(units, client)) for client in (kept, folded))
    return tuple(row for unit in UNITS for row in _rows(unit, left, right, {}))


def compare(
    kept: Client,
    folded: Client,
    *,
    sources: Mapping[int, str],
    choices: Mapping[str, Choice] | None = None,
    pair: Pair | None = None,
) -> Comparison:
    """Put `kept` (left) and `folded` (right) side by side. SSNs are compared but never shown.

    `sources` are the names of their sources, where these are two. `choices` are what the reviewer chose before, by
    unit; without it the better answer is chosen, else the left one.
    """
    everybody, merges = _records_and_merges(kept, folded)
    left, right = (Reader.of(client, everybody, merges) for client in (kept, folded))
    # Stays with victim service providers are no evidence, and not to be spoken of.
    stays = stays_of([*left.records, *right.records], is_outside_victim_services())
    theirs = {record.id for record in right.records}
    moving = [stay for stay in stays if stay.client_id in theirs]
    staying = [stay for stay in stays if stay.client_id not in theirs]
    return Comparison(
        kept=kept,
        folded=folded,
        left=_side(left, "Kept record", staying, sources),
        right=_side(right, "Merged into it", moving, sources),
        rows=tuple(row for unit in UNITS for row in _rows(unit, left, right, choices or {})),
        stays=tuple(("b" if stay.client_id in theirs else "a", stay) for stay in stays),
        households=_households(staying, moving, [*left.records, *right.records]),
        moving_stays=len(moving),
        moving_services=_services(moving),
        moving_rows=count_rows(moving),
        why_second=tuple(why_second(pair, Person(left.records, staying), Person(right.records, moving)))
        if pair
        else (),
        behind=behind([*left.records, *right.records], merges, {stay.id for stay in stays}),
    )


def behind_pair(pair: Pair) -> Behind:
    """Return what a comparison of the two would be based on, whichever of them is kept."""
    both = (pair.low_client, pair.high_client)
    everybody, merges = _records_and_merges(*both)
    records = [record for client in both for record in Reader.of(client, everybody, merges).records]
    return behind(records, merges, stay_ids_of(records, is_outside_victim_services()))


def _records_and_merges(*clients: Client) -> tuple[list[Client], list[Merge]]:
    """Return all records of the clients' persons, and the merges in force among them as they were made: one read."""
    persons = [client.person_id for client in clients if client.person_id is not None]
    if not persons:
        return [], []
    reading = (
        select(Client, Merge)
        .outerjoin(Merge, (Merge.source_client_id == Client.id) & Merge.undone_at.is_(None))
        .where(Client.person_id.in_(persons), Client.removed_at.is_(None))
        .options(joinedload(Merge.choices))
        .order_by(Client.id, Merge.id)
    )
    found = db.session.execute(reading).unique().all()
    merges = {merge.id: merge for _, merge in found if merge is not None}
    return list(dict.fromkeys(client for client, _ in found)), [merges[id_] for id_ in sorted(merges)]


def _rows(unit: Unit, left: Reader, right: Reader, choices: Mapping[str, Choice]) -> list[Row]:
    """Return the row of a unit, or its lines one by one when both sides say the same."""
    one, other = left.read[unit.key], right.read[unit.key]
    lines = tuple(unit.lines(one, other))
    if state_of(lines) == "same":
        return [Row(unit.key, line.label, (line,)) for line in lines]
    better: Choice = "right" if is_better(unit, other, one) else "left"
    notes = {"left": left.note(unit.key), "right": right.note(unit.key)}
    return [Row(unit.key, unit.label, lines, choices.get(unit.key, better), notes)]


def _households(
    ours: Sequence[Stay], theirs: Sequence[Stay], records: Sequence[Client]
) -> tuple[tuple[str, Household], ...]:
    """Return the households of both sides, the latest first: one read, and none where everybody was alone."""
    found = others_in_households([*ours, *theirs], without=records, scope=EVERYTHING)
    known = [
        {member.client_id for stay in side for member in found.get(household_of(stay), ())} - {None}
        for side in (ours, theirs)
    ]
    shown: dict[tuple[str, HouseholdKey], Household] = {}
    for letter, side in (("a", ours), ("b", theirs)):
        for stay in side:
            if members := found.get(household_of(stay)):
                common = any(member.client_id in known[0] & known[1] for member in members)
                shown.setdefault((letter, household_of(stay)), Household(stay.project_name, members, common))
    return tuple((letter, household) for (letter, _), household in shown.items())


def is_better(unit: Unit, one: Client, other: Client) -> bool:
    """Say whether the answer of `one` is proposed to be kept: the fuller one, and of two alike the newer one."""
    ranks = unit.rank(one), unit.rank(other)
    return ranks[0] > ranks[1] or (ranks[0] == ranks[1] and _written(one) > _written(other))


def _written(client: Client) -> datetime:
    return client.date_updated or client.date_created or datetime.min  # noqa: DTZ901 - HUD's times have no zone


def _side(reader: Reader, role: str, stays: Sequence[Stay], sources: Mapping[int, str]) -> Side:
    client = reader.client
    made = f"Created {_day(client.date_created)}" if client.date_created else "Creation date not known"
    first = next((stay.organization_name for stay in reversed(stays) if stay.organization_name), "")
    facts = [
        f"{made}{', ' + first if first else ''}",
        f"{_number(len(stays), 'enrollment')}, {_number(_services(stays), 'service')}",
    ]
    if sources:
        facts.append(sources[client.source_id])
    others = [record.personal_id for record in reader.records if record.id != client.id]
    if others:
        facts.append(f"Stands for {', '.join(others)} too")
    if client.removed_at:
        facts.append("Has left its source")
    return Side(title=f"Client {client.personal_id}", role=role, facts=tuple(facts))


def _day(made: datetime) -> str:
    return f"{made.day} {made:%b %Y}"


def _services(stays: Sequence[Stay]) -> int:
    return sum(stay.services + stay.bed_nights for stay in stays)


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
