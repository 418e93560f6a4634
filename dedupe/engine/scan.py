"""The stages in order: prepare, block, compare, learn, weigh, look at households, explain, cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dedupe.engine.admission import admit
from dedupe.engine.blocking import Candidates, CappedBlock, find_candidates
from dedupe.engine.clusters import Apart, Conflict, Groups, Link, apart_by_key, joined_groups, make_clusters
from dedupe.engine.compare import Comparer, level_of, with_household
from dedupe.engine.explain import Part, band_of, parts_of
from dedupe.engine.fields import Field, Level, Pattern
from dedupe.engine.frequencies import count_values
from dedupe.engine.households import HouseholdCounts, Likely, household_level, learn_households, others_of
from dedupe.engine.learning import learn
from dedupe.engine.normalise import Names
from dedupe.engine.parameters import Parameters, default_parameters
from dedupe.engine.prepare import Prepared, prepare
from dedupe.engine.records import Key, MatchRecord, Skipped, in_order, key_order, pair_key, pair_keys
from dedupe.engine.scoring import Scorer, Weighed, probability_of
from dedupe.engine.warn import PairWarning, warnings_of

MINIMUM_SCORE = 50
# Household evidence can lift a pair by a few bits only; pairs further below the threshold are dropped before it.
_LIFT_BITS = 5.0


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Two records, how likely they are one person, and why.

    `left` comes before `right` in the order of keys. `score` runs from 0 to 100; the points of `parts` add up to it.
    `probability` is the model's own, `weight` its log2 odds. Parts and warnings name no value of a client, except
    for the days of stays in STAYS_OVERLAP.
    """

    left: Key
    right: Key
    score: int
    probability: float
    weight: float
    band: str
    parts: tuple[Part, ...]
    warnings: tuple[PairWarning, ...]


@dataclass(frozen=True)
class Counts:
    """The size of a scan.

    `pairs_by_rule` counts a pair at the first rule that found it; `pairs_kept_apart` are pairs that reached the minimum
    score and were left out because of decisions.
    """

    records: int
    matchable: int
    pairs_compared: int
    pairs_by_rule: Mapping[str, int] = field(default_factory=dict)
    pairs_kept_apart: int = 0


@dataclass(frozen=True)
class ScanResult:
    """What a scan found. `pairs` come strongest first."""

    pairs: tuple[ScoredPair, ...]
    skipped: tuple[Skipped, ...]
    capped: tuple[CappedBlock, ...]
    clusters: tuple[tuple[Key, ...], ...]
    conflicts: tuple[Conflict, ...]
    parameters: Parameters
    counts: Counts


@dataclass(slots=True)
class _Pair:
    """A pair on its way through the stages, as places in the list of people."""

    one: int
    other: int
    pattern: Pattern
    weighed: Weighed


def _explained(pair: _Pair, people: Sequence[Prepared], scorer: Scorer) -> ScoredPair:
    one, other = people[pair.one], people[pair.other]
    score = scorer.score(pair.weighed.evidence)
    return ScoredPair(
        left=one.key,
        right=other.key,
        score=score,
        probability=probability_of(pair.weighed.weight),
        weight=round(pair.weighed.weight, 3),
        band=band_of(score),
        parts=parts_of(scorer.contributions(pair.pattern, one, pair.weighed), one, other),
        warnings=warnings_of(pair.pattern, pair.weighed.lookalike, one, other),
    )


class _Barred:
    """Says which pairs may not be proposed: kept apart, directly or through records joined already, or joined."""

    def __init__(self, keep_apart: Iterable[tuple[Key, Key]], joined: Iterable[tuple[Key, Key]]) -> None:
        self._apart: Apart = apart_by_key(pair_keys(keep_apart))
        self._groups: Groups = joined_groups(sorted(pair_keys(joined), key=lambda pair: list(map(key_order, pair))))

    def __call__(self, one: Key, other: Key) -> bool:
        if self._groups.members(one) is self._groups.members(other):
            return True
        return self._groups.hold_apart(one, other, self._apart)


def _compare_all(
    people: Sequence[Prepared], candidates: Candidates, comparer: Comparer
) -> list[tuple[int, int, Pattern]]:
    return [(one, other, comparer.levels(people[one], people[other])) for one, other in candidates.pairs]


def _promising(
    compared: Iterable[tuple[int, int, Pattern]], people: Sequence[Prepared], scorer: Scorer, minimum_score: int
) -> list[_Pair]:
    """Weigh pairs and keep those that reach the minimum, if household evidence may still lift them to it."""
    kept = []
    for one, other, pattern in compared:
        weighed = scorer.weigh(pattern, people[one])
        if scorer.score(weighed.evidence + _LIFT_BITS) >= minimum_score:
            kept.append(_Pair(one, other, pattern, weighed))
    return kept


def _see_households(pairs: Sequence[_Pair], people: Sequence[Prepared]) -> HouseholdCounts:
    """Note for each pair whether the other members of both households match; give how often they do."""
    counts = HouseholdCounts.empty()
    others, likely = others_of(people), Likely((pair.one, pair.other, pair.weighed.weight) for pair in pairs)
    for pair in pairs:
        if level_of(pair.pattern, Field.HOUSEHOLD) is Level.MISSING:
            level = household_level(pair.one, pair.other, others, likely)
            counts.add(level, probability_of(pair.weighed.weight))
            pair.pattern = with_household(pair.pattern, level)
    return counts


