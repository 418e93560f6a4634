"""Which pairs are looked at: records that share a key of at least one rule, every pair once.

A rule gives a record its keys; a value that is missing gives no key, so blanks never bring records together. A block
that is too large is sorted by name and date and every record is compared with its neighbours only, and the result
says how much was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from dedupe.engine.normalise import Name
from dedupe.engine.prepare import Prepared
from dedupe.engine.records import key_order

BLOCK_LIMIT = 80
NEIGHBOURS = 12

Keys = Iterable[Hashable]


@dataclass(frozen=True, slots=True)
class CappedBlock:
    """A block that was too large to compare everybody with everybody. It names the rule, never the value."""

    rule: str
    records: int
    pairs_compared: int
    pairs_left_out: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """The pairs to score, as places in the list of people (lower place first), and how they were found."""

    pairs: list[tuple[int, int]]
    by_rule: dict[str, int]
    capped: tuple[CappedBlock, ...]


def _names(person: Prepared) -> tuple[Name, ...]:
    return tuple(name for name in (person.first, person.last) if name is not None)


def _initials(person: Prepared) -> set[str]:
    """Give the first letters of first, middle and last name: the same whichever way the names were typed in."""
    return {name.joined[0] for name in (person.first, person.middle, person.last) if name is not None}


def _given(person: Prepared) -> set[Hashable]:
    """Give what the first name may be called by: its sound and its nickname groups."""
    if person.first is None or len(person.first.joined) == 1:
        return set()
    return {person.first.sound, *person.first.groups}


def _family(person: Prepared) -> set[str]:
    """Give the sounds of the last name and of each part of a double name."""
    if person.last is None or len(person.last.joined) == 1:
        return set()
    return {person.last.sound, person.last.core, *person.last.parts}


def ssn_whole(person: Prepared) -> Keys:
    """Give the full number."""
    return (person.ssn,) if person.ssn_full else ()


def ssn_start(person: Prepared) -> Keys:
    """Give the first five digits with an initial: finds slips in the last four."""
    if person.ssn is None or not person.ssn[:5].isdigit():
        return ()
    return ((person.ssn[:5], letter) for letter in _initials(person))


def ssn_end(person: Prepared) -> Keys:
    """Give the last four digits with an initial or the year of birth: finds partial numbers and slips before them."""
    end = person.last_four
    if end is None:
        return ()
    year = () if person.dob is None else ((end, person.dob.year),)
    return (*((end, letter) for letter in _initials(person)), *year)


def full_name(person: Prepared) -> Keys:
    """Give both names in alphabetical order: finds equal and swapped names."""
    if person.first is None or person.last is None:
        return ()
    return (tuple(sorted((person.first.joined, person.last.joined))),)


def name_sounds(person: Prepared) -> Keys:
    """Give every way to say first and last name."""
    return ((given, family) for given in _given(person) for family in _family(person))


def birth_date(person: Prepared) -> Keys:
    """Give the birth date, day and month in either order, with an initial. 1 January is left to the other rules."""
    born = person.dob
    if born is None or (born.month, born.day) == (1, 1):
        return ()
    low, high = sorted((born.month, born.day))
    return (((born.year, low, high, letter)) for letter in _initials(person))


def first_and_year(person: Prepared) -> Keys:
    """Give the sound of the first name with the year of birth and the beginning of the last name."""
    if person.dob is None or person.last is None:
        return ()
    start = person.last.core[:2]
    return ((given, person.dob.year, start) for given in _given(person))


def last_and_year(person: Prepared) -> Keys:
    """Give the last name with the year of birth and the first letter of the first name."""
    if person.dob is None or person.first is None:
        return ()
    letter = person.first.joined[0]
    return ((family, person.dob.year, letter) for family in _family(person))


def name_and_day(person: Prepared) -> Keys:
    """Give a name with month and day of birth: finds a wrong year."""
    born = person.dob
    if born is None or person.dob_rough:
        return ()
    return ((name.sound, born.month, born.day) for name in _names(person))


def name_and_month(person: Prepared) -> Keys:
    """Give both names' first letters and the last name's sound with year and month of birth: finds a wrong day."""
    born = person.dob
    if born is None or person.dob_rough:
        return ()
    return ((name.sound, born.year, born.month) for name in _names(person))


RULES: tuple[tuple[str, Callable[[Prepared], Keys]], ...] = (
    ("same social security number", ssn_whole),
    ("same full name", full_name),
    ("same birth date and an initial", birth_date),
    ("names sound the same", name_sounds),
    ("same last four digits and an initial or birth year", ssn_end),
    ("same first five digits and an initial", ssn_start),
    ("first name, birth year and start of the last name", first_and_year),
    ("last name, birth year and first initial", last_and_year),
    ("a name and the day of birth without the year", name_and_day),
    ("a name, birth year and month", name_and_month),
)


def _blocks(people: Sequence[Prepared], rule: Callable[[Prepared], Keys]) -> list[list[int]]:
    blocks: dict[Hashable, list[int]] = {}
    for place, person in enumerate(people):
        for key in rule(person):
            block = blocks.get(key)
            if block is None:
                blocks[key] = [place]
            elif block[-1] != place:
                block.append(place)
    return [block for block in blocks.values() if len(block) > 1]


def _neighbour_order(person: Prepared) -> tuple[str, str, str, str, tuple[int, int, str]]:
    return (
        person.last.joined if person.last else "",
        person.first.joined if person.first else "",
        person.dob.isoformat() if person.dob else "",
        person.ssn or "",
        key_order(person.key),
    )


def _pairs_of(block: list[int], people: Sequence[Prepared]) -> Iterable[tuple[int, int]]:
    if len(block) <= BLOCK_LIMIT:
        for start, one in enumerate(block):
            for other in block[start + 1 :]:
                yield one, other
        return
    ordered = sorted(block, key=lambda place: _neighbour_order(people[place]))
    for start, one in enumerate(ordered):
        for other in ordered[start + 1 : start + 1 + NEIGHBOURS]:
            yield (one, other) if one < other else (other, one)


def _capped(rule: str, block: list[int]) -> CappedBlock:
    size = len(block)
    compared = NEIGHBOURS * size - NEIGHBOURS * (NEIGHBOURS + 1) // 2
    return CappedBlock(rule, size, compared, size * (size - 1) // 2 - compared)


def find_candidates(people: Sequence[Prepared]) -> Candidates:
    """Give every pair that shares a key of a rule once, in the order of the rules."""
    count = len(people)
    seen: set[int] = set()
    pairs: list[tuple[int, int]] = []
    by_rule: dict[str, int] = {}
    capped: list[CappedBlock] = []
    for name, rule in RULES:
        before = len(pairs)
        for block in _blocks(people, rule):
            if len(block) > BLOCK_LIMIT:
                capped.append(_capped(name, block))
            for pair in _pairs_of(block, people):
                code = pair[0] * count + pair[1]
                if code not in seen:
                    seen.add(code)
                    pairs.append(pair)
        by_rule[name] = len(pairs) - before
    return Candidates(sorted(pairs), by_rule, tuple(sorted(capped, key=lambda block: (block.rule, -block.records))))
