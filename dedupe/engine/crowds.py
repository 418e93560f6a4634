"""Values that stand for nobody because they stand on everybody: one name, SSN or household id for a whole export.

Vendors write such constants when they take the identity out of an export, and desks when a field is required.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from dedupe.engine.prepare import Prepared

T = TypeVar("T", bound=Hashable)

# A full name is taken for a constant when it is on more records than this, and on more than this share of all.
CONSTANT_NAME_RECORDS = 20
CONSTANT_NAME_SHARE = 0.005
# An SSN on more records than this belongs to a form, a desk or a habit.
SHARED_SSN_RECORDS = 10
# A "household" with more members than this is an id that a form gives to everybody.
LARGEST_HOUSEHOLD = 12

FullName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Crowds:
    """The constants of a store."""

    names: frozenset[FullName]
    ssns: frozenset[str]
    households: frozenset[str]


def full_name(person: Prepared) -> FullName | None:
    """Give first and last name by spelling, or None when one is missing."""
    return (person.first.joined, person.last.joined) if person.first and person.last else None


def _crowded(identities: dict[T, list[object]], limit: float) -> frozenset[T]:
    """Find the values on more records than `limit` whose records, by all else, are many different people.

    One client who was entered very often is no crowd: those records agree with each other.
    """
    return frozenset(
        value
        for value, others in identities.items()
        if len(others) > limit and (len(set(others)) * 3 > len(others) or set(others) == {None})
    )


def _constant_names(people: Sequence[Prepared]) -> frozenset[FullName]:
    others: dict[FullName, list[object]] = {}
    for person in people:
        name = full_name(person)
        if name:
            rest = None if person.ssn is None and person.dob is None else (person.ssn, person.dob)
            others.setdefault(name, []).append(rest)
    return _crowded(others, max(CONSTANT_NAME_RECORDS, CONSTANT_NAME_SHARE * len(people)))


def _everybodys_ssns(people: Sequence[Prepared]) -> frozenset[str]:
    others: dict[str, list[object]] = {}
    for person in people:
        if person.ssn is not None and person.ssn_full:
            others.setdefault(person.ssn, []).append((full_name(person), person.dob))
    return _crowded(others, SHARED_SSN_RECORDS)


def find_crowds(people: Sequence[Prepared]) -> Crowds:
    """Find the names, SSNs and household ids that tell nothing because too many different people hold them."""
    members = Counter(key for person in people for key in person.households)
    return Crowds(
        names=_constant_names(people),
        ssns=_everybodys_ssns(people),
        households=frozenset(key for key, count in members.items() if count > LARGEST_HOUSEHOLD),
    )


def without_crowds(person: Prepared, crowds: Crowds) -> Prepared:
    """Take the constants off a record; the record itself when it holds none."""
    if full_name(person) in crowds.names:
        person = replace(person, first=None, last=None)
    if person.ssn in crowds.ssns:
        person = replace(person, ssn=None, ssn_full=False)
    if not crowds.households.isdisjoint(person.households):
        person = replace(person, households=person.households - crowds.households)
    return person
