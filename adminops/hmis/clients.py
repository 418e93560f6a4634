"""What the page of a client shows: a person with all records, stays and merges, read through the layers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased, joinedload

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis import sealing
from adminops.hmis.clashes import Clash, clashes_of
from adminops.hmis.households import HouseholdKey, Member, household_of, others_in_households
from adminops.hmis.models import Client, HmisImport, HmisSource, Merge
from adminops.hmis.persons import Identity, chosen_records, full_name, identity_of, masked_ssn
from adminops.hmis.provenance import Arrival, Origin, origins_of
from adminops.hmis.scope import EVERYTHING, Scope
from adminops.hmis.search import FoundClient, FoundClients, find_by_ssn, find_clients
from adminops.hmis.stays import Stay, stays_of
from adminops.refs import Ref

DRAWN = 40
"""So many stays are drawn; the table has them all."""


@dataclass(frozen=True)
class Record:
    """One client record of a person, as its source has it."""

    id: int
    source_id: int
    source_name: str
    personal_id: str
    name: str
    dob: date | None
    masked_ssn: str
    is_kept: bool
    """Whether the person is shown under this record."""
    updated_at: datetime | None
    """DateUpdated, a wall-clock time without a zone."""


@dataclass(frozen=True)
class ClientPage:
    """What the page of a client shows."""

    client: Client
    identity: Identity
    records: tuple[Record, ...]
    stays: tuple[Stay, ...]
    """The newest first; for a scoped viewer those in the scope's projects."""
    hidden_stays: int
    """How many stays there are in projects of others; those with victim service providers are not spoken of."""
    origins: tuple[Origin, ...]
    """Where the units of the identity come from."""
    households: Mapping[HouseholdKey, tuple[Member, ...]]
    """Who else was in the households of the stays."""
    clashes: Mapping[int, tuple[Clash, ...]]
    """Which stays share nights with which others, by number of the stay."""

    @property
    def kept(self) -> Record:
        """The record under which the person is shown."""
        return self.records[0]

    @property
    def sources(self) -> list[Ref]:
        """The imports that the fields come from."""
        return list(dict.fromkeys(origin.arrival.import_ref for origin in self.origins if origin.arrival.import_ref))

    def others_in(self, stay: Stay) -> tuple[Member, ...]:
        """Return who else was in the household of a stay."""
        return self.households.get(household_of(stay), ())


def client_page(client_id: int, *, scope: Scope | None) -> ClientPage:
    """Return all that the page of a client shows. Raises `NotFound`, also for a client outside `scope`.

    The stays are those of the whole person, of every record that stands for it.
    """
    sight = scope or EVERYTHING
    records, merges, arrivals = _person_of(client_id, sight)
    client = next(record for record in records if record.id == client_id)
    stays = [stay for stay in stays_of(records) if sight.knows_of((stay.source_id, stay.project_id))]
    visible = [stay for stay in stays if sight.sees_project((stay.source_id, stay.project_id))]
    identity = identity_of(records, merges)
    return ClientPage(
        client=client,
        identity=identity,
        records=tuple(_record(each, arrivals[each.id], is_kept=each is records[0]) for each in records),
        stays=tuple(visible),
        hidden_stays=len(stays) - len(visible),
        origins=origins_of(records, merges, identity.taken_from, arrivals),
        households=others_in_households(visible, without=records, scope=sight),
        clashes=clashes_of(visible, clock.today()),
    )


def standing_for(client_ids: Collection[int], *, scope: Scope) -> dict[int, tuple[str, int]]:
    """Return of records that left their source the PersonalID, and the number of one that the person reads under now.

    Those are missing that `scope` would hide if they were there, and those of whose person it shows no other record.
    """
    if not client_ids:
        return {}
    gone, here = aliased(Client), aliased(Client)
    reading = (
        select(gone.id, gone.personal_id, here.id)
        .join(here, here.person_id == gone.person_id)
        .where(gone.id.in_(client_ids), gone.removed_at.is_not(None), here.removed_at.is_(None))
        .where(*scope.clients(gone), *scope.clients(here))
        .order_by(here.id == here.person_id, here.id.desc())
    )
    return {id_: (personal_id, at) for id_, personal_id, at in db.session.execute(reading)}  # the kept one comes last


def _person_of(client_id: int, scope: Scope) -> tuple[list[Client], list[Merge], dict[int, Arrival]]:
    """Return the records of a client's person that may be seen, the kept one first, and their merges: one read.

    Raises `NotFound` when that record itself may not be seen.
    """
    person = select(Client.person_id).where(Client.id == client_id).scalar_subquery()
    folds = and_(Merge.source_client_id == Client.id, Merge.undone_at.is_(None))
    reading = (
        select(Client, Merge, HmisSource.name, HmisImport.id, HmisImport.finished_at)
        .join(HmisSource, HmisSource.id == Client.source_id)
        .outerjoin(HmisImport, HmisImport.id == Client.import_id)
        .outerjoin(Merge, folds)
        .where(or_(Client.person_id == person, Client.id == client_id), Client.removed_at.is_(None), *scope.clients())
        .options(joinedload(Merge.choices))
        .order_by(Client.id, Merge.id)
    )
    found = db.session.execute(reading).unique().all()
    arrivals = {client.id: Arrival.of(name, import_id, at) for client, _, name, import_id, at in found}
    if client_id not in arrivals:
        raise NotFound("There is no such client.")
    records = list(dict.fromkeys(client for client, *_ in found))
    merges = {merge.id: merge for _, merge, *_ in found if merge is not None}
    kept_first = sorted(records, key=lambda record: (record.id != record.person_id, record.id))
    return kept_first, [merges[id_] for id_ in sorted(merges)], arrivals


def reveal_ssn(client_id: int, *, scope: Scope | None) -> tuple[Client, str]:
    """Return the SSN that the page of a client shows masked, in clear, and the record of the person that has it.

    The SSN is "123-45-6789" or as it was given; empty when there is none. The caller checks the permission, asks for
    the reason and publishes `SsnRevealed`. Raises `NotFound`.
    """
    records, merges, _ = _person_of(client_id, scope or EVERYTHING)
    client = chosen_records(records, merges)["ssn"]
    ssn = sealing.open_ssn(client.source_id, client.personal_id, client.ssn_sealed)
    return client, f"{ssn[:3]}-{ssn[3:5]}-{ssn[5:]}" if len(ssn) == 9 else ssn


def _record(client: Client, arrival: Arrival, *, is_kept: bool) -> Record:
    return Record(
        id=client.id,
        source_id=client.source_id,
        source_name=arrival.source_name,
        personal_id=client.personal_id,
        name=full_name(client),
        dob=client.dob,
        masked_ssn=masked_ssn(client),
        is_kept=is_kept,
        updated_at=client.date_updated,
    )


__all__ = [
    "ClientPage",
    "FoundClient",
    "FoundClients",
    "Record",
    "Scope",
    "Stay",
    "client_page",
    "find_by_ssn",
    "find_clients",
    "reveal_ssn",
    "stays_of",
]
