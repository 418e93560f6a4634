"""Refusals as a program reads them: problem details (RFC 9457), with a type that never changes and a sentence."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import request
from werkzeug.wrappers import Response

API = "/api/v1"
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
    """Say whether this request is one to the API."""
    return request.path.startswith(f"{API}/")


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
