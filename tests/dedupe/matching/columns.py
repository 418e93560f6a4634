"""Invented records as columns."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from dedupe.matching.columns import AS_GIVEN, NO_CODE, Columns, Memberships
from dedupe.matching.explain import ScoredPair, explain
from dedupe.matching.few import CountNames, nobody, score_pairs
from dedupe.matching.model import Model, default_model
from tests.dedupe.matching.records import Record

RACES = ("AmIndAKNative", "Asian", "BlackAfAmerican", "HispanicLatinao", "MidEastNAfrican", "NativeHIPacific", "White")


def columns_of(records: Sequence[Record]) -> Columns:
    """Put records side by side as the engine wants them."""

    def codes(values: Iterable[int | None], otherwise: int = NO_CODE) -> np.ndarray:
        return np.array([otherwise if value is None else value for value in values], dtype=np.int16)

    races = [sum(1 << place for place, race in enumerate(RACES) if race in record.races) for record in records]
    return Columns(
        ids=[record.key for record in records],
        first=[record.first or "" for record in records],
        middle=[record.middle or "" for record in records],
        last=[record.last or "" for record in records],
        suffix=[record.suffix or "" for record in records],
        name_quality=codes((record.name_quality for record in records), AS_GIVEN),
        ssn=[record.ssn or "" for record in records],
        ssn_quality=codes((record.ssn_quality for record in records), AS_GIVEN),
        dob=[record.dob.isoformat() if record.dob else "" for record in records],
        dob_quality=codes((record.dob_quality for record in records), AS_GIVEN),
        sex=codes(record.sex for record in records),
        races=np.array(races, dtype=np.uint8),
        veteran=codes(record.veteran for record in records),
        households=_memberships(records, lambda record: record.household_keys),
        projects=_memberships(records, lambda record: {stay.project for stay in record.stays}),
    )


def _memberships(records: Sequence[Record], groups: Callable[[Record], Iterable[str]]) -> Memberships:
    number: dict[str, int] = {}
    rows = [
        (place, number.setdefault(key, len(number)))
        for place, record in enumerate(records)
        for key in sorted(groups(record))
    ]
    both = np.array(rows, dtype=np.int32).reshape(-1, 2)
    return Memberships(both[:, 0], both[:, 1])


def scored(one: Record, other: Record, model: Model | None = None, count: CountNames = nobody) -> ScoredPair:
    """Score two records, and put into words why."""
    columns, places = columns_of([one, other]), np.arange(2, dtype=np.int32)
    known = model or default_model()
    pairs = score_pairs(columns, places[:1], places[1:], known, count)
    stays = {each.key: each.stays for each in (one, other)}
    (found,) = explain(columns, pairs, known, stays)
    return found
