"""The verbs of accounts that only the machine makes, and of telling when one is used or was not tried for long."""

from accounts.emergency.queries import emergency_accounts, has_administrator, readiness, who_is_told
from accounts.models import Account
from accounts.operations import create_account
from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState, NotAllowed
from adminops.facts import publish
from adminops.facts.proving import EmergencyAccountMade, EmergencyAccountUsed
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.outbox.messages import enqueue_mail

MOST = 2
"""One for each of two envelopes: what many have is nobody's secret."""


def create_first_admin(*, username: str, name: str, email: str, by: User) -> Account:
    """Make the first administrator's account, kept here, and invite the person: nobody has a password by default.

    Raises `NotAllowed` for a person, `InvalidState` once there is an administrator, and as `create_account`.
    """
    _check_at_machine(by)
    if has_administrator():
        raise InvalidState("There is an administrator already. Others are made in the app, or by `accounts create`.")
    return create_account(
        username=username, name=name, email=email, role=Role.SYSTEM_ADMIN, agency=None, kept_here=True, by=by
    )


def create_emergency_account(*, username: str, name: str, email: str, by: User) -> Account:
    """Make an administrator's account for the day when nobody else gets in: kept here, with a long passphrase.

    Raises `NotAllowed` for a person, `InvalidState` when there are two, and as `create_account`. Publishes
    `EmergencyAccountMade`; who hears of its use hears of this, too.
    """
    _check_at_machine(by)
    if len(emergency_accounts()) >= MOST:
        raise InvalidState("There are two accounts for emergencies. Disable and archive one first.")
    account = create_account(
        username=username, name=name, email=email, role=Role.SYSTEM_ADMIN, agency=None, kept_here=True, by=by
    )
    account.user.for_emergencies = True
    db.session.flush()
    publish(EmergencyAccountMade(account_id=account.id, agency_id=None), by=by)
    _tell(account, "made")
    return account


def tell_of_use(account: Account, *, by: User) -> None:
    """Tell whoever has to know that an account for emergencies is used. Publishes `EmergencyAccountUsed`."""
    publish(EmergencyAccountUsed(account_id=account.id, agency_id=None), by=by)
    _tell(account, "used")


def remind_of_drills(*, by: User) -> int:
    """Write, once a month, about each account for emergencies that is not ready; return how many these are."""
    del by
    lacking = [each.account for each in readiness() if each.lacks]
    now = clock.now()
    for account in lacking:
        for user in who_is_told():
            enqueue_mail("accounts.emergency_drill", to=user, account=account.id, month=now.year * 12 + now.month)
    return len(lacking)


def _check_at_machine(by: User) -> None:
    if not by.is_system:
        raise NotAllowed("This is done at the machine: see `adminops accounts --help`.")


def _tell(account: Account, what: str) -> None:
    for user in who_is_told():
        enqueue_mail("accounts.emergency", to=user, account=account.id, what=what, at=int(clock.now().timestamp()))
