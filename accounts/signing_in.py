"""What is put together at the start: signing in with a password that a directory keeps, and what is sealed."""

from flask import Flask

from accounts.directory import DirectoryProblem, Verdict, directory_of
from accounts.directory.local import LOCAL
from accounts.lists.operations import SEALED_LISTS
from accounts.outside.operations import SEALED_SECRETS
from accounts.queries import account_of
from adminops.errors import Unavailable
from adminops.hmis.resealing import also_sealed
from adminops.identity.credentials import Said, ask_first
from adminops.identity.models import User
from adminops.settings import current_settings

AWAY = "The directory that keeps the passwords does not answer at the moment. Please try again in a few minutes."
MUST_CHANGE = "This password has to be changed first: ask for a link with “Forgot your password?”."


def init_app(app: Flask) -> None:
    """Have passwords of people who are kept in a directory asked there, and what is sealed here sealed anew."""
    ask_first(app, ask_directory)
    app.extensions["csrf"].exempt(app.blueprints["scim"])  # no cookie counts there, so no other page can send one along
    for column in (SEALED_SECRETS, *SEALED_LISTS):
        also_sealed(column)


def ask_directory(user: User, password: str) -> Said | None:
    """Return what the directory says; None for who is kept in this database. Whether it is closed is not told."""
    account = account_of(user) if current_settings().directory_url else None
    if account is None or account.kept_in == LOCAL:
        return None
    try:
        verdict = directory_of(account).verify(account.key, password)
    except (DirectoryProblem, Unavailable):
        return Said(False, AWAY)
    if verdict is Verdict.MUST_CHANGE:
        return Said(False, MUST_CHANGE)
    return Said(verdict is Verdict.OK)
