"""The verbs of repairs: switch a rule, take it back from a row, let it change that row again."""

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.facts import RepairAllowedAgain, RepairSwitchedOff, RepairSwitchedOn, RepairUndone, publish
from adminops.hmis.intake.claims import hold_source
from adminops.hmis.models import HmisSource, Repair, RepairException
from adminops.hmis.repairs import Outcome, Rule, in_order, recalculate, would_be
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.pii import check_clean


def what_switching_does(source: HmisSource, rule: Rule, *, on: bool, by: User) -> int:
    """Return how many values `rule` would change once it is on, or changes now and would not once it is off.

    Raises `NotAllowed` (needs store.import).
    """
    _check_may_repair(by)
    if not on:
        return sum(source.repair_counts.get(rule.key, {}).values())
    outcome = would_be(db.session.connection(), source.id, [*source.repairs, rule.key])
    return outcome.of_rule(rule.key)


def switch_rule(source: HmisSource, rule: Rule, *, on: bool, by: User) -> Outcome:
    """Switch `rule` of `source` on or off. Nothing happens, and nobody is told, where it is so already.

    Raises `NotAllowed` (needs store.import) and `Conflict` while an import into the source runs. Publishes
    `RepairSwitchedOn` or `RepairSwitchedOff`.
    """
    _check_may_repair(by)
    _lock(source)
    if (rule.key in source.repairs) == on:
        return Outcome(source.repair_counts)
    before = sum(source.repair_counts.get(rule.key, {}).values())
    source.repairs = in_order({*source.repairs, rule.key} if on else set(source.repairs) - {rule.key})
    outcome = _recalculated(source)
    if on:
        publish(RepairSwitchedOn(source_id=source.id, rule=rule.key, values=outcome.of_rule(rule.key)), by=by)
    else:
        publish(RepairSwitchedOff(source_id=source.id, rule=rule.key, values=before), by=by)
    return outcome


def undo_repair(repair: Repair, *, reason: str, by: User) -> RepairException:
    """Take a rule back from the row of `repair`: it reads as it came, after later imports too.

    Raises `NotAllowed` (needs store.import), `Invalid` without a reason or with an SSN or a birth date in it,
    `InvalidState` for a row that only follows its stay or that is no longer repaired, and `Conflict` while an import
    into the source runs. Publishes `RepairUndone`.
    """
    _check_may_repair(by)
    if not reason.strip():
        raise Invalid("Say why: whoever looks at this row next will ask.", field="reason")
    check_clean(reason, field="reason")
    if repair.follows is not None:
        raise InvalidState(f"This row goes with stay {repair.follows}: take the repair back there.")
    source = db.session.get_one(HmisSource, repair.source_id)
    _lock(source)
    if db.session.get(Repair, repair.id, populate_existing=True) is None:
        raise InvalidState("This row is no longer repaired: somebody else, or an import, was faster.")
    exception = RepairException(
        source_id=source.id,
        rule=repair.rule,
        file=repair.file,
        hud_key=repair.hud_key,
        reason=reason.strip(),
        by_id=by.id,
        made_at=clock.now(),
    )
    db.session.add(exception)
    _recalculated(source)
    publish(
        RepairUndone(source_id=source.id, rule=exception.rule, file=exception.file, exception_id=exception.id), by=by
    )
    return exception


def allow_again(exception: RepairException, *, by: User) -> None:
    """Let a rule change a row again that it was taken back from.

    Raises `NotAllowed` (needs store.import), `InvalidState` when it may already, and `Conflict` while an import into
    the source runs. Publishes `RepairAllowedAgain`.
    """
    _check_may_repair(by)
    source = db.session.get_one(HmisSource, exception.source_id)
    _lock(source)
    db.session.refresh(exception)
    if not exception.is_active:
        raise InvalidState("This row may be repaired already.")
    exception.withdrawn_at, exception.withdrawn_by_id = clock.now(), by.id
    _recalculated(source)
    publish(
        RepairAllowedAgain(source_id=source.id, rule=exception.rule, file=exception.file, exception_id=exception.id),
        by=by,
    )


def _recalculated(source: HmisSource) -> Outcome:
    db.session.flush()
    outcome = recalculate(db.session.connection(), source.id, at=clock.now())
    db.session.refresh(source)
    return outcome


def _lock(source: HmisSource) -> None:
    """Hold the source until the end of the transaction, as an import does."""
    if not hold_source(source.id):
        raise Conflict(f"An import into {source.name} is running: wait until it is done.")
    db.session.refresh(source)


def _check_may_repair(by: User) -> None:
    if not by.is_system and not by.may(Permission.IMPORT_EXPORTS):
        raise NotAllowed("Your role does not include importing exports, and so not their repairs.")
