"""Comparing pairs of records field by field, many at a time. Every comparison gives the same level from either side."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.blocking import in_threads
from dedupe.matching.cleaning import Clean
from dedupe.matching.columns import distinct
from dedupe.matching.dates import years_of
from dedupe.matching.fields import CODE, COMPARED, LEVELS, Field, Level, are_among
from dedupe.matching.kernels import NAME, PERSON, Kernels, Letters, kernels, rows_of
from dedupe.matching.namepairs import compare_letters, compare_names
from dedupe.matching.names import Names

Codes = NDArray[np.uint8]
Places = NDArray[np.int32]
Patterns = NDArray[np.int64]

RADIX = {field: len(LEVELS[field]) for field in COMPARED}
_NAME = CODE[Field.FIRST]
_SSN = CODE[Field.SSN]
_DOB = CODE[Field.DOB]
_SERIAL_STEPS = 9
_GENERATION = (14, 55)
_LOW_BITS = np.uint64(0x111111111)
_CROSSED = (Level.SAME, Level.SHORT_FORM, Level.SOUNDS_SAME, Level.NEARLY)


def _codes(default: int, *rules: tuple[NDArray[np.bool_], int]) -> Codes:
    """Give the code of the first rule that holds, else the default."""
    found = np.full(len(rules[0][0]), default, dtype=np.uint8)
    for holds, code in reversed(rules):
        found[holds] = code
    return found


def _names(records: Clean, a: Places, b: Places) -> tuple[Codes, Codes, Codes]:
    """Compare first, middle and last names together: swapped ones, and middle names used as first or last names."""
    names = records.names
    f1, f2, m1, m2, l1, l2 = (
        column[each] for column in (records.first, records.middle, records.last) for each in (a, b)
    )
    first = compare_names(names, f1, f2, first=True)
    last = compare_names(names, l1, l2, first=False)
    middle = _middle(names, m1, m2)
    different = _NAME[Level.DIFFERENT]
    apart = np.flatnonzero((first == different) & (last == different))
    if len(apart):
        _mark_swapped(records, f1[apart], l1[apart], f2[apart], l2[apart], apart, first, last)
    for own, others, level in ((f1, m2, first), (f2, m1, first), (l1, m2, last), (l2, m1, last)):
        crossed = np.flatnonzero((level == different) & (others > 0) & (own > 0))
        crossed = crossed[_crosses(names, own[crossed], others[crossed])]
        level[crossed] = _NAME[Level.ELSEWHERE]
        middle[crossed] = 0
    loose = records.name_loose[a] | records.name_loose[b]
    for level in (first, last):
        level[loose & (level == different)] = 0
    return first, middle, last


def _mark_swapped(
    records: Clean, f1: Places, l1: Places, f2: Places, l2: Places, places: NDArray[Any], first: Codes, last: Codes
) -> None:
    known = (f1 > 0) & (l1 > 0) & (f2 > 0) & (l2 > 0)
    there, back = (f1 == l2) & known, (l1 == f2) & known
    swapped, half = there & back, there ^ back
    rest = compare_names(records.names, np.where(there, l1, f1)[half], np.where(there, f2, l2)[half], first=True)
    nearly = np.zeros(len(places), dtype=np.bool_)
    nearly[half] = are_among(rest, [_NAME[level] for level in (*_CROSSED, Level.CLOSE, Level.PART)])
    for level in (first, last):
        level[places[swapped]] = _NAME[Level.SWAPPED]
        level[places[nearly]] = _NAME[Level.NEARLY_SWAPPED]


def _crosses(names: Names, own: Places, others: Places) -> NDArray[np.bool_]:
    level = compare_names(names, own, others, first=True)
    found: NDArray[np.bool_] = are_among(level, [_NAME[each] for each in _CROSSED])
    return found & (names.length[own] > 1) & (names.length[others] > 1)


def _middle(names: Names, one: Places, other: Places) -> Codes:
    level = compare_names(names, one, other, first=True)
    code = CODE[Field.MIDDLE]
    return _codes(
        code[Level.SAME],
        (level == 0, 0),
        (level == _NAME[Level.INITIAL], code[Level.INITIAL]),
        ((level == _NAME[Level.DIFFERENT]) | (level == _NAME[Level.CLOSE]), code[Level.DIFFERENT]),
    )


def _suffix(one: Codes, other: Codes) -> Codes:
    code = CODE[Field.SUFFIX]
    return _codes(
        code[Level.DIFFERENT],
        ((one == 0) & (other == 0), 0),
        (one == other, code[Level.SAME]),
        ((one == 0) | (other == 0), code[Level.ONE_ONLY]),
    )


def _nonzero(crossed: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mark every four bits of which one is set by their lowest bit."""
    folded = crossed | (crossed >> np.uint64(1))
    folded |= folded >> np.uint64(2)
    return folded & _LOW_BITS


