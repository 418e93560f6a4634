"""From a pattern to a weight, a probability, a score and points that add up to it.

The weight of a pair is a sum of bits (Fellegi and Sunter): for each field the logarithm of how much more often its
level is seen among records of one person than among strangers. Exact agreement on a name, a birth date or a number
uses how common that very value is. One more part, never above zero, takes off what twins, a father and son of one
name, or relatives using one number would explain as well.

The score is a curve through the evidence, the sum of those bits: no evidence gives 0, the evidence at which "same"
and "not the same" are equally likely gives 50, it rises in a straight line to 80 and bends towards 100 from there.
The points of a part are its bits times one factor for the whole pair, rounded so that they add up to the score
exactly. Where the parts against outweigh those for, the score is 0, and the points of the parts against cancel the
others.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, exp2, floor, log2
from typing import NamedTuple

from dedupe.engine.defaults import LOOKALIKE_LEVELS
from dedupe.engine.fields import FIELDS, LOOKALIKES, PLACE, Field, Kind, Level, Pattern
from dedupe.engine.normalise import Name
from dedupe.engine.parameters import Parameters
from dedupe.engine.prepare import Prepared

# No single field decides alone, for or against, whatever was learned.
_MOST_BITS: Mapping[Field, tuple[float, float]] = {
    Field.FIRST: (-7.0, 12.0),
    Field.MIDDLE: (-3.0, 6.0),
    Field.LAST: (-6.0, 13.0),
    Field.SUFFIX: (-4.0, 4.5),
    Field.SSN: (-7.0, 20.0),
    Field.SSN_PART: (-5.5, 12.5),
    Field.DOB: (-7.0, 14.5),
    Field.SEX: (-5.0, 1.0),
    Field.RACE: (-3.0, 1.6),
    Field.VETERAN: (-3.0, 3.0),
    Field.HOUSEHOLD: (-6.0, 5.0),
}
_STRAIGHT_TO = 80.0
_EVEN = 50.0
_BETWEEN = "|"  # no letter of a folded name
_TWO_LOGS = 60.0  # beyond this many bits a probability is 0 or 1
_NOTABLE = 0.01  # look-alikes less likely than this are not worth a word: they only keep the score from 100
_CROWDED_NUMBER = 1.5  # a number on many records says less: forms, desks and parents lend theirs


class Weighed(NamedTuple):
    """The weight of a pair: all its bits, log2 odds, what look-alikes take off and the kind to be suspected if any."""

    evidence: float
    weight: float
    lookalike_bits: float
    lookalike: Kind | None


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one field adds to a pair: bits of evidence and whole points of the score."""

    field: Field
    level: Level
    bits: float
    points: int


def probability_of(weight: float) -> float:
    """Turn log2 odds into a probability."""
    if weight > _TWO_LOGS:
        return 1.0
    return 0.0 if weight < -_TWO_LOGS else 1 / (1 + exp2(-weight))


def curve(evidence: float, needed: float) -> float:
    """Give the score of evidence in bits, 0 to 100, where `needed` bits make an even chance."""
    if evidence <= 0:
        return 0.0
    straight = _EVEN * evidence / needed
    if straight <= _STRAIGHT_TO:
        return straight
    room = 100 - _STRAIGHT_TO
    return 100 - room * exp((_STRAIGHT_TO - straight) / room)


@dataclass(frozen=True, slots=True)
class _Base:
    """What a pattern says whatever the values are: bits against strangers, and the odds of each look-alike kind.

    `valued` lists the levels whose bits depend on the value, each with the chance that strangers agree on any value.
    """

    bits: dict[Field, float]
    total: float
    lookalikes: tuple[float, ...]
    valued: tuple[tuple[Field, Level, float], ...]


