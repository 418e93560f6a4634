"""Comparing with the directory: noting what differs, putting right what may be, and never acting on half a picture."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from accounts import policies
from accounts.desired import desired_of
from accounts.directory import Entry
from accounts.directory.local import LOCAL
from accounts.models import Account
from accounts.operations.links import hold
from accounts.operations.standing import touch
from accounts.reconciling.comparing import MENDED, Difference, FindingKind, Ours, brake, compare
from accounts.reconciling.models import Comparison, ComparisonState, DirectoryFinding
from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState, NotAllowed
from adminops.facts import AccountMended, DirectoryCompared, publish
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role
from adminops.outbox.messages import enqueue_mail

K, C = FindingKind, ComparisonState
LONG_ENOUGH = timedelta(hours=1)
"""What is missing is made anew only when it was missing for so long: one look may be wrong."""


def note_failure(why: str, *, by: User) -> Comparison:
    """Note that the directory did not show everything: nothing is concluded from it, and the team is told once.

    Raises `NotAllowed` (accounts.manage). Publishes `DirectoryCompared`.
    """
    _check(by)
    return _finish(Comparison(state=C.FAILED, why=why[:200]), by=by)


def note_entries(entries: Sequence[Entry], *, apply: bool = False, by: User) -> Comparison:
    """Compare all accounts with everything that the directory showed, and note what differs.

    What is open there and should be closed is put right at once, the rest of what may be with `apply`. Nothing is
    changed by the very first comparison, nor when the brakes hold (`comparing.brake`). Raises `NotAllowed`
    (accounts.manage). Publishes `DirectoryCompared`, and `AccountMended` for each account.
    """
    _check(by)
    before = db.session.scalar(
        select(Comparison).where(Comparison.state == C.DONE).order_by(Comparison.id.desc()).limit(1)
    )
    chosen = select(Account).where(Account.kept_in != LOCAL).order_by(Account.id)
    accounts = db.session.scalars(chosen).all()
    differences = compare([_ours(account) for account in accounts], entries)
    known = sum(account.applied_version > 0 for account in accounts)
    wanted = MENDED if apply else {K.OPEN}
    findings = _note(differences)
    ripe = [each for each in findings if each.can_be_mended and each.kind in wanted and _is_ripe(each)]
    planned = len({each.account_id for each in ripe})
    why = brake(known=known, seen=len(entries), seen_before=before.seen if before else None, planned=planned)
    comparison = Comparison(state=C.HALTED if why else C.DONE, seen=len(entries), found=len(findings), why=why or "")
    if why is None and before is not None:
        comparison.mended = planned
        for finding in ripe:
            _mend(finding, by=by)
    return _finish(comparison, by=by)


def mend_findings(findings: Sequence[DirectoryFinding], *, by: User) -> int:
    """Put right what somebody has looked at, whatever the brakes say; return how many accounts.

    Raises `NotAllowed` (accounts.manage, a higher role), `InvalidState` when nothing of it can be. Publishes
    `AccountMended` for each.
    """
    _check(by)
    able = [each for each in findings if each.can_be_mended and each.ended_at is None]
    if not able:
        raise InvalidState("Nothing of this can be put right from here.")
    for finding in able:
        if finding.account is not None:
            policies.check_may_manage(finding.account, by=by)
        _mend(finding, by=by)
    return len({each.account_id for each in able})


def _check(by: User) -> None:
    if not by.reach(Permission.MANAGE_ACCOUNTS).everywhere:
        raise NotAllowed("Only a system administrator compares with the directory.")


def _ours(account: Account) -> Ours:
    return Ours(account.id, desired_of(account), account.directory_id, is_known=account.applied_version > 0)


def _is_ripe(finding: DirectoryFinding) -> bool:
    return finding.kind is not K.MISSING or clock.now() - finding.seen_first_at >= LONG_ENOUGH


def _note(differences: Sequence[Difference]) -> list[DirectoryFinding]:
    """Keep what is seen again, add what is new, and end what is seen no longer."""
    now = clock.now()
    open_ones = select(DirectoryFinding).where(DirectoryFinding.ended_at.is_(None))
    there = {(finding.kind, finding.key): finding for finding in db.session.scalars(open_ones)}
    noted = []
    for each in differences:
        finding = there.pop((each.kind, each.key[:200]), None)
        if finding is None:
            finding = DirectoryFinding(kind=each.kind, key=each.key[:200], account_id=each.account_id)
            db.session.add(finding)
        finding.ours, finding.theirs, finding.seen_last_at = dict(each.ours), dict(each.theirs), now
        noted.append(finding)
    for gone in there.values():
        gone.ended_at = now
    db.session.flush()
    return noted


def _mend(finding: DirectoryFinding, *, by: User) -> None:
    account = db.session.get_one(Account, finding.account_id)
    hold(account)
    finding.told_at = clock.now()
    touch(account)
    publish(AccountMended(account_id=account.id, agency_id=account.agency_id, finding=finding.kind.value), by=by)


def _finish(comparison: Comparison, *, by: User) -> Comparison:
    last = db.session.scalar(select(Comparison.why).order_by(Comparison.id.desc()).limit(1))
    db.session.add(comparison)
    db.session.flush()
    publish(
        DirectoryCompared(comparison_id=comparison.id, outcome=comparison.state.value, mended=comparison.mended), by=by
    )
    is_news = comparison.why != (last or "") if comparison.why else bool(comparison.mended)
    if is_news:
        for person in _who_manage():
            enqueue_mail("accounts.compared", to=person, comparison=comparison.id)
    return comparison


def _who_manage() -> Sequence[User]:
    able = [role for role in Role if Permission.MANAGE_ACCOUNTS in ROLE_PERMISSIONS[role]]
    holds = select(RoleGrant.user_id).where(RoleGrant.role.in_(able), RoleGrant.agency_id.is_(None))
    return db.session.scalars(select(User).where(User.may_sign_in, User.id.in_(holds)).order_by(User.id)).all()
