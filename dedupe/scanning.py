"""Scanning the store: who is proposed, who no longer is.

A full scan compares everybody and learns the model. After an import the changed records alone are compared with all
others, by that model; once a week, or when nobody can say what changed, it is a full scan again.

A scan reads and compares without a writer's lock, which may take minutes in a large store, and stores what it found
in a short transaction afterwards. What was decided in between holds, and so does whose clients the law protects by
then: both are looked at again before anything is stored.
"""

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, union

from adminops import clock
from adminops.db import db, hold_alone
from adminops.errors import Conflict
from adminops.facts import ScanFinished, publish
from adminops.hmis.merging import apart_pairs, hold_decisions
from adminops.hmis.models import Client, HmisSource
from adminops.identity.models import SYSTEM, User
from dedupe import policies
from dedupe.asking_again import ask_again, bring_up_to_date, drop_the_question, with_new_rows
from dedupe.changes import changed_by, fingerprint_of_store, imports_from, imports_since, neighbourhood, the_store
from dedupe.describing import describe
from dedupe.gathering import Gathered, in_parts, protected_among, records_to_match, stays_to_warn_of
from dedupe.left_out import keep_left_out
from dedupe.log import move_along
from dedupe.matching.clusters import Conflict as Group
from dedupe.matching.clusters import Link, make_clusters
from dedupe.matching.explain import ScoredPair, explain
from dedupe.matching.matching import MINIMUM_PROBABILITY, Matched, match, peak_mb
from dedupe.matching.model import VERSION, model_of
from dedupe.matching.scores import scores_of
from dedupe.matching.training import SEED
from dedupe.matching.tuning import Tuning, tuning_of
from dedupe.models import WAITING, Pair, PairState, Scan, ScanState, StoredModel
from dedupe.scoring import present_lesson, score_clients
from dedupe.settling import retire, settle
from dedupe.standing import PairOfIds, Standing, in_order, standing_of_all
from dedupe.worth import weigh_all

LOCK = 0x7363616E
"""Number of PostgreSQL's advisory lock that one scan that begins holds at a time: "scan" as bytes."""
LONGEST = timedelta(minutes=30)
"""A scan that runs for longer has died with its process."""
RUNS = "A scan runs already. Try again when it has ended; one that was cut off is given up after half an hour."
CUT_OFF = "The scan was cut off. Nothing was changed."
FAILED = "AdminOps failed while it scanned. Nothing was changed. Try again; if it stays, tell us."
FULL_EVERY = timedelta(days=7)
Since = datetime | int
"""A moment, or the number of an import."""
MOST_GROUPS, MOST_NAMED = 200, 60
"""So many groups of a scan are kept, and so many records of each."""


@dataclass(frozen=True)
class Found:
    """What a look through the store found, before any of it is stored. `seconds` is how long it took."""

    gathered: Gathered
    matched: Matched
    pairs: list[ScoredPair]
    groups: tuple[Group, ...]
    scores: Mapping[PairOfIds, int]
    """Of the pairs within groups."""
    seconds: float
    records: int
    """So many has the store."""
    changed: frozenset[int] | None = None
    """The records that were compared with all others; None when everybody was."""
    base: Scan | None = None
    """The scan whose model was used, and whose findings hold for all other records."""
    lesson_id: int | None = None
    """What decisions had taught, if anything was in force."""
    passed_over: int = 0
    """So many imports have ended since the base that were not looked at, for somebody named a later beginning."""


@dataclass(frozen=True)
class Kept:
    """What storing it changed."""

    new: int = 0
    gone: int = 0


def ask_for_scan(*, is_full: bool = True, by: User) -> Scan:
    """Have the store scanned soon, or what has changed in it. Raises `NotAllowed`, and `Conflict` when a scan waits."""
    if not by.is_system:
        policies.check_may_review(by)
    if waiting_scan() is not None:
        raise Conflict("A scan waits already. It starts within a minute.")
    scan = Scan(asked_by_id=by.id, is_full=is_full)
    db.session.add(scan)
    db.session.flush()
    return scan


def waiting_scan() -> Scan | None:
    """Return the scan that waits to be run, if any."""
    return db.session.scalar(select(Scan).where(Scan.state == ScanState.WAITING).order_by(Scan.id).limit(1))


def begin_scan(*, is_full: bool = True, by: User) -> Scan:
    """Begin a scan that nobody asked for before. Raises `Conflict` while another one runs."""
    if _is_one_running():
        raise Conflict(RUNS)
    scan = Scan(asked_by_id=by.id, is_full=is_full)
    db.session.add(scan)
    db.session.flush()
    return _begin(scan)


def begin_waiting_scan() -> Scan | None:
    """Begin the scan that waits; None when there is none, or when another one runs."""
    if _is_one_running():
        return None
    waiting = select(Scan).where(Scan.state == ScanState.WAITING).order_by(Scan.id).limit(1)
    found = db.session.scalar(waiting.with_for_update(skip_locked=True))
    return _begin(found) if found is not None else None


