"""Refusals as a program reads them: problem details (RFC 9457), with a type that never changes and a sentence.

Identity providers speak SCIM; its own form of a refusal (RFC 7644, 3.12) is theirs.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import request
from werkzeug.wrappers import Response

API = "/api/v1"
SCIM = "/scim/v2"
SCIM_TYPE = "application/scim+json"
SCIM_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
MEDIA_TYPE = "application/problem+json"

#: The last word of each type, and its title, by status.
KINDS = {
    400: ("malformed", "This can't be read"),
    401: ("no-token", "A valid token is needed"),
    403: ("not-allowed", "This token, or its owner, may not do this"),
    404: ("not-found", "There is no such thing"),
    405: ("no-such-method", "This can't be done here"),
    409: ("state", "This does not fit how things stand"),
    413: ("too-large", "This is too large"),
    415: ("not-json", "Send JSON"),
    422: ("invalid", "This breaks a rule"),
    429: ("too-many", "Too many tries"),
    500: ("failed", "Something went wrong on our side"),
    503: ("busy", "This is not available at the moment"),
}
PERSONAL_DATA = ("personal-data", "Personal data of a client was found")
KEY_REUSED = ("key-reused", "That Idempotency-Key came with something else before")


def asked_by_a_program() -> bool:
    """Say whether this request is one of a program: to the API, or an identity provider's."""
    return request.path.startswith((f"{API}/", f"{SCIM}/"))


def asked_by_a_provider() -> bool:
    """Say whether an identity provider asks."""
    return request.path.startswith(f"{SCIM}/")


def type_of(kind: str) -> str:
    """Return the type of a problem as it stands in the answer."""
    return f"urn:adminops:problem:{kind}"


def problem_json(
    status: int,
    sentence: str | None = None,
    *,
    kind: tuple[str, str] | None = None,
    errors: Iterable[tuple[str, str]] = (),
    findings: Sequence[Mapping[str, Any]] = (),
    reference: str | None = None,
) -> Response:
    """Return a refusal: `errors` are (field, sentence), `findings` say kind and place, never the words."""
    if asked_by_a_provider():
        return scim_error(status, sentence)
    word, title = kind or KINDS.get(status, KINDS[500 if status >= 500 else 400])
    said: dict[str, Any] = {"type": type_of(word), "title": title, "status": status, "detail": sentence or f"{title}."}
    if told := [{"field": field, "sentence": text} for field, text in errors]:
        said["errors"] = told
    if findings:
        said["findings"] = list(findings)
    if reference:
        said["reference"] = reference
    answer = Response(json.dumps(said), status=status, mimetype=MEDIA_TYPE)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="AdminOps"'
    return answer


def scim_error(status: int, sentence: str | None = None, kind: str = "") -> Response:
    """Return a refusal as SCIM has it; `kind` is the standard's word for what is wrong with what was sent."""
    if status == 422:  # the standard knows no such status
        status, kind = 400, kind or "invalidValue"
    _, title = KINDS.get(status, KINDS[500 if status >= 500 else 400])
    said = {"schemas": [SCIM_ERROR], "status": str(status), "detail": sentence or f"{title}."}
    answer = Response(json.dumps(said | ({"scimType": kind} if kind else {})), status=status, mimetype=SCIM_TYPE)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="AdminOps SCIM"'
    return answer
