"""Accounts in this database: the default, and always the place of who must get in when everything else is down."""

from collections.abc import Sequence

from sqlalchemy import select

from accounts.directory.values import Change, Desired, Entry, Health, Taken, Verdict, is_typed
from accounts.models import Account, AccountState
from adminops.db import db
from adminops.identity import choosing, passwords

LOCAL = "local"
GROUP = "adminops-"


class LocalDirectory:
    """Passwords as argon2id hashes. The rows are the account itself, so there is nothing that could differ."""

    kind = LOCAL

    def health(self) -> Health:
        """Whoever can ask has this database."""
        return Health(LOCAL)

    def find(self, key: str) -> Entry | None:
        """Return the account of that number."""
        account = _account(key)
        return _entry(account) if account else None

    def scan(self) -> Sequence[Entry]:
        """Return every account that is kept here."""
        return [_entry(account) for account in db.session.scalars(select(Account).where(Account.kept_in == LOCAL))]

    def converge(self, desired: Desired) -> Change:
        """Return that nothing was to be done: the rows are what is desired."""
        found = self.find(desired.key)
        if found is None and not desired.archived:
            raise Taken("There is no such account in this database.")
        return Change(entry=found)

    def set_password(self, desired: Desired, password: str, *, must_change: bool = False) -> None:
        """Store the hash; whether somebody may sign in is a column of its own."""
        account = _account(desired.key)
        if account is None:
            raise Taken("There is no such account in this database.")
        choosing.keep(account.user, password)
        account.must_change_password = must_change
        db.session.flush()

    def verify(self, key: str, password: str) -> Verdict:
        """Compare with the stored hash; takes as long when there is none."""
        account = _account(key)
        if not passwords.matches(account.user.password_hash if account else "", password) or account is None:
            return Verdict.WRONG
        if not account.user.may_sign_in or not is_typed(password):
            return Verdict.DISABLED
        return Verdict.MUST_CHANGE if account.must_change_password else Verdict.OK

    def unlock(self, key: str) -> bool:
        """Nothing is locked here: tries are slowed down where people sign in."""
        del key
        return False


def group_of(role: str) -> str:
    """Return the name of the group that stands for a role in a directory."""
    return GROUP + role.replace("_", "-")


def _account(key: str) -> Account | None:
    return db.session.scalar(select(Account).where(Account.key == key))


def _entry(account: Account) -> Entry:
    user = account.user
    return Entry(
        key=account.key,
        id=str(account.id),
        username=user.username,
        name=user.name,
        email=user.email,
        title=user.title,
        enabled=user.may_sign_in,
        ends_at=account.valid_until,
        groups=frozenset(group_of(role.value) for role in user.roles),
        archived=account.state is AccountState.ARCHIVED,
        must_change=account.must_change_password,
        last_sign_in_at=user.last_sign_in_at,
    )
