"""Repairs that leave stays out: nights put together into one, and stays without any service or contact."""

# ruff: noqa: S608 - the names in these statements are of our tables, never of the input

from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Row

from adminops.hmis.codes import ProjectType
from adminops.hmis.repairs.bench import DRAFT, SHELTERS, THERE, Bench, untouched

Company = frozenset[tuple[str, str]]


class Night(NamedTuple):
    """A stay of one night."""

    row_id: int
    enrollment_id: str
    project_id: str
    personal_id: str
    entry: str
    exit: str
    company: Company
    """Who belonged to the household that night, and as what."""

    def is_followed_by(self, other: "Night") -> bool:
        """Tell whether `other` is the next night of the same client, in the same project and company."""
        return (
            (self.project_id, self.personal_id, self.exit) == (other.project_id, other.personal_id, other.entry)
        ) and self.company == other.company


def combine_nights(bench: Bench, rule: str) -> None:
    """Put emergency-shelter stays of one night each that follow one another together into one stay.

    Some systems send every night in a shelter as an entry and an exit on the next day. In projects of type 0 and 1, a
    client's stays of exactly one night become one when each begins on the day on which the one before ended and the
    household was the same people in the same roles. The first stay is kept; it ends with the last one's Exit row, and
    what belongs to the others reads as its own. A gap ends the stay: no night is added and none is lost. Open stays
    are left as they are until they end, and so are nights that a person has taken out of the rule.

    Source: HMIS CSV Format Specifications, Services.csv (bed nights belong to one enrollment in a night-by-night
    shelter); hmis-warehouse offers the same for contiguous stays.
    """
    apart = bench.taken_back(rule, "Enrollment")
    nights = (night for night in _nights(bench) if night.enrollment_id not in apart)
    bench.draft(row for chain in _chains(nights) if len(chain) > 1 for row in _drafts(chain))
    bench.run(
        f"UPDATE {bench.stays} AS s SET exit_date = coalesce(d.d, s.exit_date), kept_as = d.a, exit_rule = :rule,"
        " exit_to = d.b, exit_follows = d.c, left_out_rule = CASE WHEN d.a IS NULL THEN NULL ELSE :rule END"
        f" FROM {DRAFT} d WHERE d.row_id = s.id",
        rule=rule,
    )


def _drafts(chain: list[Night]) -> Iterator[tuple[int, str | None, str | None, str | None, str | None]]:
    """Yield, for each night: what it becomes part of, where its exit goes, what that follows from, the new end."""
    first, last = chain[0], chain[-1]
    for night, following in zip(chain, [*chain[1:], last], strict=True):
        kept_as = None if night is first else first.enrollment_id
        exit_to = first.enrollment_id if night is last else None
        ends = last.exit if night is first else None
        yield night.row_id, kept_as, exit_to, following.enrollment_id, ends


def _chains(nights: Iterator[Night]) -> Iterator[list[Night]]:
    chain: list[Night] = []
    for night in nights:
        if chain and not chain[-1].is_followed_by(night):
            yield chain
            chain = []
        chain.append(night)
    if chain:
        yield chain


def _nights(bench: Bench) -> Iterator[Night]:
    """Yield the stays of one night by project, client and day."""
    companies = {row.id: company for rows, company in _companies(bench) for row in rows}
    order = "s.project_id, s.personal_id, s.entry_date, s.enrollment_id"
    for row in bench.rows(f"{_one_night(bench)} ORDER BY {order}", **_TYPES):
        company = companies.get(row.id) or frozenset({(row.personal_id, row.relationship or "")})
        yield Night(row.id, row.enrollment_id, row.project_id, row.personal_id, row.entry_date, row.exit_date, company)


def _companies(bench: Bench) -> Iterator[tuple[list[Row[Any]], Company]]:
    """Yield the stays of those who entered as a household of several, and who they were."""
    order = "s.project_id, s.household, s.entry_date"
    rows = bench.rows(f"{_one_night(bench)} AND s.household IS NOT NULL ORDER BY {order}", **_TYPES)
    for _, group in groupby(rows, key=lambda row: (row.project_id, row.household, row.entry_date)):
        members = list(group)
        if len(members) > 1:
            yield members, frozenset((member.personal_id, member.relationship or "") for member in members)


_TYPES = {"first_type": SHELTERS[0].value, "second_type": SHELTERS[1].value}


def _one_night(bench: Bench) -> str:
    """Return the query for the shelter stays of one night."""
    return (
        "SELECT s.id, s.enrollment_id, s.project_id, s.personal_id, s.household, s.relationship, s.entry_date,"
        f" s.exit_date FROM {bench.stays} s WHERE s.project_type IN (:first_type, :second_type)"
        f" AND s.exit_date = {bench.next_day('s.entry_date')} AND s.personal_id IS NOT NULL"
    )


def leave_out_without_service(bench: Bench, rule: str) -> None:
    """Leave out stays in night-by-night shelters that have no service at all, so not one bed night.

    A night-by-night shelter (project type 1) counts a client by bed nights; a stay without any service is a client
    who never came, and reports that count stays would count one. Nothing is left out when the source has no services
    at all: then the file is missing, not the nights.

    Source: HMIS CSV Format Specifications, Services.csv (a bed night for every night, the first on EntryDate).
    """
    _leave_out(bench, rule, ProjectType.ES_NIGHT_BY_NIGHT, "hmis_services")


def leave_out_without_contact(bench: Bench, rule: str) -> None:
    """Leave out street-outreach stays that have no current living situation at all, so not one contact.

    Every contact of street outreach (project type 4) is a row of CurrentLivingSituation.csv; a stay without one is a
    client whom nobody met. Nothing is left out when the source has no such rows at all: then the file is missing.

    Source: HMIS Data Standards FY2026, 4.12 Current Living Situation.
    """
    _leave_out(bench, rule, ProjectType.STREET_OUTREACH, "hmis_current_living_situation")


def _leave_out(bench: Bench, rule: str, project_type: ProjectType, table: str) -> None:
    stays, row = bench.stays, f"SELECT 1 FROM {table} v WHERE v.source_id = :source AND v.removed_at IS NULL"
    left_out = bench.run(
        f"UPDATE {stays} AS s SET left_out_rule = :rule WHERE {THERE} AND s.project_type = :type AND EXISTS ({row})"
        f" AND NOT EXISTS ({row} AND v.enrollment_id = s.enrollment_id)"
        f" AND s.enrollment_id NOT IN (SELECT f.kept_as FROM {stays} f WHERE f.kept_as IS NOT NULL"
        f" AND EXISTS ({row} AND v.enrollment_id = f.enrollment_id))"
        f" AND {untouched('Enrollment', 's.enrollment_id')}",
        rule=rule,
        type=project_type.value,
    )
    if left_out:
        # The nights that were put together into a stay which is left out now go with it.
        bench.run(
            f"UPDATE {stays} AS s SET left_out_rule = :rule, left_follows = s.kept_as, kept_as = NULL FROM {stays} k"
            " WHERE k.enrollment_id = s.kept_as AND k.left_out_rule = :rule",
            rule=rule,
        )
        bench.run(
            f"UPDATE {stays} AS s SET exit_rule = NULL, exit_to = NULL, exit_follows = NULL"
            " WHERE s.left_out_rule = :rule AND s.exit_rule IS NOT NULL",
            rule=rule,
        )
