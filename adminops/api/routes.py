"""What a program may ask for: a route with the shapes of what comes in and goes out, and the view made of it."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from adminops.api import bearer, once
from adminops.api.shapes import Shape, check, cleaned, is_storable, read_query_value
from adminops.errors import DomainError
from adminops.feature import Feature
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.identity.tokens import TokenScope
from adminops.web.access import Access, Everybody, signed_in_user
from adminops.web.problem_json import API, problem_json

LONGEST_KEY = 200


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that has the right shape."""

    user: User
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a route answers. One that changes something holds no free text, for it is kept and may be given again."""

    data: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Route:
    """Something a program may ask for. `path` stands under /api/v1, with numbers as `<int:ticket_id>`.

    `run` returns an answer of the shape `answer`, or a refusal that is to be stored with what was counted for it.
    """

    name: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    summary: str
    scope: TokenScope
    needs: Permission | Everybody
    run: Callable[[Asked], Answer | Response]
    answer: Shape
    status: int = 200
    query: Mapping[str, Shape] = field(default_factory=dict)
    body: Shape | None = None
    about: str = ""
    """More than the summary says."""
    media: str = "application/json"
    """What an answer is; for another one `run` returns a response."""
    looks_up: bool = False
    """A POST that only looks something up, by words that must not stand in an address."""
    is_noted: bool = False
    """A look-up that is kept on the audit trail."""

    @property
    def writes(self) -> bool:
        """Whether it changes something, so that it may be sent twice and done once."""
        return self.method != "GET" and not self.looks_up


class Malformed(DomainError):
    """What was sent can't be read at all."""

    status = 400


class NotJson(DomainError):
    """What was sent is something else than JSON."""

    status = 415


def register(app: Flask, features: Sequence[Feature]) -> None:
    """Offer the routes of all features, to tokens alone."""
    blueprint = Blueprint("api", __name__, url_prefix=API)
    for route in routes_of(features):
        blueprint.add_url_rule(
            route.path, route.name, _view(route), methods=[route.method], provide_automatic_options=False
        )
    app.register_blueprint(blueprint)
    app.extensions["csrf"].exempt(blueprint)  # no cookie counts here, so no other page can send one along
    bearer.protect(app)


def routes_of(features: Sequence[Feature]) -> list[Route]:
    """Return the routes of all features, in their order."""
    return [route for feature in features for route in feature.api]


def scopes_for(user: User, routes: Sequence[Route]) -> list[TokenScope]:
    """Return the scopes in which `user` may ask for something; a token of another one would be refused always."""
    open_to = {route.scope for route in routes if isinstance(route.needs, Everybody) or user.may(route.needs)}
    return [scope for scope in TokenScope if scope in open_to]


def _view(route: Route) -> Callable[..., ResponseReturnValue]:
    def view(**path: Any) -> ResponseReturnValue:
        if route.scope.value not in bearer.current_token().scopes:
            return problem_json(403, f"This token lacks the scope {route.scope.value}.")
        asked = Asked(user=signed_in_user(), path=path, query=_read_query(route), body={})
        body = _read_body(route)
        errors = [*_query_errors(route, asked.query), *(check(route.body, body) if route.body else ())]
        if errors:
            return problem_json(422, "What was sent has not the right shape: see errors.", errors=errors)
        asked = Asked(user=asked.user, path=path, query=asked.query, body=body or {})
        key = _key() if route.writes else None
        return (
            once.answer(key, _fingerprint(body), asked.user, lambda: _run(route, asked)) if key else _run(route, asked)
        )

    view.__access__ = Access(route.needs, route.writes or route.is_noted, bearer=True)  # type: ignore[attr-defined]
    return view


def _run(route: Route, asked: Asked) -> Response:
    answered = route.run(asked)
    if isinstance(answered, Response):
        return answered
    text = json.dumps(answered.data)
    return Response(text, status=route.status, headers=dict(answered.headers), mimetype="application/json")


def _read_query(route: Route) -> dict[str, Any]:
    known = {name: shape for name, shape in route.query.items() if name in request.args}
    return {name: read_query_value(shape, request.args[name]) for name, shape in known.items()}


def _query_errors(route: Route, query: Mapping[str, Any]) -> list[tuple[str, str]]:
    errors = [
        (name, "There is no such parameter.") for name in request.args if name not in route.query and is_storable(name)
    ]
    errors += [(name, "This may come once.") for name in query if len(request.args.getlist(name)) > 1]
    return errors + [error for name, value in query.items() for error in check(route.query[name], value, name)]


def _read_body(route: Route) -> Any:
    if route.body is None:
        return None
    if request.mimetype != "application/json":
        raise NotJson("Send a body of the type application/json.")
    try:
        return cleaned(json.loads(request.get_data(), parse_constant=_refuse))
    except (ValueError, RecursionError):
        raise Malformed("The body is no JSON.") from None


def _refuse(_constant: str) -> None:
    raise ValueError


def _key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Malformed(f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters.")
    return key


def _fingerprint(body: Any) -> bytes:
    said = json.dumps([request.method, request.full_path, body], sort_keys=True)
    return hashlib.sha256(said.encode()).digest()
