"""Filters and PATCH as providers send them, without a database."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.scim.filtering import Condition, read_filter
from accounts.scim.patching import patched
from accounts.scim.queries import FILTERS
from accounts.scim.shapes import USER, ScimProblem, narrowed, read_user, wanted_of

SAID: dict[str, Any] = {
    "userName": "rosa@harbor.example.org",
    "active": True,
    "title": "Lead",
    "name": {"givenName": "Rosa", "familyName": "Diaz"},
    "emails": [{"value": "rosa@harbor.example.org", "type": "work", "primary": True}],
}
CRUZ = {"givenName": "Rosa", "familyName": "Cruz"}
AT_WORK = 'emails[type eq "work"]'
AT_HOME = {"type": "home", "value": "r@x.org"}
WORK = {"value": "rosa@harbor.example.org", "type": "work", "primary": True}


def change(*operations: Any) -> dict[str, Any]:
    return patched(SAID, {"Operations": list(operations)})


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ('userName eq "a"', [("username", "a")]),
        ('USERNAME EQ "a \\"b\\""', [("username", 'a "b"')]),
        (f'{USER}:userName eq "a"', [("username", "a")]),
        ('externalId eq "1" and active eq true', [("externalid", "1"), ("active", True)]),
        ('emails.value eq "a@b"', [("emails", "a@b")]),
        ('emails[type eq "work"].value eq "a@b"', [("emails", "a@b")]),
    ],
)
def test_filters_that_providers_send_are_read(text: str, conditions: list[tuple[str, Any]]) -> None:
    assert list(read_filter(text, FILTERS)) == [Condition(*each) for each in conditions]


@pytest.mark.parametrize(
    "text",
    [
        "userName",
        'userName eq "a',
        "userName eq a",
        'userName sw "a"',
        'title eq "a"',
        'userName eq "a" or userName eq "b"',
        'userName eq "a" and',
        'userName eq "\\q"',
        'active eq "true"',
        "userName eq true",
        'userName eq "' + "a" * 1000 + '"',
    ],
)
def test_other_filters_are_refused_by_the_standards_word(text: str) -> None:
    with pytest.raises(ScimProblem) as refused:
        read_filter(text, FILTERS)
    assert refused.value.kind == "invalidFilter"


@pytest.mark.parametrize(
    ("operation", "attribute", "value"),
    [
        ({"op": "replace", "value": {"active": "False"}}, "active", False),
        ({"op": "Replace", "path": "active", "value": False}, "active", False),
        ({"op": "Add", "path": "active", "value": [{"value": "false"}]}, "active", False),
        ({"op": "replace", "path": f"{USER}:title", "value": "Aide"}, "title", "Aide"),
        ({"op": "Remove", "path": "TITLE"}, "title", None),
        ({"op": "replace", "value": {"name.familyName": "Cruz"}}, "name", CRUZ),
        ({"op": "replace", "path": "name", "value": {"familyName": "Cruz"}}, "name", CRUZ),
        ({"op": "remove", "path": "name.givenName"}, "name", {"familyName": "Diaz"}),
        ({"op": "remove", "path": "name"}, "name", None),
        ({"op": "remove", "path": "emails"}, "emails", None),
        ({"op": "remove", "path": AT_WORK}, "emails", None),
        ({"op": "remove", "path": f"{AT_WORK}.type"}, "emails", [{"value": WORK["value"], "primary": True}]),
        ({"op": "replace", "path": f"{AT_WORK}.value", "value": "r@x.org"}, "emails", [{**WORK, "value": "r@x.org"}]),
        ({"op": "replace", "path": "emails.value", "value": "r@x.org"}, "emails", [{**WORK, "value": "r@x.org"}]),
        ({"op": "add", "path": 'emails[type eq "home"].value', "value": "r@x.org"}, "emails", [WORK, AT_HOME]),
        ({"op": "add", "path": "emails", "value": [{"value": "r@x.org"}]}, "emails", [WORK, {"value": "r@x.org"}]),
        (
            {"op": "add", "path": "emails", "value": {"value": "r@x.org", "primary": True}},
            "emails",
            [{**WORK, "primary": False}, {"value": "r@x.org", "primary": True}],
        ),
        ({"op": "replace", "path": "emails", "value": [{"value": "r@x.org"}]}, "emails", [{"value": "r@x.org"}]),
        ({"op": "add", "path": "phoneNumbers", "value": [{"value": "555-0100"}]}, "phoneNumbers", None),
    ],
)
def test_operations_that_providers_send_are_done(operation: Any, attribute: str, value: Any) -> None:
    assert change(operation) == {name: each for name, each in {**SAID, attribute: value}.items() if each is not None}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, "invalidSyntax"),
        ({"Operations": []}, "invalidSyntax"),
        ({"Operations": ["x"]}, "invalidSyntax"),
        ({"Operations": [{"op": "move", "path": "title"}]}, "invalidSyntax"),
        ({"Operations": [{"op": "remove"}]}, "noTarget"),
        ({"Operations": [{"op": "add", "value": "x"}]}, "invalidSyntax"),
        ({"Operations": [{"op": "add", "path": "shoeSize", "value": 1}]}, "invalidPath"),
        ({"Operations": [{"op": "add", "path": "emails[", "value": 1}]}, "invalidPath"),
        ({"Operations": [{"op": "add", "path": "title.part", "value": "x"}]}, "invalidPath"),
        ({"Operations": [{"op": "add", "path": 'title[type eq "a"]', "value": "x"}]}, "invalidPath"),
        ({"Operations": [{"op": "add", "path": "name.middle", "value": "x"}]}, "invalidPath"),
        ({"Operations": [{"op": "replace", "path": "id", "value": "x"}]}, "mutability"),
        ({"Operations": [{"op": "remove", "path": "userName"}]}, "mutability"),
        ({"Operations": [{"op": "replace", "path": "active", "value": 1}]}, "invalidValue"),
        ({"Operations": [{"op": "replace", "path": "name", "value": "x"}]}, "invalidValue"),
        ({"Operations": [{"op": "add", "path": "emails[type pr]", "value": "x"}]}, "invalidFilter"),
    ],
)
def test_other_operations_are_refused_by_the_standards_word(body: Any, kind: str) -> None:
    with pytest.raises(ScimProblem) as refused:
        patched(SAID, body)
    assert refused.value.kind == kind


def test_what_fails_half_way_changes_nothing() -> None:
    before = repr(SAID)
    with pytest.raises(ScimProblem):
        change({"op": "replace", "path": "title", "value": "Aide"}, {"op": "add", "path": "shoeSize", "value": 1})
    assert repr(SAID) == before


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_PATHS = st.sampled_from(["active", "emails", "name", "title", 'emails[type eq "work"].value', "name.givenName"])


@given(_VALUES, _PATHS | st.text(max_size=20), st.sampled_from(["add", "replace", "remove"]))
def test_whatever_is_sent_is_done_or_refused(value: Any, path: str, how: str) -> None:
    with suppress(ScimProblem):  # anything else fails
        wanted_of(change({"op": how, "path": path, "value": value}))
    with suppress(ScimProblem):
        wanted_of(change({"op": how, "value": {path: value}}))
    with suppress(ScimProblem):
        read_user({"schemas": [USER], "userName": "a", path: value})


def test_who_is_meant_is_read_from_what_there_is() -> None:
    assert wanted_of(SAID).name == "Rosa Diaz"
    bare = wanted_of({"userName": "rosa@harbor.example.org", "active": False})
    assert (bare.name, bare.email, bare.active) == ("rosa", "rosa@harbor.example.org", False)
    second = {"value": "r@x.org", "type": "work"}
    assert wanted_of({**SAID, "emails": [{"value": "h@x.org", "type": "home"}, second]}).email == "r@x.org"
    with pytest.raises(ScimProblem, match="emails is missing"):
        wanted_of({"userName": "rosa", "active": True})


def test_an_answer_holds_what_was_asked_for() -> None:
    resource = {"schemas": [], "id": "1", "meta": {}, "title": "Lead", "name": {"givenName": "Rosa"}}
    assert narrowed(resource, only=["name.givenName"], but=[]).keys() == {"schemas", "id", "meta", "name"}
    assert narrowed(resource, only=[], but=["TITLE"]).keys() == {"schemas", "id", "meta", "name"}
