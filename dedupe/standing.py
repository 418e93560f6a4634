"""What the decisions taken so far say about two records that nobody judged as a pair.

Two records stand for one person already when merges join them, also by way of others. They may never do so when a
record of the one's person was kept apart from a record of the other's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from adminops.db import db
from adminops.hmis.merging import apart_pairs
from adminops.hmis.models import Client
from adminops.hmis.persons import is_beside

PairOfIds = tuple[int, int]


@dataclass(frozen=True)
class Standing:
    """Who stands for whom. A record without an entry in `persons` is a person of its own."""

    persons: Mapping[int, int]
    apart: frozenset[PairOfIds]
    """Pairs of persons, lower number first."""

    def people(self) -> dict[int, set[int]]:
        """Return the records of every person who has several."""
        found: dict[int, set[int]] = {}
        for record, person in self.persons.items():
            found.setdefault(person, {person}).add(record)
        return found

    def is_one(self, one: int, other: int) -> bool:
        """Say whether two records stand for one person already."""
        return self.persons.get(one, one) == self.persons.get(other, other)

    def settles(self, one: int, other: int) -> bool:
        """Say whether there is nothing left to decide: they are one person already, or may never be."""
        return (
            self.is_one(one, other)
            or in_order(self.persons.get(one, one), self.persons.get(other, other)) in self.apart
        )


def in_order(one: int, other: int) -> PairOfIds:
    """Return two numbers, the lower one first."""
    return (one, other) if one < other else (other, one)


def standing_of_all() -> Standing:
    """Return what holds in the whole store."""
    person = func.coalesce(Client.person_id, Client.id)
    chosen = select(Client.id, person).where(person != Client.id)
    return _standing(dict(db.session.execute(chosen).all()), apart_pairs())


def standing_of(client_ids: Iterable[int]) -> Standing:
    """Return what holds among some records and all others of their persons."""
    ids = sorted(set(client_ids))
    if not ids:
        return Standing({}, frozenset())
    person = func.coalesce(Client.person_id, Client.id)
    persons = dict(db.session.execute(select(Client.id, person).where(is_beside(ids))).all())
    return _standing(persons, apart_pairs(sorted(persons)))


def _standing(persons: Mapping[int, int], apart: Iterable[PairOfIds]) -> Standing:
    people = (in_order(persons.get(one, one), persons.get(other, other)) for one, other in apart)
    return Standing(persons, frozenset(people))
