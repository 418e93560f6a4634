"""Pairs that are two people by rule, whatever their weights say: twins, and a father and son of one name.

Twins agree on last name, birth date and household, and nearly on the number; a store has too few of them to learn that
from. Two people who are told apart so are alternatives to each other: a record that fits both is surely neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.cleaning import Clean
from dedupe.matching.columns import distinct
from dedupe.matching.dates import years_of
from dedupe.matching.defaults import PRIOR_RANGE, default_priors
from dedupe.matching.fields import CODE, KINDS, Field, Kind, Level, are_among
from dedupe.matching.households import Families, code_of, rivals_of
from dedupe.matching.model import SAME, Model, odds_of

Codes = Mapping[Field, NDArray[np.int64]]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

CHILDHOOD = 19
"""Who was born in so many years before the last ones of a store may be a child still. Twins come as children."""
_TWO_PEOPLE_BITS = 9.0
_SOME_TWINS = 1.5
_TWINS, _NAMESAKES = KINDS.index(Kind.TWINS), KINDS.index(Kind.NAMESAKES)
_EQUAL = (Level.SAME_COMMON, Level.SAME, Level.SAME_RARE)
_ONE_LAST_NAME = (*_EQUAL, Level.SOUNDS_SAME, Level.NEARLY, Level.PART)
_ONE_GIVEN_NAME = (*_EQUAL, Level.SOUNDS_SAME, Level.NEARLY)
_TWO_GIVEN_NAMES = (Level.DIFFERENT, Level.CLOSE)
_ONE_NUMBER = (Level.SAME, Level.TRANSPOSED, Level.DIGIT_DIFFERS, Level.PART_SAME)
_TWO_NUMBERS = (Level.TWO_DIGITS, Level.DIFFERENT, Level.PART_DIFFERENT, Level.PART_DIGIT_DIFFERS)
_TWO_DATES = (Level.GENERATION, Level.DIFFERENT, Level.YEAR_NEAR, Level.TWO_OF_THREE)


def newest_year(records: Clean) -> int:
    """Give the year of the last births of a store, leaving out one date in a thousand; 0 when no date is known."""
    years = np.sort(years_of(records.born[records.born > 0]))
    return int(years[int(0.999 * (len(years) - 1))]) if len(years) else 0


@dataclass(frozen=True)
class _Levels:
    codes: Codes

    def at(self, field: Field, *levels: Level) -> Mask:
        found: Mask = are_among(self.codes[field], [CODE[field][level] for level in levels])
        return found


def _twins(levels: _Levels, children: Mask) -> Mask:
    """Say who shares last name and birth date, but neither first name nor number, or has numbers side by side."""
    family = levels.at(Field.DOB, Level.SAME) & levels.at(Field.LAST, *_ONE_LAST_NAME)
    one_number = levels.at(Field.SSN, *_ONE_NUMBER)
    named = ~levels.at(Field.FIRST, *_ONE_GIVEN_NAME)
    serial = named & levels.at(Field.SSN, Level.NEAR_SERIAL)
    together = named & levels.at(Field.HOUSEHOLD, Level.SAME_ENTRY, Level.BETTER_MATCH)
    together &= levels.at(Field.SSN, *_TWO_NUMBERS) | (~one_number & ~levels.at(Field.FIRST, Level.SHORT_FORM))
    alone = children & ~one_number & levels.at(Field.HOUSEHOLD, Level.MISSING)
    alone &= levels.at(Field.FIRST, *_TWO_GIVEN_NAMES)
    return family & (serial | together | alone)


def _namesakes(levels: _Levels, with_child: Mask) -> Mask:
    """Say who has one name, but a suffix on one side and two dates, or dates a generation apart.

    One number doesn't speak against it where one of them is a child: those are typed in with a parent's.
    """
    named = levels.at(Field.FIRST, *_ONE_GIVEN_NAME, Level.SHORT_FORM, Level.INITIAL)
    named &= levels.at(Field.LAST, *_ONE_LAST_NAME)
    no_number, two_dates = levels.at(Field.SSN, Level.MISSING), levels.at(Field.DOB, *_TWO_DATES)
    no_date = levels.at(Field.DOB, Level.MISSING)
    suffixes, suffix = levels.at(Field.SUFFIX, Level.DIFFERENT), levels.at(Field.SUFFIX, Level.ONE_ONLY)
    found = levels.at(Field.DOB, Level.GENERATION) & (no_number | with_child)
    found |= (suffix | suffixes) & two_dates & ~levels.at(Field.SSN, Level.SAME, Level.PART_SAME)
    found |= no_date & (suffixes | (suffix & ~levels.at(Field.SSN, *_ONE_NUMBER)))
    return named & found


def _children(records: Clean, one: NDArray[np.int32], model: Model) -> Mask:
    """Say who may be a child, in a store that has twins: where it learned of none, there are only misspelt names."""
    fewest = default_priors(model.records)[Kind.TWINS] / PRIOR_RANGE[Kind.TWINS]
    if not model.newest or model.priors[_TWINS] < _SOME_TWINS * fewest:
        return np.zeros(len(one), dtype=np.bool_)
    found: Mask = years_of(records.born)[one] >= model.newest - CHILDHOOD
    return found


def _with_child(records: Clean, one: NDArray[np.int32], other: NDArray[np.int32], model: Model) -> Mask:
    """Say of which pairs one record may be a child's."""
    born = years_of(records.born)
    found: Mask = (np.maximum(born[one], born[other]) >= model.newest - CHILDHOOD) & (model.newest > 0)
    return found


def tell_apart(
    kinds: Floats, codes: Codes, records: Clean, one: NDArray[np.int32], other: NDArray[np.int32], model: Model
) -> Floats:
    """Make look-alikes by rule likelier than one person, and less sure whoever fits two of them."""
    levels = _Levels(codes)
    twins = _twins(levels, _children(records, one, model))
    namesakes = _namesakes(levels, _with_child(records, one, other, model))
    kinds = kinds.copy()
    for kind, found in ((_TWINS, twins), (_NAMESAKES, namesakes)):
        kinds[found, kind] = np.maximum(kinds[found, kind], kinds[found, SAME] + _TWO_PEOPLE_BITS)
    odds = odds_of(kinds)
    vague = {_TWINS: ~levels.at(Field.FIRST, *_ONE_GIVEN_NAME), _NAMESAKES: levels.at(Field.DOB, Level.MISSING)}
    for kind, two in ((_TWINS, twins), (_NAMESAKES, namesakes)):
        open_ = vague[kind] & ~two & ~levels.at(Field.SSN, *_ONE_NUMBER)
        if two.any() and open_.any():
            others = Families.of(distinct(code_of(one[two], other[two])), len(records))
            rival = rivals_of(others, one, other, odds)
            against = kinds[open_, SAME] - odds[open_] + rival[open_]
            kinds[open_, kind] = np.logaddexp2(kinds[open_, kind], against)
    return kinds
