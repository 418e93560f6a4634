"""One-time tokens: 256 bits, made from the row they belong to, stored nowhere.

    token = HMAC-SHA-256(key, "id|nonce in hex"), key = HMAC-SHA-256(secret of the app, purpose)

Who has the database lacks the key; who has the key lacks the nonce. The row keeps SHA-256(token) to be found by.
When the app's secret changes, links that are on their way die: the mail is dropped and the person asks for another.
"""

import base64
import hashlib
import hmac

from accounts.agreements.models import SigningLink
from accounts.models import PasswordReset
from adminops.settings import current_settings

PURPOSE = b"accounts: one-time link"
SIGNING = b"accounts: link to the user agreement"
LENGTH = 43
"""Characters of a token: 32 bytes in base64 without padding."""


def token_of(link: PasswordReset | SigningLink) -> str:
    """Return the token of a stored row (it has its id)."""
    purpose = PURPOSE if isinstance(link, PasswordReset) else SIGNING
    key = hmac.digest(current_settings().cookie_secret().encode(), purpose, "sha256")
    made = hmac.digest(key, f"{link.id}|{link.nonce.hex()}".encode(), "sha256")
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def hash_of(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def still_fits(link: PasswordReset | SigningLink) -> bool:
    """Say whether the token made now is the one whose hash was stored: not after the app's secret was changed."""
    return hmac.compare_digest(hash_of(token_of(link)), link.token_hash or b"")
