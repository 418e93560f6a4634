"""Say how alike names, dates and numbers are.

Nothing here is meant for answers in codes: two codes are the same or not.
"""

from __future__ import annotations

import numpy as np
from rapidfuzz.distance import JaroWinkler

from dedupe.matching.fields import LEVELS, Field, Level
from dedupe.matching.levels import compare_numbers
from dedupe.matching.numbers import read_ssns

_SSN_WORDS = {
    Level.SAME: "same",
    Level.PART_SAME: "same",
    Level.NEAR_SERIAL: "a few numbers apart",
    Level.TRANSPOSED: "two digits transposed",
    Level.DIGIT_DIFFERS: "1 digit differs",
    Level.PART_DIGIT_DIFFERS: "1 digit differs",
    Level.TWO_DIGITS: "2 digits differ",
    Level.DIFFERENT: "different",
    Level.PART_DIFFERENT: "different",
}


def percent_alike(left: str, right: str) -> int:
    """Say how alike two names or two written dates are, 0 to 100 per cent; 100 for equal texts only.

    Capital letters do not count. The measure is Jaro's with Winkler's bonus for an equal beginning, the same as in
    the score.
    """
    one, other = " ".join(left.casefold().split()), " ".join(right.casefold().split())
    if one == other:
        return 100
    return min(round(100 * JaroWinkler.similarity(one, other)), 99)


def ssn_in_words(left: str | None, right: str | None) -> str | None:
    """Compare two SSNs without showing either: "same", "1 digit differs", "different", ... None if one is unusable.

    Where digits are hidden on a side the words are about the digits both show, and None when those are under four.
    """
    ssn, number = read_ssns([left or "", right or ""])
    level = compare_numbers(ssn, number, np.array([0]), np.array([1]))[0]
    return _SSN_WORDS.get(LEVELS[Field.SSN][level])
