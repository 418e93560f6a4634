"""The accounts a viewer may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from accounts.models import Account, AccountState, PasswordReset
from adminops.db import db
from adminops.identity.models import Agency, RoleGrant, User, UserSession
from adminops.identity.permissions import Permission, Role
from adminops.web.listing import PAGE, Page, fetch_page


@dataclass(frozen=True)
class AccountRow:
    """One line of the list."""

    id: int
    user_id: int
    name: str
    username: str
    title: str
    agency: str | None
    state: AccountState
    last_sign_in_at: datetime | None
    roles: Sequence[Role]


@dataclass(frozen=True, kw_only=True)
class AccountFilter:
    """What to look for. `words` are looked for in name, user name and address."""

    words: str = ""
    state: AccountState | None = None
    agency_id: int | None = None
    role: Role | None = None


def visible_to(viewer: User) -> Select[Account]:
    """Return the accounts the viewer may see, with their users: all for the team, the own agency's for its lead."""
    reach = viewer.reach(Permission.READ_ACCOUNTS)
    chosen = select(Account).join(User, User.id == Account.user_id)
    return chosen if reach.everywhere else chosen.where(Account.agency_id.in_(reach.agency_ids))


def find_account(account_id: int, viewer: User) -> Account | None:
    """Return one account, or None when there is none that the viewer may see."""
    return db.session.scalar(visible_to(viewer).where(Account.id == account_id))


def account_of(user: User) -> Account | None:
    """Return somebody's account."""
    return db.session.scalar(select(Account).where(Account.user_id == user.id))


def find_named(text: str, viewer: User) -> Account | None:
    """Return the one account with that user name or address that the viewer may see; None if there is not just one."""
    folded = text.strip().casefold()
    named = visible_to(viewer).where(or_(User.username == folded, func.lower(User.email) == folded)).limit(2)
    found = db.session.scalars(named).all()
    return found[0] if len(found) == 1 else None


def find_of_user(user_id: int, viewer: User) -> Account | None:
    """Return the account of user `user_id`, or None when the viewer may not see it."""
    return db.session.scalar(visible_to(viewer).where(Account.user_id == user_id))


def list_accounts(
    wanted: AccountFilter, viewer: User, *, after: str | None = None, limit: int = PAGE
) -> Page[AccountRow]:
    """Return a page of accounts by name."""
    columns: tuple[Any, ...] = (
        User.name,
        Account.id,
        Account.user_id,
        User.username,
        User.title,
        Agency.name,
        Account.state,
        User.last_sign_in_at,
    )
    chosen = (
        visible_to(viewer)
        .outerjoin(Agency, Agency.id == Account.agency_id)
        .with_only_columns(*columns)
        .where(*_narrowed(wanted, by_state=True))
    )
    page: Page[Any] = fetch_page(chosen, (User.name, Account.id), after=after, descending=False, limit=limit)
    roles = _roles_of([row.user_id for row in page.rows])
    rows = [_row(row, roles.get(row.user_id, ())) for row in page.rows]
    return Page(rows=rows, after=page.after, first=page.first)


def _row(row: Any, roles: Sequence[Role]) -> AccountRow:
    name, id_, user_id, username, title, agency, state, last_sign_in_at = row
    return AccountRow(id_, user_id, name, username, title, agency, state, last_sign_in_at, roles)


def _roles_of(user_ids: Sequence[int]) -> dict[int, list[Role]]:
    rows = db.session.execute(
        select(RoleGrant.user_id, RoleGrant.role).where(RoleGrant.user_id.in_(user_ids)).distinct()
    )
    found: dict[int, set[Role]] = {}
    for user_id, role in rows:
        found.setdefault(user_id, set()).add(role)
    return {user_id: [role for role in Role if role in held] for user_id, held in found.items()}


def count_accounts(wanted: AccountFilter, viewer: User) -> Mapping[AccountState, int]:
    """Return how many accounts fit the filter in each state, whatever state it asks for."""
    chosen = (
        visible_to(viewer)
        .with_only_columns(Account.state, func.count(Account.id))
        .where(*_narrowed(wanted, by_state=False))
        .group_by(Account.state)
    )
    return {state: count for state, count in db.session.execute(chosen)}  # noqa: C416 - rows, not pairs


def _narrowed(wanted: AccountFilter, *, by_state: bool) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if by_state and wanted.state:
        clauses.append(Account.state == wanted.state)
    if wanted.agency_id:
        clauses.append(Account.agency_id == wanted.agency_id)
    if wanted.role:
        held = select(RoleGrant.id).where(RoleGrant.user_id == Account.user_id, RoleGrant.role == wanted.role)
        clauses.append(held.exists())
    for word in wanted.words.split()[:6]:
        fields = (User.name, User.username, User.email)
        clauses.append(or_(*(field.icontains(word, autoescape=True) for field in fields)))
    return clauses


def agencies_to_choose(viewer: User, permission: Permission) -> Sequence[tuple[int, str]]:
    """Return the agencies (id, name) where the viewer holds `permission`, by name."""
    reach = viewer.reach(permission)
    chosen = select(Agency.id, Agency.name).order_by(Agency.name)
    if not reach.everywhere:
        chosen = chosen.where(Agency.id.in_(reach.agency_ids))
    return [(id_, name) for id_, name in db.session.execute(chosen)]


def places_of(account: Account) -> Sequence[tuple[RoleGrant, str | None]]:
    """Return the person's roles, each with the name of the agency it is for (None: everywhere), in a fixed order."""
    chosen = (
        select(RoleGrant, Agency.name)
        .outerjoin(Agency, Agency.id == RoleGrant.agency_id)
        .where(RoleGrant.user_id == account.user_id)
        .order_by(Agency.name, RoleGrant.id)
    )
    return [(grant, agency) for grant, agency in db.session.execute(chosen)]


def recent_links(account: Account, *, limit: int = 5) -> Sequence[PasswordReset]:
    """Return the account's newest one-time links."""
    chosen = select(PasswordReset).where(PasswordReset.account_id == account.id)
    return db.session.scalars(chosen.order_by(PasswordReset.id.desc()).limit(limit)).all()


def recent_sign_ins(account: Account, *, limit: int = 5) -> Sequence[UserSession]:
    """Return where the person signed in lately, the newest first."""
    chosen = select(UserSession).where(UserSession.user_id == account.user_id)
    return db.session.scalars(chosen.order_by(UserSession.id.desc()).limit(limit)).all()


def find_grant(account: Account, grant_id: int) -> RoleGrant | None:
    """Return one role of the person, or None when it is somebody else's or gone."""
    return next((grant for grant in account.user.grants if grant.id == grant_id), None)
