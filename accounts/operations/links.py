"""One-time links: at most one that works for each account."""

from datetime import timedelta

from sqlalchemy import ColumnElement, select, update

from accounts import tokens
from accounts.models import Account, LinkReason, PasswordReset
from adminops import clock
from adminops.db import db
from adminops.identity.holding import hold_user
from adminops.identity.models import User
from adminops.refs import Ref
from adminops.settings import current_settings

INVITATION_WORKS = timedelta(days=3)
"""From Friday to Monday. The address was given by the agency, and nobody can sign in there yet."""


def hold(account: Account) -> None:
    """Take the account for this transaction and read it anew, so that clicks at the same moment take turns.

    What is held is the user's row, as signing in does: one row, and nothing before it but the meters of wrong tries, so
    that nobody waits in a circle.
    """
    db.session.flush()
    hold_user(account.user)
    db.session.refresh(account)
    db.session.refresh(account.user, ["email", "may_sign_in", "password_hash"])


def issue(account: Account, reason: LinkReason, *, by: User, request: Ref | None) -> PasswordReset:
    """Make a new link for a held account; the one before dies and leaves it the request that it was started for."""
    before = open_link(account)
    drop_links(account)
    works = INVITATION_WORKS if reason is LinkReason.INVITATION else lifetime()
    request = request or (before.request if before else None)
    link = PasswordReset(
        account=account,
        reason=reason,
        started_by_id=by.id,
        request_kind=request.kind if request else None,
        request_id=request.id if request else None,
        expires_at=clock.now() + works,
    )
    db.session.add(link)
    db.session.flush()
    link.token_hash = tokens.hash_of(tokens.token_of(link))
    db.session.flush()
    return link


def lifetime() -> timedelta:
    """Return how long a reset link works."""
    return timedelta(minutes=current_settings().reset_link_minutes)


def open_link(account: Account) -> PasswordReset | None:
    """Return the account's link that was neither used nor superseded; it may have run out."""
    return db.session.scalar(
        select(PasswordReset)
        .where(
            PasswordReset.account_id == account.id,
            PasswordReset.used_at.is_(None),
            PasswordReset.superseded_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )


def drop_links(account: Account) -> None:
    """Let every unused link of the account die."""
    _drop(PasswordReset.account_id == account.id)


def drop_links_of_user(user_id: int) -> None:
    """Let every unused link die whose owner is user `user_id`: who signs in needs none."""
    _drop(PasswordReset.account_id.in_(select(Account.id).where(Account.user_id == user_id)))


def _drop(whose: ColumnElement[bool]) -> None:
    unused = (PasswordReset.used_at.is_(None), PasswordReset.superseded_at.is_(None))
    db.session.execute(update(PasswordReset).where(whose, *unused).values(superseded_at=clock.now()))
