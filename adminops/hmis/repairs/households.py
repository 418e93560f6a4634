"""Repairs of households: who belongs together, and who is the head.

A household is the stays of one project that bear one HouseholdID. A generated HouseholdID is made of what it stands
for, so that it is the same after every import.
"""

# ruff: noqa: S608 - the names in these statements are of our tables, never of the input

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Row

from adminops.hmis.codes import RelationshipToHoH
from adminops.hmis.repairs.bench import DRAFT, THERE, Bench

HEAD, NOT_COLLECTED = str(RelationshipToHoH.HEAD.value), str(RelationshipToHoH.NOT_COLLECTED.value)
ADULT, OLDEST_CHILD, OLDEST_EVER = 18, 10, 120
NEVER = "9999-12-31"


def generated(*parts: str) -> str:
    """Return a HouseholdID that stands for `parts`: 32 characters, none of which a vendor's would begin with."""
    return "AO" + hashlib.sha256("|".join(parts).encode()).hexdigest()[:30]


def part_reused(bench: Bench, rule: str) -> None:
    """Give each household a HouseholdID of its own where one was used for several.

    A HouseholdID stands for one household during one stay in one project. Where a system uses one again in another
    project, the earliest keeps it and the stays in each other project get a generated one. Where a client comes back
    into a project under the same HouseholdID, the stays that began after everybody before had left are a household of
    their own. Stays of one client that overlap are left together: that is another fault.

    Source: HMIS CSV Format Specifications, Enrollment.csv (HouseholdID is unique to a household's stay in a project).
    """
    rows = bench.rows(
        f"SELECT s.id, s.enrollment_id, s.project_id, s.personal_id, s.household, s.entry_date, s.exit_date"
        f" FROM {bench.stays} s WHERE {THERE} AND (s.household IN (SELECT household FROM {bench.stays} s"
        f" WHERE {THERE} AND household IS NOT NULL GROUP BY household HAVING count(DISTINCT project_id) > 1)"
        f" OR s.household IN (SELECT household FROM {bench.stays} s WHERE {THERE} AND household IS NOT NULL"
        " GROUP BY project_id, household, personal_id HAVING count(*) > 1))"
        " ORDER BY s.household, s.project_id, s.entry_date, s.enrollment_id"
    )
    bench.draft(_new_ids(rows))
    bench.change("household", "d.a", "d.row_id = s.id", rule, of=f"{DRAFT} d")


def _new_ids(rows: Iterator[Row[Any]]) -> Iterator[tuple[int, str]]:
    for household, group in groupby(rows, key=lambda row: str(row.household)):
        parts = [part for _, stays in groupby(group, key=lambda row: row.project_id) for part in _parts(list(stays))]
        parts.sort(key=lambda part: (part[0].entry_date or NEVER, part[0].project_id or "", part[0].enrollment_id))
        for part in parts[1:]:
            made = generated("household", part[0].project_id or "", household, part[0].enrollment_id)
            yield from ((row.id, made) for row in part)


def _parts(stays: Sequence[Row[Any]]) -> list[list[Row[Any]]]:
    """Part the stays of one project, in order of entry, where a client came back after everybody had left."""
    parts: list[list[Row[Any]]] = [[]]
    last = ""
    comes_back = len({stay.personal_id for stay in stays}) < len(stays)
    for stay in stays:
        if comes_back and parts[-1] and (stay.entry_date or "") >= last:
            parts.append([])
        parts[-1].append(stay)
        last = max(last, stay.exit_date or NEVER)
    return parts


def fill_blank(bench: Bench, rule: str) -> None:
    """Give a stay without a HouseholdID a generated one of its own: the client is a household of one.

    Source: HMIS CSV Format Specifications, Enrollment.csv (HouseholdID must not be blank, also for single clients).
    """
    rows = bench.rows(f"SELECT s.id, s.enrollment_id FROM {bench.stays} s WHERE {THERE} AND s.household IS NULL")
    bench.draft((row.id, generated("stay", row.enrollment_id)) for row in rows)
    bench.change("household", "d.a", "d.row_id = s.id", rule, of=f"{DRAFT} d")


