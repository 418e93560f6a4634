"""The form of a request type as JSON Schema: what `answers` of a request may hold."""

from collections.abc import Iterable, Sequence
from typing import Any

from wtforms import BooleanField, DateField, Field, IntegerField, SelectField, SelectMultipleField
from wtforms.validators import Length, NumberRange

from adminops.api.shapes import Shape


def schema_of(fields: Sequence[Field]) -> Shape:
    """Return the schema of an object with these fields."""
    return {
        "type": "object",
        "properties": {field.name: _schema(field) for field in fields},
        "required": [field.name for field in fields if field.flags.required],
        "additionalProperties": False,
    }


def _schema(field: Field) -> Shape:
    said: dict[str, Any] = {"title": str(field.label.text), "description": str(field.description or "")}
    match field:
        case BooleanField():
            return {"type": "boolean", **said}
        case SelectMultipleField():
            return {"type": "array", "items": {"type": "string", "enum": _values(field)}, **said}
        case SelectField():
            return {"type": "string", "enum": _values(field), **said}
        case DateField():
            return {"type": "string", "format": "date", **said}
        case IntegerField():
            return {"type": "integer", **_limits(field), **said}
    return {"type": "string", **_limits(field), **said}


def _values(field: SelectField) -> list[str]:
    return [str(option.data) for option in field]


def _limits(field: Field) -> dict[str, int]:
    """Return what the validators ask for that JSON Schema can say, too."""
    found: dict[str, int] = {}
    validators: Iterable[Any] = field.validators
    for each in validators:
        if isinstance(each, Length):
            found |= {name: size for name, size in (("minLength", each.min), ("maxLength", each.max)) if size > 0}
        elif isinstance(each, NumberRange):
            limits = (("minimum", each.min), ("maximum", each.max))
            found |= {name: int(size) for name, size in limits if size is not None}
    return found
