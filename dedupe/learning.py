"""Learning from decisions: on request, with a preview, and in force only when an administrator says so.

A lesson is studied in the background, without a writer's lock: it reads the decisions, learns corrections, measures
them on people they have not seen, and looks through the store to see which pairs would come and go. It merges nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import or_, select

from adminops import clock
from adminops.db import db, hold_alone
from adminops.errors import Conflict
from adminops.facts import LessonActivated, LessonDropped, LessonLearned, LessonTakenBack, publish
from adminops.hmis.models import MergeDecision, Verdict
from adminops.identity.models import SYSTEM, User
from dedupe import policies
from dedupe.changes import the_store
from dedupe.gathering import in_parts, records_to_match
from dedupe.matching.clusters import Groups
from dedupe.matching.few import score_pairs
from dedupe.matching.model import Model
from dedupe.matching.tuning import Decided, Tuning, learn_from, objection
from dedupe.matching.tuning import Lesson as Learned
from dedupe.models import WAITING, Lesson, LessonState, Pair, PairState
from dedupe.scanning import ask_for_scan, look_through_store, waiting_scan
from dedupe.scoring import present_base, present_threshold
from dedupe.standing import PairOfIds, in_order

LOCK = 0x6C6573736F6E
"""Number of PostgreSQL's advisory lock that who asks for a lesson holds: "lesson" as bytes."""
MOST_DECISIONS = 5_000
"""The newest so many decisions are learned from."""
EXAMPLES = 10
LONGEST = timedelta(minutes=30)
NO_BETTER = "Nothing to change: corrected weights would not tell people they have not seen any better."
FAILED = "AdminOps failed while it learned. Nothing was changed. Try again; if it stays, tell us."
DECISIONS = (PairState.MERGED, PairState.APART)
BY_PEOPLE = or_(Pair.state == PairState.APART, Pair.decided_by_id.is_not(None))
"""What the rule of exact merges decided says nothing about the model: it would only be told what it said itself. It
merges alone; what is kept apart in nobody's name was said on the command line."""


@dataclass(frozen=True)
class Studied:
    """What came of a lesson. Without `learned` the sentence says why nothing did."""

    decisions: int
    disputed: int
    sentence: str
    learned: Learned | None = None
    moves: Mapping[str, Any] = field(default_factory=dict)


def ask_to_learn(*, by: User) -> Lesson:
    """Have a lesson studied soon. Raises `NotAllowed`, and `Conflict` when one waits or is looked at."""
    policies.check_may_review(by)
    hold_alone(LOCK)
    if present_study() is not None:
        raise Conflict("A lesson is studied already. Wait for what comes of it.")
    lesson = Lesson(asked_by_id=by.id)
    db.session.add(lesson)
    db.session.flush()
    return lesson


def present_study() -> Lesson | None:
    """Return the lesson that waits or is studied, if any."""
    going = select(Lesson).where(Lesson.state.in_((LessonState.WAITING, LessonState.RUNNING)))
    return db.session.scalar(going.order_by(Lesson.id).limit(1))


def begin_waiting_lesson() -> Lesson | None:
    """Begin the lesson that waits; None when there is none. One whose process has died is given up."""
    hold_alone(LOCK)  # two that found the same one waiting would both study it
    lesson = present_study()
    if lesson is None:
        return None
    if lesson.state is LessonState.RUNNING:
        if lesson.started_at is not None and lesson.started_at < clock.now() - LONGEST:
            finish_lesson(lesson, Studied(0, 0, FAILED))
        return None
    lesson.move(LessonState.RUNNING)
    lesson.started_at = clock.now()
    db.session.flush()
    return lesson


def study() -> Studied:
    """Learn from the decisions so far. Reads only."""
    pairs = _decisions()
    disputed = _disputed(pairs)
    kept = {key: same for key, same in pairs.items() if key not in disputed}
    decided = _decided(kept, present_base())
    if said := objection(decided.same, len(disputed)):
        return Studied(len(decided.same), len(disputed), said)
    learned = learn_from(decided, present_threshold())
    gain = learned.before.surprise - learned.after.surprise
    if not learned.is_better:
        return Studied(len(decided.same), len(disputed), NO_BETTER)
    sentence = f"{len(decided.same):,} decisions: {gain:.2f} bits less surprise a pair, on people not learned from."
    return Studied(len(decided.same), len(disputed), sentence, learned, _moves(learned.tuning))


def finish_lesson(lesson: Lesson, studied: Studied, *, by: User = SYSTEM) -> None:
    """Store what came of a lesson. Publishes `LessonLearned`."""
    learned = studied.learned
    lesson.move(LessonState.PROPOSED if learned else LessonState.NOTHING)
    lesson.finished_at, lesson.sentence = clock.now(), studied.sentence
    lesson.decisions, lesson.disputed = studied.decisions, studied.disputed
    if learned:
        lesson.numbers = learned.tuning.as_numbers()
        estimates = {"before": learned.before.as_numbers(), "after": learned.after.as_numbers()}
        lesson.preview = {**estimates, **studied.moves}
    db.session.flush()
    publish(LessonLearned(lesson_id=lesson.id, outcome=lesson.state.value), by=by)


def activate_lesson(lesson: Lesson, *, by: User) -> None:
    """Put a lesson in force, another one out of it, and have the store scanned. Raises `NotAllowed`, `InvalidState`.

    Publishes `LessonActivated`.
    """
    policies.check_may_review(by)
    _lock_lessons(lesson)
    for other in db.session.scalars(select(Lesson).where(Lesson.state == LessonState.ACTIVE, Lesson.id != lesson.id)):
        other.move(LessonState.RETIRED)
    lesson.move(LessonState.ACTIVE)
    _note(lesson, by)
    _scan_anew(by)
    publish(LessonActivated(lesson_id=lesson.id), by=by)


