"""Social security numbers as bits: a digit in every four, 15 for one that is hidden.

Full is what the Social Security Administration may have issued: area not 000, 666 or 9xx, group not 00, serial not
0000. One repeated digit and the numbers of advertisements are nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dedupe.matching.columns import are_any_of

HIDDEN = 15
NO_DIGIT = 255
LAST_FOUR = np.uint64(0xFFFF)
FIRST_FIVE = np.uint64(0xFFFFF0000)
_FAKES = (78051120, 219099999, 123456789, 987654321, 12345678, 111223333, 123121234)
_MARKS = re.compile(r"[\s\-–./]")
_HIDDEN_SIGNS = str.maketrans({"X": "x", "*": "x", "•": "x", "#": "x", "?": "x", "_": "x"})
_WIDTH = 12


def _as_nine(text: str) -> str:
    """Bring the notations of an SSN to nine characters of digits and x; "" when that cannot be done."""
    signs = _MARKS.sub("", text).translate(_HIDDEN_SIGNS)
    if not signs or any(sign not in "0123456789x" for sign in signs):
        return ""
    if len(signs) == 4 and signs.isdigit():
        return "xxxxx" + signs
    if len(signs) in (7, 8) and signs.isdigit():
        return signs.zfill(9)  # a spreadsheet has taken the leading zeros off
    return signs if len(signs) == 9 else ""


def _digits_of(texts: Sequence[str]) -> NDArray[np.uint8]:
    """Read texts as rows of nine digits, HIDDEN or, all along a row, NO_DIGIT."""
    digits = np.full((len(texts), 9), NO_DIGIT, dtype=np.uint8)
    if not len(texts):
        return digits
    try:
        raw = np.array(texts, dtype=f"S{_WIDTH}").view(np.uint8).reshape(-1, _WIDTH)
    except UnicodeEncodeError:
        plain = [text if text.isascii() else _as_nine(text) for text in texts]
        raw = np.array(plain, dtype=f"S{_WIDTH}").view(np.uint8).reshape(-1, _WIDTH)
    length = (raw != 0).sum(axis=1)
    is_digit = (raw >= 48) & (raw <= 57)
    plain_nine = (length == 9) & is_digit[:, :9].all(axis=1)
    digits[plain_nine] = raw[plain_nine, :9] - 48
    dashed = (length == 11) & (raw[:, 3] == 45) & (raw[:, 6] == 45)
    places = [0, 1, 2, 4, 5, 7, 8, 9, 10]
    dashed &= is_digit[:, places].all(axis=1)
    digits[dashed] = raw[np.ix_(dashed, places)] - 48
    for row in np.flatnonzero((length > 0) & ~plain_nine & ~dashed).tolist():
        if nine := _as_nine(texts[row]):
            digits[row] = [HIDDEN if sign == "x" else int(sign) for sign in nine]
    return digits


def _packed(digits: NDArray[np.uint8]) -> NDArray[np.uint64]:
    packed = np.zeros(len(digits), dtype=np.uint64)
    for place in range(9):
        packed = (packed << np.uint64(4)) | digits[:, place].astype(np.uint64)
    return packed


def read_ssns(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Read a column of SSNs: the digits of each, 0 when fewer than four can be used, and the full numbers, 0 for none.

    Zeros or nines in place of the first five digits are taken for hidden ones. A number that was never issued, but is
    none of those that people make up, is no full number: it may be a slip of the pen, or a tax number typed instead.
    """
    if not any(texts):  # as in a look-up without an SSN
        return np.zeros(len(texts), dtype=np.uint64), np.zeros(len(texts), dtype=np.int64)
    digits = _digits_of(texts)
    given = digits[:, 0] != NO_DIGIT
    filler = given & ((digits[:, :5] == 0).all(axis=1) | (digits[:, :5] == 9).all(axis=1))
    digits[filler, :5] = HIDDEN
    full = given & (digits < 10).all(axis=1)
    weights = 10 ** np.arange(8, -1, -1, dtype=np.int64)
    number = np.where(full, digits.astype(np.int64) @ weights, 0)
    meant = full & _is_meant(number, digits)
    partial = given & ~full & _is_usable(digits)
    return np.where(meant | partial, _packed(digits), 0), np.where(meant & _is_issued(number), number, 0)


def _is_meant(number: NDArray[np.int64], digits: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Say which numbers somebody may have meant: no digit repeated, no filled-up ends, none of those people make up."""
    repeated = (digits == digits[:, :1]).all(axis=1)
    filled = (number // 1_000_000 == 0) | (number % 10_000 == 0)
    found: NDArray[np.bool_] = ~repeated & ~filled & ~are_any_of(number, _FAKES)
    return found


def _is_issued(number: NDArray[np.int64]) -> NDArray[np.bool_]:
    area, group = number // 1_000_000, number // 10_000 % 100
    found: NDArray[np.bool_] = (area != 666) & (area < 900) & (group > 0)
    return found


def are_doubtful(ssn: NDArray[np.uint64], number: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which numbers have nine digits but were never issued: they may agree, but differing says nothing."""
    found: NDArray[np.bool_] = (number == 0) & has_last_four(ssn) & has_first_five(ssn)
    return found


def _is_usable(digits: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Say whether four digits and more are shown, and not one digit alone."""
    shown = digits < 10
    low = np.where(shown, digits, 9).min(axis=1)
    high = np.where(shown, digits, 0).max(axis=1)
    found: NDArray[np.bool_] = (shown.sum(axis=1) >= 4) & (low != high)
    return found


def has_last_four(ssn: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Say which numbers show all of their last four digits."""
    low, hidden = ssn & LAST_FOUR, np.zeros(len(ssn), dtype=np.bool_)
    for place in (0, 4, 8, 12):
        hidden |= (low >> np.uint64(place)) & np.uint64(15) == HIDDEN
    return (ssn > 0) & ~hidden


def has_first_five(ssn: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Say which numbers show all of their first five digits."""
    hidden = np.zeros(len(ssn), dtype=np.bool_)
    for place in (16, 20, 24, 28, 32):
        hidden |= (ssn >> np.uint64(place)) & np.uint64(15) == HIDDEN
    return (ssn > 0) & ~hidden


def shows_last_four_only(text: str) -> bool:
    """Say whether of an SSN just the last four digits are known."""
    nine = _as_nine(text)
    return nine[:5] in ("xxxxx", "00000", "99999") and "x" not in nine[5:]
