"""Who a program acts for: the owner of the token in its Authorization header."""

from contextlib import suppress
from datetime import timedelta

from flask import Flask, g, request
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Request, Response

from adminops.db import transaction
from adminops.errors import NotAllowed
from adminops.identity import throttle
from adminops.identity.models import ApiToken, User
from adminops.identity.throttle import Limit, Meter
from adminops.identity.tokens import find_token, touch_is_due, touch_token
from adminops.web.problem_json import asked_by_a_program, asked_by_a_provider, problem_json
from adminops.web.security import TOUCH_PATIENCE

GUESSES = Limit(free=30, longest=timedelta(minutes=15), forgives=timedelta(minutes=1))
LONGEST = 200


def protect(app: Flask) -> None:
    """Load who a token belongs to, count wrong ones, and note when a right one was used."""
    app.login_manager.request_loader(load_bearer)  # type: ignore[attr-defined]
    app.after_request(_note)


def load_bearer(asking: Request) -> User | None:
    """Return the owner of the request's token; nobody on pages, which know people by their sessions alone.

    Nor for identity providers: their tokens are no person's.
    """
    if not asked_by_a_program() or asked_by_a_provider():
        return None
    kind, _, text = asking.headers.get("Authorization", "").partition(" ")
    token = find_token(text) if kind.lower() == "bearer" and 0 < len(text) <= LONGEST else None
    if token is None:
        g.wrong_token = bool(text)
        return None
    g.api_token = token
    g.touch_token = token.id if touch_is_due(token) else None
    return token.user


def current_token() -> ApiToken:
    """Return the token of this request."""
    token = g.get("api_token")
    if not isinstance(token, ApiToken):
        raise NotAllowed("Send a token.")
    return token


def _note(response: Response) -> Response:
    """Count a wrong token by its network, and note the use of a right one: each in a transaction of its own."""
    if g.pop("wrong_token", False):
        return _count(response)
    if (token_id := g.pop("touch_token", None)) is not None:
        with suppress(OperationalError), transaction(patience=TOUCH_PATIENCE):
            touch_token(token_id)
    return response


def _count(response: Response) -> Response:
    meters = (Meter("token", request.remote_addr or "", GUESSES),)
    with transaction():
        wait = throttle.seconds_to_wait(meters)
        if not wait:
            throttle.note_failure(meters)
            return response
    refusal = problem_json(429, "Too many wrong tokens came from your network. Please wait.")
    refusal.headers["Retry-After"] = str(wait)
    for name, value in response.headers.items():
        if name not in ("Content-Type", "Content-Length", "WWW-Authenticate"):
            refusal.headers.setdefault(name, value)
    return refusal
