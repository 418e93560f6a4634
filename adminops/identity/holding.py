"""Taking turns: who changes a person's passwords, roles, second step or sign-in holds that person's row."""

from sqlalchemy import select

from adminops.db import db
from adminops.identity.models import User


def hold_user(user: User) -> None:
    """Hold the user's row until the end of the transaction."""
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update())
