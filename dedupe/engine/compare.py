"""Compare two prepared records field by field. Every comparison gives the same level from either side."""

from __future__ import annotations

from datetime import date

from rapidfuzz.distance import OSA, Hamming, JaroWinkler, Levenshtein

from dedupe.engine.fields import PLACE, Field, Level, Pattern
from dedupe.engine.normalise import Name
from dedupe.engine.prepare import Prepared

_CLOSE_NAMES = 0.9
_SOUNDALIKE_NAMES = 0.7
_SERIAL_STEPS = 9
_GENERATION_YEARS = range(14, 56)
_SUFFIX_ALSO = {"ii": "jr"}  # a son named after his father is written either way
_CROSSED = frozenset({Level.SAME, Level.SHORT_FORM, Level.SOUNDS_SAME, Level.NEARLY})
_HOUSEHOLD_PLACE = PLACE[Field.HOUSEHOLD]


def _one_slip(one: str, other: str) -> bool:
    """Say whether two words of four letters and more differ by one slip of the keyboard (two from nine letters on)."""
    shorter = min(len(one), len(other))
    if shorter < 4:
        return False
    allowed = 2 if shorter >= 9 else 1
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed


def _share_part(one: Name, other: Name) -> bool:
    if one.core == other.core:
        return True
    return (len(one.tokens) > 1 or len(other.tokens) > 1) and not one.parts.isdisjoint(other.parts)


def _sounds_same(one: Name, other: Name) -> bool:
    if one.sound != other.sound or len(one.sound) < 2:
        return False
    return JaroWinkler.similarity(one.joined, other.joined) >= _SOUNDALIKE_NAMES


def _spelled_nearly(one: Name, other: Name) -> bool:
    if min(len(one.joined), len(other.joined)) < 4:
        return False
    close = JaroWinkler.similarity(one.joined, other.joined, score_cutoff=_CLOSE_NAMES) >= _CLOSE_NAMES
    return close or _one_slip(one.joined, other.joined)


def _begins(one: str, other: str, letters: int) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= letters and long.startswith(short)


def _same_or_initial(one: Name, other: Name) -> Level | None:
    """Compare names that are equal or of which one is an initial; None for any others. Two initials are no name."""
    if len(one.joined) == 1 or len(other.joined) == 1:
        return Level.INITIAL if one.joined[0] == other.joined[0] else Level.DIFFERENT
    return Level.SAME if one.spelling == other.spelling else None


def compare_first(one: Name, other: Name) -> Level:
    """Compare two first names."""
    level = _same_or_initial(one, other)
    if level is not None:
        return level
    if _share_part(one, other):
        return Level.PART
    if _sounds_same(one, other):
        return Level.SOUNDS_SAME
    if not one.groups.isdisjoint(other.groups):
        return Level.SHORT_FORM if len(one.tokens) == len(other.tokens) == 1 else Level.PART
    if _spelled_nearly(one, other):
        return Level.NEARLY
    return Level.PART if _begins(one.joined, other.joined, 3) else Level.DIFFERENT


def compare_last(one: Name, other: Name) -> Level:
    """Compare two last names; double names and particles count as parts."""
    level = _same_or_initial(one, other)
    if level is not None:
        return level
    if _share_part(one, other):
        return Level.PART
    if _sounds_same(one, other):
        return Level.SOUNDS_SAME
    return Level.NEARLY if _spelled_nearly(one, other) else Level.DIFFERENT


def compare_middle(one: Name | None, other: Name | None) -> Level:
    """Compare two middle names or initials; variants of one name are the same."""
    if one is None or other is None:
        return Level.MISSING
    level = compare_first(one, other)
    return level if level in (Level.INITIAL, Level.DIFFERENT) else Level.SAME


def compare_suffix(one: str | None, other: str | None) -> Level:
    """Compare two suffixes; Jr and II are the same, two blanks say nothing."""
    if one is None and other is None:
        return Level.MISSING
    if one is None or other is None:
        return Level.ONE_ONLY
    same = _SUFFIX_ALSO.get(one, one) == _SUFFIX_ALSO.get(other, other)
    return Level.SAME if same else Level.DIFFERENT


