"""The mails of accounts. Each is written when it is sent, so a link that died meanwhile is not sent at all."""

from accounts import tokens
from accounts.models import LinkReason, PasswordReset
from accounts.reconciling.models import Comparison
from adminops.db import db
from adminops.outbox.messages import Mail


def invite(*, to_id: int, reset_id: int) -> Mail | None:
    """Return the invitation to choose a first password, or None when its link is dead."""
    link = _living_link(reset_id, to_id)
    if link is None or link.reason is not LinkReason.INVITATION:
        return None
    user = link.account.user
    return Mail(
        subject="Your new account",
        template="accounts/invite",
        values={"username": user.username, "expires_at": link.expires_at},
        link=f"/reset/{tokens.token_of(link)}",
        link_label="Choose your password",
    )


def reset(*, to_id: int, reset_id: int) -> Mail | None:
    """Return the mail with the link to a new password, or None when the link is dead."""
    link = _living_link(reset_id, to_id)
    if link is None or link.reason is LinkReason.INVITATION:
        return None
    return Mail(
        subject="Choose a new password",
        template="accounts/reset",
        values={
            "username": link.account.user.username,
            "expires_at": link.expires_at,
            "by_help_desk": link.reason is LinkReason.HELP_DESK,
        },
        link=f"/reset/{tokens.token_of(link)}",
        link_label="Choose a new password",
    )


def password_changed(*, to_id: int, reset_id: int = 0, at: int = 0) -> Mail | None:
    """Return the notice that the password is a new one; the ids only tell one change from the next."""
    del to_id, reset_id, at
    return Mail(
        subject="Your password was changed",
        template="accounts/password_changed",
        link="/sign-in",
        link_label="Sign in",
    )


def compared(*, to_id: int, comparison: int) -> Mail | None:
    """Return what a comparison with the directory found, in numbers; the names stand on the page."""
    del to_id
    made = db.session.get(Comparison, comparison)
    if made is None:
        return None
    return Mail(
        subject="The directory needs a look" if made.why else "The directory was put right",
        template="accounts/compared",
        values={"why": made.why, "found": made.found, "mended": made.mended},
        link="/accounts/directory",
        link_label="See what differs",
    )


def _living_link(reset_id: int, to_id: int) -> PasswordReset | None:
    link = db.session.get(PasswordReset, reset_id)
    fits = link is not None and link.is_alive and link.account.user_id == to_id and tokens.still_fits(link)
    return link if fits else None
