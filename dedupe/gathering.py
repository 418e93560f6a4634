"""From the store to the engine: the client records that take part in matching, as columns.

Clients whose stays are all with victim service providers are left out by law (VAWA): they take part in no matching.
Of clients who also stay elsewhere, the stays with victim service providers are no evidence and are never spoken of.
Sources whose exports hold hashes in place of names are left out as a whole: there is nothing to compare.

Rows are read some thousands at a time, and a text that comes often is kept once.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union
from sqlalchemy.orm import aliased

from adminops.db import db
from adminops.hmis import sealing
from adminops.hmis.codes import NoYes
from adminops.hmis.keys import IsListed
from adminops.hmis.layers import layers_of, whole_table
from adminops.hmis.models import Client, Enrollment, Exit, HmisSource
from adminops.identity.scopes import (
    is_outside_victim_services,
    is_with_victim_services,
    reading_victim_services,
    victim_service_projects,
)
from dedupe.matching.columns import AS_GIVEN, NO_CODE, Columns, Memberships, of_identities
from dedupe.matching.sweeping import without_sweeping
from dedupe.matching.warn import Stay

RACES = (
    "am_ind_ak_native",
    "asian",
    "black_af_american",
    "hispanic_latinao",
    "mid_east_n_african",
    "native_hi_pacific",
    "white",
)
TEXTS = ("first_name", "middle_name", "last_name", "name_suffix")
CODES = {
    "name_data_quality": AS_GIVEN,
    "ssn_data_quality": AS_GIVEN,
    "dob_data_quality": AS_GIVEN,
    "sex": NO_CODE,
    "veteran_status": NO_CODE,
}
"""The columns of codes, and what a blank one counts as."""
_QUALITIES = ("name_data_quality", "ssn_data_quality", "dob_data_quality")
IDENTITY = (Client.id, Client.source_id, Client.personal_id, Client.ssn_sealed, Client.dob)
_TOLD = (*IDENTITY, *(getattr(Client, name) for name in (*TEXTS, *_QUALITIES)), HmisSource.name, Client.person_id)
COLUMNS = (*IDENTITY, *(getattr(Client, name) for name in (*TEXTS, *CODES, *RACES)))
AT_ONCE = 2_000
"""So many records are asked for in one statement."""
CHUNK = 10_000
"""So many rows are held as rows at a time."""

# From clients to their stays, never the other way: with many numbers of clients SQLite took every stay first and looked
# each number up for it, in forty seconds what takes one. A sum can't be looked up in the index that led it there.
_IS_THEIRS = (Enrollment.source_id == Client.source_id + 0) & (Enrollment.personal_id == Client.personal_id)
_IS_AMONG = IsListed(Client.id, "ids")
Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Gathered:
    """The records that take part, and how many do not: by law, or because their source holds hashes."""

    columns: Columns
    victim_services: int
    hashed: int

    def __len__(self) -> int:
        """Return how many take part."""
        return len(self.columns)


@without_sweeping()
def records_to_match(client_ids: Collection[int] | None = None) -> Gathered:
    """Return the records to match: all, or those among `client_ids`."""
    clients = _read_clients(client_ids)
    stays = _Stays(clients, victim_service_projects())
    for rows in _in_chunks(_enrollments(of_some=client_ids is not None), client_ids):
        stays.add(rows)
    protected = stays.protected()
    columns = clients.columns(stays).without(protected)
    return Gathered(columns, int(np.count_nonzero(protected)), _hashed(client_ids))


def identities(client_ids: Collection[int], *, with_ssn: bool) -> tuple[Columns, dict[int, Any]]:
    """Return names and birth dates of some records and, if wanted, their SSNs; and their rows by their numbers.

    Those who stay with victim service providers alone are left out. SSNs that nobody compares stay sealed. A row has
    the name of its source and its person, too.
    """
    rows = db.session.execute(_to_be_told_of(), {"ids": sorted(client_ids)}).all() if client_ids else ()
    ids, sources, keys, sealed, dobs, *texts, name_quality, ssn_quality, dob_quality, _source, _person = (
        zip(*rows, strict=True) if rows else [()] * len(_TOLD)
    )
    first, middle, last, suffix = ([text or "" for text in column] for column in texts)
    columns = of_identities(
        ids,
        first=first,
        middle=middle,
        last=last,
        suffix=suffix,
        ssn=list(map(sealing.open_ssn, sources, keys, sealed)) if with_ssn else [""] * len(ids),
        dob=[day.isoformat() if day else "" for day in dobs],
        qualities=[
            [AS_GIVEN if code is None else code for code in each] for each in (name_quality, ssn_quality, dob_quality)
        ],
    )
    return columns, {row.id: row for row in rows}


def _read_clients(client_ids: Collection[int] | None) -> "_Clients":
    clients = _Clients()
    for rows in _in_chunks(_comparable(of_some=client_ids is not None), client_ids):
        clients.add(rows)
    return clients


@cache
def _comparable(*, of_some: bool) -> Select[*tuple[Any, ...]]:
    chosen = select(*COLUMNS).join(HmisSource, HmisSource.id == Client.source_id).order_by(Client.id)
    chosen = chosen.where(Client.removed_at.is_(None), HmisSource.names_hashed.is_(False))
    return chosen.where(_IS_AMONG) if of_some else chosen


@cache
def _to_be_told_of() -> Select[*tuple[Any, ...]]:
    chosen = _comparable(of_some=True).with_only_columns(*_TOLD, maintain_column_froms=True)
    return chosen.where(Client.id.not_in(_protected_ones()))


def protected_clients(*clients: Client) -> int:
    """Return how many of `clients` stay with victim service providers alone, or stand for one person with who does."""
    found = db.session.execute(_protected_beside(), {"ids": [client.id for client in clients]}).all()
    ids, people = {id_ for id_, _ in found}, {person_id for _, person_id in found} - {None}
    return sum(client.id in ids or client.person_id in people for client in clients)


def protected_among(client_ids: Iterable[int]) -> set[int]:
    """Return which of `client_ids` stay with victim service providers alone."""
    found = set[int]()
    for some in in_parts(client_ids):
        found.update(db.session.scalars(_protected_ones(), {"ids": some}))
    return found


@cache
def _protected_ones() -> Select[*tuple[Any, ...]]:
    """Return the reading of those among `ids` all of whose stays are with victim service providers."""
    client = aliased(Client)
    return _with_victim_services_alone(client, client.id).where(IsListed(client.id, "ids"))


@cache
def _protected_beside() -> Select[*tuple[Any, ...]]:
    """Return the reading of such ones, with their persons, among `ids` and all who stand for one person with these."""
    client, this, other = aliased(Client), aliased(Client), aliased(Client)
    others = select(other.id).join(this, this.person_id == other.person_id).where(IsListed(this.id, "ids"))
    beside = union(select(this.id).where(IsListed(this.id, "ids")), others)
    return _with_victim_services_alone(client, client.id, client.person_id).where(client.id.in_(beside))


def _with_victim_services_alone(client: Any, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Return the reading of `columns` of each `client` all of whose stays are with victim service providers.

    They are counted together: asked of each, PostgreSQL would put all projects together for everyone anew.
    """
    place = reading_victim_services().subquery()
    return (
        select(*columns)
        .join(Enrollment, (Enrollment.source_id == client.source_id) & (Enrollment.personal_id == client.personal_id))
        .outerjoin(place, (place.c.source_id == Enrollment.source_id) & (place.c.project_id == Enrollment.project_id))
        .where(Enrollment.removed_at.is_(None))
        .group_by(client.id)
        .having(func.count() == func.count(place.c.project_id))
    )


