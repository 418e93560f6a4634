"""Devices a person has signed in on before: a signed cookie that only the sign-in page gets to see.

It opens nothing. It lets the throttle tell the owner's own device from a stranger's, so that a stranger's guesses
can't keep the owner out (the "device cookie" of OWASP's advice on guessing). There is one cookie for each person, as
many may share a computer; its name and its content tell nobody who.

A second cookie, where the house allows it, holds the token of a trusted device (`adminops.identity.factors.trusting`).
"""

import hashlib
import hmac
import secrets

from flask import current_app, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from adminops.identity.operations import fold
from adminops.settings import current_settings

KEEP_SECONDS = 180 * 24 * 3600


def known_device(username: str) -> str | None:
    """Return the name of this device when it carries the mark of an earlier sign-in of `username`."""
    mark = _mark(username)
    try:
        owner, device = _signer().loads(request.cookies.get(_cookie(mark), ""), max_age=KEEP_SECONDS)
    except (BadData, ValueError, TypeError):
        return None
    return device if owner == mark and isinstance(device, str) else None


def remember_device(answer: Response, username: str) -> None:
    """Mark this device as one on which `username` signed in; an earlier mark keeps its name."""
    mark = _mark(username)
    answer.set_cookie(
        _cookie(mark),
        _signer().dumps([mark, known_device(username) or secrets.token_urlsafe(12)]),
        max_age=KEEP_SECONDS,
        path=url_for("signin.sign_in"),
        httponly=True,
        samesite="Lax",
        secure=current_settings().secure_cookies,
    )


def _mark(username: str) -> str:
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"signin.device\x00{fold(username)}".encode(), hashlib.sha256).hexdigest()[:24]


def _cookie(mark: str) -> str:
    return f"known-{mark[:8]}"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="signin.device")


def trusted_token(username: str) -> str | None:
    """Return the token that this device keeps for `username`, on which the second step is perhaps not asked for."""
    return request.cookies.get(f"trusted-{_mark(username)[:8]}") or None


def keep_trust(answer: Response, username: str, token: str, *, days: int) -> None:
    """Let this device keep the token by which it is trusted."""
    answer.set_cookie(
        f"trusted-{_mark(username)[:8]}",
        token,
        max_age=days * 24 * 3600,
        path=url_for("signin.sign_in"),
        httponly=True,
        samesite="Lax",
        secure=current_settings().secure_cookies,
    )