def _is_one_running() -> bool:
    """Say whether a scan runs, once those whose process has died are given up. One scan at a time asks this.

    One that nobody could hold is about to be stored: it runs.
    """
    hold_alone(LOCK)
    running = select(Scan).where(Scan.state == ScanState.RUNNING)
    for scan in db.session.scalars(running.with_for_update(skip_locked=True)):
        if scan.started_at is None or scan.started_at <= clock.now() - LONGEST:
            fail_scan(scan, CUT_OFF)
    return db.session.scalar(running.limit(1)) is not None


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


def look_through_store(tuning: Tuning | None = None) -> Found:
    """Compare all records of the store, with the corrections in force, or to try others. Reads only."""
    began = perf_counter()
    lesson = None if tuning else present_lesson()
    used = tuning_of(lesson.numbers) if lesson else tuning
    gathered = records_to_match()
    matched = match(gathered.columns, tuning=used, minimum=used.threshold if used else MINIMUM_PROBABILITY)
    pairs, groups, scores = _sorted_out(gathered, matched)
    lesson_id = lesson.id if lesson else None
    seconds = perf_counter() - began
    return Found(gathered, matched, pairs, groups, scores, seconds, len(gathered), lesson_id=lesson_id)


def look_for(scan: Scan, since: Since | None = None) -> Found:
    """Compare what a scan is to compare: all records, or those that changed since another one (or since `since`)."""
    base = None if scan.is_full else scan_to_go_on_from()
    return look_through_store() if base is None else look_at_changes(base, since)


def scan_to_go_on_from() -> Scan | None:
    """Return the last scan, unless it is time for a full one: there was none for a week, or its model is an old one.

    One that passed imports over is not gone on from: nobody would ever look at those.
    """
    is_whole = func.coalesce(Scan.counts["passed_over"].as_integer(), 0) == 0
    done = select(Scan).where(Scan.state == ScanState.DONE, is_whole).order_by(Scan.id.desc())
    last, full = (db.session.scalar(chosen.limit(1)) for chosen in (done, done.where(Scan.is_full)))
    if last is None or full is None or full.finished_at is None or full.finished_at < clock.now() - FULL_EVERY:
        return None
    model = db.session.get(StoredModel, last.model_id) if last.model_id else None
    return last if model is not None and model.version == VERSION else None


def look_at_changes(base: Scan, since: Since | None = None) -> Found:
    """Compare the records that imports have changed since a scan with all others, by its model. Reads only."""
    began = perf_counter()
    imports = _imports(since) if since else _imports_after(base)
    passed_over = len(set(_imports_after(base)).difference(imports))
    changed = changed_by(imports)
    gathered = records_to_match(neighbourhood(changed)) if changed else records_to_match(())
    stored, store, lesson = db.session.get_one(StoredModel, base.model_id), the_store(), present_lesson()
    used = tuning_of(lesson.numbers) if lesson else None
    least = used.threshold if used else MINIMUM_PROBABILITY
    matched = match(gathered.columns, model=model_of(stored.numbers), store=store, tuning=used, minimum=least)
    pairs, groups, scores = _sorted_out(gathered, matched, changed)
    seconds = perf_counter() - began
    lesson_id = lesson.id if lesson else None
    found = Found(gathered, matched, pairs, groups, scores, seconds, store.records, frozenset(changed), base, lesson_id)
    return replace(found, passed_over=passed_over)


def _imports(since: Since) -> list[int]:
    return imports_from(since) if isinstance(since, int) else imports_since(since)


def _imports_after(base: Scan) -> list[int]:
    return imports_since(base.started_at or base.asked_at)


def _sorted_out(
    gathered: Gathered, matched: Matched, changed: Set[int] | None = None
) -> tuple[list[ScoredPair], tuple[Group, ...], dict[PairOfIds, int]]:
    """Return the pairs that nothing settles yet, in words, and the groups that contradict what was decided.

    With the latter come the scores of the pairs within them.

    With `changed` those of changed records alone.
    """
    ids, pairs, standing = gathered.columns.ids, matched.pairs, standing_of_all()
    both = [
        (int(ids[one]), int(ids[other])) for one, other in zip(pairs.one.tolist(), pairs.other.tolist(), strict=True)
    ]
    links = (Link(*keys, weight) for keys, weight in zip(both, pairs.weight.tolist(), strict=True))
    clusters = make_clusters(links, must_link=standing.persons.items(), cannot_link=apart_pairs())
    again = with_new_rows()
    free = [
        at
        for at, keys in enumerate(both)
        if (changed is None or not changed.isdisjoint(keys))
        and (not standing.settles(*keys) or in_order(*keys) in again)
    ]
    stays = stays_to_warn_of({key for at in free for key in both[at]})
    within = {id_ for group in clusters.conflicts for id_ in group.records}
    scores = scores_of(pairs.weight, matched.model) if within else []
    inside = {in_order(*keys): score for keys, score in zip(both, scores, strict=False) if within.issuperset(keys)}
    return explain(gathered.columns, pairs.take(free), matched.model, stays), clusters.conflicts, inside


