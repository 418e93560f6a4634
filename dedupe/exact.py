"""Merging what agrees in all three, name, SSN and birth date, without a reviewer: only where two people allow it.

The score has to say "very likely", too: it weighs what the three do not tell, how common a name is and what decisions
have taught, so where a version of the model trusts such pairs less, the rule merges none of them.

It is off until one administrator proposes it with a cap a day and another one puts it in force. It never touches a pair
with anything against it, and every merge it makes is on the list of merges, told to the agencies, and can be undone.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from adminops import clock
from adminops.db import db, hold_alone, savepoint
from adminops.errors import Conflict, DomainError, Invalid, NotAllowed
from adminops.facts import publish
from adminops.facts.records import ExactMergingChanged
from adminops.hmis.merging import hold_decisions
from adminops.hmis.models import Client, Merge
from adminops.identity.models import SYSTEM, User
from adminops.settings import current_settings
from dedupe import policies
from dedupe.comparison import default_sides
from dedupe.conflicts import crossing_pairs, persons_of
from dedupe.matching.placeholders import is_placeholder
from dedupe.matching.scores import VERY_LIKELY
from dedupe.models import UNDECIDED, Act, Decision, ExactMerging, ExactState, Pair, PairState
from dedupe.operations import merge_pair
from dedupe.queries import last_scan
from dedupe.queue import free_for

LOCK = 0x6578616374
"""Number of PostgreSQL's advisory lock that one proposal holds at a time: "exact" as bytes."""
MOST_A_DAY = 200
MOST_RECORDS = 10
"""More records than this are not put together without a person."""
REASON = "Name, SSN and birth date agree in full; merged by the rule that two administrators put in force."
LOOKED_AT = 500
COUNTED = 2_000
"""Pairs among which those that the rule leaves are counted, the weakest first."""
_UNSAID = (Act.CAME, Act.LEFT)
"""What nobody said: it came into the queue or left it by itself."""
_AS_KNOWN = 1
_FULL = "full"
log = structlog.get_logger("adminops.dedupe")


@dataclass(frozen=True)
class Today:
    """What the rule may do today, and has done."""

    rule: ExactMerging | None
    done: int


class Left(StrEnum):
    """Why the rule leaves a pair that agrees in all three to a reviewer; the first that holds."""

    AGAINST = (
        "Something speaks against it: a warning, a change since, or an answer that differs. Look at it in the queue."
    )
    TAKEN = "Somebody is looking at it, has spoken of it before, or asks for it by a ticket. It is theirs to decide."
    SCORE = (
        f"Its score is below {VERY_LIKELY}, so the model does not call it “very likely”. Look at the model in force."
    )
    GROUP = "The last scan did not join its group: another record of it does not fit. Look at them together."


@dataclass(frozen=True)
class LeftOver:
    """How many pairs agree in all three and are left to a reviewer, by why; `is_all`: none of them was left out."""

    counts: Counter[Left]
    is_all: bool


def rule_in_force() -> ExactMerging | None:
    """Return the rule in force, if any."""
    return db.session.scalar(select(ExactMerging).where(ExactMerging.state == ExactState.ACTIVE))


def list_rules(limit: int = 10) -> Sequence[ExactMerging]:
    """Return the last rules, newest first."""
    people = (joinedload(who).lazyload(User.grants) for who in (ExactMerging.proposed_by, ExactMerging.decided_by))
    return list(db.session.scalars(select(ExactMerging).options(*people).order_by(ExactMerging.id.desc()).limit(limit)))


def propose_rule(cap: int, *, by: User) -> ExactMerging:
    """Propose that so many exact pairs a day are merged without a reviewer.

    Raises `NotAllowed`, `Invalid` for a cap out of range, `Conflict` when a proposal waits. Publishes
    `ExactMergingChanged`.
    """
    policies.check_may_review(by)
    if not 1 <= cap <= MOST_A_DAY:
        raise Invalid(f"Choose 1 to {MOST_A_DAY} merges a day.", field="cap")
    hold_alone(LOCK)
    if db.session.scalar(select(ExactMerging.id).where(ExactMerging.state == ExactState.PROPOSED)):
        raise Conflict("A proposal waits already for a second administrator.")
    rule = ExactMerging(daily_cap=cap, proposed_by_id=by.id)
    db.session.add(rule)
    return _changed(rule, by)


