"""Judging a few records by the model of their whole store: one pair, or one client and who it may be.

Nobody is left out here, and nothing is learned. What a name is worth goes by how many in the store have it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.cleaning import Clean, clean
from dedupe.matching.columns import Columns
from dedupe.matching.fields import Field
from dedupe.matching.judging import Pairs, judge, look_around, pairs_of, strongest
from dedupe.matching.levels import Comparer
from dedupe.matching.model import Model
from dedupe.matching.values import values_within

CountNames = Callable[[Field, Sequence[str]], Mapping[str, int]]
"""Counts the records of a store that have each of some first or last names, as `fold` writes these without spaces."""


def nobody(_name: Field, _texts: Sequence[str]) -> Mapping[str, int]:
    """Count no names: every name is a rare one."""
    return {}


def score_pairs(
    columns: Columns,
    one: NDArray[np.int32],
    other: NDArray[np.int32],
    model: Model,
    count: CountNames = nobody,
    *,
    minimum: float | None = None,
    cleaned: Clean | None = None,
) -> Pairs:
    """Weigh pairs of rows: as they are given, or strongest first those from probability `minimum` on.

    Evidence from other members of a household is there as far as their records are. `cleaned` are the columns as
    `clean` gives them, for who has asked for that already.
    """
    records = cleaned or clean(columns)
    place = np.zeros(len(columns), dtype=np.int32)
    place[records.rows] = np.arange(len(records), dtype=np.int32)
    low, high = np.minimum(place[one], place[other]), np.maximum(place[one], place[other])
    known = {}
    for name, column in ((Field.FIRST, records.first), (Field.LAST, records.last)):
        agreed = np.unique(column[low][column[low] == column[high]]).tolist()
        known[name] = count(name, [records.names.text[number] for number in agreed if number])
    values = values_within(records, known, max(model.records, len(records)), model.usual)
    comparer = Comparer(records, values.rank[Field.FIRST], values.rank[Field.LAST])
    judged = judge(model, records, values, low, high, comparer.patterns(low, high))
    found, _ = look_around(judged, records, columns, model, learn_more=False)
    return pairs_of(found, records, np.arange(len(low)) if minimum is None else strongest(found, minimum))
