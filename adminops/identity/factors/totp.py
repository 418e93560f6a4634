"""Codes of an authenticator app: RFC 6238 over RFC 4226, with what every app understands (SHA-1, 30 s, six digits)."""

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

SECONDS = 30
DIGITS = 6
DRIFT = 1
"""So many steps a phone's clock may be off, to either side."""
SECRET_BYTES = 20


def new_secret() -> bytes:
    """Return a new secret: 160 random bits, as long as the hash is."""
    return secrets.token_bytes(SECRET_BYTES)


def step_of(moment: datetime) -> int:
    """Return the number of the half minute that `moment` lies in."""
    return int(moment.timestamp()) // SECONDS


def code_of(secret: bytes, step: int, *, digits: int = DIGITS) -> str:
    """Return the code of a step."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def fitting_step(secret: bytes, code: str, *, at: datetime, after: int) -> int | None:
    """Return the step whose code this is, or None: no code of about now, or not of a step later than `after`."""
    if len(code) != DIGITS or not (code.isascii() and code.isdecimal()):
        return None
    now = step_of(at)
    steps = [step for step in range(now - DRIFT, now + DRIFT + 1) if step > after]
    fitting = [step for step in steps if hmac.compare_digest(code_of(secret, step), code)]
    return fitting[0] if fitting else None


def written(secret: bytes) -> str:
    """Return a secret as people type it: base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def read(text: str) -> bytes:
    """Return the secret that `written` wrote."""
    return base64.b32decode(text + "=" * (-len(text) % 8))


def address(secret: bytes, *, username: str, issuer: str) -> str:
    """Return what the picture holds that an app reads: the secret, and under which name the app shows its codes."""
    issuer = issuer.replace(":", " ")
    label = f"{quote(issuer)}:{quote(username)}"
    return f"otpauth://totp/{label}?{urlencode({'secret': written(secret), 'issuer': issuer}, quote_via=quote)}"
