"""What every form does to what is typed into it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from markupsafe import Markup
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    Field,
    FileField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length

from adminops.web.forms import Form, choices, trimmed


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Report stops \r\n", "Report stops"),
        ("one\ttab\r\ntwo lines", "one\ttab\r\ntwo lines"),
        ("a\x00b\x07c\x1b[31md\x7fe\x9bf\u202eg", "abc[31mdefg"),
        ("219\x0b45\x1c0817\x0c", "219 45 0817"),
        ("Peña, Müller, 王 😀", "Peña, Müller, 王 😀"),
        (None, None),
    ],
)
def test_signs_that_nobody_types_are_left_out_and_all_others_stay(typed: str | None, kept: str | None) -> None:
    assert trimmed(typed) == kept


LETTERS = choices([("a", "A <b>"), ("b", 'B "quoted"'), ("", "")])


class EveryField(Form):
    """A field of every kind."""

    text = StringField(
        "Text", [InputRequired(), Length(2, 40)], default='"<&', render_kw={"class_": "wide", "data_x": 1}
    )
    long = TextAreaField("Long", [Length(max=9)], default="</textarea>&\n")
    day = DateField("Day")
    number = DecimalField("Number", default=Decimal(1))
    hidden = HiddenField("Hidden", default="<")
    secret = PasswordField("Secret")
    file = FileField("File")
    yes = BooleanField("Yes", default=True)
    one = SelectField("One", [InputRequired()], choices=LETTERS, default="b")
    grouped = SelectField("Grouped", choices=[SelectChoice("a", "A", optgroup="Some")])
    many = SelectMultipleField("Many", choices=LETTERS, default=["a"])
    radio = RadioField("Radio", choices=LETTERS)


GIVEN: list[dict[str, Any]] = [
    {},
    {"class": "input", "aria_describedby": "hint", "required": False, "autofocus": True, "hx-vals": '{"a": 1}'},
    {"id": "another", "placeholder": Markup('&lt;"'), "rows": 4, "maxlength": None},
]


@pytest.mark.parametrize(("day", "is_meant"), [("1900-01-01", True), ("2199-12-31", True), ("0001-01-01", False)])
def test_days_of_years_that_nobody_means_are_refused(app: Flask, day: str, is_meant: bool) -> None:
    class OneDay(Form):
        day = DateField("Day")

    with app.test_request_context():
        form = OneDay(data={"day": date.fromisoformat(day)})
        form.validate()
    assert form.day.errors == ([] if is_meant else ["Enter a day between 1900 and 2199."])


def test_controls_are_drawn_as_their_widgets_draw_them(app: Flask) -> None:
    with app.test_request_context():
        form = EveryField()
        fields: list[Field] = [*form, *form.radio]
        for field in fields:
            for given in GIVEN:
                attrs = {("class" if name == "class_" else name): value for name, value in given.items()}
                assert field(**given) == super(Form.Meta, form.meta).render_field(field, attrs), (field.name, given)
