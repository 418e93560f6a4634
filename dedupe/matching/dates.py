"""Birth dates as bits: year, month and day as eight digits, four bits each. Dates that forms fill in are none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.columns import are_any_of

EARLIEST_YEAR = 1900
_FIRST_DAYS_TILL = 1911  # a 1 January before it is what a form fills in
_DEFAULTS = (19111111, 19121212)
_LENGTHS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
_OTHER_FORMS = ("%m/%d/%Y", "%m-%d-%Y", "%Y%m%d", "%Y/%m/%d")
_WIDTH = 10


def _as_iso(text: str) -> str:
    for form in _OTHER_FORMS:
        try:
            return f"{datetime.strptime(text.strip(), form):%Y-%m-%d}"  # noqa: DTZ007  # a birth date has no zone
        except ValueError:
            continue
    return ""


def read_dates(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """Read a column of birth dates: the eight digits of each, 0 for none, and whether it is a 1 January.

    1900-01-01 and its like are what forms fill in, not when somebody was born.
    """
    if not len(texts):
        return np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.bool_)
    raw = np.array([text if text.isascii() else "" for text in texts], dtype=f"S{_WIDTH}")
    signs = raw.view(np.uint8).reshape(-1, _WIDTH)
    good = _is_iso(signs)
    others = np.flatnonzero(~good & (signs[:, 0] != 0)).tolist()
    if others:
        raw[others] = [_as_iso(texts[row]).encode() for row in others]
        signs = raw.view(np.uint8).reshape(-1, _WIDTH)
        good = _is_iso(signs)
    digits = signs[:, [0, 1, 2, 3, 5, 6, 8, 9]].astype(np.int64) - 48
    value = digits @ (10 ** np.arange(7, -1, -1, dtype=np.int64))
    year, month, day = value // 10_000, value // 100 % 100, value % 100
    good &= (year >= EARLIEST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1)
    good &= (day <= _LENGTHS[np.clip(month, 0, 12)]) & ~are_any_of(value, _DEFAULTS)
    good &= (value % 10_000 != 101) | (year >= _FIRST_DAYS_TILL)
    packed = np.zeros(len(texts), dtype=np.uint32)
    for place in range(8):
        packed = (packed << np.uint32(4)) | (digits[:, place] & 15).astype(np.uint32)
    return np.where(good, packed, 0).astype(np.uint32), good & (month == 1) & (day == 1)


def _is_iso(signs: NDArray[np.uint8]) -> NDArray[np.bool_]:
    digits = signs[:, [0, 1, 2, 3, 5, 6, 8, 9]]
    found: NDArray[np.bool_] = ((digits >= 48) & (digits <= 57)).all(axis=1) & (signs[:, 4] == 45) & (signs[:, 7] == 45)
    return found


def years_of(born: NDArray[np.uint32]) -> NDArray[np.int32]:
    """Give the year of each date, 0 for none."""
    year = born >> np.uint32(16)
    tens = [(year >> np.uint32(shift)) & np.uint32(15) for shift in (12, 8, 4, 0)]
    found: NDArray[np.int32] = (tens[0] * 1000 + tens[1] * 100 + tens[2] * 10 + tens[3]).astype(np.int32)
    return found
