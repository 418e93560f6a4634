"""Makers: plain functions that make one thing with sensible values; name only what the test is about."""

from functools import lru_cache
from itertools import product
from typing import Any

from adminops.db import db
from adminops.identity import passwords
from adminops.identity.models import Agency, RoleGrant, User
from adminops.identity.permissions import Role

_marks = product("bcdfghjklmnpqrstvwxz", repeat=5)

PASSWORD = "quiet copper orchard window"


def next_mark() -> str:
    """Return letters that no other thing of this process has in its name or id; they follow each other in order.

    They are no word, and no number: "HMIS 97" was once taken for a score of 97, and "10" comes before "9".
    """
    return "".join(next(_marks))


def make_agency(**over: Any) -> Agency:
    """Make an agency."""
    mark = next_mark()
    agency = Agency(**{"name": f"Harbor House {mark}", "phone": "555-0100", **over})
    db.session.add(agency)
    db.session.flush()
    return agency


def make_user(role: Role | None = Role.END_USER, *, agency: Agency | None = None, **over: Any) -> User:
    """Make a user who may sign in, with one role: at `agency` (made when a role needs one) or for the whole CoC."""
    mark = next_mark()
    if agency is None and (role is None or role.at_agency):
        agency = make_agency()
    values = {
        "username": f"person{mark}",
        "name": f"Person {mark}",
        "email": f"person{mark}@example.org",
        "agency_id": agency.id if agency else None,
        **over,
    }
    user = User(**values)
    if role is not None:
        user.grants.append(RoleGrant(role=role, agency_id=agency.id if role.at_agency and agency else None))
    db.session.add(user)
    db.session.flush()
    return user


def make_admin(**over: Any) -> User:
    """Make a system administrator."""
    return make_user(Role.SYSTEM_ADMIN, **over)


@lru_cache(maxsize=4)
def _hash_of(password: str) -> str:
    return passwords.hash_password(password)  # slow on purpose, and the same will do for everybody


def give_password(user: User, password: str = PASSWORD) -> User:
    """Let `user` sign in with `password`."""
    user.password_hash = _hash_of(password)
    db.session.flush()
    return user