class Scorer:
    """Weighs patterns by one set of parameters; what depends on the levels alone is worked out once a pattern."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.needed = parameters.bits_needed
        self._bases: dict[Pattern, _Base] = {}
        self._values: dict[tuple[Field, Level, float, Hashable], float] = {}

    def _base(self, pattern: Pattern) -> _Base:
        found = self._bases.get(pattern)
        if found is None:
            found = self._bases[pattern] = self._make_base(pattern)
        return found

    def _make_base(self, pattern: Pattern) -> _Base:
        known = [(f, level) for f, level in zip(FIELDS, pattern, strict=True) if level is not Level.MISSING]
        model = self.parameters
        chance = {
            field: model.dependence.unrelated(pattern, field, level, model.chances[field][level].unrelated)
            for field, level in known
        }
        bits = {f: _held(f, log2(model.chances[f][level].same / chance[f])) for f, level in known}
        return _Base(
            bits=bits,
            total=sum(bits.values()),
            lookalikes=tuple(self._lookalike_odds(kind, known, chance) for kind in LOOKALIKES),
            valued=tuple((field, level, chance[field]) for field, level in known if (field, level) in _VALUED),
        )

    def _lookalike_odds(
        self, kind: Kind, known: Sequence[tuple[Field, Level]], by_chance: Mapping[Field, float]
    ) -> float:
        """Give log2 of how likely a look-alike kind is against strangers, for the levels of a pattern."""
        priors = self.parameters.priors
        odds = log2(priors[kind] / priors[Kind.SAME]) - self.needed
        for field, level in known:
            odds += log2(self.parameters.chances[field][level].of(kind) / by_chance[field])
        return odds

    def _value_bits(self, field: Field, level: Level, by_chance: float, person: Prepared) -> float:
        """Give the bits of agreeing on a value, by how many other records hold it."""
        value = _value(field, level, person)
        known = self._values.get((field, level, by_chance, value))
        if known is None:
            chances = self.parameters.chances[field][level]
            rarer = self._rarity(field, level, value) * by_chance / chances.unrelated
            known = _held(field, log2(chances.same / min(rarer, 0.9)))
            self._values[field, level, by_chance, value] = known
        return known

    def _rarity(self, field: Field, level: Level, value: Hashable) -> float:
        """Give the chance that strangers agree on this very value."""
        frequencies = self.parameters.frequencies
        if field is Field.SSN:
            usual = self.parameters.chances[field][Level.SAME].unrelated
            holders = frequencies.ssn.get(str(value), 2)
            return float(usual * max(holders - 1, 1) ** _CROWDED_NUMBER)
        if field is Field.DOB:
            return frequencies.dob.chance(value)
        column = frequencies.first if field is Field.FIRST else frequencies.last
        if level is not Level.SWAPPED:
            return column.chance(value)
        name = self._right_way(str(value))[field is Field.LAST]
        return column.chance(name) * self.parameters.chances[field][level].same

    def _right_way(self, swapped: str) -> tuple[str, str]:
        """Put swapped names into the order in which they are more usual as first and last name."""
        one, other = swapped.split(_BETWEEN)
        first, last = self.parameters.frequencies.first, self.parameters.frequencies.last
        as_given = first.chance(one) * last.chance(other)
        turned = first.chance(other) * last.chance(one)
        return (one, other) if as_given >= turned else (other, one)

    def rarer_bits(self, pattern: Pattern, person: Prepared) -> float:
        """Give the bits by which the values a pair agrees on are rarer than values are on average."""
        base = self._base(pattern)
        rarer = 0.0
        for field, level, by_chance in base.valued:
            rarer += self._value_bits(field, level, by_chance, person) - base.bits[field]
        return rarer

    def weigh(self, pattern: Pattern, person: Prepared) -> Weighed:
        """Weigh a pair by its pattern; `person` is either of the two."""
        base = self._base(pattern)
        rarer = self.rarer_bits(pattern, person)
        weights = [exp2(min(odds + rarer, _TWO_LOGS)) for odds in base.lookalikes]
        others = sum(weights)
        evidence = base.total + rarer - log2(1 + others)
        same = exp2(min(base.total + rarer - self.needed, _TWO_LOGS))
        suspected = others / (others + 1 + same) >= _NOTABLE
        kind = LOOKALIKES[weights.index(max(weights))] if suspected else None
        return Weighed(evidence, evidence - self.needed, -log2(1 + others), kind)

    def score(self, evidence: float) -> int:
        """Give the whole score of evidence in bits, 0 to 100."""
        return round(curve(evidence, self.needed))

    def contributions(self, pattern: Pattern, person: Prepared, weighed: Weighed) -> list[Contribution]:
        """Give every known field of a pair with its bits and its points; the points add up to the score."""
        base = self._base(pattern)
        bits = dict(base.bits)
        for field, level, by_chance in base.valued:
            bits[field] = self._value_bits(field, level, by_chance, person)
        parts = [(field, pattern[PLACE[field]], value) for field, value in bits.items()]
        if weighed.lookalike is not None:
            parts.append((Field.LOOKALIKE, LOOKALIKE_LEVELS[weighed.lookalike], weighed.lookalike_bits))
        score = self.score(weighed.evidence)
        points = share_points([bits for _, _, bits in parts], score, _EVEN / self.needed)
        return [Contribution(*part, number) for part, number in zip(parts, points, strict=True)]


def share_points(bits: Sequence[float], score: int, points_per_bit: float) -> list[int]:
    """Share a score out over parts in proportion to their bits, as whole points that add up to it.

    A score of 0 leaves nothing to share: the parts for the match keep `points_per_bit`, and those against it are
    scaled to cancel them.
    """
    gains = sum(value for value in bits if value > 0)
    losses = -sum(value for value in bits if value < 0)
    if score > 0:
        up = down = score / (gains - losses)
    else:
        up = points_per_bit if losses else 0.0
        down = up * gains / losses if losses else 0.0
    exact = [value * (up if value > 0 else down) for value in bits]
    points = [floor(value) for value in exact]
    by_rest = sorted(range(len(bits)), key=lambda place: (points[place] - exact[place], place))
    for place in by_rest[: score - sum(points)]:
        points[place] += 1
    return points


def _held(field: Field, bits: float) -> float:
    low, high = _MOST_BITS[field]
    return min(max(bits, low), high)


def _spelling(name: Name | None) -> str:
    return name.joined if name else ""


def _value(field: Field, level: Level, person: Prepared) -> Hashable:
    """Give the value a pair agrees on, from either of the two; swapped names in alphabetical order."""
    if field is Field.SSN:
        return person.ssn
    if field is Field.DOB:
        return person.dob
    if level is Level.SWAPPED:
        return _BETWEEN.join(sorted((_spelling(person.first), _spelling(person.last))))
    return _spelling(person.first if field is Field.FIRST else person.last)


_VALUED = frozenset(
    {
        (Field.FIRST, Level.SAME),
        (Field.LAST, Level.SAME),
        (Field.FIRST, Level.SWAPPED),
        (Field.LAST, Level.SWAPPED),
        (Field.SSN, Level.SAME),
        (Field.DOB, Level.SAME),
        (Field.DOB, Level.ROUGH_SAME),
    }
)
