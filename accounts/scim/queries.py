"""Reads of what providers tell: tokens, their people, and calls. A connection sees the people of its agency alone."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from accounts.models import Account
from accounts.outside.models import IdentityProvider
from accounts.scim.filtering import Condition
from accounts.scim.models import ScimCall, ScimConnection, ScimPerson, ScimToken
from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import Agency, RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission
from adminops.identity.sessions import token_hash

SHOWN_CALLS = 25
KEPT = timedelta(days=90)
FILTERS = ("id", "username", "externalid", "emails", "active")

_LIVING = (
    select(ScimToken)
    .where(ScimToken.token_hash == bindparam("token_hash"), ScimToken.revoked_at.is_(None))
    .options(joinedload(ScimToken.connection).joinedload(ScimConnection.agency))
)


def find_token(text: str) -> ScimToken | None:
    """Return the living token of that text; None when it ended, was revoked or never was.

    Nor does one count whose provider is off, or vouches for another agency by now.
    """
    found = db.session.scalars(_LIVING, {"token_hash": token_hash(text)}).unique().one_or_none()
    if found is None or found.ends_at <= clock.now():
        return None
    provider = found.connection.provider
    still_speaks = provider.is_on and provider.agency_id in (None, found.connection.agency_id)
    return found if still_speaks else None


def people_of(connection: ScimConnection) -> Select[ScimPerson]:
    """Return the people that a connection may see: those it told of, while their account is at its agency."""
    theirs = or_(ScimPerson.account_id.is_(None), Account.agency_id == connection.agency_id)
    return (
        select(ScimPerson)
        .outerjoin(Account, Account.id == ScimPerson.account_id)
        .where(ScimPerson.connection_id == connection.id, ScimPerson.gone_at.is_(None), theirs)
    )


def get_person(connection: ScimConnection, key: str) -> ScimPerson:
    """Return one of its people by the id that it knows them by. Raises `NotFound`."""
    found = db.session.scalar(people_of(connection).where(ScimPerson.key == key))
    if found is None:
        raise NotFound("There is no such person here.")
    return found


def list_people(
    connection: ScimConnection, conditions: Sequence[Condition], *, start: int, count: int
) -> tuple[int, Sequence[ScimPerson]]:
    """Return how many of its people meet all conditions, and `count` of them from number `start` (1 is the first)."""
    chosen = people_of(connection).where(*map(_met, conditions))
    total = db.session.scalar(select(func.count()).select_from(chosen.with_only_columns(ScimPerson.id).subquery())) or 0
    some = chosen.order_by(ScimPerson.id).offset(start - 1).limit(count) if count else None
    return total, db.session.scalars(some).all() if some is not None else ()


def _met(condition: Condition) -> ColumnElement[bool]:
    folded = condition.value.casefold() if isinstance(condition.value, str) else condition.value
    met: Mapping[str, ColumnElement[bool]] = {
        "id": ScimPerson.key == condition.value,
        "username": ScimPerson.user_name_key == folded,
        "externalid": ScimPerson.external_id == condition.value,
        "emails": ScimPerson.email_key == folded,
        "active": ScimPerson.is_active.is_(condition.value is True),
    }
    return met[condition.name]


def named(connection: ScimConnection, *, user_name: str, external_id: str | None) -> Sequence[ScimPerson]:
    """Return who is there under a provider's name for somebody, or its own number of them."""
    same: list[ColumnElement[bool]] = [ScimPerson.user_name_key == user_name.casefold()]
    if external_id is not None:
        same.append(ScimPerson.external_id == external_id)
    own = (ScimPerson.connection_id == connection.id, ScimPerson.gone_at.is_(None))
    return db.session.scalars(select(ScimPerson).where(*own, or_(*same)).order_by(ScimPerson.id)).all()


def told_of(connection: ScimConnection, account: Account) -> ScimPerson | None:
    """Return the person of a connection whose account it is."""
    own = (ScimPerson.connection_id == connection.id, ScimPerson.gone_at.is_(None))
    return db.session.scalar(select(ScimPerson).where(*own, ScimPerson.account_id == account.id))