def decide_rule(rule: ExactMerging, to: ExactState, *, by: User) -> None:
    """Put a proposal in force, refuse it, or end a rule. Nobody puts their own in force; anybody may stop one.

    Raises `NotAllowed`, `InvalidState`. Publishes `ExactMergingChanged`.
    """
    policies.check_may_review(by)
    db.session.execute(select(ExactMerging.id).order_by(ExactMerging.id).with_for_update())
    db.session.refresh(rule, ["state"])
    if to is ExactState.ACTIVE:
        if rule.proposed_by_id == by.id:
            raise NotAllowed("Nobody puts their own proposal in force. Ask another administrator.")
        if (before := rule_in_force()) is not None:
            before.move(ExactState.ENDED)
            _changed(before, by)
    rule.move(to)
    rule.decided_by_id, rule.decided_at = by.id, clock.now()
    _changed(rule, by)


def _changed(rule: ExactMerging, by: User) -> ExactMerging:
    db.session.flush()
    publish(ExactMergingChanged(rule_id=rule.id, outcome=rule.state.value, daily_cap=rule.daily_cap), by=by)
    return rule


def today() -> Today:
    """Return the rule in force and how many merges it has made today."""
    rule = rule_in_force()
    return Today(rule, _done_today() if rule else 0)


def _done_today() -> int:
    zone = ZoneInfo(current_settings().time_zone)
    midnight = datetime.combine(clock.now().astimezone(zone).date(), time(), zone)
    made = select(func.count(Merge.id)).where(Merge.reason == REASON, Merge.merged_at >= midnight)
    return db.session.scalar(made.where(Merge.by_id == SYSTEM.id)) or 0


def exact_pairs() -> list[int]:
    """Return the pairs that the rule in force would merge, the strongest first. Reads only."""
    if not has_room_today():
        return []
    contested = _contested()
    pairs = db.session.scalars(_candidates().order_by(Pair.score.desc(), Pair.id).limit(LOOKED_AT))
    return [
        pair.id for pair in pairs if is_exact(pair) and contested.isdisjoint((pair.low_client_id, pair.high_client_id))
    ]


def has_room_today() -> bool:
    """Say whether a rule is in force that allows another merge today."""
    now = today()
    return now.rule is not None and now.done < now.rule.daily_cap


def merge_exact_pair(pair_id: int) -> bool:
    """Merge a pair if the rule in force allows it now and nothing speaks against it; say whether it was merged.

    One at a time does so, for what is merged today is counted. Publishes `ClientsMerged`.
    """
    hold_decisions()
    pair = db.session.scalar(_candidates().where(Pair.id == pair_id)) if has_room_today() else None
    return pair is not None and is_exact(pair) and _fits(pair) and not _was_spoken_of(pair) and _merge(pair)


def left_to_reviewers() -> LeftOver:
    """Count the pairs that wait though name, SSN and birth date agree, by why the rule leaves them. Reads only."""
    low, high = aliased(Client), aliased(Client)
    is_taken = or_(Pair.ticket_id.is_not(None), ~free_for(SYSTEM.id, clock.now()), _has_word())
    chosen = select(Pair, is_taken).join(Pair.low_client.of_type(low)).join(Pair.high_client.of_type(high))
    chosen = chosen.where(
        Pair.state.in_(UNDECIDED),
        low.first_key == high.first_key,
        low.last_key == high.last_key,
        low.ssn_index == high.ssn_index,
        low.dob == high.dob,
    )
    eager = contains_eager(Pair.low_client.of_type(low)), contains_eager(Pair.high_client.of_type(high))
    rows = db.session.execute(chosen.options(*eager).order_by(Pair.score, Pair.id).limit(COUNTED)).all()
    contested = _contested()
    found = (_why_left(pair, is_taken=taken, contested=contested) for pair, taken in rows if _agrees(pair))
    return LeftOver(Counter(why for why in found if why), is_all=len(rows) < COUNTED)