def is_protected(client: Any) -> ColumnElement[bool]:
    """Return the condition that a row of `client` (Client or an alias of it) stays with victim services alone."""
    stays = select(Enrollment.id).where(
        Enrollment.source_id == client.source_id,
        Enrollment.personal_id == client.personal_id,
        Enrollment.removed_at.is_(None),
    )
    there, elsewhere = stays.where(is_with_victim_services()), stays.where(is_outside_victim_services())
    return and_(there.correlate(client).exists(), ~elsewhere.correlate(client).exists())


def stands_for_protected(client: Any) -> ColumnElement[bool]:
    """Return the condition that a row of `client` is protected itself, or stands for one person with who is.

    Somebody may be found to be protected after a merge: whoever looks at the person would be shown that record, too.
    """
    other = aliased(Client)
    others = select(other.id).where(other.person_id == client.person_id, other.id != client.id, is_protected(other))
    return or_(is_protected(client), others.correlate(client).exists())


def stays_to_warn_of(client_ids: Iterable[int]) -> dict[int, list[Stay]]:
    """Return the stays of records in order, without those with victim service providers, for the warnings of pairs."""
    found: dict[int, list[Stay]] = defaultdict(list)
    protected, seen = victim_service_projects(), set()
    for some in in_parts(client_ids):
        for client_id, id_, source_id, project_id, entry, left in db.session.execute(
            _dated().where(Client.id.in_(some))
        ):
            if id_ in seen or (source_id, project_id) in protected:
                continue  # a second exit of one stay is the vendor's fault, not another stay
            seen.add(id_)
            found[client_id].append(Stay(f"{source_id}|{project_id}", entry, left))
    return found