def let_sole_member_be_head(bench: Bench, rule: str) -> None:
    """Let the only member of a household be its head. A stay without a HouseholdID is a household of one.

    Source: HMIS Data Standards FY2026, 3.15 Relationship to Head of Household (a single person is the head).
    """
    alone = (
        f"SELECT project_id, household FROM {bench.stays} s WHERE {THERE} AND household IS NOT NULL"
        " GROUP BY project_id, household HAVING count(DISTINCT personal_id) = 1"
    )
    bench.change(
        "relationship",
        f"'{HEAD}'",
        f"coalesce(s.relationship, '') <> '{HEAD}'"
        f" AND (s.household IS NULL OR (s.project_id, s.household) IN ({alone}))",
        rule,
    )


class Member(NamedTuple):
    """A member of a household; `age` on entry, None when it is not known."""

    row_id: int
    enrollment_id: str
    relationship: str
    dob: str
    age: int | None


def let_one_be_head(bench: Bench, rule: str) -> None:
    """See to it that every household has exactly one head. Those that have one are left as they are.

    A person alone, or without a HouseholdID, is the head. Among several, by age on entry: where somebody is 18 or
    older, or all are younger and somebody is 10 or younger, the oldest is the head, and whoever else was said to be
    the head becomes 99 (data not collected). Where all are 11 to 17, no one of them heads the others: each is the
    head of a household of their own. Members whose age is not known are left out of the test; where no age is known,
    and where a client is in the household twice, nothing is changed. Of two of one age the smaller EnrollmentID wins.

    Source: HMIS Standard Reporting Terminology Glossary, head of household and household types; HMIS Data Standards
    FY2026, 3.15 (youths under 18 without a parent are households of their own).
    """
    let_sole_member_be_head(bench, rule)
    faulty = (
        f"SELECT project_id, household FROM {bench.stays} s WHERE {THERE} AND household IS NOT NULL"
        " GROUP BY project_id, household HAVING count(*) > 1 AND count(*) = count(DISTINCT personal_id)"
        f" AND sum(CASE WHEN relationship = '{HEAD}' THEN 1 ELSE 0 END) <> 1"
    )
    rows = bench.rows(
        "SELECT s.id, s.enrollment_id, s.project_id, s.household, s.relationship, s.entry_date,"
        f" {bench.day('c.dob')} AS dob FROM {bench.stays} s"
        " LEFT JOIN hmis_client c ON c.source_id = :source AND c.personal_id = s.personal_id AND c.removed_at IS NULL"
        f" WHERE {THERE} AND (s.project_id, s.household) IN ({faulty})"
        " ORDER BY s.project_id, s.household, s.enrollment_id"
    )
    households = groupby(rows, key=lambda row: (row.project_id, row.household))
    bench.draft(draft for _, group in households for draft in settle([_member(row) for row in group]))
    bench.change("relationship", "d.a", "d.row_id = s.id AND d.a IS NOT NULL", rule, of=f"{DRAFT} d")
    bench.change("household", "d.b", "d.row_id = s.id AND d.b IS NOT NULL", rule, of=f"{DRAFT} d")


def settle(members: list[Member]) -> Iterator[tuple[int, str, str | None]]:
    """Yield (row, relationship, new household) of those members for whom it changes."""
    known = [member for member in members if member.age is not None]
    if not known:
        return
    if all(OLDEST_CHILD < (member.age or 0) < ADULT for member in known):
        for member in members:
            yield member.row_id, HEAD, generated("stay", member.enrollment_id)
        return
    head = min(known, key=lambda member: (member.dob, member.enrollment_id))
    for member in members:
        if member is head and member.relationship != HEAD:
            yield member.row_id, HEAD, None
        elif member is not head and member.relationship == HEAD:
            yield member.row_id, NOT_COLLECTED, None


def _member(row: Row[Any]) -> Member:
    return Member(row.id, row.enrollment_id, row.relationship or "", row.dob or "", age_on(row.dob, row.entry_date))


def age_on(dob: str | None, day: str | None) -> int | None:
    """Return the age on a day, both written as 2022-01-31; None when it is not known or can't be right."""
    if not dob or not day:
        return None
    born, then = date.fromisoformat(dob), date.fromisoformat(day)
    age = then.year - born.year - ((then.month, then.day) < (born.month, born.day))
    return age if 0 <= age <= OLDEST_EVER else None
