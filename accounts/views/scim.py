"""What identity providers call (SCIM 2.0): a token says which agency they speak of, and nothing here knows a browser.

Each call is counted, and one that changes something or is refused is kept. A refusal undoes what the call had changed,
and no more: that it was refused, and why, is what staff look for when somebody is missing.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from accounts.scim import operations, queries, schemas
from accounts.scim.connecting import touch
from accounts.scim.filtering import read_filter
from accounts.scim.models import LONGEST_NAME, ScimCall, ScimConnection, ScimPerson
from accounts.scim.patching import patched
from accounts.scim.shapes import GROUP, LIST, USER, ScimProblem, narrowed, read_user
from adminops.db import db, savepoint
from adminops.errors import Conflict, DomainError, NotFound
from adminops.identity import throttle
from adminops.identity.models import SYSTEM
from adminops.identity.permissions import Role
from adminops.settings import current_settings
from adminops.web.access import PUBLIC, access
from adminops.web.problem_json import SCIM, SCIM_TYPE, scim_error

scim = Blueprint("scim", __name__, url_prefix=SCIM)

CALLS = throttle.Limit(free=600, longest=timedelta(minutes=1), forgives=timedelta(milliseconds=100))
"""Six hundred calls at once, ten a second in the long run: more than a provider makes for ten thousand people."""
GUESSES = throttle.Limit(free=30, longest=timedelta(minutes=15), forgives=timedelta(minutes=1))
LONGEST_TOKEN = 200
LARGEST = 64 * 1024
GROUPS = (Role.END_USER, Role.AGENCY_LEAD, Role.SECURITY_OFFICER)
"""The roles of an agency, as groups: to look at. Who gets one is decided by people."""

Answer = Response
Call = Callable[..., Answer]


def _route(path: str, method: str) -> Callable[[Call], Call]:
    """Offer a call to who shows the token of a connection, which is the view's first argument."""

    def declare(view: Call) -> Call:
        @wraps(view)
        def call(**path_parts: str) -> Answer:
            kind, _, text = request.headers.get("Authorization", "").partition(" ")
            token = queries.find_token(text) if kind.lower() == "bearer" and 0 < len(text) <= LONGEST_TOKEN else None
            if token is None:
                return _strangers(counted=bool(text))
            connection = token.connection
            if refused := _too_many(throttle.Meter("scim", str(connection.id), CALLS)):
                return refused
            touch(token)
            return _answered(connection, lambda: view(connection, **path_parts))

        scim.add_url_rule(
            path,
            view.__name__,
            access(PUBLIC, writes=True, bearer=True)(call),
            methods=[method],
            provide_automatic_options=False,
        )
        return view

    return declare


def _strangers(*, counted: bool) -> Answer:
    if counted and (refused := _too_many(throttle.Meter("token", request.remote_addr or "", GUESSES))):
        return refused
    return scim_error(401, "Send the token of your provider. It may have ended: a system administrator makes another.")


def _too_many(meter: throttle.Meter) -> Answer | None:
    """Count a call; return the refusal where there were too many."""
    if not (wait := throttle.seconds_to_wait((meter,))):
        throttle.note_failure((meter,))
        return None
    refused = scim_error(429, "Too many calls. Please wait.")
    refused.headers["Retry-After"] = str(wait)
    return refused


def _answered(connection: ScimConnection, run: Callable[[], Answer]) -> Answer:
    try:
        with savepoint():
            answer = run()
    except DomainError as refused:
        kind = "uniqueness" if isinstance(refused, Conflict) else getattr(refused, "kind", "")
        kind = "" if kind == "tooMany" else kind
        if not isinstance(refused, NotFound):
            _keep(connection, refused.status, refused.sentence)
        return scim_error(refused.status, refused.sentence, kind)
    if request.method not in ("GET", "HEAD") and not request.path.endswith("/.search"):
        _keep(connection, answer.status_code, person=answer.headers.get("Location", ""))
    return answer


def _keep(connection: ScimConnection, status: int, sentence: str = "", *, person: str = "") -> None:
    known = (request.view_args or {}).get("key") or person.rpartition("/")[2]
    found = (
        db.session.query(ScimPerson.id).filter_by(key=known, connection_id=connection.id).scalar() if known else None
    )
    asked = f"{request.method} {request.path.split('/')[3]}"[:60]
    db.session.add(
        ScimCall(
            connection_id=connection.id,
            asked=asked,
            status=status,
            sentence=sentence[:LONGEST_NAME],
            person_id=found,
        )
    )