def finish_scan(scan: Scan, found: Found, *, by: User = SYSTEM) -> Scan:
    """Store what a scan found: new pairs, new scores, and which pairs no longer hold.

    Decisions are kept: a pair that was decided, also by way of others and also while the scan ran, is not proposed.
    Raises `InvalidState` when the scan was given up meanwhile. Publishes `ScanFinished`.
    """
    began = perf_counter()
    hold_decisions()
    db.session.refresh(scan, with_for_update=True)
    scan.move(ScanState.DONE)
    stored = _store_model(found.matched) if found.base is None else db.session.get_one(StoredModel, found.base.model_id)
    kept = _keep(found)
    weigh_all(found.changed)
    ids = found.gathered.columns.ids
    skipped = {reason: [int(ids[row]) for row in rows] for reason, rows in found.matched.skipped.items()}
    keep_left_out(None if found.base is None else map(int, ids), skipped)
    scan.is_full = found.base is None
    scan.finished_at, scan.seconds = clock.now(), round(found.seconds + perf_counter() - began, 3)
    scan.counts, scan.weights, scan.model_id = _counts(found, kept), found.matched.model.note, stored.id
    scan.lesson_id = found.lesson_id
    scan.groups = [_told(group, found.scores) for group in found.groups] + _groups_elsewhere(found)
    scan.groups, scan.counts["conflicts"] = scan.groups[:MOST_GROUPS], len(scan.groups)
    scan.sentence = _in_a_sentence(found, kept)
    db.session.flush()
    publish(ScanFinished(scan_id=scan.id, proposed=kept.new), by=by)
    return scan


def _in_a_sentence(found: Found, kept: Kept) -> str:
    new = f"{_number(len(found.pairs), 'pair')} proposed, {kept.new:,} of them new"
    if found.changed is None:
        return f"{new}, among {_number(len(found.gathered), 'record')}."
    return f"{new}, for {_number(len(found.changed), 'record')} that imports had changed."


def _groups_elsewhere(found: Found) -> list[dict[str, Any]]:
    """Return the groups that the scan before has told of none of whose records was looked at now."""
    looked_at = {int(id_) for id_ in found.gathered.columns.ids}
    before = found.base.groups if found.base else []
    return [group for group in before if looked_at.isdisjoint(group["records"])]


def _store_model(matched: Matched) -> StoredModel:
    model = matched.base
    sample = {"records": model.records, "candidate_pairs": matched.candidate_pairs, "learned": model.learned}
    mark = fingerprint_of_store()
    stored = StoredModel(version=VERSION, numbers=model.as_numbers(), fingerprint=mark, seed=SEED, **sample)
    db.session.add(stored)
    db.session.flush()
    return stored


def _told(group: Group, scores: Mapping[PairOfIds, int]) -> dict[str, Any]:
    named = group.records[:MOST_NAMED]
    inside = [[*key, score] for key, score in scores.items() if set(named).issuperset(key)]
    return {"records": named, "apart": group.apart, "more": len(group.records) - len(named), "scores": inside}


def scan_store(*, by: User = SYSTEM) -> Scan:
    """Scan the store in the caller's transaction (a small store, or one that nobody else uses)."""
    return finish_scan(begin_scan(by=by), look_through_store(), by=by)


def _keep(found: Found) -> Kept:
    """Store the proposed pairs and take back the others. Who is protected since the look takes part in none."""
    standing, known = standing_of_all(), _known_pairs(found)
    proposed = {_key(scored): scored for scored in found.pairs}
    again = with_new_rows()
    proposed = {key: scored for key, scored in proposed.items() if not standing.settles(*key) or key in again}
    waiting = [key for key, (_, state) in known.items() if state in (*WAITING, PairState.SETTLED)]
    protected = _protected_among({id_ for key in (*proposed, *waiting) for id_ in key}, standing)
    proposed = {key: scored for key, scored in proposed.items() if protected.isdisjoint(key)}
    held, kept = _held(known[key][0] for key in (*waiting, *proposed) if key in known), Kept()
    for key, scored in proposed.items():
        kept = replace(kept, new=kept.new + _propose(held.get(key), key, scored))
    comparable = comparable_among(waiting) - protected
    left = [pair for key, pair in held.items() if key not in proposed]
    kept = replace(kept, gone=_take_back(left, standing, comparable))
    db.session.flush()
    return kept


