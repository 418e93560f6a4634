"""Scanning the store: who is proposed, who no longer is.

A scan reads and compares without a writer's lock, which may take minutes in a large store, and stores what it found
in a short transaction afterwards. What was decided in between holds, and so does whose clients the law protects by
then: both are looked at again before anything is stored.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from time import perf_counter
from typing import Any

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict
from adminops.facts import ScanFinished, publish
from adminops.hmis.merging import apart_pairs
from adminops.hmis.models import Client, HmisSource
from adminops.identity.models import SYSTEM, User
from dedupe import policies
from dedupe.asking_again import ask_again, drop_the_question, with_new_rows
from dedupe.describing import describe
from dedupe.gathering import Gathered, in_parts, protected_among, records_to_match, stays_to_warn_of
from dedupe.matching.clusters import Conflict as Group
from dedupe.matching.clusters import Link, make_clusters
from dedupe.matching.explain import ScoredPair, explain
from dedupe.matching.matching import Matched, match, peak_mb
from dedupe.matching.model import VERSION
from dedupe.models import Pair, PairState, Scan, ScanState, StoredModel
from dedupe.scoring import score_clients
from dedupe.settling import retire, settle
from dedupe.standing import PairOfIds, Standing, in_order, standing_of_all

LONGEST = timedelta(minutes=30)
"""A scan that runs for longer has died with its process."""
CUT_OFF = "The scan was cut off. Nothing was changed."
FAILED = "AdminOps failed while it scanned. Nothing was changed. Try again; if it stays, tell us."
MOST_GROUPS, MOST_NAMED = 200, 60
"""So many groups of a scan are kept, and so many records of each."""


@dataclass(frozen=True)
class Found:
    """What a look through the store found, before any of it is stored. `seconds` is how long it took."""

    gathered: Gathered
    matched: Matched
    pairs: list[ScoredPair]
    groups: tuple[Group, ...]
    seconds: float


@dataclass(frozen=True)
class Kept:
    """What storing it changed."""

    new: int = 0
    gone: int = 0


def ask_for_scan(*, by: User) -> Scan:
    """Have the store scanned soon. Raises `NotAllowed`, and `Conflict` when a scan waits already."""
    if not by.is_system:
        policies.check_may_review(by)
    if waiting_scan() is not None:
        raise Conflict("A scan waits already. It starts within a minute.")
    scan = Scan(asked_by_id=by.id)
    db.session.add(scan)
    db.session.flush()
    return scan


def waiting_scan() -> Scan | None:
    """Return the scan that waits to be run, if any."""
    return db.session.scalar(select(Scan).where(Scan.state == ScanState.WAITING).order_by(Scan.id).limit(1))


def begin_scan(*, by: User) -> Scan:
    """Begin a scan that nobody asked for before."""
    scan = Scan(asked_by_id=by.id)
    db.session.add(scan)
    db.session.flush()
    return _begin(scan)


def begin_waiting_scan() -> Scan | None:
    """Begin the scan that waits; None when there is none, or when another one runs."""
    running = select(Scan).where(Scan.state == ScanState.RUNNING).with_for_update(skip_locked=True)
    for scan in db.session.scalars(running):
        if scan.started_at is not None and scan.started_at > clock.now() - LONGEST:
            return None
        fail_scan(scan, CUT_OFF)
    waiting = select(Scan).where(Scan.state == ScanState.WAITING).order_by(Scan.id).limit(1)
    found = db.session.scalar(waiting.with_for_update(skip_locked=True))
    return _begin(found) if found is not None else None


def _begin(scan: Scan) -> Scan:
    scan.move(ScanState.RUNNING)
    scan.started_at = clock.now()
    db.session.flush()
    return scan


def fail_scan(scan: Scan, sentence: str = FAILED) -> None:
    """Record that a scan came to nothing. Raises `InvalidState` when it has ended."""
    scan.move(ScanState.FAILED)
    scan.finished_at, scan.sentence = clock.now(), sentence
    db.session.flush()


def look_through_store() -> Found:
    """Compare all records of the store. Reads only."""
    began = perf_counter()
    gathered = records_to_match()
    matched = match(gathered.columns)
    pairs, groups = _sorted_out(gathered, matched)
    return Found(gathered, matched, pairs, groups, perf_counter() - began)


def _sorted_out(gathered: Gathered, matched: Matched) -> tuple[list[ScoredPair], tuple[Group, ...]]:
    """Return the pairs that nothing settles yet, in words, and the groups that contradict what was decided."""
    ids, pairs, standing = gathered.columns.ids, matched.pairs, standing_of_all()
    both = [
        (int(ids[one]), int(ids[other])) for one, other in zip(pairs.one.tolist(), pairs.other.tolist(), strict=True)
    ]
    links = (Link(*keys, weight) for keys, weight in zip(both, pairs.weight.tolist(), strict=True))
    clusters = make_clusters(links, must_link=standing.persons.items(), cannot_link=apart_pairs())
    again = with_new_rows()
    free = [at for at, keys in enumerate(both) if not standing.settles(*keys) or in_order(*keys) in again]
    stays = stays_to_warn_of({key for at in free for key in both[at]})
    return explain(gathered.columns, pairs.take(free), matched.model, stays), clusters.conflicts


def finish_scan(scan: Scan, found: Found, *, by: User = SYSTEM) -> Scan:
    """Store what a scan found: new pairs, new scores, and which pairs no longer hold.

    Decisions are kept: a pair that was decided, also by way of others and also while the scan ran, is not proposed.
    Raises `InvalidState` when the scan was given up meanwhile. Publishes `ScanFinished`.
    """
    began = perf_counter()
    db.session.refresh(scan, with_for_update=True)
    scan.move(ScanState.DONE)
    stored = _store_model(found.matched)
    kept = _keep(found)
    scan.finished_at, scan.seconds = clock.now(), round(found.seconds + perf_counter() - began, 3)
    scan.counts, scan.weights, scan.model_id = _counts(found, kept), found.matched.model.note, stored.id
    scan.groups = [_told(group) for group in found.groups[:MOST_GROUPS]]
    pairs, records = len(found.pairs), len(found.gathered)
    scan.sentence = f"{_number(pairs, 'pair')} proposed, {kept.new:,} of them new, among {_number(records, 'record')}."
    db.session.flush()
    publish(ScanFinished(scan_id=scan.id, proposed=kept.new), by=by)
    return scan


def _store_model(matched: Matched) -> StoredModel:
    model = matched.model
    sample = {"records": model.records, "candidate_pairs": matched.candidate_pairs, "learned": model.learned}
    stored = StoredModel(version=VERSION, numbers=model.as_numbers(), **sample)
    db.session.add(stored)
    db.session.flush()
    return stored


def _told(group: Group) -> dict[str, Any]:
    named = group.records[:MOST_NAMED]
    return {"records": named, "apart": group.apart, "more": len(group.records) - len(named)}


def scan_store(*, by: User = SYSTEM) -> Scan:
    """Scan the store in the caller's transaction (a small store, or one that nobody else uses)."""
    return finish_scan(begin_scan(by=by), look_through_store(), by=by)


