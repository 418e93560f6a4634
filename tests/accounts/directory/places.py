"""The places that the contract is held against: this database, the fake, and real directory servers."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from accounts.directory.flavours import FLAVOURS
from accounts.directory.local import LocalDirectory, group_of
from accounts.directory.values import Change, Desired, Directory, Entry
from accounts.models import Account, AccountState
from adminops.db import db
from adminops.identity.models import RoleGrant
from adminops.identity.permissions import Role
from tests.make import make_user
from tests.services.directory import Slapd
from tests.services.dirsrv import Dirsrv
from tests.services.samba import PASSWORD as PASSWORD_OF_AD
from tests.services.samba import Samba

if TYPE_CHECKING:  # python-ldap can't be built everywhere: the places without a server do without
    from accounts.directory.network import NetworkDirectory
    from accounts.directory.wire import Server, Wire

PASSWORD = "quiet copper orchard window"
OTHER = "seven loose barrels of rain"
GROUPS = frozenset(group_of(role.value) for role in (Role.HELP_DESK, Role.TRAINER))
_numbers = count(1)


@dataclass
class Place:
    """A directory under test. `put` makes an account be as desired, whatever that takes there."""

    name: str
    directory: Directory
    put: Callable[[Desired], Change]
    converges: bool = True
    """Whether an account there can differ from what is desired at all."""
    locks: bool = True
    knows_unique: bool = True
    """Whether it refuses an address that somebody else has."""
    remembers: bool = True
    """Whether it refuses a password of before when somebody else sets it; Active Directory asks the owner only."""
    knows_end: bool = True
    """Whether it keeps when access ends; 389ds does not, so closing on time is left to AdminOps there."""
    server: Slapd | None = None

    def entry(self, desired: Desired) -> Entry:
        """Return how the account stands there."""
        found = self.directory.find(desired.key)
        assert found is not None
        return found

    def with_password(self, desired: Desired, password: str = PASSWORD) -> Desired:
        """Make the account and give it a password."""
        self.put(desired)
        self.directory.set_password(desired, password)
        return desired


def person(**over: Any) -> Desired:
    """Return how an open account of a new person should stand."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "key": str(uuid.uuid4()),
        "username": f"contract{number}.{uuid.uuid4().hex[:6]}",
        "name": f"Ada Contract {number}",
        "title": "Case manager",
        "enabled": True,
    }
    values |= over
    return Desired(**{"email": f"{values['username']}@north.example.org", **values})


def fake_place(directory: Any) -> Place:
    """Return the fake."""
    return Place("fake", directory, directory.converge)


def ldap_place(slapd: Slapd) -> Place:
    """Return the real OpenLDAP."""
    made = openldap(slapd)
    return Place("slapd", made, made.converge, server=slapd)


def ad_place(samba: Samba) -> Place:
    """Return Samba as an Active Directory domain controller."""
    from accounts.directory.network import NetworkDirectory
    from accounts.directory.wire import Server

    server = Server(url=samba.tls_url, user=samba.service, password=PASSWORD_OF_AD, ca_file=str(samba.ca_file))
    made = NetworkDirectory(FLAVOURS["ad"], server, samba.people, samba.groups, samba.archive)
    return Place("ad", made, made.converge, knows_unique=False, remembers=False)


def dirsrv_place(dirsrv: Dirsrv) -> Place:
    """Return a 389 Directory Server."""
    from accounts.directory.network import NetworkDirectory
    from accounts.directory.wire import Server

    server = Server(
        url=dirsrv.tls_url, user=dirsrv.service, password=dirsrv.service_password, ca_file=str(dirsrv.ca_file)
    )
    made = NetworkDirectory(FLAVOURS["389ds"], server, dirsrv.people, dirsrv.groups, dirsrv.archive)
    return Place("389", made, made.converge, knows_end=False)


def openldap(slapd: Slapd, *, url: str = "", **over: Any) -> "NetworkDirectory":
    """Return the adapter for a private slapd."""
    from accounts.directory.network import NetworkDirectory

    server = server_of(slapd, url=url, **over)
    return NetworkDirectory(FLAVOURS["openldap"], server, slapd.people, slapd.groups, slapd.archive)


def server_of(slapd: Slapd, *, url: str = "", **over: Any) -> "Server":
    """Return where a private slapd is and who we are there."""
    from accounts.directory.wire import Server

    values = {"user": slapd.service, "password": slapd.service_password, "ca_file": str(slapd.ca_file), "seconds": 3.0}
    return Server(url=url or slapd.tls_url, **{**values, **over})


def as_admin(slapd: Slapd) -> "Wire":
    """Return a line of the server's own administrator, who may do what nobody should."""
    from accounts.directory.wire import Wire

    return Wire(server_of(slapd, user=slapd.admin, password=slapd.admin_password)).sign_in()


def local_place() -> Place:
    """Return this database, in an open transaction."""
    return Place("local", LocalDirectory(), _put, converges=False, locks=False)


def _put(desired: Desired) -> Change:
    account = db.session.query(Account).filter_by(key=desired.key).one_or_none()
    if account is None:
        user = make_user(None, username=desired.username, agency_id=None)
        account = Account(user=user, key=desired.key, agency_id=None)
        db.session.add(account)
    user = account.user
    user.name, user.email, user.title = desired.name, desired.email, desired.title
    user.may_sign_in = desired.enabled
    account.state = AccountState.ACTIVE if desired.enabled else AccountState.DISABLED
    account.state = AccountState.ARCHIVED if desired.archived else account.state
    account.valid_until = desired.ends_at
    held = {grant.role: grant for grant in user.grants}
    wanted = [role for role in Role if group_of(role.value) in desired.groups]
    user.grants[:] = [held.get(role) or RoleGrant(role=role) for role in wanted]
    db.session.flush()
    return LocalDirectory().converge(desired)


def changed(desired: Desired, **over: Any) -> Desired:
    """Return the same account, desired otherwise."""
    return replace(desired, **over)
