"""How people and their accounts are shown and found elsewhere."""

from collections.abc import Sequence

from flask import url_for
from sqlalchemy import ColumnElement, or_, select

from accounts.models import Account
from accounts.outside.models import IdentityProvider
from accounts.queries import AccountFilter, list_accounts
from adminops.db import db
from adminops.feature import Found
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Link, Ref


def resolve_accounts(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the accounts among `ids` that the viewer may see."""
    return {str(id_): link for id_, _, link in _links(Account.id.in_(_numbers(ids)), viewer)}


def resolve_users(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the users among `ids` that the viewer may see: they lead to the person's page."""
    return {str(user_id): link for _, user_id, link in _links(Account.user_id.in_(_numbers(ids)), viewer)}


def resolve_providers(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the identity providers among `ids`, for who keeps them."""
    if not viewer.may(Permission.MANAGE_PROVIDERS):
        return {}
    chosen = select(IdentityProvider.id, IdentityProvider.name).where(IdentityProvider.id.in_(_numbers(ids)))
    rows = db.session.execute(chosen)
    return {
        str(id_): Link(name, url_for("accounts.provider", provider_id=id_), "identity_provider") for id_, name in rows
    }


def _numbers(ids: Sequence[str]) -> list[int]:
    return [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]


def _links(which: ColumnElement[bool], viewer: User) -> list[tuple[int, int, Link]]:
    """Return (account, user, link); one's own leads to one's own page unless one sees the agency's people anyway."""
    reach = viewer.reach(Permission.READ_ACCOUNTS)
    seen = or_(Account.user_id == viewer.id, Account.agency_id.in_(reach.agency_ids))
    chosen = select(Account.id, Account.user_id, Account.agency_id, User.name).join(User, User.id == Account.user_id)
    chosen = chosen.where(which) if reach.everywhere else chosen.where(which, seen)
    return [
        (id_, user_id, Link(name, _address(id_) if reach.covers(agency_id) else url_for("signin.me"), "user"))
        for id_, user_id, agency_id, name in db.session.execute(chosen)
    ]


def _address(account_id: int) -> str:
    return url_for("accounts.show", account_id=account_id)


def find(text: str, viewer: User, limit: int) -> list[Found]:
    """Return the people whose name, user name or address hold the words."""
    rows = list_accounts(AccountFilter(words=text), viewer, limit=limit).rows
    return [
        Found(
            ref=Ref.to("account", row.id),
            title=row.name,
            summary=" · ".join(filter(None, (row.title, row.agency, row.state.value))),
            url=_address(row.id),
            icon="user",
        )
        for row in rows
    ]
