"""What the field macros need to know of a WTForms field: what kind of control it is, and its attributes.

The kind is read off the widget, not off the class of the field: a feature's own field (a trimmed string, a
client id) then looks like what it draws. In templates: `field_kind(f)` and `field_attributes(f, …)`.
"""

from collections.abc import Mapping
from typing import Literal

from wtforms import Field, FieldList, FormField
from wtforms.widgets import CheckboxInput, FileInput, HiddenInput, ListWidget, PasswordInput, Select, TextArea

Kind = Literal["hidden", "check", "choices", "select", "textarea", "file", "password", "form", "list", "input"]

_KINDS: tuple[tuple[type[object], Kind], ...] = (
    (HiddenInput, "hidden"),
    (CheckboxInput, "check"),
    (ListWidget, "choices"),
    (Select, "select"),
    (TextArea, "textarea"),
    (FileInput, "file"),
    (PasswordInput, "password"),
)


def kind(field: Field) -> Kind:
    """Return which macro draws a field."""
    if isinstance(field, FormField):
        return "form"
    if isinstance(field, FieldList):
        return "list"
    return next((name for widget, name in _KINDS if isinstance(field.widget, widget)), "input")


def attributes(
    field: Field, hint: str | None, extra: Mapping[str, object], *, short: bool = False
) -> dict[str, object]:
    """Return the attributes of a control: class, and what ties its hint and its error to it.

    `extra` wins over what the form says in `render_kw`, except that classes are added up.
    """
    given = {**(field.render_kw or {}), **extra}
    classes = ["input", "input-short" if short else "", str(given.pop("class", "") or given.pop("class_", ""))]
    described = [f"{field.id}-hint" if hint else "", f"{field.id}-error" if field.errors else ""]
    attrs: dict[str, object] = dict(given)
    if kind(field) not in ("check", "choices"):
        attrs["class"] = " ".join(filter(None, classes))
    if any(described):
        attrs["aria-describedby"] = " ".join(filter(None, described))
    if field.errors:
        attrs["aria-invalid"] = "true"
    return attrs
