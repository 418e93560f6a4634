"""Scanning the store: who is proposed, who no longer is."""

from collections import Counter
from time import perf_counter
from typing import Any

from sqlalchemy import select, update

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict
from adminops.facts import ScanFinished, publish
from adminops.hmis.merging import apart_pairs
from adminops.hmis.models import MergeDecision, Verdict
from adminops.identity.models import SYSTEM, User
from dedupe import policies
from dedupe.engine import MINIMUM_SCORE, ScanResult, ScoredPair, find_pairs
from dedupe.gathering import joined_pairs, records_to_match
from dedupe.models import Pair, PairState, Scan, ScanState

UNDECIDED = (PairState.OPEN, PairState.DEFERRED)


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
    return db.session.scalar(select(Scan).where(Scan.state == ScanState.WAITING).order_by(Scan.id))


def scan_store(scan: Scan | None = None, *, by: User = SYSTEM) -> Scan:
    """Look through the whole store, propose new pairs and take back those that no longer hold.

    Kept-apart pairs are never proposed, also not through a third record; merged ones are not proposed again.
    Publishes `ScanFinished`.
    """
    if scan is None:
        scan = Scan(asked_by_id=by.id)
        db.session.add(scan)
        db.session.flush()
    began = perf_counter()
    records, protected = records_to_match()
    result = find_pairs(records, keep_apart=_apart(), joined=joined_pairs(), minimum_score=MINIMUM_SCORE)
    new, gone = _keep(result)
    scan.state, scan.finished_at, scan.seconds = ScanState.DONE, clock.now(), round(perf_counter() - began, 3)
    scan.counts = _counts(result, protected=protected, new=new, gone=gone)
    scan.sentence = f"{len(result.pairs):,} pairs proposed, {new:,} of them new, among {len(records):,} records."
    db.session.flush()
    publish(ScanFinished(scan_id=scan.id, proposed=new), by=by)
    return scan


def _apart() -> set[tuple[int, int]]:
    low, high = MergeDecision.low_client_id, MergeDecision.high_client_id
    said = db.session.execute(select(low, high).where(MergeDecision.verdict == Verdict.APART)).all()
    return apart_pairs(sorted({client_id for pair in said for client_id in pair})) if said else set()


def _keep(result: ScanResult) -> tuple[int, int]:
    """Store the proposed pairs; return how many are new and how many are gone."""
    known = {(pair.low_client_id, pair.high_client_id): pair for pair in db.session.scalars(select(Pair))}
    proposed = {_key(scored): scored for scored in result.pairs}
    new = 0
    for key, scored in proposed.items():
        pair = known.get(key)
        if pair is None:
            db.session.add(describe(Pair(low_client_id=key[0], high_client_id=key[1]), scored))
            new += 1
        elif pair.state in (*UNDECIDED, PairState.GONE):
            describe(pair, scored)
            if pair.state is PairState.GONE:
                pair.move(PairState.OPEN)
                new += 1
    lost = [
        pair.id for key, pair in known.items() if pair.state in UNDECIDED and key not in proposed and not pair.ticket_id
    ]
    db.session.flush()
    if lost:
        db.session.execute(update(Pair).where(Pair.id.in_(lost)).values(state=PairState.GONE))
    return new, len(lost)


def describe(pair: Pair, scored: ScoredPair) -> Pair:
    """Write the score and its reasons into `pair`."""
    pair.score, pair.probability = scored.score, scored.probability
    pair.reasons = [{"field": part.title, "says": part.words, "points": part.points} for part in scored.parts]
    pair.warnings = [warning.sentence for warning in scored.warnings]
    return pair


def _key(scored: ScoredPair) -> tuple[int, int]:
    low, high = sorted((int(scored.left), int(scored.right)))
    return low, high


def _counts(result: ScanResult, *, protected: int, new: int, gone: int) -> dict[str, Any]:
    return {
        "records": result.counts.records,
        "matchable": result.counts.matchable,
        "candidate_pairs": result.counts.pairs_compared,
        "pairs": len(result.pairs),
        "new": new,
        "gone": gone,
        "victim_services": protected,
        "skipped": dict(Counter(skipped.reason for skipped in result.skipped)),
        "capped_blocks": len(result.capped),
        "conflicts": len(result.conflicts),
    }
