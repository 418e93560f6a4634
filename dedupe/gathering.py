"""From the store to the engine: the client records that take part in matching, as the engine wants them.

Clients whose stays are all with victim service providers are left out by law (VAWA): they take part in no matching.
Of clients who also stay elsewhere, the stays with victim service providers are no evidence and are never spoken of.
Sources whose exports hold hashes in place of names are left out as a whole: there is nothing to compare.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from adminops.db import db
from adminops.hmis import sealing
from adminops.hmis.codes import NoYes
from adminops.hmis.layers import layers_of, whole_table
from adminops.hmis.models import Client, Enrollment, Exit, HmisSource
from adminops.identity.scopes import is_with_victim_services, victim_service_projects
from dedupe.engine import MatchRecord, Stay

RACES = (
    "am_ind_ak_native",
    "asian",
    "black_af_american",
    "hispanic_latinao",
    "mid_east_n_african",
    "native_hi_pacific",
    "white",
)
COLUMNS = (
    Client.id,
    Client.source_id,
    Client.personal_id,
    Client.first_name,
    Client.middle_name,
    Client.last_name,
    Client.name_suffix,
    Client.name_data_quality,
    Client.ssn_sealed,
    Client.ssn_data_quality,
    Client.dob,
    Client.dob_data_quality,
    Client.sex,
    Client.veteran_status,
    *(getattr(Client, race) for race in RACES),
)
ClientKey = tuple[int, str]
AT_ONCE = 2_000
"""So many records are asked for in one statement."""


@dataclass(frozen=True)
class Gathered:
    """The records that take part, and how many do not: by law, or because their source holds hashes."""

    records: list[MatchRecord]
    victim_services: int
    hashed: int


@dataclass
class Stays:
    """What the enrollments say: households and stays by client, and who was where."""

    households: dict[ClientKey, set[str]] = field(default_factory=lambda: defaultdict(set))
    stays: dict[ClientKey, list[Stay]] = field(default_factory=lambda: defaultdict(list))
    elsewhere: set[ClientKey] = field(default_factory=set)
    """Clients with a stay outside victim services."""
    victim_services: set[ClientKey] = field(default_factory=set)
    """Clients with a stay at a victim service provider."""


def records_to_match(client_ids: Iterable[int] | None = None) -> Gathered:
    """Return the records to match: all, or those among `client_ids`."""
    wanted = None if client_ids is None else list(client_ids)
    chosen = select(*COLUMNS).join(HmisSource, HmisSource.id == Client.source_id)
    chosen = chosen.where(Client.removed_at.is_(None), HmisSource.names_hashed.is_(False)).order_by(Client.id)
    if wanted is not None:
        chosen = chosen.where(Client.id.in_(wanted))
    rows = db.session.execute(chosen).all()
    stays = _stays(None if wanted is None else {row.personal_id for row in rows})
    protected = stays.victim_services - stays.elsewhere
    kept = [row for row in rows if (row.source_id, row.personal_id) not in protected]
    return Gathered([_record(row, stays) for row in kept], len(rows) - len(kept), _hashed(wanted))


def protected_clients(*clients: Client) -> int:
    """Return how many of `clients` stay with victim service providers alone."""
    return len(protected_among({client.id for client in clients}))


def protected_among(client_ids: Iterable[int]) -> set[int]:
    """Return which of `client_ids` stay with victim service providers alone."""
    left, found = iter(client_ids), set[int]()
    while some := list(islice(left, AT_ONCE)):
        found.update(db.session.scalars(select(Client.id).where(Client.id.in_(some), is_protected(Client))))
    return found


def is_protected(client: Any) -> ColumnElement[bool]:
    """Return the condition that a row of `client` (Client or an alias of it) stays with victim services alone."""
    stays = select(Enrollment.id).where(
        Enrollment.source_id == client.source_id,
        Enrollment.personal_id == client.personal_id,
        Enrollment.removed_at.is_(None),
    )
    there, elsewhere = stays.where(is_with_victim_services()), stays.where(~is_with_victim_services())
    return and_(there.correlate(client).exists(), ~elsewhere.correlate(client).exists())


def _hashed(client_ids: list[int] | None) -> int:
    counted = select(func.count(Client.id)).join(HmisSource, HmisSource.id == Client.source_id)
    counted = counted.where(Client.removed_at.is_(None), HmisSource.names_hashed.is_(True))
    if client_ids is not None:
        counted = counted.where(Client.id.in_(client_ids))
    return db.session.scalar(counted) or 0


def _record(row: Any, stays: Stays) -> MatchRecord:
    client = (row.source_id, row.personal_id)
    return MatchRecord(
        key=row.id,
        first=row.first_name,
        middle=row.middle_name,
        last=row.last_name,
        suffix=row.name_suffix,
        name_quality=row.name_data_quality,
        ssn=sealing.open_ssn(row.source_id, row.personal_id, row.ssn_sealed) or None,
        ssn_quality=row.ssn_data_quality,
        dob=row.dob,
        dob_quality=row.dob_data_quality,
        sex=row.sex,
        races=frozenset(race for race in RACES if getattr(row, race) == NoYes.YES.value),
        veteran=row.veteran_status,
        household_keys=frozenset(stays.households.get(client, ())),
        stays=tuple(stays.stays.get(client, ())),
    )


def _stays(personal_ids: set[str] | None) -> Stays:
    """Read the enrollments of all clients, or of those with one of `personal_ids`."""
    protected = victim_service_projects()
    found, seen = Stays(), set()
    for id_, source_id, personal_id, project_id, household_id, entry, exit_, left_out in _enrollments(personal_ids):
        client = (source_id, personal_id or "")
        if (source_id, project_id) in protected:
            found.victim_services.add(client)
            continue
        found.elsewhere.add(client)
        if left_out:  # by a repair: it is no evidence, but who is protected goes by the rows as they came
            continue
        if household_id:
            found.households[client].add(f"{source_id}|{project_id}|{household_id}")
        if entry and id_ not in seen:  # a second exit of one stay is the vendor's fault, not another stay
            found.stays[client].append(Stay(f"{source_id}|{project_id}", entry, exit_))
            seen.add(id_)
    return found


def _enrollments(personal_ids: set[str] | None) -> Iterable[Any]:
    layers = layers_of()
    stay = layers.value(Exit, "enrollment_id")
    leaving = whole_table(
        select(Exit.id, Exit.source_id, stay.label("stay"), Exit.exit_date).where(
            Exit.removed_at.is_(None), layers.there(Exit)
        ),
        read_through=layers.touches(Exit, "enrollment_id"),
    )
    chosen = (
        select(
            Enrollment.id,
            Enrollment.source_id,
            Enrollment.personal_id,
            Enrollment.project_id,
            layers.value(Enrollment, "household_id"),
            Enrollment.entry_date,
            leaving.c.exit_date,
            layers.left_out(Enrollment),
        )
        .outerjoin(
            leaving, (leaving.c.source_id == Enrollment.source_id) & (leaving.c.stay == Enrollment.enrollment_id)
        )
        .where(Enrollment.removed_at.is_(None))
        .order_by(Enrollment.id, leaving.c.id)
    )
    if personal_ids is not None:
        chosen = chosen.where(Enrollment.personal_id.in_(personal_ids))
    return db.session.execute(chosen)
