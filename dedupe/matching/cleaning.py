"""From columns as typed to numbers that compare: names, SSNs and dates read, made-up ones taken for missing.

Records are put into one order by what they say, so that no later step depends on the order of the rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.columns import Columns, Key, Memberships, are_any_of, encode
from dedupe.matching.dates import read_dates
from dedupe.matching.names import KEPT, Names, fold, make_names
from dedupe.matching.numbers import are_doubtful, read_ssns
from dedupe.matching.placeholders import DOES, is_infant, is_placeholder

_PARTIAL = 2  # HUD's code for a partial, street or code name and for an approximate or partial SSN or birth date
_ROUGH = (2, 8, 9, 99)
_NO_ANSWER = (8, 9, 99)
_SUFFIXES = {
    "jr": 1, "junior": 1, "jnr": 1, "ii": 1, "2nd": 1, "sr": 2, "senior": 2, "snr": 2, "iii": 3, "3rd": 3, "iv": 4,
    "4th": 4,
}  # fmt: skip
_SUFFIX_FIELD_ONLY = {"2": 1, "second": 1, "3": 3, "third": 3, "4": 4, "fourth": 4, "v": 5, "5th": 5, "5": 5}
_HASH = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128}")

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Clean:
    """Comparable records, one place a record in every array, in the order of what they say. 0 stands for missing.

    `first`, `middle`, `last` are numbers of `names`. `ssn` holds a digit in every four bits, 15 for a hidden one, and
    `number` the full number. `born` holds a date's eight digits likewise. Loose names and numbers are marked partial
    by the desk: they may agree, but differing says nothing. `rows` is the place of each record in the columns.
    """

    names: Names
    rows: Ints
    first: Ints
    middle: Ints
    last: Ints
    suffix: NDArray[np.uint8]
    name_loose: NDArray[np.bool_]
    ssn: NDArray[np.uint64]
    number: NDArray[np.int64]
    ssn_loose: NDArray[np.bool_]
    born: NDArray[np.uint32]
    rough: NDArray[np.bool_]
    sex: NDArray[np.uint8]
    races: NDArray[np.uint8]
    veteran: NDArray[np.uint8]
    hashed: NDArray[np.bool_]

    def __len__(self) -> int:
        """Give the number of records."""
        return len(self.rows)

    def take(self, places: NDArray[Any]) -> Clean:
        """Give some of the records, in the order of `places`."""
        own = {each.name: getattr(self, each.name)[places] for each in fields(self) if each.name != "names"}
        return replace(self, **own)


@dataclass(frozen=True)
class _Read:
    """A distinct text of a name column: the folded name, "" when it is none, and the suffix that stood in it."""

    name: str
    suffix: int
    hashed: bool


@lru_cache(maxsize=KEPT)
def _read_name(text: str, *, first: bool) -> _Read:
    folded = fold(text)
    if not folded:
        return _Read("", 0, hashed=False)
    suffix = 0
    if " " in folded:
        rest, _, word = folded.rpartition(" ")
        if word in _SUFFIXES:
            folded, suffix = rest, _SUFFIXES[word]
    if len(folded) >= 32 and _HASH.fullmatch(text.strip()):
        return _Read("", 0, hashed=True)
    if is_placeholder(folded) or (first and is_infant(folded)):
        return _Read("", suffix, hashed=False)
    return _Read(folded, suffix, hashed=False)


def _suffix(text: str) -> int:
    folded = fold(text).replace(" ", "")
    return _SUFFIXES.get(folded) or _SUFFIX_FIELD_ONLY.get(folded, 0)


def _name_columns(columns: Columns) -> tuple[Names, dict[str, NDArray[Any]]]:
    read: dict[str, tuple[Ints, list[_Read]]] = {}
    for part in ("first", "middle", "last"):
        codes, texts = encode(getattr(columns, part), len(columns))
        read[part] = codes, [_read_name(text, first=part == "first") for text in texts]
    names, number = make_names(each.name for _, distinct in read.values() for each in distinct)
    found: dict[str, NDArray[Any]] = {}
    for part, (codes, distinct) in read.items():
        found[part] = _spread([number.get(each.name, 0) for each in distinct], np.int32, codes)
    hashed, suffix = np.zeros(len(columns), dtype=np.bool_), _own_suffix(columns)
    for part in ("last", "first"):
        codes, distinct = read[part]
        hashed |= _spread([each.hashed for each in distinct], np.bool_, codes)
        inside = _spread([each.suffix for each in distinct], np.uint8, codes)
        suffix = np.where(suffix == 0, inside, suffix)
    if "doe" in number:
        does = [number[each] for each in DOES if each in number]
        nobody = (found["last"] == number["doe"]) & are_any_of(found["first"], does)
        found["first"][nobody] = found["last"][nobody] = 0
    return names, {**found, "suffix": suffix, "hashed": hashed}


def _own_suffix(columns: Columns) -> NDArray[Any]:
    codes, texts = encode(columns.suffix, len(columns))
    return _spread([_suffix(text) for text in texts], np.uint8, codes)


def _spread(values: Sequence[object], kind: type[Any], codes: Ints) -> NDArray[Any]:
    """Give every record the value of its text."""
    return np.asarray(values, dtype=kind)[codes] if values else np.zeros(len(codes), dtype=kind)


def _answer(codes: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Give a code plus one, 0 for no answer."""
    known = ~are_any_of(codes, _NO_ANSWER) & (codes >= 0) & (codes < 100)
    return np.where(known, codes + 1, 0).astype(np.uint8)


