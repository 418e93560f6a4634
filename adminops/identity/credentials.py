"""Whether a password is somebody's: asked of this database, unless a feature keeps that person's elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from adminops.identity import passwords
from adminops.identity.models import User

_HELD = "credentials"


@dataclass(frozen=True)
class Said:
    """What is said to a password: right or not; or a sentence when that can't be told, or is not enough."""

    right: bool
    sentence: str = ""


Check = Callable[[User, str], Said | None]


def ask_first(app: Flask, check: Check) -> None:
    """Have `check` asked about known people before this database; it returns None for who is kept here."""
    app.extensions[_HELD] = check


def check(user: User | None, password: str) -> Said:
    """Say whether `password` is the user's; takes as long for nobody as for somebody."""
    elsewhere = ask_elsewhere(user, password)
    return elsewhere if elsewhere is not None else check_here(user, password)


def ask_elsewhere(user: User | None, password: str) -> Said | None:
    """Return what is said where the user's password is kept, which can take seconds; None: it is kept here."""
    asked: Check | None = current_app.extensions.get(_HELD)
    return asked(user, password) if asked and user is not None else None


def check_here(user: User | None, password: str) -> Said:
    """Say whether `password` is what this database keeps of the user."""
    return Said(passwords.matches(user.password_hash if user else "", password))
