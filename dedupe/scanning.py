"""Scanning the store: who is proposed, who no longer is.

A scan reads and compares without a writer's lock, which may take minutes in a large store, and stores what it found
in a short transaction afterwards. What was decided in between holds, and so does whose clients the law protects by
then: both are looked at again before anything is stored.
"""

from collections import Counter
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
from adminops.identity.models import SYSTEM, User
from dedupe import policies
from dedupe.describing import describe
from dedupe.engine import MINIMUM_SCORE, MatchRecord, ScanResult, ScoredPair, find_pairs, score_pair
from dedupe.gathering import Gathered, protected_among, records_to_match
from dedupe.models import Pair, PairState, Scan, ScanState
from dedupe.settling import retire, settle
from dedupe.standing import PairOfIds, Standing, in_order, standing_of_all

LONGEST = timedelta(minutes=30)
"""A scan that runs for longer has died with its process."""
CUT_OFF = "The scan was cut off. Nothing was changed."
FAILED = "AdminOps failed while it scanned. Nothing was changed. Try again; if it stays, tell us."


@dataclass(frozen=True)
class Found:
    """What a look through the store found, before any of it is stored. `seconds` is how long it took."""

    gathered: Gathered
    result: ScanResult
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
    standing = standing_of_all()
    result = find_pairs(
        gathered.records,
        keep_apart=apart_pairs(),
        joined=standing.persons.items(),
        minimum_score=MINIMUM_SCORE,
    )
    return Found(gathered, result, perf_counter() - began)


def finish_scan(scan: Scan, found: Found, *, by: User = SYSTEM) -> Scan:
    """Store what a scan found: new pairs, new scores, and which pairs no longer hold.

    Decisions are kept: a pair that was decided, also by way of others and also while the scan ran, is not proposed.
    Raises `InvalidState` when the scan was given up meanwhile. Publishes `ScanFinished`.
    """
    began = perf_counter()
    db.session.refresh(scan, with_for_update=True)
    scan.move(ScanState.DONE)
    kept = _keep(found)
    scan.finished_at, scan.seconds = clock.now(), round(found.seconds + perf_counter() - began, 3)
    scan.counts, scan.weights = _counts(found, kept), found.result.parameters.note
    pairs, records = len(found.result.pairs), len(found.gathered.records)
    scan.sentence = f"{_number(pairs, 'pair')} proposed, {kept.new:,} of them new, among {_number(records, 'record')}."
    db.session.flush()
    publish(ScanFinished(scan_id=scan.id, proposed=kept.new), by=by)
    return scan


def scan_store(*, by: User = SYSTEM) -> Scan:
    """Scan the store in the caller's transaction (a small store, or one that nobody else uses)."""
    return finish_scan(begin_scan(by=by), look_through_store(), by=by)


def _keep(found: Found) -> Kept:
    """Store the proposed pairs and take back the others. Who is protected since the look takes part in none."""
    standing, known = standing_of_all(), _known_pairs()
    proposed = {_key(scored): scored for scored in found.result.pairs}
    proposed = {key: scored for key, scored in proposed.items() if not standing.settles(*key)}
    waiting = (key for key, pair in known.items() if pair.is_undecided or pair.state is PairState.SETTLED)
    protected = protected_among({id_ for key in (*proposed, *waiting) for id_ in key})
    proposed = {key: scored for key, scored in proposed.items() if protected.isdisjoint(key)}
    kept = Kept()
    for key, scored in proposed.items():
        kept = replace(kept, new=kept.new + _propose(known.get(key), key, scored))
    records = {int(record.key): record for record in found.gathered.records if int(record.key) not in protected}
    for key, pair in known.items():
        if key not in proposed:
            kept = replace(kept, gone=kept.gone + _take_back(pair, standing, records, found.result))
    db.session.flush()
    return kept


def _known_pairs() -> dict[PairOfIds, Pair]:
    """Return all pairs, held so that a decision made at this moment is not written over."""
    chosen = select(Pair).order_by(Pair.id).with_for_update().execution_options(populate_existing=True)
    return {(pair.low_client_id, pair.high_client_id): pair for pair in db.session.scalars(chosen)}


def _propose(pair: Pair | None, key: PairOfIds, scored: ScoredPair) -> bool:
    """Add a pair or bring a known one up to date; say whether it is new to the queue."""
    if pair is None:
        db.session.add(describe(Pair(low_client_id=key[0], high_client_id=key[1]), scored))
        return True
    settle(pair, settled=False)
    if not pair.is_undecided and pair.state is not PairState.GONE:
        return False
    describe(pair, scored)
    if pair.state is not PairState.GONE:
        return False
    pair.move(PairState.OPEN)
    return True


def _take_back(pair: Pair, standing: Standing, records: dict[int, MatchRecord], result: ScanResult) -> bool:
    """Take a pair that is not proposed out of the queue; say whether it is gone.

    One that a ticket asks for, or that somebody is looking at, stays as long as both records can be compared.
    """
    one, other = records.get(pair.low_client_id), records.get(pair.high_client_id)
    settle(pair, settled=standing.settles(pair.low_client_id, pair.high_client_id))
    if not pair.is_undecided:
        return False
    held = pair.claimed_until is not None and pair.claimed_until > clock.now()
    if one is not None and other is not None and (pair.ticket_id or held):
        describe(pair, score_pair(one, other, result.parameters))
        return False
    retire(pair)
    return True


def _key(scored: ScoredPair) -> PairOfIds:
    return in_order(int(scored.left), int(scored.right))


def _counts(found: Found, kept: Kept) -> dict[str, Any]:
    result, gathered = found.result, found.gathered
    return {
        "records": result.counts.records,
        "matchable": result.counts.matchable,
        "candidate_pairs": result.counts.pairs_compared,
        "pairs": len(result.pairs),
        "new": kept.new,
        "gone": kept.gone,
        "victim_services": gathered.victim_services,
        "hashed": gathered.hashed,
        "skipped": dict(Counter(skipped.reason for skipped in result.skipped)),
        "capped_blocks": len(result.capped),
        "conflicts": len(result.conflicts),
    }


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
