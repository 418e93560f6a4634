"""Weighing pairs: by their levels, by how rare the values are that they agree on, and by what is around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.cleaning import Clean, places_of
from dedupe.matching.columns import Columns
from dedupe.matching.fields import CODE, KINDS, Field, Kind, Level, are_among
from dedupe.matching.households import families_of, household_levels, learn_around, project_levels
from dedupe.matching.levels import Patterns, numbered, unpacked
from dedupe.matching.model import SAME, UNRELATED, Model, odds_of, probabilities_of, weigh
from dedupe.matching.relatives import tell_apart
from dedupe.matching.values import Values

Places = NDArray[np.int32]
Floats = NDArray[np.float64]
PROMISING_BITS = -9.0
"""Household evidence can't lift a pair from further below."""
_CROWDED_NUMBER = 1.5  # a number on many records says less: forms, desks and parents lend theirs
_NOTABLE = 0.01  # look-alikes less likely than this are not worth a word
_NAME = CODE[Field.FIRST]
_EQUAL = tuple(_NAME[level] for level in (Level.SAME_COMMON, Level.SAME, Level.SAME_RARE))
_TWO_DATES = tuple(CODE[Field.DOB][level] for level in (Level.DIFFERENT, Level.GENERATION, Level.YEAR_NEAR))
_ONE_FIRST_NAME = (
    *_EQUAL,
    *(_NAME[level] for level in (Level.SHORT_FORM, Level.SOUNDS_SAME, Level.NEARLY, Level.PART)),
)
_ONE_DATE = tuple(
    CODE[Field.DOB][level]
    for level in (Level.SAME, Level.ROUGH_SAME, Level.ABOUT_SAME, Level.DAY_MONTH_SWAPPED, Level.DIGIT_DIFFERS)
)
_ONE_NUMBER = tuple(
    CODE[Field.SSN][level] for level in (Level.SAME, Level.TRANSPOSED, Level.DIGIT_DIFFERS, Level.PART_SAME)
)
_MEMBERS_BITS = -6.0
_BY_CHANCE = tuple(KINDS.index(kind) for kind in (Kind.UNRELATED, Kind.TWINS, Kind.SHARED_NUMBER, Kind.RELATIVES))
"""The kinds of which two share a first name by chance alone."""


@dataclass(frozen=True)
class Pairs:
    """Pairs as rows of the columns, strongest first, with the evidence of each in bits by field."""

    one: Places
    other: Places
    probability: Floats
    weight: Floats
    bits: Mapping[Field, Floats]
    levels: Mapping[Field, NDArray[np.int64]]
    suspected: NDArray[np.int64]
    """The look-alikes that each pair may be as well, as their place in KINDS; UNRELATED where none is worth a word."""

    def __len__(self) -> int:
        """Give the number of pairs."""
        return len(self.one)

    def take(self, places: Sequence[int]) -> Pairs:
        """Give some of the pairs, in the order of `places`."""
        at = np.asarray(places, dtype=np.int64)
        return Pairs(
            self.one[at],
            self.other[at],
            self.probability[at],
            self.weight[at],
            {name: bits[at] for name, bits in self.bits.items()},
            {name: levels[at] for name, levels in self.levels.items()},
            self.suspected[at],
        )


@dataclass(frozen=True)
class Judged:
    """Pairs on their way, as places of records, with the codes of their fields."""

    one: Places
    other: Places
    codes: dict[Field, NDArray[np.int64]]
    bits: dict[Field, Floats]
    kinds: Floats
    odds: Floats

    def take(self, places: NDArray[np.generic]) -> Judged:
        """Give some of the pairs, in the order of `places`."""
        return Judged(
            self.one[places],
            self.other[places],
            {name: codes[places] for name, codes in self.codes.items()},
            {name: bits[places] for name, bits in self.bits.items()},
            self.kinds[places],
            self.odds[places],
        )


def judge(
    model: Model,
    records: Clean,
    values: Values,
    one: Places,
    other: Places,
    patterns: Patterns,
    *,
    least: float | None = None,
) -> Judged:
    """Weigh pairs one by one: by their levels, and by how rare the values are that they agree on.

    Levels are weighed once a pattern. Only pairs of more than `least` bits are given, where that is said.
    """
    distinct, _, number = numbered(patterns)
    codes = unpacked(distinct)
    weighed = weigh(model, codes)
    kinds, beyond = weighed.kinds[number], {}
    for name, column in ((Field.FIRST, records.first), (Field.LAST, records.last)):
        equal = are_among(codes[name], _EQUAL)[number]
        rarer = np.where(equal, values.bits[name][column[one]], 0.0)
        beyond[name] = rarer
        for kind in _BY_CHANCE if name is Field.FIRST else (UNRELATED,):
            kinds[:, kind] -= rarer
    same_number = (codes[Field.SSN] == CODE[Field.SSN][Level.SAME])[number]
    crowded = np.where(same_number, _CROWDED_NUMBER * np.log2(np.maximum(values.ssn_holders[one] - 1, 1)), 0.0)
    beyond[Field.SSN] = -crowded
    kinds[:, UNRELATED] += crowded
    odds = odds_of(kinds)
    kept = np.arange(len(one)) if least is None else np.flatnonzero(odds > least)
    number = number[kept]
    bits = {name: column[number] for name, column in weighed.bits.items()}
    for name, more in beyond.items():
        bits[name] = bits[name] + more[kept]
    return Judged(
        one[kept], other[kept], {name: column[number] for name, column in codes.items()}, bits, kinds[kept], odds[kept]
    )


