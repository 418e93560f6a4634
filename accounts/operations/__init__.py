"""The verbs of accounts: their life, their passwords, and the one-time links between the two."""

from accounts.operations.converging import tell_directory, tell_directory_of
from accounts.operations.holds import lift_holds, limit_account, place_hold, put_hold, release_hold, withdraw_coming
from accounts.operations.life import (
    archive_account,
    change_account,
    create_account,
    disable_account,
    reactivate_account,
    resend_invite,
    restore_account,
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
    unlock_account,
)
from accounts.operations.standing import settle_due

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
    "lift_holds",
    "limit_account",
    "place_hold",
    "prove_password",
    "put_hold",
    "reactivate_account",
    "redeem",
    "release_hold",
    "resend_invite",
    "restore_account",
    "settle_due",
    "start_password_reset",
    "tell_directory",
    "tell_directory_of",
    "unlock_account",
    "withdraw_coming",
]
