"""Who may open a route: declared beside it, enforced before the view runs, proved by a test that walks the URL map.

    @tickets.get("/<int:ticket_id>")
    @access(Permission.ASK_FOR_HELP)
    def show(ticket_id: int) -> str: ...

A route without a declaration stops the app at its start (`check_wiring`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from adminops import clock
from adminops.errors import NotAllowed
from adminops.identity.factors.standing import is_overdue
from adminops.identity.models import User, UserSession
from adminops.identity.permissions import Permission
from adminops.web.typed import came_from, typed_texts

V = TypeVar("V", bound=Callable[..., Any])


@dataclass(frozen=True)
class Everybody:
    """No permission is asked for; `signed_in` tells whether one has to be signed in."""

    signed_in: bool


PUBLIC = Everybody(signed_in=False)
SIGNED_IN = Everybody(signed_in=True)


class Again(StrEnum):
    """When somebody who is signed in is asked again whether it is them, unless they proved it a little while ago."""

    OPENING = "before it opens"
    """Then they go on to the page."""
    USING = "before it is done"
    """What is sent, or loaded down: then they send it as they had filled it in, or go back and load it down."""


CONFIRMED_FOR = timedelta(minutes=10)
FILLED_IN_FOR = timedelta(minutes=20)
"""So long after it was confirmed what was typed into a page that it opened can be sent without being asked again."""


@dataclass(frozen=True)
class Access:
    """What a route asks for.

    `writes` says what the method does not: a GET that stores something (looking at a client record is on the record)
    is True, a POST that only looks something up is False. `bearer`: a program asks, by a token and never by a cookie.
    `before_factor`: also who has to set up a second step, and can do nothing else before, may open it. `confirm`: when
    people are asked again whether it is them; programs are not, so none of their routes does such a thing.
    """

    needs: Permission | Everybody
    writes: bool | None = None
    bearer: bool = False
    before_factor: bool = False
    confirm: Again | None = None


def access(
    needs: Permission | Everybody,
    *,
    writes: bool | None = None,
    bearer: bool = False,
    before_factor: bool = False,
    confirm: Again | None = None,
) -> Callable[[V], V]:
    """Declare who may open the route: a permission, `SIGNED_IN` or `PUBLIC`."""

    def declare(view: V) -> V:
        declared = Access(needs, writes, bearer=bearer, before_factor=before_factor, confirm=confirm)
        view.__access__ = declared  # type: ignore[attr-defined]
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
    if declared.bearer and is_overdue(user):
        raise NotAllowed("Sign in and set up your second step first: until then your tokens open nothing.")
    if isinstance(needs, Permission) and not user.may(needs):
        raise NotAllowed("Your role does not include this.")
    return _to_confirm(declared, user.session) if declared.confirm and user.session is not None else None


def _to_confirm(declared: Access, session: UserSession) -> Response | None:
    """Send who did not prove it lately to where they are asked whether it is them; None: they did, or need not.

    The browser sends a form on to there by itself, and it never stands in an address: nothing typed gets lost.
    """
    only_looks = request.method in ("GET", "HEAD") and not declared.writes
    if declared.confirm is Again.USING and only_looks:
        return None
    filled_in = declared.confirm is Again.OPENING and request.method == "POST"
    lately = FILLED_IN_FOR if filled_in else CONFIRMED_FOR
    if session.confirmed_at is not None and session.confirmed_at > clock.now() - lately:
        return None
    here = request.full_path.rstrip("?")
    if request.method == "POST" and not request.headers.get("HX-Request"):
        return redirect(url_for("signin.confirm_sent", to=here, next=_page_before()), code=307)
    asking = url_for("signin.confirm", next=_page_before() if declared.confirm is Again.USING else here)
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": asking})
    return redirect(asking)


def _page_before() -> str | None:
    """Return the page of ours that the browser comes from, with what stood behind its question mark."""
    path = came_from()
    query = urlsplit(request.referrer or "").query if path else ""
    return f"{path}?{query}" if query else path


def _to_second_step() -> Response:
    """Send who has to set up a second step there: they can do nothing else before."""
    if request.headers.get("HX-Request"):
        raise NotAllowed("Set up your second step first: reload the page.")
    return redirect(url_for("signin.set_up_app"))
