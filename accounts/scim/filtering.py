"""The filters that providers send (RFC 7644, 3.4.2.2): comparisons by `eq`, joined by `and`. Pure.

A provider looks somebody up before it adds them; it does so by one of a few attributes. Another filter is refused by
the standard's own word, so that nobody takes a list for an answer that it is not.
"""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from accounts.scim.shapes import GROUP, USER, ScimProblem

LONGEST = 1_000
_ONE = re.compile(
    r"""\s*(?P<name>[A-Za-z][\w.$:-]*(?:\[[^\]]*\])?(?:\.\w+)?)   # userName, emails.value, emails[type eq "work"].value
        \s+(?P<how>\w+)
        \s+(?P<value>"(?:[^"\\]|\\.)*"|true|false)\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_AND = re.compile(r"and\b", re.IGNORECASE)
_AMONG = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True)
class Condition:
    """That an attribute, in lower case, has this value."""

    name: str
    value: str | bool


def read_filter(text: str, known: Collection[str]) -> Sequence[Condition]:
    """Return the conditions of a filter over the attributes `known`, in lower case. Raises `ScimProblem`."""
    found: list[Condition] = []
    at = 0
    while len(text) <= LONGEST and (match := _ONE.match(text, at)):
        found.append(_condition(match, known))
        if match.end() == len(text):
            return found
        joined = _AND.match(text, match.end())
        if joined is None:
            break
        at = joined.end()
    raise ScimProblem('A filter compares by eq, such as userName eq "ben@example.org".', "invalidFilter")


def _condition(match: re.Match[str], known: Collection[str]) -> Condition:
    name = match["name"].casefold()
    for schema in (USER, GROUP):
        name = name.removeprefix(f"{schema.casefold()}:")
    name = _AMONG.sub("", name)
    name = name.removesuffix(".value") if name.startswith("emails") else name
    if match["how"].casefold() != "eq" or name not in known:
        raise ScimProblem(f"One can filter by eq on {', '.join(sorted(known))}.", "invalidFilter")
    try:
        value = json.loads(match["value"] if match["value"].startswith('"') else match["value"].casefold())
    except ValueError:
        raise ScimProblem("The value of the filter is no JSON text.", "invalidFilter") from None
    if isinstance(value, str) and not value.isprintable():
        raise ScimProblem("The value of the filter is a text of printable characters.", "invalidFilter")
    if isinstance(value, bool) is not (name == "active"):
        raise ScimProblem(f"{match['name'].partition('[')[0]} is compared with another kind of value.", "invalidFilter")
    return Condition(name, value)
