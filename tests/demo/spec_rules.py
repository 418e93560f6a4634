"""An independent reader of the specification's rules: says in sentences what is wrong with a row of an export.

It reads the JSON itself and shares nothing with the code under test, so that both would have to be wrong alike.
"""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import adminops

FOLDER = Path(adminops.__file__).parent / "hmis" / "spec"
SPEC: dict[str, Any] = json.loads((FOLDER / "fy2026.json").read_text(encoding="utf-8"))
COC_CODES = json.loads((FOLDER / "coc_codes.json").read_text(encoding="utf-8"))["codes"]
FILES = {file["name"]: file for file in SPEC["files"]}
LISTS = SPEC["lists"]
RACES = list(SPEC["multi_select"]["race"]["columns"])
PATTERNS = {"email": r"^[^@\s]+@[^@\s]+\.example\.org$"}
TYPES = {
    "int": re.compile(r"-?\d+"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "datetime": re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
    "money": re.compile(r"\d+\.\d\d"),
}
TOKEN = re.compile(r"\(|\)|[\w.]+(?:!=|=)[\w.]+|\w+(?:\.\w+)? in \([^)]*\)|\w+ not null|and\b|or\b")


def wrong_with(file: str, row: dict[str, str], others: dict[str, dict[str, str]]) -> Iterator[str]:
    """Yield what breaks the rules of a file; `others` lends Project and Export rows that a rule looks at."""
    for column in FILES[file]["columns"]:
        value = row[column["name"]]
        for complaint in wrong_value(column, value, row, others):
            yield f"{file}.{column['name']} = {value!r}: {complaint}"


def wrong_value(
    column: dict[str, Any], value: str, row: dict[str, str], others: dict[str, dict[str, str]]
) -> Iterator[str]:
    if value == "":
        if not column["null"]:
            yield "blank where it must be filled"
        if "required_if" in column and holds(column["required_if"], row, others):
            yield f"blank although {column['required_if']}"
        return
    if "only_if" in column and not holds(column["only_if"], row, others):
        yield f"filled although not {column['only_if']}"
    codes = allowed_codes(column, row, others)
    if codes is not None and value not in codes:
        yield "not in its list"
    yield from wrong_shape(column, value)


def wrong_shape(column: dict[str, Any], value: str) -> Iterator[str]:
    if column["type"] in TYPES and not well_formed(column["type"], value):
        yield f"no {column['type']}"
    if len(value) > column.get("max", 10**6):
        yield f"longer than {column['max']}"
    if "pattern" in column and not re.search(PATTERNS.get(column["pattern"], column["pattern"]), value):
        yield f"does not look like {column['pattern']}"


def well_formed(kind: str, value: str) -> bool:
    if not TYPES[kind].fullmatch(value):
        return False
    if kind == "date":
        return bool(date.fromisoformat(value))
    return kind != "datetime" or bool(datetime.fromisoformat(value))


def allowed_codes(column: dict[str, Any], row: dict[str, str], others: dict[str, dict[str, str]]) -> set[str] | None:
    """The codes that a column may hold in this row, None when it has no list."""
    if column.get("list_file") == "coc_codes.json":
        return set(COC_CODES)
    for rule, codes in column.get("codes_by", {}).items():
        if holds(rule, row, others):
            return set(map(str, codes))
    for rule, number in column.get("list_by", {}).items():
        if holds(rule, row, others):
            return set(LISTS[number]["codes"])
    if "list" not in column:
        return None
    chosen = LISTS[column["list"]]
    return set(map(str, chosen["uses"][column["use"]])) if "use" in column else set(chosen["codes"])


def holds(rule: str, row: dict[str, str], others: dict[str, dict[str, str]]) -> bool:
    """Work out a rule of the specification such as "A=1 and (B in (2,3) or C not null)"."""
    if rule == "every race column in (0,99)":
        return all(row[race] in ("0", "99") for race in RACES)
    tokens = TOKEN.findall(rule)
    assert "".join(tokens).replace(" ", "") == rule.replace(" ", ""), f"This rule is not understood: {rule}"
    value, rest = alternatives(tokens, row, others)
    assert not rest, f"This rule is not understood: {rule}"
    return value


def alternatives(tokens: list[str], row: dict[str, str], others: dict[str, Any]) -> tuple[bool, list[str]]:
    value, rest = conjunction(tokens, row, others)
    while rest and rest[0] == "or":
        more, rest = conjunction(rest[1:], row, others)
        value = value or more
    return value, rest


def conjunction(tokens: list[str], row: dict[str, str], others: dict[str, Any]) -> tuple[bool, list[str]]:
    value, rest = atom(tokens, row, others)
    while rest and rest[0] == "and":
        more, rest = atom(rest[1:], row, others)
        value = value and more
    return value, rest


def atom(tokens: list[str], row: dict[str, str], others: dict[str, Any]) -> tuple[bool, list[str]]:
    if tokens[0] == "(":
        value, rest = alternatives(tokens[1:], row, others)
        assert rest[0] == ")"
        return value, rest[1:]
    return condition(tokens[0], row, others), tokens[1:]


def condition(text: str, row: dict[str, str], others: dict[str, dict[str, str]]) -> bool:
    def of(name: str) -> str:
        file, dot, column = name.partition(".")
        return others[file][column] if dot else row[name]

    if text.endswith(" not null"):
        return of(text.removesuffix(" not null")) != ""
    if " in (" in text:
        name, _, codes = text.partition(" in (")
        return of(name) in codes.rstrip(")").replace(" ", "").split(",")
    if "!=" in text:
        name, _, code = text.partition("!=")
        return of(name) != code
    name, _, code = text.partition("=")
    return of(name) == code
