"""Reading policies: what holds for whom, and the versions."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from accounts.ladders.models import AccountPolicy, PolicyScope, PolicyState
from accounts.ladders.values import STANDARD, Ladder, PolicyKind, strictest
from adminops.db import db
from adminops.identity.models import Agency
from adminops.identity.permissions import Role


@dataclass(frozen=True)
class Rules:
    """The policies of one kind that are in force, or would be."""

    kind: PolicyKind
    policies: Sequence[AccountPolicy]

    def ladder_for(self, agency_id: int | None, roles: Sequence[Role] = ()) -> Ladder | None:
        """Return what holds for somebody: the strictest of all that fit; None where nothing does.

        The standard is one of them, unless a policy for everybody has taken its place.
        """
        fitting = [policy for policy in self.policies if policy.fits(agency_id, roles)]
        ladders = [policy.ladder for policy in fitting if not policy.ends]
        standard = STANDARD[self.kind]
        if standard is not None and not any(policy.scope is PolicyScope.EVERYBODY for policy in fitting):
            ladders.append(standard)
        return strictest(ladders)


def rules_of(kind: PolicyKind, *, instead: AccountPolicy | None = None) -> Rules:
    """Return the policies of a kind that are in force; with `instead`, as if that version were, too."""
    active = select(AccountPolicy).where(AccountPolicy.kind == kind, AccountPolicy.state == PolicyState.ACTIVE)
    found = list(db.session.scalars(active.order_by(AccountPolicy.version)))
    if instead is not None:
        place = (instead.scope, instead.scope_id)
        found = [each for each in found if (each.scope, each.scope_id) != place] + [instead]
    return Rules(kind, found)


def find_policy(policy_id: int) -> AccountPolicy | None:
    """Return one version, or None."""
    people = (joinedload(AccountPolicy.proposed_by), joinedload(AccountPolicy.decided_by))
    return db.session.scalar(select(AccountPolicy).where(AccountPolicy.id == policy_id).options(*people))


def in_state(*states: PolicyState) -> Sequence[AccountPolicy]:
    """Return versions by kind and number, the newest first."""
    chosen = select(AccountPolicy).where(AccountPolicy.state.in_(states)).options(joinedload(AccountPolicy.proposed_by))
    return db.session.scalars(chosen.order_by(AccountPolicy.kind, AccountPolicy.version.desc()).limit(200)).all()


def agency_names() -> dict[str, str]:
    """Return the names of agencies by their number as text, in order."""
    rows = db.session.execute(select(Agency.id, Agency.name).order_by(Agency.name))
    return {str(id_): name for id_, name in rows}
