"""One person as the screens show it: client records read through the layers above them.

Fields go in units that belong together: a name is never put together from two records, and a quality code never
stands beside a value from elsewhere. Each unit comes from the record that the last merge in force chose for it, else
from the record that was kept, else from the first one that has it; and each says which record that was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select, union
from sqlalchemy.orm import aliased, joinedload

from adminops.db import db
from adminops.hmis import sealing
from adminops.hmis.codes import NoYes, label, label_of
from adminops.hmis.models import Client, Merge, Person
from adminops.hmis.spec import current

RACES = ("AmIndAKNative", "Asian", "BlackAfAmerican", "HispanicLatinao", "MidEastNAfrican", "NativeHIPacific", "White")

UNITS: dict[str, tuple[str, ...]] = {
    "name": ("first_name", "middle_name", "last_name", "name_suffix", "name_data_quality"),
    "ssn": ("ssn_sealed", "ssn_index", "ssn_last4_index", "ssn_data_quality"),
    "dob": ("dob", "dob_data_quality"),
    "sex": ("sex",),
    "race": (
        "am_ind_ak_native",
        "asian",
        "black_af_american",
        "hispanic_latinao",
        "mid_east_n_african",
        "native_hi_pacific",
        "white",
        "race_none",
        "additional_race_ethnicity",
    ),
    "veteran": (
        "veteran_status",
        "year_entered_service",
        "year_separated",
        "world_war_ii",
        "korean_war",
        "vietnam_war",
        "desert_storm",
        "afghanistan_oef",
        "iraq_oif",
        "iraq_ond",
        "other_theater",
        "military_branch",
        "discharge_status",
    ),
}
"""The units in which a reviewer chooses, with the columns of the client table that each is made of."""

_VALUES: dict[str, tuple[str, ...]] = {
    "name": ("first_name", "last_name"),
    "ssn": ("ssn_sealed",),
    "dob": ("dob",),
    "sex": ("sex",),
    "race": UNITS["race"][:-2],
    "veteran": ("veteran_status",),
}
"""The columns of each unit that hold what was asked for; the others say how good it is or add to it."""

_This, _Other = aliased(Client, name="this"), aliased(Client, name="other")

_NOT_AN_ANSWER = (None, "", 8, 9, 99)


@dataclass(frozen=True)
class Identity:
    """Who a person is, for a screen: the SSN masked, codes as words. `taken_from` says which record gave each unit."""

    name: str
    name_quality: str
    masked_ssn: str
    ssn_quality: str
    dob: date | None
    dob_quality: str
    sex: str
    races: tuple[str, ...]
    race_note: str
    veteran: str
    taken_from: Mapping[str, int]


def full_name(client: Client) -> str:
    """Return the name of one record, or "(no name)". A hashed name is not shown."""
    return written_name(client.first_name, client.middle_name, client.last_name, client.name_suffix)


def written_name(*parts: str | None) -> str:
    """Return the parts of a name in one, as `full_name` does."""
    shown = ["(hashed)" if sealing.is_hash(part) else part for part in parts if part]
    return " ".join(dict.fromkeys(shown)) if "(hashed)" in shown else " ".join(shown) or "(no name)"


def masked_ssn(client: Client) -> str:
    """Return the SSN of one record as screens show it."""
    return sealing.mask_ssn(sealing.open_ssn(client.source_id, client.personal_id, client.ssn_sealed))


def found_person(client: Client) -> int:
    """Let a record that has no person yet be one of its own, and return the number of its person."""
    if client.person_id is None:
        db.session.merge(Person(id=client.id))
        db.session.flush()
        client.person_id = client.id
        db.session.flush()
    return client.person_id


def are_one(one: Client, other: Client) -> bool:
    """Tell whether two records stand for the same person."""
    return one.id == other.id or (one.person_id is not None and one.person_id == other.person_id)


def is_beside(client_ids: Iterable[int]) -> ColumnElement[bool]:
    """Return the condition that a record is one of these, or stands for the same person as one of them.

    A union and no `or`: PostgreSQL would read the whole table for the latter.
    """
    ids = list(client_ids)
    these = select(Client.id).where(Client.id.in_(ids))
    others = select(_Other.id).join(_This, _This.person_id == _Other.person_id).where(_This.id.in_(ids))
    return Client.id.in_(union(these, others))


def records_of(person_id: int) -> list[Client]:
    """Return the client records that stand for a person, the kept one first; removed ones are left out."""
    found = db.session.scalars(
        select(Client).where(Client.person_id == person_id, Client.removed_at.is_(None)).order_by(Client.id)
    )
    return sorted(found, key=lambda client: (client.id != person_id, client.id))


def merges_of(records: Iterable[Client]) -> list[Merge]:
    """Return the merges in force among `records`, in the order in which they were made."""
    ids = [client.id for client in records]
    if len(ids) < 2:
        return []
    reading = select(Merge).where(Merge.source_client_id.in_(ids), Merge.undone_at.is_(None)).order_by(Merge.id)
    return list(db.session.scalars(reading.options(joinedload(Merge.choices))).unique())


def chosen_records(records: Sequence[Client], merges: Sequence[Merge]) -> dict[str, Client]:
    """Return for each unit the record that the person takes it from.

    `records` begin with the kept one; `merges` (`merges_of`) stand in the order in which they were made.
    """
    chosen = {unit: _default_record(records, unit) for unit in UNITS}
    by_id = {client.id: client for client in records}
    for choice in (choice for merge in merges for choice in merge.choices):
        if choice.client_id in by_id:
            chosen[choice.unit] = by_id[choice.client_id]
    return chosen


def choosing_merges(records: Sequence[Client], merges: Sequence[Merge]) -> dict[str, Merge]:
    """Return the merge by which each unit was chosen, for units that a reviewer chose. As for `chosen_records`."""
    ids = {client.id for client in records}
    return {choice.unit: merge for merge in merges for choice in merge.choices if choice.client_id in ids}


def _default_record(records: Sequence[Client], unit: str) -> Client:
    for client in records:
        if any(getattr(client, column) not in _NOT_AN_ANSWER for column in _VALUES[unit]):
            return client
    return records[0]


def identity_of(records: Sequence[Client], merges: Sequence[Merge]) -> Identity:
    """Return who the person behind `records` is, read through the merges in force among them."""
    chosen = chosen_records(records, merges)
    name, ssn, dob, race = (chosen[unit] for unit in ("name", "ssn", "dob", "race"))
    return Identity(
        name=full_name(name),
        name_quality=label("3.01.5", name.name_data_quality),
        masked_ssn=masked_ssn(ssn),
        ssn_quality=label("3.02.2", ssn.ssn_data_quality),
        dob=dob.dob,
        dob_quality=label("3.03.2", dob.dob_data_quality),
        sex=label("4.21", chosen["sex"].sex),
        races=races_of(race),
        race_note=race.additional_race_ethnicity or label_of("Client", "RaceNone", race.race_none),
        veteran=label("1.8", chosen["veteran"].veteran_status),
        taken_from={unit: client.id for unit, client in chosen.items()},
    )


def races_of(client: Client) -> tuple[str, ...]:
    """Return the races and ethnicities of one record in HUD's short words."""
    columns = current().by_name["Client"].by_name
    return tuple(RACE_WORDS[name] for name in RACES if getattr(client, columns[name].attribute) == NoYes.YES.value)


RACE_WORDS = {
    "AmIndAKNative": "American Indian, Alaska Native, or Indigenous",
    "Asian": "Asian or Asian American",
    "BlackAfAmerican": "Black, African American, or African",
    "HispanicLatinao": "Hispanic/Latina/o",
    "MidEastNAfrican": "Middle Eastern or North African",
    "NativeHIPacific": "Native Hawaiian or Pacific Islander",
    "White": "White",
}