def is_rough(born: NDArray[np.uint32], first_day: NDArray[np.bool_], quality: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Say which birth dates are a guess: those on a 1 January, and those of which the desk says so."""
    found: NDArray[np.bool_] = (born > 0) & (first_day | are_any_of(quality, _ROUGH))
    return found


def clean(columns: Columns) -> Clean:
    """Read the columns. What is missing, made up or unusable is 0."""
    names, found = _name_columns(columns)
    ssn, number = read_ssns(columns.ssn)
    born, first_day = read_dates(columns.dob)
    whole = Clean(
        names=names,
        rows=np.arange(len(columns), dtype=np.int32),
        first=found["first"],
        middle=found["middle"],
        last=found["last"],
        suffix=found["suffix"],
        name_loose=columns.name_quality == _PARTIAL,
        ssn=ssn,
        number=number,
        ssn_loose=(columns.ssn_quality == _PARTIAL) | are_doubtful(ssn, number),
        born=born,
        rough=is_rough(born, first_day, columns.dob_quality),
        sex=_answer(columns.sex),
        races=columns.races,
        veteran=_answer(columns.veteran),
        hashed=found["hashed"],
    )
    return whole.take(_own_order(whole, columns.ids))


def _own_order(records: Clean, ids: Sequence[Key]) -> NDArray[np.int64]:
    """Give the places of the records in the order of what they say; equal ones go by their ids."""
    names = (records.last.astype(np.uint64) << np.uint64(32)) | records.first.astype(np.uint64)
    small = records.middle.astype(np.uint64) << np.uint64(32)
    for place, part in ((0, records.sex), (8, records.races), (16, records.veteran), (24, records.suffix)):
        small |= part.astype(np.uint64) << np.uint64(place)
    flags = records.name_loose * 4 + records.ssn_loose * 2 + records.rough
    order = np.lexsort((flags, small, records.ssn, records.born, names))
    keys = (names, records.born, records.ssn, small, flags)
    same = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
    for key in keys:
        along = key[order]
        same &= along[1:] == along[:-1]
    return _by_ids(order, same, ids)


def _by_ids(order: NDArray[np.int64], same: NDArray[np.bool_], ids: Sequence[Key]) -> NDArray[np.int64]:
    """Put runs of records that say the same into the order of their ids."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    for start, end in zip(edges[::2].tolist(), (edges[1::2] + 1).tolist(), strict=True):
        run = sorted(order[start:end].tolist(), key=lambda place: (isinstance(ids[place], str), ids[place]))
        order[start:end] = run
    return order


def places_of(memberships: Memberships, records: Clean, count: int) -> Memberships:
    """Give memberships with the places that records have here; those of records that are not here are left out."""
    place = np.full(count, -1, dtype=np.int32)
    place[records.rows] = np.arange(len(records), dtype=np.int32)
    return memberships.moved(place)
