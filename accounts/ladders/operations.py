"""The verbs of policies: one person proposes, another puts in force or refuses."""

from typing import Any

from sqlalchemy import func, select

from accounts.ladders.models import AccountPolicy, PolicyScope, PolicyState
from accounts.ladders.values import PolicyKind, read
from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.facts import publish
from adminops.facts.leaving import AccessPolicyActivated, AccessPolicyProposed, AccessPolicyRefused
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission, Role

OF_AGENCIES = (PolicyScope.EVERYBODY, PolicyScope.AGENCY)
SCOPES: dict[PolicyKind, tuple[PolicyScope, ...]] = {
    **dict.fromkeys(PolicyKind, tuple(PolicyScope)),
    PolicyKind.REVIEW: OF_AGENCIES,
    PolicyKind.MOU: OF_AGENCIES,
    PolicyKind.DEPARTURE: OF_AGENCIES,
    PolicyKind.PRIVILEGED: (PolicyScope.EVERYBODY,),
}
"""A list, an agreement and a leaver are an agency's, whatever roles its people have; administrators are nobody's."""


def check_may_propose(*, by: User) -> None:
    """Raise unless `by` manages all accounts."""
    if not by.reach(Permission.MANAGE_ACCOUNTS).everywhere:
        raise NotAllowed("Only administrators propose policies of accounts.")


def check_may_decide(policy: AccountPolicy, *, by: User) -> None:
    """Raise unless `by` may put the version in force: an HMIS manager, and somebody else than who proposed it."""
    if not by.may(Permission.KEEP_ACCESS_RULES):
        raise NotAllowed("Only an HMIS manager puts policies in force.")
    if policy.proposed_by_id == by.id:
        raise NotAllowed("Nobody puts their own proposal in force. Ask another manager.")
    if policy.state is not PolicyState.PROPOSED:
        raise InvalidState("This version was decided on already.")


def propose_policy(
    kind: PolicyKind,
    scope: PolicyScope,
    scope_id: str,
    steps: dict[str, Any],
    *,
    why: str,
    ends: bool = False,
    by: User,
) -> AccountPolicy:
    """Propose a version for everybody, an agency or a role; `ends`: that nothing of this kind holds there any more.

    Raises `NotAllowed` (accounts.manage everywhere), `Invalid` at the step that does not fit, for no reason, or for a
    scope that is not there. Publishes `AccessPolicyProposed`.
    """
    check_may_propose(by=by)
    if not (why := " ".join(why.split())):
        raise Invalid("Say why: it stays on record.", field="why")
    _check_scope(kind, scope, scope_id)
    ladder = read(kind, {} if ends else steps) if not ends else None
    newest = db.session.scalar(select(func.max(AccountPolicy.version)).where(AccountPolicy.kind == kind)) or 0
    policy = AccountPolicy(
        kind=kind,
        scope=scope,
        scope_id=scope_id,
        version=newest + 1,
        steps=ladder.as_dict() if ladder else {},
        ends=ends,
        why=why[:200],
        proposed_by_id=by.id,
    )
    db.session.add(policy)
    db.session.flush()
    publish(AccessPolicyProposed(policy_id=policy.id, policy=policy.name), by=by)
    return policy


def activate_policy(policy: AccountPolicy, *, by: User) -> None:
    """Put a version in force; the one before at the same place is retired.

    Raises `NotAllowed` (accounts.rules; nobody their own), `InvalidState`. Publishes `AccessPolicyActivated`.
    """
    _take(policy)
    check_may_decide(policy, by=by)
    same = (AccountPolicy.kind == policy.kind, AccountPolicy.scope == policy.scope)
    before = select(AccountPolicy).where(*same, AccountPolicy.scope_id == policy.scope_id)
    for each in db.session.scalars(before.where(AccountPolicy.state == PolicyState.ACTIVE)).all():
        each.move(PolicyState.RETIRED)
    db.session.flush()
    policy.move(PolicyState.ACTIVE)
    _note(policy, by)
    publish(AccessPolicyActivated(policy_id=policy.id, policy=policy.name), by=by)


def refuse_policy(policy: AccountPolicy, *, by: User) -> None:
    """Refuse a version; who proposed it may take it back so. Raises `NotAllowed`, `InvalidState`.

    Publishes `AccessPolicyRefused`.
    """
    _take(policy)
    if policy.proposed_by_id != by.id:
        check_may_decide(policy, by=by)
    policy.move(PolicyState.REFUSED)
    _note(policy, by)
    publish(AccessPolicyRefused(policy_id=policy.id, policy=policy.name), by=by)


def _check_scope(kind: PolicyKind, scope: PolicyScope, scope_id: str) -> None:
    if scope not in SCOPES[kind]:
        raise Invalid(f"This can't be said of {'a role' if scope is PolicyScope.ROLE else 'an agency'}.", field="scope")
    known = {
        PolicyScope.EVERYBODY: lambda: scope_id == "",
        PolicyScope.ROLE: lambda: scope_id in set(Role),
        PolicyScope.AGENCY: lambda: scope_id.isdecimal() and db.session.get(Agency, int(scope_id)) is not None,
    }
    if not known[scope]():
        raise Invalid("Choose for whom it holds.", field="scope")


def _take(policy: AccountPolicy) -> None:
    db.session.flush()
    db.session.execute(select(AccountPolicy.id).where(AccountPolicy.kind == policy.kind).with_for_update())
    db.session.refresh(policy)


def _note(policy: AccountPolicy, by: User) -> None:
    policy.decided_at, policy.decided_by_id = clock.now(), by.id
    db.session.flush()