def _protected_among(ids: set[int], standing: Standing) -> set[int]:
    """Return which of `ids` stay with victim services alone, or stand for one person with a record that does."""
    people = standing.people()
    beside = {id_: people.get(standing.persons.get(id_, id_), {id_}) for id_ in ids}
    found = protected_among(set().union(*beside.values()))
    return {id_ for id_, records in beside.items() if not found.isdisjoint(records)}


def comparable_among(pairs: Iterable[PairOfIds]) -> set[int]:
    """Return which of the records of some pairs are in the store still, with names that are no hashes."""
    reading = select(Client.id).join(HmisSource, HmisSource.id == Client.source_id)
    reading = reading.where(Client.removed_at.is_(None), HmisSource.names_hashed.is_(False))
    found = set[int]()
    for some in in_parts({id_ for pair in pairs for id_ in pair}):
        found.update(db.session.scalars(reading.where(Client.id.in_(some))))
    return found


def _known_pairs(found: Found) -> dict[PairOfIds, tuple[int, PairState]]:
    """Return the pairs a look is about, with their numbers and states. Decisions are held: nobody decides on one."""
    low, high = Pair.low_client_id, Pair.high_client_id
    reading = select(low, high, Pair.id, Pair.state)
    if found.changed is None:
        return _by_records(reading)
    ids = set[int]()
    for some in in_parts(sorted(found.changed)):
        ids.update(db.session.scalars(union(*(select(Pair.id).where(side.in_(some)) for side in (low, high)))))
    ids.update(db.session.scalars(select(Pair.id).where(Pair.state.in_(WAITING), _has_left(low) | _has_left(high))))
    return {key: told for some in in_parts(ids) for key, told in _by_records(reading.where(Pair.id.in_(some))).items()}


def _by_records(reading: Select[int, int, int, PairState]) -> dict[PairOfIds, tuple[int, PairState]]:
    return {(low, high): (id_, state) for low, high, id_, state in db.session.execute(reading)}


def _held(pair_ids: Iterable[int]) -> dict[PairOfIds, Pair]:
    """Return the pairs that storing a look may change, held so that nothing that is done now is written over.

    What was decided, or is no longer proposed, and stays so is left alone: a store has many more of those.
    """
    chosen = select(Pair).order_by(Pair.id).with_for_update().execution_options(populate_existing=True)
    parts = (db.session.scalars(chosen.where(Pair.id.in_(some))) for some in in_parts(sorted(set(pair_ids))))
    return {(pair.low_client_id, pair.high_client_id): pair for part in parts for pair in part}


def _has_left(client_id: Any) -> ColumnElement[bool]:
    return select(Client.id).where(Client.id == client_id, Client.removed_at.is_not(None)).exists()


def _propose(pair: Pair | None, key: PairOfIds, scored: ScoredPair) -> bool:
    """Add a pair or bring a known one up to date; say whether it is new to the queue."""
    if pair is None:
        db.session.add(describe(Pair(low_client_id=key[0], high_client_id=key[1]), scored))
        return True
    if pair.state is PairState.APART:
        return ask_again(pair, scored)
    settle(pair, settled=False)
    if pair.state in WAITING:
        bring_up_to_date(pair, scored)
    if pair.state is not PairState.GONE:
        return False
    move_along(describe(pair, scored), PairState.OPEN)
    return True


def _take_back(pairs: Iterable[Pair], standing: Standing, comparable: Collection[int]) -> int:
    """Take pairs that are not proposed out of the queue; return how many are gone.

    One that a ticket asks for, that somebody is looking at, or that a second person is asked about, stays as long as
    both records can be compared.
    """
    gone, held = 0, []
    for pair in pairs:
        settle(pair, settled=standing.settles(pair.low_client_id, pair.high_client_id))
        if pair.state not in WAITING:
            continue
        if {pair.low_client_id, pair.high_client_id}.issubset(comparable) and _is_wanted(pair):
            held.append(pair)
            continue
        if pair.changes and pair.is_undecided:
            drop_the_question(pair)
            continue
        retire(pair)
        gone += 1
    scores = score_clients((pair.low_client_id, pair.high_client_id) for pair in held)
    for pair in held:
        if scored := scores.get((pair.low_client_id, pair.high_client_id)):
            bring_up_to_date(pair, scored)
    return gone


def _is_wanted(pair: Pair) -> bool:
    if pair.ticket_id or pair.state is PairState.SECOND:
        return True
    return pair.claimed_until is not None and pair.claimed_until > clock.now()


def _key(scored: ScoredPair) -> PairOfIds:
    return in_order(int(scored.left), int(scored.right))


def _counts(found: Found, kept: Kept) -> dict[str, Any]:
    matched, gathered = found.matched, found.gathered
    return {
        "records": found.records,
        "changed": None if found.changed is None else len(found.changed),
        "passed_over": found.passed_over,
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
