"""Reading who may do most, who confirms them, and the lists."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from accounts.ladders.queries import rules_of
from accounts.ladders.values import PolicyKind
from accounts.models import Account, AccountState
from accounts.privileged.models import PrivilegedLine, PrivilegedReview, PrivilegedWord
from accounts.reviewing.models import ReviewState
from adminops import clock
from adminops.db import db
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role

P = Permission
MOST = frozenset({P.GRANT_ROLES, P.KEEP_ACCESS_RULES, P.READ_AUDIT, P.REVEAL_SSN, P.EXPORT_STORE, P.REDACT})
"""Who holds one of these for the whole CoC can open doors for others, or see what nobody else sees."""
MOST_TRUSTED = tuple(role for role in Role if not role.at_agency and MOST & ROLE_PERMISSIONS[role])
LEAST = 3
"""So many have to be able to confirm, for two of them are to speak of the third."""


def most_trusted() -> Sequence[Account]:
    """Return the accounts whose owners may do most, closed ones too, for these can be opened again."""
    held = select(RoleGrant.user_id).where(RoleGrant.role.in_(MOST_TRUSTED))
    begun = Account.state.not_in((AccountState.REQUESTED, AccountState.APPROVED, AccountState.ARCHIVED))
    chosen = select(Account).where(begun, Account.user_id.in_(held)).options(joinedload(Account.user))
    return db.session.scalars(chosen.order_by(Account.id)).all()


def who_confirms() -> Sequence[User]:
    """Return who may say something on a list and can sign in; accounts for emergencies speak of nobody."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if P.MANAGE_ACCOUNTS in held and not role.at_agency]
    granted = select(RoleGrant.user_id).where(RoleGrant.role.in_(roles))
    chosen = select(User).where(User.may_sign_in, ~User.for_emergencies, User.id.in_(granted)).order_by(User.id)
    return db.session.scalars(chosen).all()


def cannot_confirm() -> bool:
    """Say whether a policy asks for the list and too few people are there to confirm it."""
    return rules_of(PolicyKind.PRIVILEGED).ladder_for(None) is not None and len(who_confirms()) < LEAST


def find_list(review_id: int) -> PrivilegedReview | None:
    """Return one list with its people and what was said, or None."""
    lines = selectinload(PrivilegedReview.lines)
    said = lines.selectinload(PrivilegedLine.words).joinedload(PrivilegedWord.by)
    options = (lines.joinedload(PrivilegedLine.account).joinedload(Account.user), said)
    return db.session.scalar(select(PrivilegedReview).where(PrivilegedReview.id == review_id).options(*options))


def recent_lists() -> Sequence[PrivilegedReview]:
    """Return the lists of the last two years, the newest first."""
    return db.session.scalars(select(PrivilegedReview).order_by(PrivilegedReview.month_on.desc()).limit(24)).all()


def open_list() -> PrivilegedReview | None:
    """Return the list that is open, or None."""
    chosen = select(PrivilegedReview).where(PrivilegedReview.state == ReviewState.OPEN)
    return db.session.scalar(chosen.order_by(PrivilegedReview.month_on.desc()).limit(1))


def count_escalated() -> int:
    """Return how many lists are open for so long that they are a finding."""
    late = (PrivilegedReview.state == ReviewState.OPEN, PrivilegedReview.escalates_at <= clock.now())
    return db.session.scalar(select(func.count(PrivilegedReview.id)).where(*late)) or 0
