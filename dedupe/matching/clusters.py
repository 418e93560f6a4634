"""Put pairs together into people, without ever joining two records that somebody said to keep apart.

Decided pairs come first, then scored pairs from the strongest down. Two groups are joined only when their records
match on average, pairs that were never scored counting against it. Where joining would bring together two records
that are kept apart, nothing is joined: all records that hang together there are given back as a conflict, for a
person to say which of the statements is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Key = int
PairKey = tuple[Key, Key]
UNSCORED_BITS = -7.0
LARGEST = 50
"""More records than this are never put together without a person."""


@dataclass(frozen=True, slots=True)
class Link:
    """A reason to join two records: `weight` in bits (log2 odds), above 0 for more likely than not."""

    one: Key
    other: Key
    weight: float


@dataclass(frozen=True, slots=True)
class Conflict:
    """Records that hang together although some of them must be kept apart, or that are too many. None was joined.

    `records` are all that hang together, `apart` the pairs among them to be kept apart, `links` what ties them.
    """

    records: tuple[Key, ...]
    apart: tuple[PairKey, ...]
    links: tuple[PairKey, ...]


@dataclass(frozen=True, slots=True)
class Clusters:
    """Groups of two and more records that stand for one person each, and what could not be decided."""

    groups: tuple[tuple[Key, ...], ...]
    conflicts: tuple[Conflict, ...]


Apart = Mapping[Key, frozenset[Key]]


class Groups:
    """Disjoint groups of records that are joined step by step. A record that nobody joined is its own group."""

    def __init__(self) -> None:
        self._group_of: dict[Key, list[Key]] = {}

    def members(self, key: Key) -> list[Key]:
        """Give the group of a record; the same list for every member."""
        return self._group_of.setdefault(key, [key])

    def join(self, one: Key, other: Key) -> None:
        """Put the groups of two records together."""
        left, right = self.members(one), self.members(other)
        if left is right:
            return
        small, large = sorted((left, right), key=len)
        large.extend(small)
        for key in small:
            self._group_of[key] = large

    def all(self) -> list[list[Key]]:
        """List the groups of two and more records, each in order."""
        groups = {id(group): sorted(group) for group in self._group_of.values() if len(group) > 1}
        return sorted(groups.values())

    def hold_apart(self, one: Key, other: Key, apart: Apart) -> bool:
        """Say whether some member of one group must be kept apart from some member of the other."""
        right = self.members(other)
        return any(not apart[key].isdisjoint(right) for key in self.members(one) if key in apart)


def pair_key(one: Key, other: Key) -> PairKey:
    """Put two different keys in order, so that a pair has one name only.

    Raises ValueError when both are the same key.
    """
    if one == other:
        raise ValueError("A pair needs two different records.")
    return (one, other) if one < other else (other, one)


def joined_groups(pairs: Iterable[PairKey]) -> Groups:
    """Put together all records that pairs join, directly or through others."""
    groups = Groups()
    for one, other in pairs:
        groups.join(one, other)
    return groups


def apart_by_key(pairs: Iterable[PairKey]) -> dict[Key, frozenset[Key]]:
    """Give for every record those it must be kept apart from."""
    found: dict[Key, set[Key]] = {}
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {key: frozenset(others) for key, others in found.items()}


def _in_key_order(pairs: Iterable[PairKey]) -> tuple[PairKey, ...]:
    return tuple(sorted(pairs))


def _mean(left: Sequence[Key], right: Sequence[Key], weights: Mapping[PairKey, float]) -> float:
    total = sum(weights.get(pair_key(one, other), UNSCORED_BITS) for one in left for other in right)
    return total / (len(left) * len(right))


def _strongest_first(links: Iterable[Link]) -> dict[PairKey, float]:
    """Give one weight for each pair, strongest first; equal weights in the order of their keys."""
    weights: dict[PairKey, float] = {}
    for link in links:
        pair = pair_key(link.one, link.other)
        weights[pair] = max(link.weight, weights.get(pair, link.weight))
    return dict(sorted(weights.items(), key=lambda item: (-item[1], item[0])))


def _join_scored(groups: Groups, weights: Mapping[PairKey, float], apart: Apart) -> list[PairKey]:
    """Join what matches, strongest first; give the links that would join records to be kept apart, or too many."""
    blocked = []
    for (one, other), weight in weights.items():
        left, right = groups.members(one), groups.members(other)
        if weight < 0 or left is right or other in apart.get(one, ()):
            continue
        if len(left) + len(right) > LARGEST or groups.hold_apart(one, other, apart):
            blocked.append((one, other))
        elif _mean(left, right, weights) >= 0:
            groups.join(one, other)
    return blocked


def _conflict(records: Sequence[Key], apart: Iterable[PairKey], ties: Iterable[PairKey]) -> Conflict:
    inside = set(records)
    return Conflict(
        records=tuple(records),
        apart=_in_key_order(pair for pair in apart if inside.issuperset(pair)),
        links=_in_key_order(pair for pair in ties if inside.issuperset(pair)),
    )


def make_clusters(
    links: Iterable[Link],
    *,
    must_link: Iterable[tuple[Key, Key]] = (),
    cannot_link: Iterable[tuple[Key, Key]] = (),
) -> Clusters:
    """Put records together by decided and scored links; what contradicts a "keep apart" is reported, never joined.

    A link that is itself between two records to be kept apart is settled and makes no conflict. The result does not
    depend on the order of the links. Raises ValueError for a pair of one record with itself.
    """
    decided = {pair_key(*pair) for pair in must_link}
    kept_apart = frozenset(pair_key(*pair) for pair in cannot_link)
    apart = apart_by_key(kept_apart)
    weights = _strongest_first(links)
    groups = joined_groups(_in_key_order(decided))
    torn = [group for group in groups.all() if groups.hold_apart(group[0], group[0], apart)]
    blocked = _join_scored(groups, weights, apart)
    hanging = joined_groups((group[0], key) for group in [*groups.all(), *torn] for key in group[1:])
    for one, other in blocked:
        hanging.join(one, other)
    contested = {key for pair in blocked for key in hanging.members(pair[0])}
    contested.update(key for group in torn for key in hanging.members(group[0]))
    agreeing = [pair for pair, weight in weights.items() if weight >= 0 and pair not in kept_apart]
    conflicts = [group for group in hanging.all() if group[0] in contested]
    return Clusters(
        groups=tuple(tuple(group) for group in groups.all() if group[0] not in contested),
        conflicts=tuple(_conflict(group, kept_apart, {*agreeing, *decided}) for group in conflicts),
    )
