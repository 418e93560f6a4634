"""Which place an account is kept in, and what is wrong with the one that the settings name."""

from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec

from accounts.directory.local import LOCAL, LocalDirectory
from accounts.directory.values import Directory
from accounts.models import Account
from adminops.errors import Unavailable
from adminops.settings import Settings, current_settings


def local() -> Directory:
    """Return the place in this database."""
    return LocalDirectory()


def directory() -> Directory:
    """Return the place where new accounts are kept: the directory of the settings, else this database.

    Raises `Unavailable` when the settings name one that can't be used.
    """
    settings = current_settings()
    if not settings.directory_url:
        return local()
    if sentence := problem(settings):
        raise Unavailable(sentence)
    return _of_network(settings)


@lru_cache(maxsize=4)
def _of_network(settings: Settings) -> Directory:
    from accounts.directory.network import network_directory  # needs python-ldap, which few have

    return network_directory(settings)


def directory_of(account: Account) -> Directory:
    """Return the place where an account is kept. Raises `Unavailable`."""
    return local() if account.kept_in == LOCAL else directory()


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
            "install requirements/ldap.txt, or empty the setting to keep accounts in AdminOps."
        )
    for name in ("directory_user", "directory_password", "directory_people", "directory_groups"):
        if not getattr(settings, name):
            return f"ADMINOPS_{name.upper()} is empty, and ADMINOPS_DIRECTORY_URL needs it."
    return None
