"""What every form does to what is typed into it."""

import pytest

from adminops.web.forms import trimmed


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
