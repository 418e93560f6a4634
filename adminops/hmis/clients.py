"""What the page of a client shows: a person with all records, stays and merges, read through the layers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis import sealing
from adminops.hmis.models import Client, HmisSource, Merge
from adminops.hmis.persons import Identity, full_name, identity_of, masked_ssn, merges_of, records_of
from adminops.hmis.scope import EVERYTHING, Scope
from adminops.hmis.search import FoundClient, FoundClients, find_by_ssn, find_clients
from adminops.hmis.stays import Stay, stays_of


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
    person_id: int
    identity: Identity
    records: tuple[Record, ...]
    stays: tuple[Stay, ...]
    """The newest first; for a scoped viewer those in the scope's projects."""
    hidden_stays: int
    """How many stays there are in projects of others; those with victim service providers are not spoken of."""
    merges: tuple[Merge, ...]


def get_client(client_id: int, *, scope: Scope | None) -> Client:
    """Return a client record by its number in the store. Raises `NotFound`, also for one outside `scope`."""
    reading = select(Client).where(Client.id == client_id, Client.removed_at.is_(None))
    reading = reading.where(*(scope or EVERYTHING).clients())
    found = db.session.scalar(reading)
    if found is None:
        raise NotFound("There is no such client.")
    return found


def client_by_key(source_id: int, personal_id: str) -> Client | None:
    """Return a client record by source and PersonalID, or None."""
    return db.session.scalar(
        select(Client).where(
            Client.source_id == source_id, Client.personal_id == personal_id, Client.removed_at.is_(None)
        )
    )


def client_page(client_id: int, *, scope: Scope | None) -> ClientPage:
    """Return all that the page of a client shows. Raises `NotFound`, also for a client outside `scope`.

    The stays are those of the whole person, of every record that stands for it.
    """
    sight = scope or EVERYTHING
    client = get_client(client_id, scope=sight)
    person_id = client.id if client.person_id is None else client.person_id
    records = sight.of_records(records_of(person_id)) or [client]
    merges = merges_of(records)
    stays = [stay for stay in stays_of(records) if sight.knows_of((stay.source_id, stay.project_id))]
    visible = [stay for stay in stays if sight.sees_project((stay.source_id, stay.project_id))]
    return ClientPage(
        client=client,
        person_id=person_id,
        identity=identity_of(records, merges),
        records=_records(records),
        stays=tuple(visible),
        hidden_stays=len(stays) - len(visible),
        merges=tuple(merges),
    )


def reveal_ssn(client_id: int, *, scope: Scope | None) -> str:
    """Return the SSN of a record in clear, "123-45-6789" or as it was given; empty when there is none.

    The caller checks the permission, asks for the reason and publishes `SsnRevealed`. Raises `NotFound`.
    """
    client = get_client(client_id, scope=scope)
    ssn = sealing.open_ssn(client.source_id, client.personal_id, client.ssn_sealed)
    return f"{ssn[:3]}-{ssn[3:5]}-{ssn[5:]}" if len(ssn) == 9 else ssn


def _records(clients: Sequence[Client]) -> tuple[Record, ...]:
    reading = select(HmisSource.id, HmisSource.name).where(HmisSource.id.in_({client.source_id for client in clients}))
    names = dict(db.session.execute(reading).all())
    return tuple(
        Record(
            id=client.id,
            source_id=client.source_id,
            source_name=names[client.source_id],
            personal_id=client.personal_id,
            name=full_name(client),
            dob=client.dob,
            masked_ssn=masked_ssn(client),
            is_kept=client is clients[0],
            updated_at=client.date_updated,
        )
        for client in clients
    )


__all__ = [
    "ClientPage",
    "FoundClient",
    "FoundClients",
    "Record",
    "Scope",
    "Stay",
    "client_by_key",
    "client_page",
    "find_by_ssn",
    "find_clients",
    "get_client",
    "reveal_ssn",
    "stays_of",
]
