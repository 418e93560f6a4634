"""Working the repairs of a source out: what its rules amount to now, compared with what is there.

Only what differs is written, so a second import of the same export changes nothing here. Nor can a repair make an
import see changes: the hash of a row is over what the source sent.
"""

# ruff: noqa: S608 - the names in these statements are of our tables, never of the input

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select, update

from adminops.hmis.models import HmisSource
from adminops.hmis.repairs.bench import MADE, Bench, same
from adminops.hmis.repairs.catalogue import in_order, rule_named

MANY = 500
"""Repairs written from which on the planner is told."""
Counts = dict[str, dict[str, int]]
"""Rule → "Enrollment.HouseholdID" → number of values."""

SAME_CELL = 'm.file = r.file AND m.row_id = r.row_id AND m."column" = r."column"'
SAME_REPAIR = f"{SAME_CELL} AND m.value = r.value AND m.rule = r.rule AND {same('m.follows', 'r.follows')}"


@dataclass(frozen=True)
class Outcome:
    """What the repairs of a source are now, by rule and column, and how many were written or withdrawn for that."""

    counts: Counts = field(default_factory=dict)
    made: int = 0
    withdrawn: int = 0

    def of_rule(self, rule: str) -> int:
        """Return how many values a rule changes."""
        return sum(self.counts.get(rule, {}).values())


def recalculate(connection: Connection, source_id: int, *, at: datetime, import_id: int | None = None) -> Outcome:
    """Bring the repairs of a source up to date with its rows, switches and exceptions, in the open transaction.

    Costs one read where no switch is on and none was.
    """
    reading = select(HmisSource.repairs, HmisSource.repair_counts).where(HmisSource.id == source_id)
    rules, before = connection.execute(reading).one()
    if not rules and not before:
        return Outcome()
    with _worked_out(connection, source_id, rules) as bench:
        counts = _counts(bench)
        withdrawn = bench.run(
            f"DELETE FROM hmis_repair AS r WHERE r.source_id = :source"
            f" AND NOT EXISTS (SELECT 1 FROM {MADE} m WHERE {SAME_REPAIR})"
        )
        # What is there already goes first: a table is no good to look into while it is written.
        bench.run(f"DELETE FROM {MADE} AS m WHERE EXISTS (SELECT 1 FROM hmis_repair r WHERE {SAME_CELL})")
        made = bench.run(
            'INSERT INTO hmis_repair (source_id, file, row_id, hud_key, "column", value, rule, follows, import_id,'
            ' made_at) SELECT :source, m.file, m.row_id, m.hud_key, m."column", m.value, m.rule, m.follows, :import_id,'
            f" :at FROM {MADE} m",
            import_id=import_id,
            at=at,
        )
    if counts != before:
        changed = update(HmisSource).where(HmisSource.id == source_id)
        connection.execute(changed.values(repair_counts=counts))
    if made >= MANY:
        connection.exec_driver_sql("ANALYZE hmis_repair")
    return Outcome(counts, made, withdrawn)


def would_be(connection: Connection, source_id: int, rules: Collection[str]) -> Outcome:
    """Return what the repairs of a source would be with these `rules` on. Nothing is written."""
    with _worked_out(connection, source_id, rules) as bench:
        return Outcome(_counts(bench))


@contextmanager
def _worked_out(connection: Connection, source_id: int, rules: Collection[str]) -> Iterator[Bench]:
    """Give a bench on which `rules` have been applied, each to what the ones before it made."""
    with Bench(connection, source_id) as bench:
        for key in in_order(rules):
            rule_named(key).apply(bench, key)
        bench.gather()
        yield bench


def _counts(bench: Bench) -> Counts:
    counts: Counts = defaultdict(dict)
    sql = f'SELECT rule, file, "column", count(*) FROM {MADE} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3'
    for rule, file, column, count in bench.rows(sql):
        counts[rule][f"{file}.{column}"] = count
    return dict(counts)
