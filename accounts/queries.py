"""The accounts a viewer may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, null, or_, select, union_all
from sqlalchemy.orm import contains_eager, joinedload, lazyload

from accounts.directory.local import LOCAL
from accounts.models import Account, AccountState, Hold, LinkReason, PasswordReset
from accounts.seats.queries import at_agencies
from adminops import clock
from adminops.db import db
from adminops.identity.models import Agency, RoleGrant, User, UserSession
from adminops.identity.permissions import Permission, Role
from adminops.outbox.models import OutboxMessage
from adminops.refs import Ref
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
    states: Sequence[AccountState] = ()
    agency_id: int | None = None
    role: Role | None = None


def visible_to(viewer: User) -> Select[Account]:
    """Return the accounts the viewer may see, with their users: all for the team, the own agency's for its lead."""
    reach = viewer.reach(Permission.READ_ACCOUNTS)
    chosen = select(Account).join(User, User.id == Account.user_id)
    if reach.everywhere:
        return chosen
    return chosen.where(or_(Account.agency_id.in_(reach.agency_ids), Account.id.in_(at_agencies(reach.agency_ids))))


def find_account(account_id: int, viewer: User) -> Account | None:
    """Return one account, or None when there is none that the viewer may see."""
    chosen = visible_to(viewer).options(contains_eager(Account.user), joinedload(Account.agency))
    return db.session.scalar(chosen.where(Account.id == account_id))


def account_of(user: User) -> Account | None:
    """Return somebody's account."""
    return db.session.scalar(select(Account).where(Account.user_id == user.id))


def account_of_id(user_id: int) -> Account | None:
    """Return the account of user `user_id`."""
    return db.session.scalar(select(Account).where(Account.user_id == user_id))


def account_with(id_: int) -> Account | None:
    """Return the account of that number."""
    return db.session.get(Account, id_)


def hold_of(account: Account, hold_id: int) -> Hold | None:
    """Return one hold of the account that was not released, or None."""
    return next((hold for hold in account.holds if hold.id == hold_id and hold.released_at is None), None)


def errand_of(account: Account) -> OutboxMessage | None:
    """Return the newest thing that the directory is still to hear of the account; None: it knows all, or has none."""
    if account.kept_in == LOCAL or account.applied_version >= account.version:
        return None
    about = (OutboxMessage.recipient_id == account.user_id, OutboxMessage.way == "directory")
    return db.session.scalar(select(OutboxMessage).where(*about).order_by(OutboxMessage.id.desc()).limit(1))


def find_named(text: str, viewer: User) -> Account | None:
    """Return the one account with that user name or address that the viewer may see; None if there is not just one.

    Its user is not read with it: who asks for a way to the account wants its number.
    """
    folded = text.strip().casefold()
    named = visible_to(viewer).where(or_(User.username == folded, func.lower(User.email) == folded)).limit(2)
    found = db.session.scalars(named.options(lazyload(Account.user))).all()
    return found[0] if len(found) == 1 else None


def find_of_user(user_id: int, viewer: User) -> Account | None:
    """Return the account of user `user_id`, or None when the viewer may not see it; its user is not read with it."""
    own = visible_to(viewer).where(Account.user_id == user_id)
    return db.session.scalar(own.options(lazyload(Account.user)))


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
    if not user_ids:
        return {}
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
    if wanted.states:
        clauses.append(Account.state.in_(wanted.states))
    if wanted.agency_id:
        further = Account.id.in_(at_agencies([wanted.agency_id]))
        clauses.append(or_(Account.agency_id == wanted.agency_id, further))
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
    home = account.agency
    names = {home.id: home.name} if home else {}
    elsewhere = {grant.agency_id for grant in account.user.grants if grant.agency_id} - set(names)
    if elsewhere:
        chosen = select(Agency.id, Agency.name).where(Agency.id.in_(elsewhere))
        names |= {id_: name for id_, name in db.session.execute(chosen)}  # noqa: C416 - rows, not pairs
    grants = sorted(account.user.grants, key=lambda grant: (list(Role).index(grant.role), grant.id))
    return [(grant, names[grant.agency_id] if grant.agency_id else None) for grant in grants]


@dataclass(frozen=True)
class HistoryLine:
    """A sign-in (`device`) or a one-time link (`reason`) of a person; `end` says in words what became of a link."""

    at: datetime
    device: str | None = None
    reason: LinkReason | None = None
    end: str = ""
    request: Ref | None = None


def history_of(account: Account, *, limit: int = 8) -> Sequence[HistoryLine]:
    """Return the newest sign-ins and one-time links of a person, the newest first, in one read."""
    links = select(
        PasswordReset.created_at.label("at"),
        PasswordReset.reason,
        PasswordReset.used_at,
        PasswordReset.superseded_at,
        PasswordReset.expires_at,
        PasswordReset.request_kind,
        PasswordReset.request_id,
        null().label("device"),
    ).where(PasswordReset.account_id == account.id)
    sign_ins = select(UserSession.started_at, null(), null(), null(), null(), null(), null(), UserSession.device).where(
        UserSession.user_id == account.user_id
    )
    both = union_all(links, sign_ins).subquery()
    rows = db.session.execute(select(both).order_by(both.c.at.desc()).limit(limit))
    return [_line(row) for row in rows]


def _line(row: Any) -> HistoryLine:
    if row.device is not None:
        return HistoryLine(row.at, device=row.device)
    ends = ((row.used_at, "used"), (row.superseded_at, "replaced or withdrawn"))
    end = next((words for moment, words in ends if moment), "on its way" if row.expires_at > clock.now() else "run out")
    request = Ref(row.request_kind, row.request_id) if row.request_kind and row.request_id else None
    return HistoryLine(row.at, reason=row.reason, end=end, request=request)


def find_grant(account: Account, grant_id: int) -> RoleGrant | None:
    """Return one role of the person, or None when it is somebody else's or gone."""
    return next((grant for grant in account.user.grants if grant.id == grant_id), None)