def compare_ssn(one: str, other: str) -> Level:
    """Compare two full numbers of nine digits."""
    if one == other:
        return Level.SAME
    if one[:5] == other[:5] and abs(int(one[5:]) - int(other[5:])) <= _SERIAL_STEPS:
        return Level.NEAR_SERIAL
    wrong = Hamming.distance(one, other)
    if wrong == 1:
        return Level.DIGIT_DIFFERS
    if wrong == 2:
        return Level.TRANSPOSED if OSA.distance(one, other, score_cutoff=1) == 1 else Level.TWO_DIGITS
    return Level.TWO_DIGITS if Levenshtein.distance(one, other, score_cutoff=2) == 2 else Level.DIFFERENT


def compare_partial_ssn(one: str, other: str) -> Level:
    """Compare two numbers of which one at least has hidden digits, place by place; four known places are needed."""
    known = wrong = 0
    for left, right in zip(one, other, strict=True):
        if left != "x" and right != "x":
            known += 1
            wrong += left != right
    if known < 4:
        return Level.MISSING
    return (Level.SAME, Level.DIGIT_DIFFERS)[wrong] if wrong < 2 else Level.DIFFERENT


def _one_part_slip(one: date, other: date) -> bool:
    """Say whether two dates of which one part differs, differ by one digit or two digits in the wrong order."""
    left, right = f"{one:%Y%m%d}", f"{other:%Y%m%d}"
    return OSA.distance(left, right, score_cutoff=1) == 1 and Hamming.distance(left, right) <= 2


def compare_dob(one: date, other: date, one_rough: bool, other_rough: bool) -> Level:
    """Compare two birth dates. A rough date (1 January, approximate) agrees with any date of about its year."""
    if one == other:
        return Level.ROUGH_SAME if one_rough and other_rough else Level.SAME
    years = abs(one.year - other.year)
    if one_rough or other_rough:
        return _far_apart(years, near=Level.ABOUT_SAME if years <= 1 else Level.YEAR_NEAR)
    same_parts = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    if years == 0 and (one.month, one.day) == (other.day, other.month):
        return Level.DAY_MONTH_SWAPPED
    if same_parts == 2:
        return Level.DIGIT_DIFFERS if _one_part_slip(one, other) else Level.TWO_OF_THREE
    return _far_apart(years, near=Level.YEAR_NEAR)


def _far_apart(years: int, *, near: Level) -> Level:
    if years in _GENERATION_YEARS:
        return Level.GENERATION
    return near if years <= 2 else Level.DIFFERENT


def compare_races(one: frozenset[int | str], other: frozenset[int | str]) -> Level:
    """Compare two sets of race and ethnicity answers."""
    if not one or not other:
        return Level.MISSING
    if one == other:
        return Level.SAME
    return Level.DIFFERENT if one.isdisjoint(other) else Level.OVERLAP


def _compare_veteran(one: int | None, other: int | None) -> Level:
    if one is None or other is None:
        return Level.MISSING
    if one != other:
        return Level.DIFFERENT
    return Level.BOTH_YES if one == 1 else Level.BOTH_NO


def _swapped(one: Prepared, other: Prepared) -> Level | None:
    """Say whether first and last name have changed places, exactly or with a slip in one of them."""
    if one.first is None or one.last is None or other.first is None or other.last is None:
        return None
    there, back = _is_same(one.first, other.last), _is_same(one.last, other.first)
    if there and back:
        return Level.SWAPPED
    if not there and not back:
        return None
    rest = compare_first(one.last, other.first) if there else compare_first(one.first, other.last)
    return Level.NEARLY_SWAPPED if rest in _CROSSED or rest is Level.PART else None


def _unless_different(level: Level) -> Level:
    return Level.MISSING if level is Level.DIFFERENT else level