def _is_transposed(one: NDArray[np.uint64], other: NDArray[np.uint64], wrong: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Say where the two digits that differ are neighbours that changed places. Two digits must differ."""
    lowest = wrong & (~wrong + np.uint64(1))
    neighbours: NDArray[np.bool_] = wrong == (lowest | (lowest << np.uint64(4)))
    shift = np.bitwise_count(lowest - np.uint64(1)).astype(np.uint64)
    ours, theirs = (one >> shift) & np.uint64(255), (other >> shift) & np.uint64(255)
    mirrored: NDArray[np.bool_] = ours == (((theirs & np.uint64(15)) << np.uint64(4)) | (theirs >> np.uint64(4)))
    return np.logical_and(neighbours, mirrored)


def _hidden(ssn: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mark every digit that is hidden by the lowest of its bits."""
    marked: NDArray[np.uint64] = ssn & (ssn >> np.uint64(1)) & (ssn >> np.uint64(2)) & (ssn >> np.uint64(3)) & _LOW_BITS
    return marked


def _numbers(records: Clean, a: Places, b: Places) -> Codes:
    """Compare SSNs; where one is marked as partial or approximate, differing says nothing."""
    found = compare_numbers(records.ssn, records.number, a, b)
    loose = records.ssn_loose[a] | records.ssn_loose[b]
    found[loose & ((found == _SSN[Level.DIFFERENT]) | (found == _SSN[Level.PART_DIFFERENT]))] = 0
    return found


def compare_numbers(
    ssn: NDArray[np.uint64], number: NDArray[np.int64], a: NDArray[np.generic], b: NDArray[np.generic]
) -> Codes:
    """Compare SSNs as full numbers, or place by place where digits are hidden."""
    codes = np.zeros(len(a), dtype=np.uint8)
    known = np.flatnonzero((ssn[a] > 0) & (ssn[b] > 0))
    if not len(known):
        return codes
    a, b = a[known], b[known]
    one, other, left, right = ssn[a], ssn[b], number[a], number[b]
    full = (left > 0) & (right > 0)
    wrong = _nonzero(one ^ other)
    count = np.bitwise_count(wrong)
    serial = full & (left // 10_000 == right // 10_000) & (np.abs(left - right) <= _SERIAL_STEPS)
    whole = _codes(
        _SSN[Level.DIFFERENT],
        (count == 0, _SSN[Level.SAME]),
        (serial & (count == 1), _SSN[Level.NEAR_SERIAL]),
        (count == 1, _SSN[Level.DIGIT_DIFFERS]),
        ((count == 2) & _is_transposed(one, other, wrong), _SSN[Level.TRANSPOSED]),
        (serial, _SSN[Level.NEAR_SERIAL]),
        (count == 2, _SSN[Level.TWO_DIGITS]),
    )
    hidden = _hidden(one) | _hidden(other)
    wrong &= ~hidden
    shown, count = 9 - np.bitwise_count(hidden), np.bitwise_count(wrong)
    partial = _codes(
        _SSN[Level.PART_DIFFERENT],
        (shown < 4, 0),
        (count == 0, _SSN[Level.PART_SAME]),
        (count == 1, _SSN[Level.PART_DIGIT_DIFFERS]),
        ((count == 2) & _is_transposed(one, other, wrong), _SSN[Level.PART_DIGIT_DIFFERS]),
    )
    codes[known] = np.where(full, whole, partial)
    return codes


def _born(records: Clean, years: NDArray[np.int32], a: Places, b: Places) -> Codes:
    """Compare birth dates. A rough date (1 January, approximate) agrees with any date of about its year."""
    one, other = records.born[a].astype(np.uint64), records.born[b].astype(np.uint64)
    rough = records.rough[a] | records.rough[b]
    apart = np.abs(years[a] - years[b])
    wrong = _nonzero(one ^ other)
    count = np.bitwise_count(wrong)
    same_year, same_month, same_day = ((wrong & np.uint64(mask)) == 0 for mask in (0x11110000, 0x00001100, 0x00000011))
    swapped = same_year & ((one >> np.uint64(8)) & np.uint64(255) == other & np.uint64(255))
    swapped &= one & np.uint64(255) == (other >> np.uint64(8)) & np.uint64(255)
    two = same_year.view(np.uint8) + same_month.view(np.uint8) + same_day.view(np.uint8) == 2
    slip = two & ((count == 1) | ((count == 2) & _is_transposed(one, other, wrong)))
    generation = (apart >= _GENERATION[0]) & (apart <= _GENERATION[1])
    return _codes(
        _DOB[Level.DIFFERENT],
        ((one == 0) | (other == 0), 0),
        ((count == 0) & records.rough[a] & records.rough[b], _DOB[Level.ROUGH_SAME]),
        (count == 0, _DOB[Level.SAME]),
        (rough & (apart <= 1), _DOB[Level.ABOUT_SAME]),
        (swapped & ~rough, _DOB[Level.DAY_MONTH_SWAPPED]),
        (slip & ~rough, _DOB[Level.DIGIT_DIFFERS]),
        (two & ~rough, _DOB[Level.TWO_OF_THREE]),
        (generation, _DOB[Level.GENERATION]),
        (apart <= 2, _DOB[Level.YEAR_NEAR]),
    )


def _same_code(one: Codes, other: Codes) -> Codes:
    code = CODE[Field.SEX]
    return _codes(code[Level.DIFFERENT], ((one == 0) | (other == 0), 0), (one == other, code[Level.SAME]))


def _races(one: Codes, other: Codes) -> Codes:
    code = CODE[Field.RACE]
    return _codes(
        code[Level.DIFFERENT],
        ((one == 0) | (other == 0), 0),
        (one == other, code[Level.SAME]),
        ((one & other) > 0, code[Level.OVERLAP]),
    )


def _veteran(one: Codes, other: Codes) -> Codes:
    code = CODE[Field.VETERAN]
    return _codes(
        code[Level.DIFFERENT],
        ((one == 0) | (other == 0), 0),
        ((one == other) & (one == 2), code[Level.BOTH_YES]),
        (one == other, code[Level.BOTH_NO]),
    )


class Comparer:
    """Compares the pairs of one store. `ranks` says how common each name is as a first and as a last name."""

    def __init__(self, records: Clean, first_rank: Codes, last_rank: Codes) -> None:
        self.records = records
        self._years = years_of(records.born)
        self._ranks = {Field.FIRST: (records.first, first_rank), Field.LAST: (records.last, last_rank)}

    def levels(self, a: Places, b: Places) -> dict[Field, Codes]:
        """Compare pairs: the codes of each field."""
        records = self.records
        first, middle, last = _names(records, a, b)
        return {
            Field.FIRST: self._ranked(Field.FIRST, first, a),
            Field.MIDDLE: middle,
            Field.LAST: self._ranked(Field.LAST, last, a),
            Field.SUFFIX: _suffix(records.suffix[a], records.suffix[b]),
            Field.SSN: _numbers(records, a, b),
            Field.DOB: _born(records, self._years, a, b),
            Field.SEX: _same_code(records.sex[a], records.sex[b]),
            Field.RACE: _races(records.races[a], records.races[b]),
            Field.VETERAN: _veteran(records.veteran[a], records.veteran[b]),
        }

    def _ranked(self, field: Field, level: Codes, a: Places) -> Codes:
        """Let equal names be SAME_COMMON, SAME or SAME_RARE."""
        column, rank = self._ranks[field]
        same = level == _NAME[Level.SAME]
        level[same] = rank[column[a[same]]]
        return level

    def patterns(self, a: Places, b: Places, workers: int = 1, *, step: int = 1 << 17) -> Patterns:
        """Compare pairs: the levels of all fields as one number each."""
        if (own := kernels()) is not None:
            return self._compiled(own, a, b, workers, step)

        def look(begin: int) -> Patterns:
            return packed(self.levels(a[begin : begin + step], b[begin : begin + step]))

        parts = in_threads(look, range(0, len(a), step), workers)
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def _compiled(self, own: Kernels, a: Places, b: Places, workers: int, step: int) -> Patterns:
        """Compare pairs by the compiled loop. Letters that it asks for are compared in between, each pair once."""
        found, letters = np.full(len(a), -1, dtype=np.int64), self._letters
        ranks = self._ranks[Field.FIRST][1], self._ranks[Field.LAST][1]

        def look(begin: int) -> NDArray[np.int64]:
            some = slice(begin, begin + step)
            return distinct(own.compare(a[some], b[some], self._people, ranks, letters, found[some]))

        while len(asked := np.concatenate(in_threads(look, range(0, max(len(a), 1), step), workers))):
            keys = distinct(asked)
            letters.learn(own, keys, self._levels_of(keys))
        return found

    def _levels_of(self, keys: NDArray[np.int64]) -> Codes:
        """Compare the letters of pairs of names. The last bit of a key says whether they are first names."""
        levels = np.empty(len(keys), dtype=np.uint8)
        for first in (True, False):
            at = np.flatnonzero((keys & 1) == first)
            levels[at] = compare_letters(self.records.names, keys[at] >> 1, first=first)
        return levels

    @cached_property
    def _people(self) -> NDArray[Any]:
        columns = {name: self._years if name == "year" else getattr(self.records, name) for name in PERSON}
        return rows_of(columns, PERSON)

    @cached_property
    def _letters(self) -> Letters:
        return Letters(rows_of({name: getattr(self.records.names, name) for name in NAME}, NAME))


def packed(levels: dict[Field, Codes]) -> Patterns:
    """Put the codes of all fields into one number."""
    pattern = levels[COMPARED[0]].astype(np.int64)
    for field in COMPARED[1:]:
        pattern = pattern * RADIX[field] + levels[field]
    return pattern


def unpacked(patterns: Patterns) -> dict[Field, NDArray[np.int64]]:
    """Take numbers apart into the codes of all fields."""
    found: dict[Field, NDArray[np.int64]] = {}
    rest = patterns
    for field in reversed(COMPARED):
        found[field] = rest % RADIX[field]
        rest = rest // RADIX[field]
    return {field: found[field] for field in COMPARED}


def numbered(patterns: Patterns) -> tuple[Patterns, Patterns, NDArray[np.integer]]:
    """Give the distinct patterns in order, how many of each there are, and which of them each is."""
    own = kernels()
    found = own.numbered(patterns) if own else None
    if found is None:
        distinct, number, counts = np.unique(patterns, return_inverse=True, return_counts=True)
        return distinct, counts, number
    order = np.argsort(found[0])
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return found[0][order], found[1][order], rank[found[2]]
