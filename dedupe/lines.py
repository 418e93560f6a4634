"""One line of a comparison: two values, how they differ in words, and the letters in which they do.

A percentage is given for names and dates alone, never for answers in codes: two codes are the same or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from adminops.web.marks import Parts, marked
from dedupe.matching.diffs import percent_alike, ssn_in_words

ALIKE = 70
"""From this per cent on, two names count as nearly the same."""
State = Literal["same", "alike", "different", "blank"]
WORDS: dict[State, str] = {
    "same": "Same",
    "alike": "Nearly the same",
    "different": "Different",
    "blank": "One is blank",
}


@dataclass(frozen=True)
class Line:
    """Both values of a part of a unit. A blank value has no pieces."""

    label: str
    state: State
    words: str
    left: Parts
    right: Parts


def state_of(lines: Sequence[Line]) -> State:
    """Return what several lines amount to: the weakest agreement among them."""
    states = {line.state for line in lines}
    order: tuple[State, ...] = ("different", "alike", "blank", "same")
    return next((state for state in order if state in states), "same")


def name_line(label: str, left: str, right: str) -> Line:
    """Compare two names, or parts of names."""
    if left == right or not (left and right):
        return _plain(label, left, right)
    percent = percent_alike(left, right)
    return _alike(label, percent, left, right) if percent >= ALIKE else _plain(label, left, right)


def date_line(label: str, left: date | None, right: date | None) -> Line:
    """Compare two dates: nearly the same when one slip of the pen explains the difference."""
    written = (long_day(left) if left else "", long_day(right) if right else "")
    if left is None or right is None or left == right or not _one_slip(left, right):
        return _plain(label, *written)
    return _alike(label, percent_alike(f"{left:%Y%m%d}", f"{right:%Y%m%d}"), *written)


def _one_slip(left: date, right: date) -> bool:
    """Say whether two of day, month and year agree, day and month are swapped, or a single digit differs."""
    same = (left.day == right.day) + (left.month == right.month) + (left.year == right.year)
    swapped = left.year == right.year and (left.day, left.month) == (right.month, right.day)
    digits = sum(a != b for a, b in zip(f"{left:%Y%m%d}", f"{right:%Y%m%d}", strict=True))
    return same >= 2 or swapped or digits == 1


def ssn_line(label: str, shown: tuple[str, str], ssns: tuple[str, str]) -> Line:
    """Compare two SSNs; only the masked ones are shown."""
    one, other = ssns
    if one == other or not (one and other):
        return _plain(label, *shown, same=one == other)
    words = ssn_in_words(one, other)
    if words in (None, "different"):
        return _plain(label, *shown, same=False)
    said = "Same as far as known" if words == "same" else f"{words[0].upper()}{words[1:]}" if words else ""
    return Line(label, "alike", said, _whole(shown[0]), _whole(shown[1]))


def code_line(label: str, left: str, right: str, *, answers: tuple[bool, bool] = (True, True)) -> Line:
    """Compare two answers in HUD's words; `answers` says which of them is one ("Data not collected" is none)."""
    if left != right and left and right and answers[0] != answers[1]:
        return Line(label, "blank", "One is no answer", _whole(left), _whole(right))
    return _plain(label, left, right)


def long_day(value: date) -> str:
    """Return "11 March 1987"."""
    return f"{value.day} {value:%B %Y}"


def _alike(label: str, percent: int, left: str, right: str) -> Line:
    return Line(label, "alike", f"{percent}% alike", *marked(left, right))


def _plain(label: str, left: str, right: str, *, same: bool | None = None) -> Line:
    equal = left == right if same is None else same
    state: State = "same" if equal else "different" if left and right else "blank"
    return Line(label, state, WORDS[state], _whole(left), _whole(right))


def _whole(value: str) -> Parts:
    return [(value, False)] if value else []
