"""The innermost loops compiled (native/kernels.c), where a compiler was there at set-up; else numpy does the same.

What is compiled is a library of C and no module of Python: it lies in a folder of its own that is no package.
ADMINOPS_NUMPY_ALONE=1 leaves them out, to see what they are worth.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
PERSON = {
    "ssn": "u8", "number": "i8", "first": "i4", "middle": "i4", "last": "i4", "year": "i4", "born": "u4",
    "suffix": "u1", "name_loose": "u1", "ssn_loose": "u1", "rough": "u1", "sex": "u1", "races": "u1", "veteran": "u1",
}  # fmt: skip
"""The members of `Person` in kernels.c and their kinds."""
NAME = {
    "tokens": "u8",
    "letters": "u4",
    "initial": "i4",
    "sound": "i4",
    "length": "u1",
    "many": "u1",
    "nicknamed": "u1",
}
VERSION = 1
"""As in kernels.c: raised there and here when a level or an argument changes, so that an old library is not used."""
ASKED = 6
"""So many letters a pair asks for at most, each time it is compared."""
_FIRST_GUESS = 8
_MOST_PATTERNS = 1 << 18


@cache
def kernels() -> Kernels | None:
    """Give the loops, or None where numpy is to do it."""
    if os.environ.get("ADMINOPS_NUMPY_ALONE"):
        return None
    for suffix in EXTENSION_SUFFIXES:
        file = Path(__file__).parent / "native" / f"kernels{suffix}"
        with suppress(OSError, AttributeError):  # not built, for another machine, or older than the version was
            library = ctypes.CDLL(str(file))
            if library.version() == VERSION:
                return Kernels(library)
    return None


class Kernels:
    """The loops of kernels.c, called with arrays. They run without Python's lock, on as many cores as call them."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        for name in ("pairs_ahead", "compare_pairs", "number_patterns"):
            getattr(library, name).restype = ctypes.c_int64
        library.fill.restype = None

    def pairs_ahead(self, lanes: Array, reach: Array, wanted: Array, masks: Array, worth: Array) -> tuple[Array, Array]:
        """Compare each record with `reach` behind it; give the pairs whose lanes bring as many bits as wanted."""
        room = max(int(reach.sum()) // _FIRST_GUESS, 1_024)
        while True:
            ones, others = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
            found = self._library.pairs_ahead(
                _at(lanes, np.uint64), _at(reach, np.int64), _at(wanted, np.uint8), _count(lanes),
                _at(masks, np.uint64), _at(worth, np.uint8), _at(ones, np.int32), _at(others, np.int32), _count(ones),
            )  # fmt: skip
            if found <= room:
                return ones[:found].copy(), others[:found].copy()
            room = found

    def compare(self, one: Array, other: Array, people: Array, ranks: tuple[Array, Array], letters: Letters,
                found: Array) -> Array:  # fmt: skip
        """Put the patterns of pairs into `found` where it is below 0; give the letters that have to be known first."""
        asked = np.empty(ASKED * len(one), dtype=np.int64)
        count = self._library.compare_pairs(
            _at(one, np.int32), _at(other, np.int32), _count(one), _at(people, _struct(PERSON)),
            _at(letters.names, _struct(NAME)), _count(letters.names), _at(ranks[0], np.uint8),
            _at(ranks[1], np.uint8), _at(letters.keys, np.int64), _at(letters.levels, np.uint8), _count(letters.keys),
            _at(found, np.int64), _at(asked, np.int64),
        )  # fmt: skip
        return asked[:count]

    def fill(self, letters: Letters, keys: Array, levels: Array) -> None:
        """Put keys and levels into a table in which there is room."""
        self._library.fill(
            _at(letters.keys, np.int64), _at(letters.levels, np.uint8), _count(letters.keys), _at(keys, np.int64),
            _at(levels, np.uint8), _count(keys),
        )  # fmt: skip

    def numbered(self, patterns: Array) -> tuple[Array, Array, Array] | None:
        """Number patterns; give the distinct ones, how many of each, and the number of each pattern.

        None where there are too many kinds of them.
        """
        places = min(_MOST_PATTERNS, 1 << max(4 * len(patterns), 16).bit_length())
        table, numbers = np.zeros(places, dtype=np.int32), np.empty(len(patterns), dtype=np.int32)
        keys, counts = np.empty(places // 2, dtype=np.int64), np.empty(places // 2, dtype=np.int64)
        count = self._library.number_patterns(
            _at(patterns, np.int64), _count(patterns), _at(table, np.int32), _count(table), _at(numbers, np.int32),
            _at(keys, np.int64), _at(counts, np.int64),
        )  # fmt: skip
        return None if count < 0 else (keys[:count], counts[:count], numbers)


class Letters:
    """What is known of pairs of names whose letters were compared: a table of keys and levels, half of it free."""

    def __init__(self, names: Array) -> None:
        self.names = names
        self._known = 0
        self._anew(1 << 12)

    def _anew(self, places: int) -> None:
        self.keys = np.full(places, -1, dtype=np.int64)
        self.levels = np.zeros(places, dtype=np.uint8)

    def learn(self, own: Kernels, keys: Array, levels: Array) -> None:
        """Keep the levels of new keys."""
        self._known += len(keys)
        if 2 * self._known > len(self.keys):
            there = np.flatnonzero(self.keys >= 0)
            before = self.keys[there], self.levels[there]
            self._anew(1 << (4 * self._known).bit_length())
            own.fill(self, *before)
        own.fill(self, keys, levels)


def rows_of(columns: Mapping[str, Array], members: Mapping[str, str]) -> Array:
    """Put columns side by side, as a C struct has them, so that what belongs to one record lies together.

    Raises `TypeError` for values that don't fit their member.
    """
    rows = np.empty(len(next(iter(columns.values()))), dtype=_struct(members))
    for name, column in columns.items():
        if not np.can_cast(column.dtype, rows.dtype[name]):
            raise TypeError(f"The values of {name} are larger than the loop is written for.")
        rows[name] = column
    return rows


def _struct(members: Mapping[str, str]) -> np.dtype[Any]:
    return np.dtype(list(members.items()), align=True)


def _at(array: Array, kind: Any) -> ctypes.c_void_p:
    """Give where an array lies. C is told nothing else of it, so it has to be of the kind that C takes it for."""
    if array.dtype != kind or not array.flags.c_contiguous:
        raise TypeError("An array of another kind than the loop is written for.")
    return ctypes.c_void_p(array.ctypes.data)


def _count(array: Array) -> ctypes.c_int64:
    return ctypes.c_int64(len(array))