def in_parts(ids: Iterable[int]) -> Iterator[list[int]]:
    """Yield numbers, as many at a time as one statement may name."""
    left = iter(ids)
    while some := list(islice(left, AT_ONCE)):
        yield some


def _in_chunks(chosen: Select[*tuple[Any, ...]], client_ids: Collection[int] | None) -> Iterator[Rows]:
    """Yield rows some thousands at a time: all, or those of some clients, whom `chosen` has as `ids`."""
    if client_ids is None:
        yield from db.session.execute(chosen.execution_options(yield_per=CHUNK)).partitions()
        return
    for some in in_parts(sorted(client_ids)):
        yield db.session.execute(chosen, {"ids": some}).all()


def _hashed(client_ids: Collection[int] | None) -> int:
    counted = select(func.count(Client.id)).join(HmisSource, HmisSource.id == Client.source_id)
    counted = counted.where(Client.removed_at.is_(None), HmisSource.names_hashed.is_(True))
    if client_ids is not None:
        return sum(db.session.scalar(counted.where(Client.id.in_(some))) or 0 for some in in_parts(client_ids))
    return db.session.scalar(counted) or 0


@dataclass
class _Clients:
    """Columns that grow. A name or a date that comes often is one text for all."""

    ids: list[int] = field(default_factory=list)
    places: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    """By source and PersonalID, where each record stands."""
    ssn: list[str] = field(default_factory=list)
    dob: list[str] = field(default_factory=list)
    texts: Mapping[str, list[str]] = field(default_factory=lambda: {name: [] for name in TEXTS})
    codes: Mapping[str, list[NDArray[np.int16]]] = field(default_factory=lambda: {name: [] for name in CODES})
    races: list[NDArray[np.uint8]] = field(default_factory=list)
    _known: dict[str, str] = field(default_factory=dict)
    _days: dict[date | None, str] = field(default_factory=lambda: {None: ""})

    def add(self, rows: Rows) -> None:
        """Put rows of `COLUMNS` behind the others."""
        if not rows:
            return
        ids, sources, personal_ids, sealed, dobs, *rest = zip(*rows, strict=True)
        for place, (source_id, personal_id) in enumerate(zip(sources, personal_ids, strict=True), len(self.ids)):
            self.places[source_id][personal_id] = place
        self.ids.extend(ids)
        self.ssn.extend(map(sealing.open_ssn, sources, personal_ids, sealed))
        self.dob.extend(map(self._day, dobs))
        given = dict(zip((*TEXTS, *CODES, *RACES), rest, strict=True))
        for name, texts in self.texts.items():
            texts.extend(self._known.setdefault(text, text) if text else "" for text in given[name])
        for name, parts in self.codes.items():
            blank = CODES[name]
            parts.append(np.array([blank if code is None else code for code in given[name]], dtype=np.int16))
        self.races.append(_races([given[race] for race in RACES]))

    def _day(self, born: date | None) -> str:
        found = self._days.get(born)
        if found is None:
            found = self._days[born] = f"{born:%Y-%m-%d}" if born else ""
        return found

    def columns(self, stays: "_Stays") -> Columns:
        """Return what was read as the engine wants it."""
        codes = {name: _joined(parts, np.int16) for name, parts in self.codes.items()}
        return Columns(
            ids=self.ids,
            first=self.texts["first_name"],
            middle=self.texts["middle_name"],
            last=self.texts["last_name"],
            suffix=self.texts["name_suffix"],
            name_quality=codes["name_data_quality"],
            ssn=self.ssn,
            ssn_quality=codes["ssn_data_quality"],
            dob=self.dob,
            dob_quality=codes["dob_data_quality"],
            sex=codes["sex"],
            races=_joined(self.races, np.uint8),
            veteran=codes["veteran_status"],
            households=_memberships(stays.who, stays.household),
            projects=_memberships(stays.who, stays.project),
        )