def grants_among(connection: ScimConnection, people: Sequence[ScimPerson]) -> Mapping[int, Sequence[RoleGrant]]:
    """Return the roles at the agency of the people's accounts, by account."""
    ids = [person.account_id for person in people if person.account_id]
    rows = db.session.execute(
        select(Account.id, RoleGrant)
        .join(RoleGrant, RoleGrant.user_id == Account.user_id)
        .where(Account.id.in_(ids), RoleGrant.agency_id == connection.agency_id)
        .order_by(RoleGrant.id)
    )
    found: dict[int, list[RoleGrant]] = {}
    for account_id, grant in rows:
        found.setdefault(account_id, []).append(grant)
    return found


def find_connection(provider: IdentityProvider, agency_id: int | None) -> ScimConnection | None:
    """Return the connection of a provider for an agency."""
    own = (ScimConnection.provider_id == provider.id, ScimConnection.agency_id == agency_id)
    return db.session.scalar(select(ScimConnection).where(*own))


def connections_of(provider: IdentityProvider) -> Sequence[tuple[ScimConnection, Sequence[ScimToken], int]]:
    """Return the connections of a provider by agency: each with the tokens not revoked and how many people it knows."""
    people = select(func.count()).where(ScimPerson.connection_id == ScimConnection.id, ScimPerson.gone_at.is_(None))
    chosen = (
        select(ScimConnection, people.scalar_subquery())
        .join(Agency, Agency.id == ScimConnection.agency_id)
        .where(ScimConnection.provider_id == provider.id)
        .options(joinedload(ScimConnection.agency), joinedload(ScimConnection.speaker))
        .order_by(Agency.name)
    )
    rows = db.session.execute(chosen).all()
    tokens = tokens_of([connection for connection, _ in rows])
    return [(connection, tokens.get(connection.id, ()), count) for connection, count in rows]


def tokens_of(connections: Sequence[ScimConnection]) -> Mapping[int, Sequence[ScimToken]]:
    """Return the tokens of connections that were not revoked, the newest first."""
    ids = [connection.id for connection in connections]
    chosen = select(ScimToken).where(ScimToken.connection_id.in_(ids), ScimToken.revoked_at.is_(None))
    found: dict[int, list[ScimToken]] = {}
    for token in db.session.scalars(chosen.order_by(ScimToken.id.desc())):
        found.setdefault(token.connection_id, []).append(token)
    return found


def get_own_token(provider: IdentityProvider, token_id: int) -> ScimToken:
    """Return a token of a provider. Raises `NotFound`."""
    found = db.session.get(ScimToken, token_id)
    if found is None or found.connection.provider_id != provider.id:
        raise NotFound("There is no such token.")
    return found


def last_calls(provider: IdentityProvider) -> Sequence[Any]:
    """Return the last calls that changed something or were refused, the newest first: each with its agency's name."""
    chosen = (
        select(ScimCall, Agency.name)
        .join(ScimConnection, ScimConnection.id == ScimCall.connection_id)
        .join(Agency, Agency.id == ScimConnection.agency_id)
        .where(ScimConnection.provider_id == provider.id)
        .options(joinedload(ScimCall.person).joinedload(ScimPerson.account))
        .order_by(ScimCall.at.desc(), ScimCall.id.desc())
        .limit(SHOWN_CALLS)
    )
    return db.session.execute(chosen).all()


def speakers(provider: IdentityProvider) -> Sequence[User]:
    """Return who may ask for accounts on behalf of an agency that the provider may tell of, by agency and name."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if Permission.REQUEST_FOR_AGENCY in held]
    at_home = (RoleGrant.user_id == User.id, RoleGrant.agency_id == User.agency_id, RoleGrant.role.in_(roles))
    chosen = (
        select(User)
        .join(Agency, Agency.id == User.agency_id)
        .where(User.may_sign_in, select(RoleGrant.id).where(*at_home).exists())
        .options(joinedload(User.agency), selectinload(User.grants))
        .order_by(Agency.name, User.name, User.id)
    )
    if provider.agency_id is not None:
        chosen = chosen.where(User.agency_id == provider.agency_id)
    return db.session.scalars(chosen).all()
