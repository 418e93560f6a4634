"""Which records of a store take part in a scan, and why the others do not."""

from __future__ import annotations

from collections.abc import Sequence

from dedupe.engine.crowds import find_crowds, full_name, without_crowds
from dedupe.engine.normalise import Names, is_hash
from dedupe.engine.prepare import HASHED, Prepared, prepare, too_little
from dedupe.engine.records import MatchRecord, Skipped, key_order

CONSTANT = "The same full name stands on very many different records, so it is no real name."


def admit(records: Sequence[MatchRecord]) -> tuple[list[Prepared], list[Skipped]]:
    """Prepare records that are in order; give the matchable ones and the skipped ones with their reason."""
    names = Names()
    hashed = [record for record in records if is_hash(record.first) or is_hash(record.last)]
    skipped = [Skipped(record.key, HASHED) for record in hashed]
    left_out = {record.key for record in hashed}
    everybody = [prepare(record, names) for record in records if record.key not in left_out]
    crowds = find_crowds(everybody)
    people: list[Prepared] = []
    for person in everybody:
        cleaned = without_crowds(person, crowds)
        reason = too_little(cleaned)
        if reason is None:
            people.append(cleaned)
        else:
            skipped.append(Skipped(person.key, CONSTANT if full_name(person) in crowds.names else reason))
    return people, sorted(skipped, key=lambda one: key_order(one.key))