def _races(columns: Sequence[Sequence[int | None]]) -> NDArray[np.uint8]:
    found = np.zeros(len(columns[0]), dtype=np.uint8)
    for place, answers in enumerate(columns):
        found |= np.array([answer == NoYes.YES for answer in answers], dtype=np.uint8) << np.uint8(place)
    return found


class _Stays:
    """Who was where with whom, as it is read; groups are numbers that stand for no more than being the same."""

    def __init__(self, clients: _Clients, protected: Collection[tuple[int, str]]) -> None:
        self._places, self._protected = clients.places, protected
        self.who: list[NDArray[np.int32]] = []
        self.household: list[NDArray[np.int64]] = []
        self.project: list[NDArray[np.int64]] = []
        self._there, self._elsewhere = (np.zeros(len(clients.ids), dtype=np.bool_) for _ in range(2))

    def add(self, rows: Rows) -> None:
        """Note enrollments: (source, PersonalID, project, household, left out by a repair)."""
        who, household, project = [], [], []
        for source_id, personal_id, project_id, household_id, left_out in rows:
            place = self._places[source_id].get(personal_id, -1) if source_id in self._places else -1
            if place < 0:
                continue
            if (source_id, project_id) in self._protected:
                self._there[place] = True
                continue
            self._elsewhere[place] = True
            if left_out:  # by a repair: it is no evidence, but who is protected goes by the rows as they came
                continue
            where = (source_id, project_id)
            who.append(place)
            project.append(hash(where) or 1)
            household.append(hash((where, household_id)) or 1 if household_id else 0)
        self.who.append(np.array(who, dtype=np.int32))
        self.household.append(np.array(household, dtype=np.int64))
        self.project.append(np.array(project, dtype=np.int64))

    def protected(self) -> NDArray[np.bool_]:
        """Say which records stay with victim service providers alone."""
        return self._there & ~self._elsewhere


def _memberships(who: Sequence[NDArray[np.int32]], groups: Sequence[NDArray[np.int64]]) -> Memberships:
    record, group = _joined(who, np.int32), _joined(groups, np.int64)
    known = group != 0
    _, numbers = np.unique(group[known], return_inverse=True)
    return Memberships(record[known], numbers.astype(np.int32))


def _joined(parts: Sequence[NDArray[Any]], kind: type[Any]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)


def _enrollments(*, of_some: bool) -> Select[*tuple[Any, ...]]:
    layers = layers_of()
    household = layers.value(Enrollment, "household_id")
    left_out = layers.left_out(Enrollment)
    chosen = select(Enrollment.source_id, Enrollment.personal_id, Enrollment.project_id, household, left_out)
    chosen = chosen.where(Enrollment.removed_at.is_(None))
    return chosen.join(Client, _IS_THEIRS).where(_IS_AMONG) if of_some else chosen


def _dated() -> Select[*tuple[Any, ...]]:
    """Return the reading of stays with their days: client, stay, source, project, entry, exit."""
    layers = layers_of()
    stay = layers.value(Exit, "enrollment_id")
    leaving = whole_table(
        select(Exit.id, Exit.source_id, stay.label("stay"), Exit.exit_date).where(
            Exit.removed_at.is_(None), layers.there(Exit)
        ),
        read_through=layers.touches(Exit, "enrollment_id"),
    )
    return (
        select(
            Client.id,
            Enrollment.id,
            Enrollment.source_id,
            Enrollment.project_id,
            Enrollment.entry_date,
            leaving.c.exit_date,
        )
        .join(Enrollment, _IS_THEIRS)
        .outerjoin(
            leaving, (leaving.c.source_id == Enrollment.source_id) & (leaving.c.stay == Enrollment.enrollment_id)
        )
        .where(Enrollment.removed_at.is_(None), Enrollment.entry_date.is_not(None), ~layers.left_out(Enrollment))
        .order_by(Enrollment.id, leaving.c.id)
    )
