"""From the store to the engine: the client records that take part in matching, as the engine wants them.

Clients who have stays with victim service providers only are left out by law (VAWA): they take part in no matching.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from adminops.db import db
from adminops.hmis import sealing
from adminops.hmis.codes import NoYes
from adminops.hmis.models import Client, Enrollment, Exit, HmisSource, Organization, Project
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


@dataclass
class Stays:
    """What the enrollments say: households and stays by client, and who was where."""

    households: dict[ClientKey, set[str]] = field(default_factory=lambda: defaultdict(set))
    stays: dict[ClientKey, list[Stay]] = field(default_factory=lambda: defaultdict(list))
    outside: set[ClientKey] = field(default_factory=set)
    """Clients with a stay outside victim services."""
    inside: set[ClientKey] = field(default_factory=set)
    """Clients with a stay at a victim service provider."""


def records_to_match(client_ids: Iterable[int] | None = None) -> tuple[list[MatchRecord], int]:
    """Return the records to match (all, or those of `client_ids`), and how many the law keeps out."""
    chosen = select(*COLUMNS).join(HmisSource, HmisSource.id == Client.source_id)
    chosen = chosen.where(Client.removed_at.is_(None)).order_by(Client.id)
    if client_ids is not None:
        chosen = chosen.where(Client.id.in_(list(client_ids)))
    rows = db.session.execute(chosen).all()
    stays = _stays(None if client_ids is None else {row.personal_id for row in rows})
    protected = stays.inside - stays.outside
    kept = [row for row in rows if (row.source_id, row.personal_id) not in protected]
    return [_record(row, stays) for row in kept], len(rows) - len(kept)


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
    protected_projects = _victim_service_projects()
    chosen = (
        select(
            Enrollment.source_id,
            Enrollment.personal_id,
            Enrollment.project_id,
            Enrollment.household_id,
            Enrollment.entry_date,
            Exit.exit_date,
        )
        .outerjoin(Exit, (Exit.source_id == Enrollment.source_id) & (Exit.enrollment_id == Enrollment.enrollment_id))
        .where(Enrollment.removed_at.is_(None), Exit.removed_at.is_(None))
    )
    if personal_ids is not None:
        chosen = chosen.where(Enrollment.personal_id.in_(personal_ids))
    found = Stays()
    for source_id, personal_id, project_id, household_id, entry, exit_ in db.session.execute(chosen):
        client = (source_id, personal_id or "")
        (found.inside if (source_id, project_id) in protected_projects else found.outside).add(client)
        if household_id:
            found.households[client].add(f"{source_id}|{project_id}|{household_id}")
        if entry:
            found.stays[client].append(Stay(f"{source_id}|{project_id}", entry, exit_))
    return found


def _victim_service_projects() -> set[tuple[int, str | None]]:
    chosen = (
        select(Project.source_id, Project.project_id)
        .join(
            Organization,
            (Organization.source_id == Project.source_id) & (Organization.organization_id == Project.organization_id),
        )
        .where(Organization.victim_service_provider == NoYes.YES.value)
    )
    return {(source_id, project_id) for source_id, project_id in db.session.execute(chosen)}


def joined_pairs() -> list[tuple[int, int]]:
    """Return pairs of records that stand for one person already: each with the record its person began with."""
    chosen = select(Client.id, Client.person_id).where(Client.person_id.is_not(None), Client.person_id != Client.id)
    return [(client_id, person_id) for client_id, person_id in db.session.execute(chosen) if person_id is not None]