def _keep(found: Found) -> Kept:
    """Store the proposed pairs and take back the others. Who is protected since the look takes part in none."""
    standing, known = standing_of_all(), _known_pairs()
    proposed = {_key(scored): scored for scored in found.pairs}
    again = with_new_rows()
    proposed = {key: scored for key, scored in proposed.items() if not standing.settles(*key) or key in again}
    waiting = [key for key, pair in known.items() if pair.is_undecided or pair.state is PairState.SETTLED]
    protected = protected_among({id_ for key in (*proposed, *waiting) for id_ in key})
    proposed = {key: scored for key, scored in proposed.items() if protected.isdisjoint(key)}
    kept = Kept()
    for key, scored in proposed.items():
        kept = replace(kept, new=kept.new + _propose(known.get(key), key, scored))
    left = [pair for key, pair in known.items() if key not in proposed]
    kept = replace(kept, gone=_take_back(left, standing, comparable_among(waiting) - protected))
    db.session.flush()
    return kept


def comparable_among(pairs: Iterable[PairOfIds]) -> set[int]:
    """Return which of the records of some pairs are in the store still, with names that are no hashes."""
    reading = select(Client.id).join(HmisSource, HmisSource.id == Client.source_id)
    reading = reading.where(Client.removed_at.is_(None), HmisSource.names_hashed.is_(False))
    found = set[int]()
    for some in in_parts({id_ for pair in pairs for id_ in pair}):
        found.update(db.session.scalars(reading.where(Client.id.in_(some))))
    return found


def _known_pairs() -> dict[PairOfIds, Pair]:
    """Return all pairs, held so that a decision made at this moment is not written over."""
    chosen = select(Pair).order_by(Pair.id).with_for_update().execution_options(populate_existing=True)
    return {(pair.low_client_id, pair.high_client_id): pair for pair in db.session.scalars(chosen)}


def _propose(pair: Pair | None, key: PairOfIds, scored: ScoredPair) -> bool:
    """Add a pair or bring a known one up to date; say whether it is new to the queue."""
    if pair is None:
        db.session.add(describe(Pair(low_client_id=key[0], high_client_id=key[1]), scored))
        return True
    if pair.state is PairState.APART:
        return ask_again(pair, scored)
    settle(pair, settled=False)
    if not pair.is_undecided and pair.state is not PairState.GONE:
        return False
    describe(pair, scored)
    if pair.state is not PairState.GONE:
        return False
    pair.move(PairState.OPEN)
    return True


def _take_back(pairs: Iterable[Pair], standing: Standing, comparable: Collection[int]) -> int:
    """Take pairs that are not proposed out of the queue; return how many are gone.

    One that a ticket asks for, or that somebody is looking at, stays as long as both records can be compared.
    """
    gone, held = 0, []
    for pair in pairs:
        settle(pair, settled=standing.settles(pair.low_client_id, pair.high_client_id))
        if not pair.is_undecided:
            continue
        if {pair.low_client_id, pair.high_client_id}.issubset(comparable) and _is_wanted(pair):
            held.append(pair)
            continue
        if pair.changes:
            drop_the_question(pair)
            continue
        retire(pair)
        gone += 1
    scores = score_clients((pair.low_client_id, pair.high_client_id) for pair in held)
    for pair in held:
        if scored := scores.get((pair.low_client_id, pair.high_client_id)):
            describe(pair, scored)
    return gone


def _is_wanted(pair: Pair) -> bool:
    return bool(pair.ticket_id) or (pair.claimed_until is not None and pair.claimed_until > clock.now())


def _key(scored: ScoredPair) -> PairOfIds:
    return in_order(int(scored.left), int(scored.right))


def _counts(found: Found, kept: Kept) -> dict[str, Any]:
    matched, gathered = found.matched, found.gathered
    return {
        "records": matched.records,
        "matchable": matched.matchable,
        "candidate_pairs": matched.candidate_pairs,
        "pairs": len(found.pairs),
        "new": kept.new,
        "gone": kept.gone,
        "victim_services": gathered.victim_services,
        "hashed": gathered.hashed,
        "skipped": {reason: len(rows) for reason, rows in matched.skipped.items()},
        "capped_blocks": len(matched.capped),
        "conflicts": len(found.groups),
        "peak_mb": round(peak_mb()),
    }


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
