"""What the field macros need to know of a WTForms field: what kind of control it is, and its attributes.

The kind is read off the widget, not off the class of the field: a feature's own field (a trimmed string, a
client id) then looks like what it draws. In templates: `field_kind(f)` and `field_attributes(f, …)`.

`drawn` is how every form draws its controls: the same HTML as the widgets', in a fifth of the time, for the page of a
ticket has a hundred attributes and options.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from markupsafe import Markup, escape
from wtforms import Field, FieldList, FormField
from wtforms.fields.choices import Choice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.widgets import CheckboxInput, FileInput, HiddenInput, Input, ListWidget, PasswordInput, Select, TextArea
from wtforms.widgets.core import clean_key  # type: ignore[attr-defined]  # left out of its stubs

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


def drawn(field: Field, given: Mapping[str, object]) -> Markup:
    """Return a control with the attributes that the form and then the page give it."""
    attrs = {clean_key(name): value for name, value in {**(field.render_kw or {}), **given}.items()}
    widget: Any = field.widget
    draw = _DRAWN.get(type(widget).__call__)
    if draw is None or getattr(field, "_datalist", None) is not None:
        by_widget: Markup = widget(field, **attrs)
        return by_widget
    known: dict[str, object] = {"id": field.id, "name": field.name}
    for name in widget.validation_attrs:
        if (flag := getattr(field.flags, name)) is not None:
            known[name] = flag() if callable(flag) else flag
    return Markup(draw(field, known | attrs))  # noqa: S704 - escaped by who draws


def _input(field: Any, attrs: Mapping[str, object]) -> str:
    value = field._value() if "value" not in attrs else ""  # noqa: SLF001 - what widgets ask for
    return f"<input {_written({'type': field.widget.input_type, 'value': value, **attrs})}>"


def _text_area(field: Any, attrs: Mapping[str, object]) -> str:
    return f"<textarea {_written(attrs)}>\r\n{escape(field._value())}</textarea>"  # noqa: SLF001


def _select(field: Any, attrs: Mapping[str, object]) -> str:
    if field.widget.multiple or field.has_groups():
        return str(field.widget(field, **{name: value for name, value in attrs.items() if name != "name"}))
    options = "".join(map(_option, field._iter_choices_normalized()))  # noqa: SLF001
    return f"<select {_written(attrs)}>{options}</select>"


def _option(choice: Choice) -> str:
    value = str(choice.value) if isinstance(choice.value, bool) else choice.value
    attrs = {"value": value, **(choice.render_kw or {})} | ({"selected": True} if choice.selected else {})
    return f"<option {_written(attrs)}>{escape(choice.label or choice.value)}</option>"


def _written(attrs: Mapping[str, object]) -> str:
    """Return attributes in the order of their names, as widgets have them; a true one is its name alone."""
    written = []
    for name, value in sorted(attrs.items()):
        if value is True:
            written.append(name)
        elif value is not False:
            quoted = str(escape(value)).replace('"', "&quot;")  # Markup comes with its own
            written.append(f'{name}="{quoted}"')
    return " ".join(written)


_DRAWN: Mapping[object, Callable[[Any, Mapping[str, object]], str]] = {
    Input.__call__: _input,
    TextArea.__call__: _text_area,
    Select.__call__: _select,
}
"""Who draws what a widget of the library draws; one that draws by itself goes on doing so."""
