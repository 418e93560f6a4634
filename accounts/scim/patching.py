"""PATCH (RFC 7644, 3.5.2) on what a provider said of a person, with the shapes that real providers send. Pure.

Beyond the standard: operations in any case ("Replace"), truth as words ("False"), an object without a path whose names
are paths ("name.givenName"), and a chosen address that is not there yet (`emails[type eq "work"].value`), which is
added.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from accounts.scim.filtering import read_filter
from accounts.scim.shapes import (
    EMAIL_PARTS,
    ENTERPRISE,
    NAME_PARTS,
    PASSED_OVER,
    READ_ONLY,
    TEXTS,
    USER,
    Said,
    ScimProblem,
    attribute,
    read_emails,
    read_name,
    read_text,
    read_truth,
    read_user,
)

MOST = 100
_PATH = re.compile(r"(?P<name>\w+)(?:\[(?P<among>[^\]]*)\])?(?:\.(?P<part>\w+))?")


def patched(said: Said, body: object) -> Said:
    """Return what a person is after the operations of `body`, all or none. Raises `ScimProblem`."""
    sent = {str(name).casefold(): value for name, value in body.items()} if isinstance(body, Mapping) else {}
    operations = sent.get("operations")
    if not isinstance(operations, list) or not 0 < len(operations) <= MOST:
        raise ScimProblem(f"Send 1 to {MOST} Operations.", "invalidSyntax")
    wanted = deepcopy(said)
    for each in operations:
        _operate(wanted, each)
    return read_user({**wanted, "schemas": [USER]}, is_whole=False)


def _operate(said: Said, operation: object) -> None:
    if not isinstance(operation, Mapping):
        raise ScimProblem("Each operation is an object.", "invalidSyntax")
    sent = {str(name).casefold(): value for name, value in operation.items()}
    how, path, value = str(sent.get("op", "")).casefold(), sent.get("path"), sent.get("value")
    if how not in ("add", "replace", "remove"):
        raise ScimProblem("An operation is add, replace or remove.", "invalidSyntax")
    if isinstance(path, str) and path.strip():
        _at(said, how, path.strip(), value)
    elif how == "remove":
        raise ScimProblem("A removal names what is removed by its path.", "noTarget")
    elif not isinstance(value, Mapping):
        raise ScimProblem("Without a path the value is an object.", "invalidSyntax")
    else:
        for name, each in value.items():
            _at(said, how, str(name), each)


def _at(said: Said, how: str, path: str, value: Any) -> None:
    plain = path[len(USER) + 1 :] if path.casefold().startswith(f"{USER}:".casefold()) else path
    if plain.casefold().startswith(ENTERPRISE.casefold()):
        return
    match = _PATH.fullmatch(plain)
    name = attribute(match["name"]) if match else None
    if match is None or name is None:
        raise ScimProblem("There is no such attribute.", "invalidPath")
    if name in READ_ONLY:
        if name == "schemas":
            return
        raise ScimProblem(f"{name} is given here and can't be changed.", "mutability")
    if name not in PASSED_OVER:
        _change(said, how, name, match["among"], match["part"], value)


def _change(said: Said, how: str, name: str, among: str | None, part: str | None, value: Any) -> None:
    if name == "emails":
        said["emails"] = _emails(said.get("emails", []), how, among, _part(part, EMAIL_PARTS), value)
    elif among is not None:
        raise ScimProblem(f"{name} has one value: nothing is chosen among them.", "invalidPath")
    elif name == "name":
        said["name"] = _name(said.get("name", {}), how, _part(part, NAME_PARTS), value)
    elif part is not None:
        raise ScimProblem(f"{name} has no parts.", "invalidPath")
    elif how == "remove" or value is None:
        if name == "userName":
            raise ScimProblem("userName can't be removed.", "mutability")
        said.pop(name, None)
    else:
        said[name] = read_text(name, value) if name in TEXTS else read_truth(name, value)


def _part(part: str | None, known: tuple[str, ...]) -> str | None:
    if part is None:
        return None
    found = next((each for each in known if each.casefold() == part.casefold()), None)
    if found is None:
        raise ScimProblem("There is no such part.", "invalidPath")
    return found


def _name(before: Mapping[str, str], how: str, part: str | None, value: Any) -> dict[str, str]:
    if how == "remove" or value is None:
        return {each: text for each, text in before.items() if part is not None and each != part}
    return {**before, **read_name({part: value} if part else value)}


def _emails(
    before: list[dict[str, Any]], how: str, among: str | None, part: str | None, value: Any
) -> list[dict[str, Any]]:
    if among is None and part is None:
        if how == "remove":
            return []
        fresh = read_emails(value)
        return _with_one_first(fresh if how == "replace" else _added(before, fresh), fresh)
    asked = {} if among is None else {each.name: each.value for each in read_filter(among, _AMONG)}
    chosen = [email for email in before if all(email.get(name) == wanted for name, wanted in asked.items())]
    if how == "remove" or value is None:
        return _without(before, chosen, part)
    if not chosen:
        chosen = [dict(asked)]
        before = [*before, *chosen]
    for email in chosen:
        email.update(_said_of_one(part, value))
    return _with_one_first([email for email in before if email.get("value")], chosen)


_AMONG = ("type", "value")


def _said_of_one(part: str | None, value: Any) -> dict[str, Any]:
    if part is None:
        read = read_emails(value)
        if len(read) > 1:
            raise ScimProblem("One address is chosen there, and several were sent.")
        return read[0] if read else {}
    return {part: read_truth("emails.primary", value) if part == "primary" else read_text(f"emails.{part}", value)}


def _added(before: list[dict[str, Any]], fresh: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {email["value"].casefold() for email in fresh}
    return [*(email for email in before if email["value"].casefold() not in known), *fresh]


def _without(before: list[dict[str, Any]], chosen: list[dict[str, Any]], part: str | None) -> list[dict[str, Any]]:
    if part in (None, "value"):
        return [email for email in before if email not in chosen]
    for email in chosen:
        email.pop(part, None)
    return before


def _with_one_first(emails: list[dict[str, Any]], fresh: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the addresses with no other first one than that which was just made it."""
    if any(email.get("primary") for email in fresh):
        for email in emails:
            if email.get("primary") and email not in fresh:
                email["primary"] = False
    return emails
