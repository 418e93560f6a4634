"""Headers of every answer, and the signed-in person of every request."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from flask import Flask, Response, current_app, request, session
from flask_login import LoginManager
from sqlalchemy.exc import OperationalError

from adminops import clock
from adminops.db import transaction
from adminops.identity import sessions
from adminops.identity.models import User
from adminops.settings import Settings
from adminops.web import problem_json
from adminops.web.packing import pack_page

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

TOUCH_PATIENCE = timedelta(milliseconds=50)
SEEN = "seen"
"""Key of the cookie: when this session was last written to, so that most requests need not write."""


def protect(app: Flask, settings: Settings) -> None:
    """Set up cookies, headers, the packing of pages and the loading of the signed-in person."""
    app.config.update(
        SECRET_KEY=settings.cookie_secret(),
        SESSION_COOKIE_NAME="__Host-adminops" if settings.secure_cookies else "adminops",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session
        # No Referer is asked for: a page with a one-time link in its address sends none, nor do some careful browsers.
        # What that check is for, a cookie planted through plain HTTP, the __Host- prefix keeps out.
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=settings.upload_limit_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=2000,
    )
    login = LoginManager(app)
    login.session_protection = None  # it compares addresses, which change on phones; rows on the server decide
    login.user_loader(load_user)
    app.after_request(add_headers)
    app.after_request(pack_page)


def load_user(token: str) -> User | None:
    """Return the user whose living session has `token`; nobody where only a bearer's token counts."""
    if problem_json.asked_by_a_program():
        return None
    settings: Settings = current_app.extensions["settings"]
    found = sessions.find_session(token, idle=timedelta(minutes=settings.session_idle_minutes))
    if found is None:
        return None
    found.user.load_by(found, token)
    return found.user


def touch_is_due() -> bool:
    """Say whether this request should note that its session is in use (at most once a minute)."""
    if "_user_id" not in session:
        return False
    seen = session.get(SEEN)
    return not isinstance(seen, int | float) or clock.now().timestamp() - seen > sessions.TOUCH_EVERY.total_seconds()


def touch_session_of(current_viewer: Callable[[], User | None]) -> None:
    """Note that the session of this request is in use; when another writer is at work, the next request does it."""
    with suppress(OperationalError), transaction(patience=TOUCH_PATIENCE):
        user = current_viewer()
        if user is not None and user.session is not None:
            sessions.touch_session(user.session)
            session[SEEN] = clock.now().timestamp()


def add_headers(response: Response) -> Response:
    """Add the headers to every answer; nothing but the assets may be kept by a browser or a proxy."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "private, no-store"
        response.vary.add("HX-Request")
        response.vary.add("Cookie")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response