@_route("/ServiceProviderConfig", "GET")
def provider_config(_connection: ScimConnection) -> Answer:
    """Say what this server can do."""
    return _json(schemas.config(_base()))


@_route("/ResourceTypes", "GET")
def resource_types(_connection: ScimConnection) -> Answer:
    """Say which kinds of things there are."""
    return _list(schemas.resource_types(_base()))


@_route("/ResourceTypes/<name>", "GET")
def resource_type(_connection: ScimConnection, name: str) -> Answer:
    """Say what one kind of thing is."""
    return _json(_named(schemas.resource_types(_base()), name))


@_route("/Schemas", "GET")
def all_schemas(_connection: ScimConnection) -> Answer:
    """List the attributes of all kinds of things."""
    return _list(schemas.schemas(_base()))


@_route("/Schemas/<name>", "GET")
def one_schema(_connection: ScimConnection, name: str) -> Answer:
    """List the attributes of one kind of thing."""
    return _json(_named(schemas.schemas(_base()), name))


@_route("/Users", "GET")
def list_users(connection: ScimConnection) -> Answer:
    """List people, or look one up."""
    return _people(connection, request.args)


@_route("/Users/.search", "POST")
def search_users(connection: ScimConnection) -> Answer:
    """List people, or look one up, by words that do not stand in the address."""
    body = _body()
    if not isinstance(body, dict):
        raise ScimProblem("Send a search as a JSON object.", "invalidSyntax")
    lists = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in body.items()}
    return _people(connection, {name: str(value) for name, value in lists.items()})


@_route("/.search", "POST")
def search(connection: ScimConnection) -> Answer:
    """Look among all that there is: people."""
    return search_users(connection)


def _people(connection: ScimConnection, asked: Mapping[str, str]) -> Answer:
    text = asked.get("filter", "")
    conditions = read_filter(text, queries.FILTERS) if text else ()
    start, count = _page(asked)
    total, people = queries.list_people(connection, conditions, start=start, count=count)
    grants = queries.grants_among(connection, people)
    return _list(
        [_shown(_user(person, _groups_of(person, grants)), asked) for person in people], total=total, start=start
    )


@_route("/Users", "POST")
def add_user(connection: ScimConnection) -> Answer:
    """Take in somebody who joins."""
    person, _ = operations.tell_of_person(connection, read_user(_body()), by=SYSTEM)
    return _one(person, status=201)


@_route("/Users/<key>", "GET")
def show_user(connection: ScimConnection, key: str) -> Answer:
    """Show one person."""
    person = queries.get_person(connection, key)
    if request.headers.get("If-None-Match") in (_tag(person), "*"):
        return Response(status=304, headers={"ETag": _tag(person)})
    return _one(person)


@_route("/Users/<key>", "PUT")
def replace_user(connection: ScimConnection, key: str) -> Answer:
    """Let somebody be as is sent."""
    person = _met(queries.get_person(connection, key))
    operations.describe_person(person, read_user(_body()), by=SYSTEM)
    return _one(person)


@_route("/Users/<key>", "PATCH")
def change_user(connection: ScimConnection, key: str) -> Answer:
    """Change what is named."""
    person = _met(queries.get_person(connection, key))
    operations.describe_person(person, patched(person.said, _body()), by=SYSTEM)
    return _one(person)


@_route("/Users/<key>", "DELETE")
def remove_user(connection: ScimConnection, key: str) -> Answer:
    """Let somebody go: access ends, and all that is on record stays."""
    operations.remove_person(_met(queries.get_person(connection, key)), by=SYSTEM)
    return Response(status=204)


@_route("/Groups", "GET")
def list_groups(connection: ScimConnection) -> Answer:
    """List the roles of the agency."""
    text = request.args.get("filter", "")
    wanted = {each.name: each.value for each in read_filter(text, ("displayname", "id"))} if text else {}
    groups = [_group(connection, role) for role in GROUPS if _is_wanted(role, wanted)]
    start, count = _page(request.args)
    return _list([_shown(each, request.args) for each in groups[start - 1 :][:count]], total=len(groups), start=start)


@_route("/Groups/<name>", "GET")
def show_group(connection: ScimConnection, name: str) -> Answer:
    """Show one role of the agency and who has it."""
    role = next((role for role in GROUPS if role.value == name), None)
    if role is None:
        raise NotFound("There is no such group here.")
    return _json(_shown(_group(connection, role), request.args))