def take_lesson_back(lesson: Lesson, *, by: User) -> None:
    """Let what was learned hold no longer, and have the store scanned. Raises `NotAllowed`, `InvalidState`.

    Publishes `LessonTakenBack`.
    """
    policies.check_may_review(by)
    _lock_lessons(lesson)
    lesson.move(LessonState.RETIRED)
    _note(lesson, by)
    _scan_anew(by)
    publish(LessonTakenBack(lesson_id=lesson.id), by=by)


def drop_lesson(lesson: Lesson, *, by: User) -> None:
    """Put a proposal away. Raises `NotAllowed`, `InvalidState`. Publishes `LessonDropped`."""
    policies.check_may_review(by)
    _lock_lessons(lesson)
    lesson.move(LessonState.DROPPED)
    _note(lesson, by)
    publish(LessonDropped(lesson_id=lesson.id), by=by)


def _lock_lessons(lesson: Lesson) -> None:
    """Hold all lessons that matter: two administrators never put two in force."""
    db.session.flush()
    db.session.execute(select(Lesson.id).order_by(Lesson.id).with_for_update())
    db.session.refresh(lesson, ["state"])


def _note(lesson: Lesson, by: User) -> None:
    lesson.decided_at, lesson.decided_by_id = clock.now(), by.id
    db.session.flush()


def _scan_anew(by: User) -> None:
    waiting = waiting_scan()
    if waiting is None:
        ask_for_scan(by=by)
    else:
        waiting.is_full = True
        db.session.flush()


def _decisions() -> dict[PairOfIds, bool]:
    """Return the pairs that people decided last, and whether they were merged."""
    chosen = select(Pair.low_client_id, Pair.high_client_id, Pair.state).where(Pair.state.in_(DECISIONS), BY_PEOPLE)
    newest = chosen.order_by(Pair.decided_at.desc(), Pair.id.desc()).limit(MOST_DECISIONS)
    return {(low, high): state is PairState.MERGED for low, high, state in db.session.execute(newest)}


def _disputed(pairs: Mapping[PairOfIds, bool]) -> set[PairOfIds]:
    """Return the pairs that one reviewer took for one person, and another one for two."""
    said: dict[PairOfIds, dict[Verdict, set[int | None]]] = {}
    for some in in_parts(sorted({low for low, _ in pairs})):
        reading = select(
            MergeDecision.low_client_id, MergeDecision.high_client_id, MergeDecision.verdict, MergeDecision.by_id
        ).where(
            MergeDecision.low_client_id.in_(some),
            MergeDecision.verdict != Verdict.WITHDRAWN,
            or_(MergeDecision.verdict == Verdict.APART, MergeDecision.by_id.is_not(None)),
        )
        for low, high, verdict, by_id in db.session.execute(reading):
            said.setdefault((low, high), {}).setdefault(verdict, set()).add(by_id)
    return {key for key in pairs if _is_disputed(said.get(key, {}))}


def _is_disputed(said: Mapping[Verdict, set[int | None]]) -> bool:
    same, apart = said.get(Verdict.SAME, set()), said.get(Verdict.APART, set())
    return bool(same and apart) and len(same | apart) > 1


def _decided(pairs: Mapping[PairOfIds, bool], model: Model) -> Decided:
    """Compare decided pairs anew, by a model without corrections, as far as both records can be compared still."""
    columns = records_to_match({id_ for key in pairs for id_ in key}).columns
    place = {int(id_): row for row, id_ in enumerate(columns.ids)}
    kept = [key for key in sorted(pairs) if place.keys() >= set(key)]
    one, other = (np.array([place[key[side]] for key in kept], dtype=np.int32) for side in (0, 1))
    names = the_store().names
    found = score_pairs(
        columns, one, other, model, lambda name, texts: {text: names[name].get(text, 0) for text in texts}
    )
    groups = Groups()
    for key in kept:
        groups.join(*key)
    person = np.array([min(groups.members(low)) for low, _ in kept], dtype=np.int64)
    return Decided(found.weight, found.levels, np.array([pairs[key] for key in kept], dtype=np.bool_), person)


def _moves(tuning: Tuning) -> dict[str, Any]:
    """Say which pairs would come into the queue and leave it, with examples by the numbers of their records.

    One that a second person or a ticket asks about stays, whatever the weights: a scan does not take it back either.
    """
    found = look_through_store(tuning)
    scores = {in_order(int(pair.left), int(pair.right)): pair.score for pair in found.pairs}
    is_kept = or_(Pair.state == PairState.SECOND, Pair.ticket_id.is_not(None))
    waiting = {
        (low, high): (id_, score, kept)
        for id_, low, high, score, kept in db.session.execute(
            select(Pair.id, Pair.low_client_id, Pair.high_client_id, Pair.score, is_kept).where(Pair.state.in_(WAITING))
        )
    }
    coming = sorted((key for key in scores if key not in waiting), key=lambda key: (-scores[key], key))
    can_leave = (key for key, (_, _, kept) in waiting.items() if key not in scores and not kept)
    leaving = sorted(can_leave, key=lambda key: (waiting[key][1], key))
    return {
        "staying": len(waiting) - len(leaving),
        "in": len(coming),
        "out": len(leaving),
        "examples_in": [[*key, scores[key]] for key in coming[:EXAMPLES]],
        "examples_out": [[*key, waiting[key][1], waiting[key][0]] for key in leaving[:EXAMPLES]],
    }


def list_lessons(limit: int = 12) -> Sequence[Lesson]:
    """Return the last lessons, newest first."""
    return list(db.session.scalars(select(Lesson).order_by(Lesson.id.desc()).limit(limit)))
