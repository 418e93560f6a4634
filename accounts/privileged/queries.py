"""Reading who may do most, who confirms them, and the lists."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, select
from sqlalchemy.orm import joinedload, selectinload

from accounts.ladders.models import AccountPolicy, PolicyScope, PolicyState
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
    return db.session.scalars(select(User).where(*_may_confirm()).order_by(User.id)).all()


def _may_confirm() -> tuple[ColumnElement[bool], ...]:
    roles = [role for role, held in ROLE_PERMISSIONS.items() if P.MANAGE_ACCOUNTS in held and not role.at_agency]
    granted = select(RoleGrant.user_id).where(RoleGrant.role.in_(roles))
    return User.may_sign_in.is_(True), ~User.for_emergencies, User.id.in_(granted)


def too_few() -> ColumnElement[bool]:
    """Return that a policy asks for the list and too few people are there to confirm it."""
    asks = (AccountPolicy.kind == PolicyKind.PRIVILEGED, AccountPolicy.state == PolicyState.ACTIVE)
    asked = exists().where(*asks, AccountPolicy.scope == PolicyScope.EVERYBODY, ~AccountPolicy.ends)
    return and_(asked, select(func.count(User.id)).where(*_may_confirm()).scalar_subquery() < LEAST)


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


def escalated() -> ScalarSelect[int]:
    """Return what counts the lists that are open for so long that they are a finding."""
    late = (PrivilegedReview.state == ReviewState.OPEN, PrivilegedReview.escalates_at <= clock.now())
    return select(func.count(PrivilegedReview.id)).where(*late).scalar_subquery()
