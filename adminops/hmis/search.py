"""Finding client records by PersonalID or by name: blind to accents and case, by prefix, in either order of names."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, aliased

from adminops.db import db
from adminops.hmis import sealing
from adminops.hmis.keys import SourceKey, among
from adminops.hmis.models import Client, Enrollment, HmisSource
from adminops.hmis.names import name_key
from adminops.hmis.persons import full_name

ProjectKey = SourceKey
"""A project: number of the source, ProjectID."""

Scope = Collection[ProjectKey] | None
"""The projects whose clients a viewer may see; None for all of them."""

LAST_LETTER = "\U0010ffff"
"""Sorts behind every key, so that from "mar" to "mar" with it is every name that begins with "mar"."""


@dataclass(frozen=True)
class FoundClient:
    """A record that a search found. `is_folded` tells that it reads under another record of the same person."""

    id: int
    source_id: int
    source_name: str
    personal_id: str
    name: str
    dob: date | None
    person_id: int
    is_folded: bool


@dataclass(frozen=True)
class FoundClients:
    """A page of found records. `after` is what to ask with for the next page, None when this is the last."""

    rows: tuple[FoundClient, ...]
    after: int | None


def find_clients(text: str, *, scope: Scope, limit: int = 25, after: int | None = None) -> FoundClients:
    """Find records whose PersonalID is `text` or whose name begins with it ("Last, First", "First Last", one of them).

    Sorted by last name, first name and number; `after` is the last record of the page before. Only records of persons
    with a stay in `scope` are found. A text of fewer than two letters that is no PersonalID finds nothing.
    """
    wanted = text.strip()
    if not wanted:
        return FoundClients((), None)
    condition = or_(Client.personal_id == wanted, *_name_conditions(wanted))
    reading = (
        select(Client, HmisSource.name)
        .join(HmisSource, HmisSource.id == Client.source_id)
        .where(Client.removed_at.is_(None), condition, *_within(scope), *_behind(after))
        .order_by(Client.last_key, Client.first_key, Client.id)
        .limit(limit + 1)
    )
    found = db.session.execute(reading).all()
    rows = tuple(_found(client, source_name) for client, source_name in found[:limit])
    return FoundClients(rows, rows[-1].id if len(found) > limit else None)


def find_by_ssn(ssn: str, *, scope: Scope, limit: int = 25) -> tuple[FoundClient, ...]:
    """Find the records that have exactly this SSN (any punctuation). Finds nothing for one that identifies nobody."""
    index = sealing.ssn_index("".join(letter for letter in ssn if letter.isdigit()))
    if index is None:
        return ()
    reading = (
        select(Client, HmisSource.name)
        .join(HmisSource, HmisSource.id == Client.source_id)
        .where(Client.removed_at.is_(None), Client.ssn_index == index, *_within(scope))
        .order_by(Client.id)
        .limit(limit)
    )
    return tuple(_found(client, source_name) for client, source_name in db.session.execute(reading))


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    return [] if scope is None else [may_be_seen(scope)]


def may_be_seen(scope: Collection[ProjectKey]) -> ColumnElement[bool]:
    """Return the condition that the person of a `Client` row has a stay in one of the projects of `scope`."""
    record = aliased(Client)
    stay_in_scope = and_(
        Enrollment.source_id == record.source_id,
        Enrollment.personal_id == record.personal_id,
        Enrollment.removed_at.is_(None),
        among(Enrollment.source_id, Enrollment.project_id, scope),
    )
    return exists().where(record.person_id == Client.person_id, record.removed_at.is_(None), stay_in_scope)


def _name_conditions(text: str) -> list[ColumnElement[bool]]:
    if "," in text:
        last, first = (name_key(part) for part in text.split(",", 1))
        return [and_(_begins(Client.last_key, last), _begins(Client.first_key, first))] if last else []
    words = [key for word in text.split() if (key := name_key(word))]
    whole = "".join(words)
    if len(whole) < 2:
        return []
    conditions = [_begins(Client.last_key, whole), _begins(Client.first_key, whole)]
    for cut in range(1, len(words)):
        front, back = "".join(words[:cut]), "".join(words[cut:])
        conditions.append(and_(_begins(Client.last_key, back), _begins(Client.first_key, front)))
        conditions.append(and_(_begins(Client.last_key, front), _begins(Client.first_key, back)))
    return conditions


def _begins(column: InstrumentedAttribute[str], key: str) -> ColumnElement[bool]:
    return and_(column >= key, column < key + LAST_LETTER)


def _behind(after: int | None) -> list[ColumnElement[bool]]:
    last = db.session.get(Client, after) if after is not None else None
    if last is None:
        return []
    here = tuple_(Client.last_key, Client.first_key, Client.id)
    return [here > (last.last_key, last.first_key, last.id)]


def _found(client: Client, source_name: str) -> FoundClient:
    person_id = client.id if client.person_id is None else client.person_id
    return FoundClient(
        id=client.id,
        source_id=client.source_id,
        source_name=source_name,
        personal_id=client.personal_id,
        name=full_name(client),
        dob=client.dob,
        person_id=person_id,
        is_folded=person_id != client.id,
    )