def _why_left(pair: Pair, *, is_taken: bool, contested: set[int]) -> Left | None:
    if not _is_clear(pair):
        return Left.AGAINST
    if is_taken:
        return Left.TAKEN
    if pair.score < VERY_LIKELY:
        return Left.SCORE
    return None if contested.isdisjoint((pair.low_client_id, pair.high_client_id)) else Left.GROUP


def _candidates() -> Select[Pair]:
    """Return the very likely open pairs that nobody holds, no ticket asks for, and nobody ever decided anything on.

    What a person undid, refused, reopened or put off is theirs to decide, however well it agrees.
    """
    both = (joinedload(Pair.low_client), joinedload(Pair.high_client))
    chosen = select(Pair).where(
        Pair.state == PairState.OPEN, Pair.ticket_id.is_(None), free_for(SYSTEM.id, clock.now())
    )
    chosen = chosen.where(Pair.score >= VERY_LIKELY, ~_has_word())
    return chosen.options(*both).execution_options(populate_existing=True)


def _has_word() -> ColumnElement[bool]:
    """Return the condition that somebody has spoken of a pair. What the rule merged is open when a person undid it."""
    return select(Decision.id).where(Decision.pair_id == Pair.id, Decision.act.not_in(_UNSAID)).exists()


def _was_spoken_of(pair: Pair) -> bool:
    """Say whether a person has spoken of another pair that this merge would decide by the way."""
    kept, folded = persons_of(pair.low_client, pair.high_client)
    crossing = crossing_pairs(kept, folded)
    spoken = select(Decision.id).where(Decision.pair_id.in_(crossing), Decision.act.not_in(_UNSAID))
    return db.session.scalar(spoken.limit(1)) is not None


def _merge(pair: Pair) -> bool:
    kept, _folded = default_sides(pair)
    try:
        with savepoint():
            merge_pair(pair, destination_client_id=kept.id, choices={}, reason=REASON, by=SYSTEM)
    except DomainError as refusal:
        log.info("exact pair left to a reviewer", pair_id=pair.id, cause=type(refusal).__name__)
        db.session.refresh(pair)
        return False
    return True


def is_exact(pair: Pair) -> bool:
    """Say whether name, SSN and birth date of a pair are known in full and agree, and nothing speaks against it."""
    return _agrees(pair) and _is_clear(pair)


def _agrees(pair: Pair) -> bool:
    one, other = pair.low_client, pair.high_client
    if one.removed_at or other.removed_at:
        return False
    return _known(one) and _known(other) and _identity(one) == _identity(other)


def _is_clear(pair: Pair) -> bool:
    """Say whether nothing speaks against a pair."""
    if pair.warnings or pair.changes or any(reason["strength"] == "against" for reason in pair.reasons):
        return False
    return not _contradicts(pair.low_client, pair.high_client)


def _known(client: Client) -> bool:
    qualities = (client.name_data_quality, client.ssn_data_quality, client.dob_data_quality)
    names = client.first_key, client.last_key
    if any(quality != _AS_KNOWN for quality in qualities) or client.ssn_index is None or client.dob is None:
        return False
    is_form = client.dob.month == 1 and client.dob.day == 1
    return not is_form and all(name and len(name) > 1 and not is_placeholder(name) for name in names)


def _identity(client: Client) -> tuple[object, ...]:
    suffix = (client.name_suffix or "").strip().lower().rstrip(".")
    return client.first_key, client.last_key, suffix, client.ssn_index, client.dob


def _contradicts(one: Client, other: Client) -> bool:
    """Say whether both records answer sex or veteran status, in two ways."""
    answers = ((one.sex, other.sex), (one.veteran_status, other.veteran_status))
    return any(a != b and a in (0, 1) and b in (0, 1) for a, b in answers)


def _contested() -> set[int]:
    """Return the records of groups that the last scan did not join."""
    scan = last_scan()
    return {int(id_) for group in (scan.groups if scan else []) for id_ in group["records"]}


def _fits(pair: Pair) -> bool:
    ids = (pair.low_client_id, pair.high_client_id)
    persons = select(Client.person_id).where(Client.id.in_(ids), Client.person_id.is_not(None))
    held = db.session.scalar(select(func.count(Client.id)).where(Client.person_id.in_(persons))) or 0
    return held + len(ids) <= MOST_RECORDS
