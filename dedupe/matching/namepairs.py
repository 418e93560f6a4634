"""How alike two names are. Distinct pairs are compared once, and letters are looked at only where that can matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from dedupe.matching.fields import CODE, Field, Level
from dedupe.matching.names import Names

Codes = NDArray[np.uint8]
_CODE = {level: np.uint8(code) for level, code in CODE[Field.FIRST].items()}
_MOST_LETTERS_APART = 4
_MOST_LONGER = 4
_NEARLY, _CLOSE, _SOUNDALIKE = 0.92, 0.86, 0.7
_LEAST_LETTERS = 4
_LONG = 7  # names of so many letters may have two slips and still be close
_BEGINNING = 3


def compare_names(names: Names, one: NDArray[np.int32], other: NDArray[np.int32], *, first: bool) -> Codes:
    """Compare names by number, side by side; equal ones are SAME here, whatever they are worth.

    `first` says that they are first names: short forms count, and a name that begins another one is a part of it.
    """
    levels = np.full(len(one), _CODE[Level.DIFFERENT], dtype=np.uint8)
    levels[one == other] = _CODE[Level.SAME]
    missing = (one == 0) | (other == 0)
    levels[missing] = _CODE[Level.MISSING]
    initial = ~missing & ((names.length[one] == 1) | (names.length[other] == 1))
    if initial.any():
        _compare_initials(names, one, other, initial, levels)
    left = np.flatnonzero((levels == _CODE[Level.DIFFERENT]) & ~initial)
    left = left[_may_be_alike(names, one[left], other[left], first=first)]
    if len(left):
        levels[left] = _compare_distinct(names, one[left], other[left], first=first)
    return levels


def _compare_initials(
    names: Names, one: NDArray[np.int32], other: NDArray[np.int32], initial: NDArray[np.bool_], levels: Codes
) -> None:
    places = np.flatnonzero(initial)
    a, b = one[places], other[places]
    short_a = names.length[a] == 1
    letter, whole = np.where(short_a, a, b), np.where(short_a, b, a)
    same = names.initial[letter] == names.initial[whole]
    levels[places] = np.where(same, _CODE[Level.INITIAL], _CODE[Level.DIFFERENT])


def _may_be_alike(names: Names, one: NDArray[np.int32], other: NDArray[np.int32], *, first: bool) -> NDArray[np.bool_]:
    """Say which pairs of unequal names are worth a look at their letters."""
    apart = np.bitwise_count(names.letters[one] ^ names.letters[other])
    longer = np.abs(names.length[one].astype(np.int16) - names.length[other])
    alike: NDArray[np.bool_] = (apart <= _MOST_LETTERS_APART) & (longer <= _MOST_LONGER)
    alike |= names.sound[one] == names.sound[other]
    alike |= (names.many[one] | names.many[other]) & ((names.tokens[one] & names.tokens[other]) > 0)
    if first:
        alike |= names.nicknamed[one] & names.nicknamed[other]
        lettered = names.letters[one] & names.letters[other]
        alike |= (lettered == names.letters[one]) | (lettered == names.letters[other])
    return alike


def _compare_distinct(names: Names, one: NDArray[np.int32], other: NDArray[np.int32], *, first: bool) -> Codes:
    codes = np.minimum(one, other).astype(np.int64) * len(names.text) + np.maximum(one, other)
    distinct, place = np.unique(codes, return_inverse=True)
    return compare_letters(names, distinct, first=first)[place]


def compare_letters(names: Names, distinct: NDArray[np.int64], *, first: bool) -> Codes:
    """Compare pairs of unequal names, each as lower * count + higher, by their letters."""
    count = len(names.text)
    low, high = (distinct // count).astype(np.int32), (distinct % count).astype(np.int32)
    levels = _levels(names, low, high, first=first)
    if first and len(names.short_forms):
        at = np.minimum(np.searchsorted(names.short_forms, distinct), len(names.short_forms) - 1)
        levels[names.short_forms[at] == distinct] = _CODE[Level.SHORT_FORM]
    return levels


def _levels(names: Names, low: NDArray[np.int32], high: NDArray[np.int32], *, first: bool) -> Codes:
    left, right = _texts(names, low), _texts(names, high)
    jaro = _measure(left, right, JaroWinkler.similarity, _SOUNDALIKE)
    slips = _measure(left, right, OSA.distance, 2)
    shorter = np.minimum(names.length[low], names.length[high])
    enough = shorter >= _LEAST_LETTERS
    levels = np.full(len(low), _CODE[Level.DIFFERENT], dtype=np.uint8)
    close = enough & ((jaro >= _CLOSE) | ((slips <= 2) & (shorter >= _LONG)))
    levels[close] = _CODE[Level.CLOSE]
    levels[_parts(names, low, high, left, right, first=first)] = _CODE[Level.PART]
    levels[(names.sound[low] == names.sound[high]) & (jaro >= _SOUNDALIKE)] = _CODE[Level.SOUNDS_SAME]
    levels[enough & ((slips <= 1) | (jaro >= _NEARLY))] = _CODE[Level.NEARLY]
    return levels


def _texts(names: Names, numbers: NDArray[np.int32]) -> list[str]:
    return [names.text[number] for number in numbers.tolist()]


def _measure(left: Sequence[str], right: Sequence[str], how: Any, limit: float) -> NDArray[np.float32]:
    if not left:
        return np.zeros(0, dtype=np.float32)
    return np.asarray(cpdist(left, right, scorer=how, score_cutoff=limit, dtype=np.float32, workers=1))


def _parts(
    names: Names,
    low: NDArray[np.int32],
    high: NDArray[np.int32],
    left: Sequence[str],
    right: Sequence[str],
    *,
    first: bool,
) -> NDArray[np.bool_]:
    """Say which names have a whole word of three letters and more in common, or begin with one another."""
    maybe = (names.many[low] | names.many[high]) & ((names.tokens[low] & names.tokens[high]) > 0)
    found = np.zeros(len(low), dtype=np.bool_)
    for place in np.flatnonzero(maybe).tolist():
        ours, theirs = names.words[low[place]], names.words[high[place]]
        found[place] = any(len(word) > 2 and word in theirs for word in ours)
    if first:
        lettered = names.letters[low] & names.letters[high]
        begins = (lettered == names.letters[low]) | (lettered == names.letters[high])
        for place in np.flatnonzero(begins & ~found).tolist():
            short, long = sorted((left[place], right[place]), key=len)
            found[place] = len(short) >= _BEGINNING and long.startswith(short)
    return found
