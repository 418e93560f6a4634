"""A person's own new password: the rules for it, those they had before, and how it is kept."""

from sqlalchemy import Select, delete, select

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid
from adminops.identity import passwords
from adminops.identity.factors.standing import has_factor
from adminops.identity.models import PasswordBefore, User
from adminops.settings import current_settings


def rules_for(user: User) -> passwords.Rules:
    """Return what a new password of this person must have: it may be shorter with a second step."""
    if user.for_emergencies:
        least = passwords.FOR_EMERGENCIES
    else:
        least = passwords.WITH_A_FACTOR if has_factor(user) else passwords.MINIMUM_LENGTH
    return passwords.Rules(least, current_settings().password_letter_and_digit)


def choose(user: User, password: str, *, field: str = "password") -> None:
    """Raise `Invalid` with a sentence unless the person may have this password: good enough, and not had before.

    It notes whether the password is good enough with a second step only: that can't be taken away then.
    """
    settings = current_settings()
    own = (user.name, user.username, user.email, user.agency.name if user.agency else "")
    house = (settings.product_name, settings.team_name)
    passwords.check_new_password(password, about=(*own, *house), rules=rules_for(user), field=field)
    if settings.password_history and any(passwords.matches(each, password) for each in _had(user)):
        raise Invalid("You have had that password before. Choose another.", field=field)
    user.password_is_short = passwords.is_short(password)


def keep(user: User, password: str) -> None:
    """Store the hash of a password that was checked; the one before joins those that can't be chosen again."""
    remember(user)
    user.password_hash, user.password_set_at = passwords.hash_password(password), clock.now()
    db.session.flush()


def remember(user: User) -> None:
    """Keep the hash of a password that ends, and forget those that are older than the house remembers."""
    if user.password_hash:
        db.session.add(PasswordBefore(user_id=user.id, password_hash=user.password_hash))
        db.session.flush()
    kept = _before(user).limit(current_settings().password_history).with_only_columns(PasswordBefore.id)
    outdated = delete(PasswordBefore).where(PasswordBefore.user_id == user.id)
    ids = list(db.session.scalars(kept))
    db.session.execute(outdated.where(PasswordBefore.id.not_in(ids)))


def _had(user: User) -> list[str]:
    """Return the hashes of the present password and of the last ones before it."""
    before = _before(user).limit(current_settings().password_history)
    return [each for each in (user.password_hash, *db.session.scalars(before)) if each]


def _before(user: User) -> Select[str]:
    chosen = select(PasswordBefore.password_hash).where(PasswordBefore.user_id == user.id)
    return chosen.order_by(PasswordBefore.id.desc())
