"""The verbs of accounts: their life, their passwords, and the one-time links between the two."""

from accounts.operations.life import (
    archive_account,
    change_account,
    create_account,
    disable_account,
    reactivate_account,
    resend_invite,
)
from accounts.operations.links import drop_links_of_user
from accounts.operations.passwords import (
    answer_wishes,
    ask_for_reset,
    change_password,
    finish_password_reset,
    prove_password,
    redeem,
    start_password_reset,
)

__all__ = [
    "answer_wishes",
    "archive_account",
    "ask_for_reset",
    "change_account",
    "change_password",
    "create_account",
    "disable_account",
    "drop_links_of_user",
    "finish_password_reset",
    "prove_password",
    "reactivate_account",
    "redeem",
    "resend_invite",
    "start_password_reset",
]
