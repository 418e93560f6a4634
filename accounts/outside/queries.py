"""Reads of identity providers."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select

from accounts.outside.models import IdentityProvider, OutsideIdentity
from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.identity.operations import find_users_by_email


def all_providers() -> Sequence[tuple[IdentityProvider, int]]:
    """Return the providers by name, with how many people are connected with each."""
    people = select(func.count()).where(OutsideIdentity.provider_id == IdentityProvider.id).scalar_subquery()
    rows = db.session.execute(select(IdentityProvider, people).order_by(IdentityProvider.name))
    return [(provider, count) for provider, count in rows]


def doors() -> Sequence[tuple[int, str]]:
    """Return number and name of the providers by which one can sign in."""
    chosen = select(IdentityProvider.id, IdentityProvider.name).where(IdentityProvider.is_on)
    return [(id_, name) for id_, name in db.session.execute(chosen.order_by(IdentityProvider.name))]


def get_provider(provider_id: int, *, on: bool = False) -> IdentityProvider:
    """Return a provider; with `on` only one by which people can sign in. Raises `NotFound`."""
    provider = db.session.get(IdentityProvider, provider_id)
    if provider is None or (on and not provider.is_on):
        raise NotFound("There is no such identity provider.")
    return provider


def own_providers(user: User) -> Sequence[tuple[IdentityProvider, OutsideIdentity | None]]:
    """Return the providers that may vouch for `user`, each with how they are connected with it."""
    mine = (OutsideIdentity.provider_id == IdentityProvider.id) & (OutsideIdentity.user_id == user.id)
    theirs = or_(IdentityProvider.agency_id.is_(None), IdentityProvider.agency_id == user.agency_id)
    chosen = select(IdentityProvider, OutsideIdentity).outerjoin(OutsideIdentity, mine)
    chosen = chosen.where(IdentityProvider.is_on, theirs).order_by(IdentityProvider.name)
    return [(provider, identity) for provider, identity in db.session.execute(chosen)]


def own_identity(identity_id: int, user: User) -> OutsideIdentity:
    """Return one of the user's own connections. Raises `NotFound`."""
    identity = db.session.get(OutsideIdentity, identity_id)
    if identity is None or identity.user_id != user.id:
        raise NotFound("There is no such connection.")
    return identity


def identity_of(provider: IdentityProvider, subject: str) -> OutsideIdentity | None:
    """Return who a person of the provider is here."""
    chosen = select(OutsideIdentity).where(
        OutsideIdentity.provider_id == provider.id, OutsideIdentity.subject == subject
    )
    return db.session.scalar(chosen)


def person(user_id: int | None) -> User | None:
    """Return the user of that number."""
    return db.session.get(User, user_id) if user_id else None


def known_by_address(provider: IdentityProvider, email: str) -> int | None:
    """Return the number of the one person with that address, where the provider is believed for it.

    Who works for all agencies is never known by an address alone: they connect themselves.
    """
    if email.rpartition("@")[2] not in provider.domains:
        return None
    found = find_users_by_email(email)
    if len(found) != 1 or any(grant.agency_id is None for grant in found[0].grants):
        return None
    return found[0].id if provider.agency_id in (None, found[0].agency_id) else None