def _numbers(one: Prepared, other: Prepared) -> tuple[Level, Level]:
    """Compare two SSNs as full numbers or as partial ones: one of the two levels is always MISSING."""
    ssn = partial = Level.MISSING
    if one.ssn is not None and other.ssn is not None:
        if one.ssn_full and other.ssn_full:
            ssn = compare_ssn(one.ssn, other.ssn)
        else:
            partial = compare_partial_ssn(one.ssn, other.ssn)
        if one.ssn_loose or other.ssn_loose:
            return _unless_different(ssn), _unless_different(partial)
    return ssn, partial


class Comparer:
    """Compares pairs of one scan and remembers the levels of name pairs, which come again and again."""

    def __init__(self) -> None:
        self._firsts: dict[tuple[int, int], Level] = {}
        self._lasts: dict[tuple[int, int], Level] = {}

    def first(self, one: Name | None, other: Name | None) -> Level:
        """Compare two first names, either of which may be missing."""
        if one is None or other is None:
            return Level.MISSING
        pair = (one.number, other.number) if one.number < other.number else (other.number, one.number)
        level = self._firsts.get(pair)
        if level is None:
            level = self._firsts[pair] = compare_first(one, other)
        return level

    def last(self, one: Name | None, other: Name | None) -> Level:
        """Compare two last names, either of which may be missing."""
        if one is None or other is None:
            return Level.MISSING
        pair = (one.number, other.number) if one.number < other.number else (other.number, one.number)
        level = self._lasts.get(pair)
        if level is None:
            level = self._lasts[pair] = compare_last(one, other)
        return level

    def names(self, one: Prepared, other: Prepared) -> tuple[Level, Level, Level]:
        """Compare first, middle and last name together: swapped names and middle names used as first names."""
        first, last = self.first(one.first, other.first), self.last(one.last, other.last)
        if first is last is Level.DIFFERENT and (swapped := _swapped(one, other)) is not None:
            return swapped, compare_middle(one.middle, other.middle), swapped
        if first is Level.DIFFERENT and self._crosses(one, other):
            return Level.ELSEWHERE, Level.MISSING, last
        if last is Level.DIFFERENT and (_is_same(one.last, other.middle) or _is_same(other.last, one.middle)):
            return first, Level.MISSING, Level.ELSEWHERE
        return first, compare_middle(one.middle, other.middle), last

    def _crosses(self, one: Prepared, other: Prepared) -> bool:
        """Say whether the middle name of one record is used as the first name of the other."""
        for left, right in ((one.first, other.middle), (other.first, one.middle)):
            if right is not None and len(right.joined) > 1 and self.first(left, right) in _CROSSED:
                return True
        return False

    def levels(self, one: Prepared, other: Prepared) -> Pattern:
        """Compare two records: one level for each of FIELDS. Household evidence beyond one entry comes later."""
        first, middle, last = self.names(one, other)
        if one.name_loose or other.name_loose:
            first, last = _unless_different(first), _unless_different(last)
        ssn, partial = _numbers(one, other)
        dob = Level.MISSING
        if one.dob is not None and other.dob is not None:
            dob = compare_dob(one.dob, other.dob, one.dob_rough, other.dob_rough)
        return (
            first,
            middle,
            last,
            compare_suffix(one.suffix, other.suffix),
            ssn,
            partial,
            dob,
            _same_code(one.sex, other.sex),
            compare_races(one.races, other.races),
            _compare_veteran(one.veteran, other.veteran),
            Level.MISSING if one.households.isdisjoint(other.households) else Level.SAME_ENTRY,
        )


def _is_same(one: Name | None, other: Name | None) -> bool:
    return one is not None and other is not None and one.spelling == other.spelling


def _same_code(one: int | None, other: int | None) -> Level:
    if one is None or other is None:
        return Level.MISSING
    return Level.SAME if one == other else Level.DIFFERENT


def with_household(pattern: Pattern, level: Level) -> Pattern:
    """Give a pattern with another level of household evidence."""
    return (*pattern[:_HOUSEHOLD_PLACE], level, *pattern[_HOUSEHOLD_PLACE + 1 :])


def level_of(pattern: Pattern, field: Field) -> Level:
    """Read the level of one field of a pattern."""
    return pattern[PLACE[field]]
