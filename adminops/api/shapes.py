"""The shapes of what programs send: JSON Schema that checks the very request whose document it stands in.

Only the few words of JSON Schema that are made here are understood; a test holds `check` against a full validator.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from adminops.web.forms import typed

Shape = dict[str, Any]

KEY = 2**31 - 1
_NAMES = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list, "null": type(None)}
_A = {
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def text(what: str, *, least: int = 0, most: int = 200) -> Shape:
    """Return the shape of a text."""
    return {"type": "string", "minLength": least, "maxLength": most, "description": what}


def number(what: str, *, least: int = 1, most: int = KEY) -> Shape:
    """Return the shape of a whole number: of a row, unless the limits say something else."""
    return {"type": "integer", "minimum": least, "maximum": most, "description": what}


def truth(what: str) -> Shape:
    """Return the shape of true or false."""
    return {"type": "boolean", "description": what}


def word(what: str, words: Iterable[str]) -> Shape:
    """Return the shape of one of some words."""
    return {"type": "string", "enum": [str(each) for each in words], "description": what}


def moment(what: str) -> Shape:
    """Return the shape of a time; `read_moment` reads what was sent."""
    return {"type": "string", "format": "date-time", "description": what}


def day(what: str) -> Shape:
    """Return the shape of a day; `date.fromisoformat` reads what was sent."""
    return {"type": "string", "format": "date", "description": what}


def several(shape: Shape, what: str, *, most: int | None = None) -> Shape:
    """Return the shape of a list."""
    return {"type": "array", "items": shape, "description": what} | ({} if most is None else {"maxItems": most})


def record(what: str, fields: Mapping[str, Shape], *, optional: Iterable[str] = ()) -> Shape:
    """Return the shape of an object with these fields and no other."""
    left_out = set(optional)
    return {
        "type": "object",
        "properties": dict(fields),
        "required": [name for name in fields if name not in left_out],
        "additionalProperties": False,
        "description": what,
    }


def table(shape: Shape, what: str) -> Shape:
    """Return the shape of an object whose fields are named elsewhere."""
    return {"type": "object", "additionalProperties": shape, "description": what}


def either(*shapes: Shape, what: str) -> Shape:
    """Return a shape that one of these has to fit."""
    return {"anyOf": list(shapes), "description": what}


def or_null(shape: Shape) -> Shape:
    """Return the shape of the same, or nothing."""
    return either(shape, {"type": "null"}, what=shape["description"])


def check(shape: Shape, value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Yield what is wrong with `value`: where (`answers.agency`), and a sentence that holds nothing of it."""
    if "anyOf" in shape:
        if all(next(check(each, value, at), None) for each in shape["anyOf"]):
            yield at, f"This has to be {_said(shape)}."
    elif not _is(value, shape["type"]):
        yield at, f"This has to be {_A[shape['type']]}."
    elif shape["type"] == "object":
        yield from _check_object(shape, value, at)
    elif shape["type"] == "array":
        if len(value) > shape.get("maxItems", len(value)):
            yield at, f"There may be at most {shape['maxItems']} of these."
        for place, each in enumerate(value):
            yield from check(shape["items"], each, f"{at}.{place}")
    else:
        yield from _check_plain(shape, value, at)


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if isinstance(value, float) and value.is_integer():  # JSON knows no other numbers than these
        return name == "integer"
    return isinstance(value, _NAMES[name])


def _said(shape: Shape) -> str:
    return " or ".join(dict.fromkeys(_said(each) if "anyOf" in each else _A[each["type"]] for each in shape["anyOf"]))


def _check_object(shape: Shape, value: dict[str, Any], at: str) -> Iterator[tuple[str, str]]:
    fields, others = shape.get("properties", {}), shape["additionalProperties"]
    for name in shape.get("required", ()):
        if name not in value:
            yield _in(at, name), "This is missing."
    for name, each in value.items():
        if name in fields:
            yield from check(fields[name], each, _in(at, name))
        elif others:
            yield from check(others, each, at)
        else:
            yield at, f"Only these fields are known: {', '.join(fields)}."


def _check_plain(shape: Shape, value: Any, at: str) -> Iterator[tuple[str, str]]:
    if "enum" in shape and value not in shape["enum"]:
        yield at, f"This has to be one of: {', '.join(shape['enum'])}."
    elif shape["type"] == "string" and "enum" not in shape:
        if not shape.get("minLength", 0) <= len(value) <= shape.get("maxLength", len(value)):
            yield at, f"This has to have {shape.get('minLength', 0)} to {shape['maxLength']} letters."
        elif not is_storable(value):
            yield at, "This holds characters that can't be stored."
        elif "format" in shape and not _fits(shape["format"], value):
            yield at, _LIKE[shape["format"]]
    elif shape["type"] == "integer" and not shape["minimum"] <= value <= shape["maximum"]:
        yield at, f"This has to be a number from {shape['minimum']} to {shape['maximum']}."


_WRITTEN = {
    "date": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE),
}
_LIKE = {
    "date": "This has to be a day, like 2026-01-31.",
    "date-time": "This has to be a time with its zone, like 2026-01-31T09:30:00Z.",
}


def _fits(form: str, value: str) -> bool:
    """Say whether a text is a day or a time as RFC 3339 writes them; other formats are for the reader alone."""
    if form not in _WRITTEN:
        return True
    read = date.fromisoformat if form == "date" else read_moment
    try:
        read(value)
    except (ValueError, OverflowError):
        return False
    return _WRITTEN[form].fullmatch(value) is not None


def read_moment(value: str) -> datetime:
    """Return a time that has the shape of one."""
    return datetime.fromisoformat(value.upper()).astimezone(UTC)


def is_storable(value: str) -> bool:
    """Say whether both databases can keep a text: no NUL, and no half of a character."""
    return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def cleaned(value: Any) -> Any:
    """Return what was sent with its texts as forms take them, without signs that nobody types. A zero is refused."""
    if isinstance(value, str):
        return "\x00".join(map(typed, value.split("\x00")))
    if isinstance(value, list):
        return [cleaned(each) for each in value]
    return {name: cleaned(each) for name, each in value.items()} if isinstance(value, dict) else value


def _in(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def read_query_value(shape: Shape, value: str) -> Any:
    """Return a value of an address as its shape means it, or itself when it can't be one."""
    if shape["type"] == "integer":
        try:
            read = json.loads(value)
        except ValueError:
            return value
        return read if isinstance(read, int) else value
    return value
