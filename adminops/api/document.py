"""The OpenAPI 3.1 document of the API, made of the very routes that answer and the shapes that check."""

import re
from collections.abc import Sequence
from typing import Any

from adminops.api.routes import LONGEST_KEY, Route
from adminops.api.shapes import KEY, Shape, number, record, several, text
from adminops.identity.tokens import TokenScope
from adminops.web.problem_json import API, KINDS, MEDIA_TYPE

_PLACE = re.compile(r"<int:(\w+)>")

PROBLEM = record(
    "A refusal (RFC 9457): a type that never changes and a sentence",
    {
        "type": text("The kind of problem: urn:adminops:problem:…"),
        "title": text("The kind in words"),
        "status": number("The status of the answer", least=400, most=599),
        "detail": text("What is wrong and what to do", most=2000),
        "errors": several(
            record("One", {"field": text("Where"), "sentence": text("What is wrong", most=2000)}), "What is wrong where"
        ),
        "findings": several(
            record(
                "One",
                {
                    "field": text("In which text"),
                    "kind": text("What it seems to be"),
                    "start": number("Its first character", least=0),
                    "end": number("The character after it", least=0),
                },
            ),
            "Where personal data of a client was found; its words are never repeated",
        ),
        "reference": text("What the log calls it"),
    },
    optional=("errors", "findings", "reference"),
)


def document(routes: Sequence[Route], *, title: str) -> dict[str, Any]:
    """Return the document of `routes`."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(_PLACE.sub(r"{\1}", API + route.path), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title} API",
            "version": "1",
            "description": "Acts for the owner of a personal token, with that person's permissions and no more.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": _scopes()}},
            "schemas": {"Problem": PROBLEM},
        },
        "security": [{"token": []}],
    }


def _scopes() -> str:
    return "A personal token. Scopes: " + "; ".join(f"{each.value}: {each.sentence}" for each in TokenScope) + "."


def _operation(route: Route) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "description": " ".join(filter(None, (route.about, f"Needs the scope {route.scope.value}."))),
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if route.body is not None:
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": route.body}}}
    return said


def _parameters(route: Route) -> list[dict[str, Any]]:
    places = [_parameter(name, "path", number("Its number", most=KEY)) for name in _PLACE.findall(route.path)]
    query = [_parameter(name, "query", shape) for name, shape in route.query.items()]
    key: Shape = {**text("Names this request: sent again with the same, it is done once", least=1, most=LONGEST_KEY)}
    key["pattern"] = "^[ -~]+$"
    return places + query + ([_parameter("Idempotency-Key", "header", key)] if route.writes else [])


def _parameter(name: str, place: str, shape: Shape) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": shape}


def _responses(route: Route) -> dict[str, Any]:
    done = {"description": "Done", "content": {route.media: {"schema": route.answer}}}
    return {str(route.status): done} | {
        str(status): {
            "description": title,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, (_, title) in KINDS.items()
        if status != 500
    }