def _score_all(
    people: Sequence[Prepared], candidates: Candidates, parameters: Parameters | None, minimum_score: int
) -> tuple[list[_Pair], Scorer]:
    comparer = Comparer()
    compared = _compare_all(people, candidates, comparer)
    model = parameters or learn(people, compared, comparer)
    pairs = _promising(compared, people, Scorer(model), minimum_score)
    counts = _see_households(pairs, people)
    if parameters is None:
        model = replace(model, chances=learn_households(model.chances, counts))
    scorer = Scorer(model)
    for pair in pairs:
        pair.weighed = scorer.weigh(pair.pattern, people[pair.one])
    return [pair for pair in pairs if scorer.score(pair.weighed.evidence) >= minimum_score], scorer


def find_pairs(
    records: Iterable[MatchRecord],
    *,
    parameters: Parameters | None = None,
    keep_apart: Iterable[tuple[Key, Key]] = frozenset(),
    joined: Iterable[tuple[Key, Key]] = frozenset(),
    minimum_score: int = MINIMUM_SCORE,
) -> ScanResult:
    """Find pairs of records that may be one person.

    `keep_apart` holds pairs a reviewer has told apart: neither they nor pairs that would bring them together through
    records in `joined` are returned. `joined` holds pairs that are one person already: they are not returned again.
    Without `parameters` the model is learned from the records. The result does not depend on the order of the rows.
    Raises ValueError when a key comes twice or the minimum score is not between 0 and 100.
    """
    if not 0 <= minimum_score <= 100:
        raise ValueError("The minimum score must lie between 0 and 100.")
    apart, one_person = pair_keys(keep_apart), pair_keys(joined)
    ordered = in_order(records)
    people, skipped = admit(ordered)
    candidates = find_candidates(people)
    pairs, scorer = _score_all(people, candidates, parameters, minimum_score)
    free = _allowed(pairs, people, _Barred(apart, one_person))
    links = [Link(people[pair.one].key, people[pair.other].key, pair.weighed.weight) for pair in pairs]
    clusters = make_clusters(links, must_link=one_person, cannot_link=apart)
    compared = len(candidates.pairs)
    return ScanResult(
        pairs=tuple(sorted((_explained(pair, people, scorer) for pair in free), key=_strongest_first)),
        skipped=tuple(skipped),
        capped=candidates.capped,
        clusters=clusters.groups,
        conflicts=clusters.conflicts,
        parameters=scorer.parameters,
        counts=Counts(len(ordered), len(people), compared, candidates.by_rule, len(pairs) - len(free)),
    )


def _allowed(pairs: Iterable[_Pair], people: Sequence[Prepared], barred: _Barred) -> list[_Pair]:
    return [pair for pair in pairs if not barred(people[pair.one].key, people[pair.other].key)]


def _strongest_first(pair: ScoredPair) -> tuple[float, tuple[int, int, str], tuple[int, int, str]]:
    return -pair.weight, key_order(pair.left), key_order(pair.right)


def _score_two(one: Prepared, other: Prepared, scorer: Scorer, comparer: Comparer) -> ScoredPair:
    pattern = comparer.levels(one, other)
    return _explained(_Pair(0, 1, pattern, scorer.weigh(pattern, one)), (one, other), scorer)


def score_pair(a: MatchRecord, b: MatchRecord, parameters: Parameters | None = None) -> ScoredPair:
    """Score two records, whichever way round they are given, also when one could not take part in a scan.

    Evidence from other members of a household needs a scan and is left out. Raises ValueError when both have one key.
    """
    names = Names()
    left, _ = pair_key(a.key, b.key)
    one, other = (a, b) if a.key == left else (b, a)
    return _score_two(
        prepare(one, names), prepare(other, names), Scorer(parameters or default_parameters()), Comparer()
    )


def rank_matches(
    query: MatchRecord,
    records: Iterable[MatchRecord],
    *,
    parameters: Parameters | None = None,
    minimum_score: int = MINIMUM_SCORE,
    limit: int = 10,
) -> tuple[ScoredPair, ...]:
    """Rank records by how likely each is the person of the query, strongest first, `limit` at most.

    The record with the query's own key is left out. A query that cannot be matched gives nothing: ask
    `why_not_matchable` for the sentence. Without `parameters` the built-in weights are used with the values' own
    frequencies among the records.
    """
    everybody = in_order([query, *(record for record in records if record.key != query.key)])
    people, _ = admit(everybody)
    searched = next((person for person in people if person.key == query.key), None)
    if searched is None:
        return ()
    scorer = Scorer(parameters or default_parameters(len(people), count_values(people)))
    comparer = Comparer()
    found = []
    for person in people:
        if person is not searched:
            pattern = comparer.levels(searched, person)
            weighed = scorer.weigh(pattern, searched)
            if scorer.score(weighed.evidence) >= minimum_score:
                found.append(_score_two(*_ordered(searched, person), scorer, comparer))
    return tuple(sorted(found, key=_strongest_first)[: max(limit, 0)])


def _ordered(one: Prepared, other: Prepared) -> tuple[Prepared, Prepared]:
    return (one, other) if key_order(one.key) < key_order(other.key) else (other, one)
