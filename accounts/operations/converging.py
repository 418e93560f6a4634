"""What the directory has to hear, and what is noted when it has."""

from dataclasses import dataclass

from sqlalchemy import select

from accounts.desired import desired_of
from accounts.directory import Desired, Entry
from accounts.models import Account, AccountState
from accounts.operations.links import hold
from accounts.operations.standing import invite, touch
from accounts.requests.queries import of_account
from adminops.db import db
from adminops.facts import AccountProvisioned, publish
from adminops.identity.models import User

S = AccountState


@dataclass(frozen=True)
class Errand:
    """What the directory is to be told of an account: its state as of `version`."""

    account_id: int
    version: int
    desired: Desired


def tell_directory(account: Account, *, by: User) -> None:
    """Have the directory compared with the account once more, by the outbox."""
    del by
    hold(account)
    touch(account)


def tell_directory_of(user_id: int, *, by: User) -> None:
    """Do so for the account of user `user_id`, if there is one."""
    account = db.session.scalar(select(Account).where(Account.user_id == user_id))
    if account is not None:
        tell_directory(account, by=by)


def errand_for(account_id: int) -> Errand | None:
    """Return what the directory has to be told now, whatever was asked for once; None: it knows already."""
    account = db.session.get(Account, account_id)
    if account is None or account.applied_version >= account.version:
        return None
    return Errand(account.id, account.version, desired_of(account))


def note_applied(errand: Errand, entry: Entry | None, *, by: User) -> None:
    """Note that the directory is as it should be; an account that waited for it is invited.

    Publishes `AccountProvisioned` for a new one.
    """
    account = db.session.get_one(Account, errand.account_id)
    hold(account)
    first = account.applied_version == 0
    account.applied_version = max(account.applied_version, errand.version)
    if entry is not None:
        account.directory_id = entry.id
    if account.state is S.PROVISIONING:
        account.move(S.INVITED)
        asked = of_account(account)
        invite(account, by=by, request=asked.ticket if asked else None)
    db.session.flush()
    if first:
        publish(AccountProvisioned(account_id=account.id, agency_id=account.agency_id), by=by)


def ask_again(errand: Errand, *, by: User) -> None:
    """Have it compared anew: somebody else may have written while we stood still, and we after them."""
    tell_directory(db.session.get_one(Account, errand.account_id), by=by)