def _is_wanted(role: Role, wanted: Mapping[str, Any]) -> bool:
    names = {"displayname": role.title.casefold(), "id": role.value}
    return all(names[name] == str(value).casefold() for name, value in wanted.items())


def _base() -> str:
    return f"{current_settings().base_url.rstrip('/')}{SCIM}"


def _named(documents: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    found = next((each for each in documents if each["id"] == name), None)
    if found is None:
        raise NotFound("There is no such thing here.")
    return found


def _page(asked: Mapping[str, str]) -> tuple[int, int]:
    """Return the number of the first and how many. The standard takes any number, and makes sense of it."""
    return max(1, _number(asked, "startIndex", 1)), min(max(0, _number(asked, "count", 100)), schemas.MOST_RESULTS)


def _number(asked: Mapping[str, str], name: str, otherwise: int) -> int:
    text = asked.get(name, "").strip()
    if not text:
        return otherwise
    if not (text.removeprefix("-").isdecimal() and text.isascii() and len(text) < 10):
        raise ScimProblem(f"{name} is a whole number.")
    return int(text)


def _body() -> Any:
    if request.mimetype not in (SCIM_TYPE, "application/json"):
        raise ScimProblem(f"Send a body of the type {SCIM_TYPE}.", "", status=415)
    if (request.content_length or 0) > LARGEST:
        raise ScimProblem("This is too large.", "", status=413)
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise ScimProblem("The body is no JSON.", "invalidSyntax") from None


def _met(person: ScimPerson) -> ScimPerson:
    """Return the person where the caller has seen them as they are now, if it says what it has seen."""
    seen = request.headers.get("If-Match")
    if seen not in (None, "*", _tag(person)):
        raise ScimProblem("This has changed since you read it. Read it again.", "", status=412)
    return person


def _tag(person: ScimPerson) -> str:
    return f'W/"{person.version}"'


def _groups_of(person: ScimPerson, grants: Mapping[int, Sequence[Any]]) -> list[Role]:
    return [grant.role for grant in grants.get(person.account_id or 0, ()) if grant.role in GROUPS]


def _user(person: ScimPerson, roles: Sequence[Role]) -> dict[str, Any]:
    groups = [{"value": role.value, "display": role.title} for role in roles]
    return {
        "schemas": [USER],
        "id": person.key,
        **person.said,
        **({"groups": groups} if groups else {}),
        "meta": {
            "resourceType": "User",
            "created": person.made_at.isoformat(),
            "lastModified": person.changed_at.isoformat(),
            "location": f"{_base()}/Users/{person.key}",
            "version": _tag(person),
        },
    }


def _group(connection: ScimConnection, role: Role) -> dict[str, Any]:
    _, people = queries.list_people(connection, (), start=1, count=10_000)
    grants = queries.grants_among(connection, people)
    members = [
        {"value": person.key, "display": person.said["userName"], "$ref": f"{_base()}/Users/{person.key}"}
        for person in people
        if role in _groups_of(person, grants)
    ]
    return {
        "schemas": [GROUP],
        "id": role.value,
        "displayName": role.title,
        "members": members,
        "meta": {"resourceType": "Group", "location": f"{_base()}/Groups/{role.value}"},
    }


def _one(person: ScimPerson, *, status: int = 200) -> Answer:
    roles = _groups_of(person, queries.grants_among(person.connection, [person]))
    answer = _json(_shown(_user(person, roles), request.args), status=status)
    answer.headers["Location"], answer.headers["ETag"] = f"{_base()}/Users/{person.key}", _tag(person)
    return answer


def _shown(resource: Mapping[str, Any], asked: Mapping[str, str]) -> dict[str, Any]:
    only, but = (asked.get(name, "") for name in ("attributes", "excludedAttributes"))
    return narrowed(resource, only=_names(only), but=_names(but))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _list(resources: Sequence[Mapping[str, Any]], *, total: int | None = None, start: int = 1) -> Answer:
    said = {
        "schemas": [LIST],
        "totalResults": len(resources) if total is None else total,
        "startIndex": start,
        "itemsPerPage": len(resources),
    }
    return _json(said | {"Resources": list(resources)})


def _json(said: Mapping[str, Any], *, status: int = 200) -> Answer:
    return Response(json.dumps(said), status=status, mimetype=SCIM_TYPE)
