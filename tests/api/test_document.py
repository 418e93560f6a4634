"""The document of the API: it names every route, and the app keeps to it."""

import os
import re
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema_rs import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

import wsgi
from adminops.api.shapes import check
from adminops.app import AdminOps
from adminops.web.problem_json import API
from tests.api.asking import token_of
from tests.browsing import Desk
from tests.make_tickets import make_helper, make_ticket
from tickets.api.asking import REQUEST

ROUTES = [route for feature in wsgi.FEATURES for route in feature.api]
EXAMPLES = int(os.environ.get("ADMINOPS_TEST_API_EXAMPLES", "4"))
"""Requests of each kind; for a longer run set it to a few hundred."""


def test_every_route_of_the_api_is_in_its_document(sqlite_desk: Desk) -> None:
    document = sqlite_desk.app.test_client().get(f"{API}/openapi.json").get_json()
    told = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    rules = [rule for rule in sqlite_desk.app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    served = {
        (re.sub(r"<int:(\w+)>", r"{\1}", rule.rule), method)
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == served
    assert len(told) == len(ROUTES)
    assert document["openapi"] == "3.1.0"


def test_the_reference_page_names_every_route(sqlite_desk: Desk) -> None:
    with sqlite_desk.work():
        helper = make_helper()
    page = sqlite_desk.signed_in(helper).get("/api")
    for route in ROUTES:
        assert page.says(route.summary), route.name


@pytest.mark.parametrize(
    "sent",
    [
        {},
        [],
        None,
        {"request_type": "a", "subject": "b", "body": "c"},
        {"request_type": "", "subject": "b", "body": "c"},
        {"request_type": "a", "subject": "b" * 201, "body": "c"},
        {"request_type": "a", "subject": "b", "body": "c", "more": 1},
        {"request_type": "a", "subject": "b", "body": "c", "agency_id": True},
        {"request_type": "a", "subject": "b", "body": "c", "agency_id": 1.0},
        {"request_type": "a", "subject": "b", "body": "c", "agency_id": 2**31},
        {"request_type": "a", "subject": "b", "body": "c", "channel": "pigeon"},
        {"request_type": "a", "subject": "b", "body": "c", "answers": {"x": ["y"], "z": True, "n": 1}},
        {"request_type": "a", "subject": "b", "body": "c", "answers": {"x": {"y": 1}}},
        {"request_type": "a", "subject": "b", "body": "c", "answers": {"x": ["y"] * 101}},
        {"request_type": "a", "subject": "b", "body": "c", "to_redactors": None},
    ],
)
def test_shapes_judge_as_a_full_validator_does(sent: Any) -> None:
    assert (not list(check(REQUEST, sent))) is Draft202012Validator(REQUEST).is_valid(sent)


@cache
def document(app: AdminOps) -> Any:
    """Return what schemathesis makes of the app's document: it is the same for each route."""
    return schemathesis.openapi.from_wsgi(f"{API}/openapi.json", app)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_the_app_keeps_to_its_document_whatever_is_sent(sqlite_desk: Desk, route: Any) -> None:
    with sqlite_desk.work():
        helper = make_helper()
        make_ticket()
    headers = {"Authorization": f"Bearer {token_of(sqlite_desk, helper)}"}
    operation = document(sqlite_desk.app)[re.sub(r"<int:(\w+)>", r"{\1}", API + route.path)][route.method]
    # The house refuses more than a shape can say (a client's data in a text, a state that does not fit).
    left_out = [positive_data_acceptance, unsupported_method]

    def send(case: Any) -> None:
        case.call_and_validate(headers=headers, excluded_checks=left_out)

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        if mode is GenerationMode.NEGATIVE and not (route.body or route.query):
            continue
        cases = operation.as_strategy(generation_mode=mode)
        bounded = settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        bounded(given(case=cases)(send))()
