"""How common each value is: agreeing on a rare name says more than agreeing on a common one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from dedupe.engine.fields import Field
from dedupe.engine.prepare import Prepared

# No value counts as rarer than one in so many, however large the store is: a rare spelling may be a typing habit.
_RAREST: Mapping[Field, int] = MappingProxyType({Field.FIRST: 3_000, Field.LAST: 8_000, Field.DOB: 30_000})
# Where nothing is known about a store, and as a steadying share in small ones: what is usual in the United States.
_USUAL: Mapping[Field, float] = MappingProxyType({Field.FIRST: 0.006, Field.LAST: 0.0015, Field.DOB: 0.00006})
_STEADY = 40


@dataclass(frozen=True)
class Column:
    """The values of one field: how many records hold each, and how likely two records agree by chance."""

    counts: Mapping[Hashable, int] = field(repr=False)
    total: int
    average: float
    floor: float

    def chance(self, value: Hashable) -> float:
        """Give the chance that another record holds this value, without the one that is looked at."""
        others = max(self.counts.get(value, 1) - 1, 0)
        return max((others + _STEADY * self.average) / (self.total + _STEADY), self.floor)


@dataclass(frozen=True)
class Frequencies:
    """The columns of a scan. Values are kept in memory for scoring only and never printed."""

    first: Column
    last: Column
    dob: Column
    ssn: Mapping[str, int] = field(repr=False)


def _column(name: Field, values: Iterable[Hashable]) -> Column:
    counts = Counter(values)
    total = counts.total()
    agreeing = sum(count * (count - 1) for count in counts.values())
    usual = _USUAL[name]
    pairs = total * (total - 1)
    average = (agreeing + usual * _STEADY**2) / (pairs + _STEADY**2) if pairs else usual
    return Column(counts, total, max(average, 1 / _RAREST[name]), 1 / _RAREST[name])


def count_values(people: Sequence[Prepared]) -> Frequencies:
    """Count the names, birth dates and full numbers of a scan. Names count by spelling, spaces left out."""
    return Frequencies(
        first=_column(Field.FIRST, (p.first.joined for p in people if p.first)),
        last=_column(Field.LAST, (p.last.joined for p in people if p.last)),
        dob=_column(Field.DOB, (p.dob for p in people if p.dob)),
        ssn=dict(Counter(p.ssn for p in people if p.ssn is not None and p.ssn_full)),
    )


def no_frequencies() -> Frequencies:
    """Give the usual chances of agreement for records that stand alone."""
    empty: list[date] = []
    return Frequencies(
        first=_column(Field.FIRST, empty),
        last=_column(Field.LAST, empty),
        dob=_column(Field.DOB, empty),
        ssn={},
    )
