"""What the sign-in page shows besides its form."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from adminops.db import db
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import Role


@dataclass(frozen=True)
class DemoSignIn:
    """Somebody of the demo one can sign in as, with the password that the demo prints anyway."""

    username: str
    password: str
    name: str
    role: Role


def demo_sign_ins() -> list[DemoSignIn]:
    """Return the demo's characters, the first of each role, as far as they exist and may sign in."""
    from adminops.demo.cast import CHARACTERS, PASSWORD  # only here: production never loads the demo

    first: dict[Role, DemoSignIn] = {}
    for username, name, _title, role, _agency in CHARACTERS:
        first.setdefault(Role(role), DemoSignIn(username, PASSWORD, name, Role(role)))
    wanted = {character.username: character for character in first.values()}
    chosen = select(User.username).where(User.username.in_(list(wanted)), User.may_sign_in, User.password_hash != "")
    present = set(db.session.scalars(chosen))
    return [character for username, character in wanted.items() if username in present]


def people_to_tell_of(user: User) -> Sequence[User]:
    """Return who hears that somebody's sign-in is guessed at: the agency's security officers, for the team its heads.

    Where an agency has no officer, the heads of the team do.
    """
    officer = (RoleGrant.role == Role.SECURITY_OFFICER, RoleGrant.agency_id == user.agency_id)
    heads = RoleGrant.role.in_((Role.MANAGER, Role.SYSTEM_ADMIN))
    for which in ((*officer,), (heads,)):
        granted = select(RoleGrant.user_id).where(*which)
        chosen = select(User).where(User.id.in_(granted), User.id != user.id, User.may_sign_in).order_by(User.id)
        if found := db.session.scalars(chosen).all():
            return found
    return ()
