"""Where passwords are kept: one interface, so that verbs don't know whether it is this database or a directory.

A directory of the network (ADMINOPS_DIRECTORY_URL) is not supported by this version: `problem` says so at the
doctor's, and every use refuses with a sentence instead of quietly keeping passwords somewhere else.
"""

from collections.abc import Callable
from enum import StrEnum
from importlib.util import find_spec
from typing import Protocol

from accounts.models import Account
from adminops import clock
from adminops.db import db
from adminops.errors import Unavailable
from adminops.identity import passwords
from adminops.settings import Settings, current_settings


class Verdict(StrEnum):
    """What a directory says to a user name and a password."""

    OK = "ok"
    WRONG = "wrong"
    DISABLED = "disabled"


class Directory(Protocol):
    """What every place of passwords can do. Call it last in a verb: its failure then undoes the rest."""

    def set_password(self, account: Account, password: str) -> None:
        """Give the account this password. Never changes whether it is enabled. Raises `Unavailable`."""
        ...

    def verify(self, account: Account, password: str) -> Verdict:
        """Say whether the password is the account's. Raises `Unavailable`."""
        ...


class LocalDirectory:
    """Passwords in this database, as argon2id hashes."""

    def set_password(self, account: Account, password: str) -> None:
        """Store the hash."""
        account.user.password_hash = passwords.hash_password(password)
        account.user.password_set_at = clock.now()
        db.session.flush()

    def verify(self, account: Account, password: str) -> Verdict:
        """Compare with the stored hash; takes as long when there is none."""
        if not passwords.matches(account.user.password_hash, password):
            return Verdict.WRONG
        return Verdict.OK if account.user.may_sign_in else Verdict.DISABLED


def directory() -> Directory:
    """Return this installation's place of passwords. Raises `Unavailable` when its settings name an unknown one."""
    if sentence := problem(current_settings()):
        raise Unavailable(sentence)
    return LocalDirectory()


def is_installed(module: str) -> bool:
    """Say whether a module could be imported, without doing so."""
    return find_spec(module) is not None


def problem(settings: Settings, *, installed: Callable[[str], bool] = is_installed) -> str | None:
    """Return what is wrong with the directory these settings name, as a sentence for the doctor; None: all is well."""
    if not settings.directory_url:
        return None
    if not installed("ldap"):
        return (
            "ADMINOPS_DIRECTORY_URL names a directory, but python-ldap is not installed here: "
            "install requirements/ldap.txt, or empty the setting to keep passwords in AdminOps."
        )
    return "This version keeps passwords in AdminOps itself: empty ADMINOPS_DIRECTORY_URL."
