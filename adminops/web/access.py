"""Who may open a route: declared beside it, enforced before the view runs, proved by a test that walks the URL map.

    @tickets.get("/<int:ticket_id>")
    @access(Permission.ASK_FOR_HELP)
    def show(ticket_id: int) -> str: ...

A route without a declaration stops the app at its start (`check_wiring`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from flask import abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from adminops.errors import NotAllowed
from adminops.identity.models import User, UserSession
from adminops.identity.permissions import Permission
from adminops.web.typed import typed_texts

V = TypeVar("V", bound=Callable[..., Any])


@dataclass(frozen=True)
class Everybody:
    """No permission is asked for; `signed_in` tells whether one has to be signed in."""

    signed_in: bool


PUBLIC = Everybody(signed_in=False)
SIGNED_IN = Everybody(signed_in=True)


@dataclass(frozen=True)
class Access:
    """What a route asks for.

    `writes` says what the method does not: a GET that stores something (looking at a client record is on the record)
    is True, a POST that only looks something up is False. `bearer`: a program asks, by a token and never by a cookie.
    `before_factor`: also who has to set up a second step, and can do nothing else before, may open it.
    """

    needs: Permission | Everybody
    writes: bool | None = None
    bearer: bool = False
    before_factor: bool = False


def access(
    needs: Permission | Everybody, *, writes: bool | None = None, before_factor: bool = False
) -> Callable[[V], V]:
    """Declare who may open the route: a permission, `SIGNED_IN` or `PUBLIC`."""

    def declare(view: V) -> V:
        view.__access__ = Access(needs, writes, before_factor=before_factor)  # type: ignore[attr-defined]
        return view

    return declare


def access_of(view: Callable[..., Any]) -> Access | None:
    """Return what `view` declares, or None."""
    return cast("Access | None", getattr(view, "__access__", None))


def signed_in_user() -> User:
    """Return who is signed in, for `by=`. Raises `NotAllowed` where nobody is (a view of a public route)."""
    user = current_user._get_current_object()  # noqa: SLF001 - the proxy's documented way to the object
    if not isinstance(user, User):
        raise NotAllowed("Please sign in first.")
    return user


def viewer() -> User | None:
    """Return who is signed in, or None."""
    user = current_user._get_current_object() if current_user else None  # noqa: SLF001
    return user if isinstance(user, User) else None


def current_session() -> UserSession:
    """Return the session of who is signed in."""
    session = signed_in_user().session
    if session is None:
        raise NotAllowed("Please sign in first.")
    return session


def refuse_or_pass(declared: Access) -> Response | None:
    """Return a redirect to the sign-in page, raise `NotAllowed`, or let the request pass (None)."""
    needs = declared.needs
    if needs is PUBLIC:
        return None
    user = viewer()
    if user is None:
        if request.headers.get("HX-Request") or declared.bearer or typed_texts():
            abort(401)  # its page gives the texts back: a redirect would lose them
        here = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("signin.sign_in", next=here))
    if user.session is not None and user.session.is_limited and not declared.before_factor:
        return _to_second_step()
    if isinstance(needs, Permission) and not user.may(needs):
        raise NotAllowed("Your role does not include this.")
    return None


def _to_second_step() -> Response:
    """Send who has to set up a second step there: they can do nothing else before."""
    if request.headers.get("HX-Request"):
        raise NotAllowed("Set up your second step first: reload the page.")
    return redirect(url_for("signin.set_up_app"))
