"""Repairs of single values of a stay: in which CoC it is, and when the household moved in."""

# ruff: noqa: S608 - the names in these statements are of our tables, never of the input

import re

from adminops.hmis import sealing
from adminops.hmis.repairs.bench import DRAFT, THERE, Bench
from adminops.hmis.repairs.households import HEAD
from adminops.hmis.spec import coc_codes

CODE = re.compile(r"([A-Z]{2})[^A-Z0-9]*(\d{3})", re.ASCII)


def tidy_coc(bench: Bench, rule: str) -> None:
    """Write EnrollmentCoC as HUD does ("fl 510" is FL-510), and blank what is no CoC.

    Blanks and case are mended and the dash is put in, also of values that were too long for their column and are kept
    aside. A code that neither HUD's list of Continuums of Care nor the source's own ProjectCoC.csv has is blanked.

    Source: HMIS CSV Format Specifications, Enrollment.csv (EnrollmentCoC: two letters, a dash, three digits).
    """
    own = {code for (code,) in bench.rows("SELECT DISTINCT coc_code FROM hmis_project_coc WHERE source_id = :source")}
    known = {code for code in own if code} | set(coc_codes())
    found = [code for (code,) in bench.rows(f"SELECT DISTINCT coc FROM {bench.stays} WHERE coc IS NOT NULL")]
    for code in found:
        if (tidy := as_hud_writes(code, known)) != code:
            bench.change("coc", "nullif(:tidy, '')", "s.coc = :code", rule, tidy=tidy, code=code)
    _take_what_was_kept_aside(bench, rule, known)


def as_hud_writes(code: str, known: set[str]) -> str:
    """Return `code` as HUD writes it, or an empty text when it is none of the `known` ones."""
    found = CODE.fullmatch(code.strip().upper())
    tidy = f"{found[1]}-{found[2]}" if found else ""
    return tidy if tidy in known else ""


def _take_what_was_kept_aside(bench: Bench, rule: str, known: set[str]) -> None:
    aside = bench.rows(
        f"SELECT s.id, u.source_id, u.hud_key, u.raw_sealed FROM hmis_unreadable u JOIN {bench.stays} s"
        " ON s.enrollment_id = u.hud_key WHERE u.source_id = :source AND u.file = 'Enrollment'"
        " AND u.\"column\" = 'EnrollmentCoC' AND s.coc IS NULL"
    )
    opened = (
        (row.id, sealing.open_aside(row.source_id, "Enrollment", row.hud_key, "EnrollmentCoC", bytes(row.raw_sealed)))
        for row in aside
    )
    bench.draft((row_id, tidy) for row_id, raw in opened if (tidy := as_hud_writes(raw, known)))
    bench.change("coc", "d.a", "d.row_id = s.id", rule, of=f"{DRAFT} d")


def take_only_coc(bench: Bench, rule: str) -> None:
    """Let stays be in the only CoC of their project, where they say none or another one.

    Projects that ProjectCoC.csv has in several CoCs, or in none, are left alone.

    Source: HMIS Data Standards FY2026, 3.16 Enrollment CoC (one of the CoCs in which the project operates).
    """
    only = (
        "(SELECT project_id, min(coc_code) AS code FROM hmis_project_coc WHERE source_id = :source"
        " AND removed_at IS NULL AND coc_code IS NOT NULL GROUP BY project_id HAVING count(DISTINCT coc_code) = 1) p"
    )
    bench.change("coc", "p.code", "p.project_id = s.project_id AND coalesce(s.coc, '') <> p.code", rule, of=only)


def copy_coc_of_head(bench: Bench, rule: str) -> None:
    """Let the members of a household be in the CoC of its head.

    Households without a head, whose head has no CoC, or whose heads are in different ones, are left alone.

    Source: HMIS Data Standards FY2026, 3.16 Enrollment CoC (asked of the head, and holds for the household).
    """
    heads = (
        f"(SELECT project_id, household, min(coc) AS code FROM {bench.stays} s WHERE {THERE} AND coc IS NOT NULL"
        f" AND household IS NOT NULL AND relationship = '{HEAD}' GROUP BY project_id, household"
        " HAVING count(DISTINCT coc) = 1) h"
    )
    where = (
        "h.project_id = s.project_id AND h.household = s.household"
        f" AND coalesce(s.relationship, '') <> '{HEAD}' AND coalesce(s.coc, '') <> h.code"
    )
    bench.change("coc", "h.code", where, rule, of=heads)


def blank_move_in_outside(bench: Bench, rule: str) -> None:
    """Blank a move-in date that is before the entry or after the exit of its stay.

    Source: HMIS Data Standards FY2026, 3.20 Housing Move-in Date (on or after project start, on or before exit).
    """
    bench.change("move_in", "NULL", "s.move_in < s.entry_date OR s.move_in > s.exit_date", rule)
