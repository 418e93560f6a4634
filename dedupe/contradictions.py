"""Records that hang together and can't be one person: A = B and B = C, but A ≠ C. Which of the three is wrong?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sqlalchemy import select

from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis.models import Client
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.titled import Titled
from dedupe.gathering import is_protected
from dedupe.models import Pair
from dedupe.queries import is_told, last_scan
from dedupe.standing import PairOfIds, in_order

AT_ONCE = 10
MOST_TIES = 15
"""So many pairs of a group are shown; a triple has three."""


class TieKind(Titled):
    """What stands between two records of a group, with the words for it."""

    APART = "apart", "Kept apart"
    ONE = "one", "One person already"
    ALIKE = "alike", "Likely the same person"
    UNLIKE = "unlike", "Not alike enough to be proposed"


@dataclass(frozen=True)
class Tie:
    """Two records of a group: what stands between them, the score of the scan, and the pair where one is known."""

    one: tuple[int, str]
    other: tuple[int, str]
    kind: TieKind
    score: int | None
    pair_id: int | None


@dataclass(frozen=True)
class Contradiction:
    """A group that was not joined."""

    records: Sequence[tuple[int, str]]
    more: int
    ties: Sequence[Tie]
    is_crowd: bool
    """Whether it is too many records, and no contradiction."""
    more_ties: int


@dataclass(frozen=True)
class Contradictions:
    """Some of the groups of the last scan, from `first` on."""

    rows: Sequence[Contradiction]
    total: int
    first: int

    @property
    def next(self) -> int | None:
        """Where the next ones begin."""
        return self.first + AT_ONCE if self.first + AT_ONCE < self.total else None


def list_contradictions(viewer: User, *, first: int = 0) -> Contradictions:
    """Return groups of the last scan that contradict themselves. Raises `NotFound` for who may not review.

    Who became a client of victim services alone since the scan is not named.
    """
    if not viewer.may(Permission.REVIEW_DUPLICATES):
        raise NotFound("There is no such page.")
    scan = last_scan()
    written: Sequence[Mapping[str, Any]] = scan.groups if scan else []
    clients = _clients({int(id_) for group in written for id_ in group["records"]})
    groups = [group for group in written if is_told(group, clients)]
    told = groups[first : first + AT_ONCE]
    pairs = _pairs({int(id_) for group in told for id_ in group["records"]})
    return Contradictions([_contradiction(group, clients, pairs) for group in told], len(groups), first)


def _clients(ids: set[int]) -> dict[int, tuple[str, int]]:
    """Return client ID and person of records by their numbers."""
    if not ids:
        return {}
    reading = select(Client.id, Client.personal_id, Client.person_id)
    shown = reading.where(Client.id.in_(ids), ~is_protected(Client))
    return {id_: (personal_id, person or id_) for id_, personal_id, person in db.session.execute(shown)}


def _pairs(ids: set[int]) -> dict[PairOfIds, int]:
    if not ids:
        return {}
    chosen = select(Pair.low_client_id, Pair.high_client_id, Pair.id)
    inside = chosen.where(Pair.low_client_id.in_(ids), Pair.high_client_id.in_(ids))
    return {(low, high): id_ for low, high, id_ in db.session.execute(inside)}


def _contradiction(
    group: Mapping[str, Any], clients: Mapping[int, tuple[str, int]], pairs: Mapping[PairOfIds, int]
) -> Contradiction:
    there = [id_ for id_ in group["records"] if id_ in clients]
    ties = sorted(_ties(group, there, clients, pairs), key=_first_of_all)
    return Contradiction(
        records=[(id_, clients[id_][0]) for id_ in there],
        more=group["more"],
        ties=ties[:MOST_TIES],
        is_crowd=not group["apart"],
        more_ties=max(len(ties) - MOST_TIES, 0),
    )


def _first_of_all(tie: Tie) -> tuple[int, int]:
    """Order ties: what was said against first, then the likeliest."""
    return list(TieKind).index(tie.kind), -(tie.score or 0)


def _ties(
    group: Mapping[str, Any],
    ids: Sequence[int],
    clients: Mapping[int, tuple[str, int]],
    pairs: Mapping[PairOfIds, int],
) -> Iterator[Tie]:
    apart = {in_order(one, other) for one, other in group["apart"]}
    scores = {in_order(one, other): score for one, other, score in group.get("scores", [])}
    small = len(ids) <= AT_ONCE
    for key in (in_order(*both) for both in combinations(ids, 2)):
        kind = _kind(key, apart, scores, clients)
        if small or kind is not TieKind.UNLIKE:
            one, other = ((id_, clients[id_][0]) for id_ in key)
            yield Tie(one, other, kind, scores.get(key), pairs.get(key))


def _kind(
    key: PairOfIds, apart: set[PairOfIds], scores: Mapping[PairOfIds, int], clients: Mapping[int, tuple[str, int]]
) -> TieKind:
    if key in apart:
        return TieKind.APART
    if clients[key[0]][1] == clients[key[1]][1]:
        return TieKind.ONE
    return TieKind.ALIKE if key in scores else TieKind.UNLIKE