def look_around(
    some: Judged, records: Clean, columns: Columns, model: Model, *, learn_more: bool
) -> tuple[Judged, Model]:
    """Add what households and projects say. With `learn_more` it is learned from these pairs first."""
    count = len(records)
    families = families_of(places_of(columns.households, records, len(columns)), count)
    projects = places_of(columns.projects, records, len(columns))
    around = {
        Field.HOUSEHOLD: household_levels(families, some.one, some.other, some.odds),
        Field.PROJECT: project_levels(projects, count, some.one, some.other),
    }
    if learn_more and model.learned:
        model = learn_around(model, around, probabilities_of(some.odds))
    weighed = weigh(model, around)
    kinds = some.kinds + weighed.kinds - np.log2(model.priors)
    codes, bits = {**some.codes, **around}, {**some.bits, **weighed.bits}
    apart = _two_members(codes)
    bits[Field.HOUSEHOLD] = bits[Field.HOUSEHOLD] + apart
    kinds[:, SAME] += apart
    kinds = tell_apart(kinds, codes, records, some.one, some.other, model)
    return Judged(some.one, some.other, codes, bits, kinds, odds_of(kinds)), model


def _two_members(codes: Mapping[Field, NDArray[np.int64]]) -> Floats:
    """Give the bits against pairs who entered together as two people: told apart by birth dates, or as twins are.

    Twins have numbers side by side, or two first names and no number in common; of two unnamed babies their sexes tell.
    With one name, and neither a date nor a number that agrees, they are a parent and a child of one name.
    """
    together = codes[Field.HOUSEHOLD] == CODE[Field.HOUSEHOLD][Level.SAME_ENTRY]
    number, first = codes[Field.SSN], codes[Field.FIRST]
    dates = are_among(codes[Field.DOB], _TWO_DATES)
    twins = (~are_among(first, _ONE_FIRST_NAME) & (number != CODE[Field.SSN][Level.SAME])) | (
        number == CODE[Field.SSN][Level.NEAR_SERIAL]
    )
    babies = (first == 0) & (codes[Field.SEX] == CODE[Field.SEX][Level.DIFFERENT])
    name_alone = ~are_among(codes[Field.DOB], _ONE_DATE) & ~are_among(number, _ONE_NUMBER)
    return np.where(together & (dates | twins | babies | name_alone), _MEMBERS_BITS, 0.0)


def joined(found: Judged, more: Judged) -> Judged:
    """Put pairs behind others; of the people around them nothing is said."""
    nothing = np.zeros(len(more.one))
    return Judged(
        np.concatenate((found.one, more.one)),
        np.concatenate((found.other, more.other)),
        {
            name: np.concatenate((codes, more.codes.get(name, nothing.astype(np.int64))))
            for name, codes in found.codes.items()
        },
        {name: np.concatenate((bits, more.bits.get(name, nothing))) for name, bits in found.bits.items()},
        np.concatenate((found.kinds, more.kinds)),
        np.concatenate((found.odds, more.odds)),
    )


def strongest(found: Judged, minimum: float) -> NDArray[np.int64]:
    """Give the places of the pairs from probability `minimum` on, strongest first."""
    good = np.flatnonzero(probabilities_of(found.odds) >= minimum)
    return good[np.lexsort((found.other[good], found.one[good], -found.odds[good]))]


def pairs_of(found: Judged, records: Clean, places: NDArray[np.generic]) -> Pairs:
    """Give some of the pairs as rows of the columns, in the order of `places`."""
    kept = found.take(places)
    return Pairs(
        one=records.rows[kept.one],
        other=records.rows[kept.other],
        probability=probabilities_of(kept.odds),
        weight=kept.odds,
        bits={**kept.bits, Field.LOOKALIKE: _lookalike_bits(kept.kinds)},
        levels=kept.codes,
        suspected=_suspected(kept.kinds),
    )


def _suspected(kinds: Floats) -> NDArray[np.int64]:
    """Give the look-alikes that come first, as far as they are likely at all."""
    if not len(kinds):
        return np.zeros(0, dtype=np.int64)
    raised = np.exp2(kinds - kinds.max(axis=1, keepdims=True))
    shares = raised / raised.sum(axis=1, keepdims=True)
    shares[:, [SAME, UNRELATED]] = 0
    first = shares.argmax(axis=1)
    return np.where(shares.sum(axis=1) >= _NOTABLE, first, UNRELATED)


def _lookalike_bits(kinds: Floats) -> Floats:
    """Give what look-alikes take off the odds against strangers, at most zero."""
    against = odds_of(kinds)
    by_strangers: Floats = kinds[:, SAME] - kinds[:, UNRELATED]
    return np.minimum(against - by_strangers, 0.0)
