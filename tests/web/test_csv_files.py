"""Cells of CSV files that people open in a spreadsheet."""

import pytest

from adminops.web.csv_files import harmless_cell


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_calculate_is_marked_as_a_text(value: str) -> None:
    assert harmless_cell(value) == f"'{value}"


@pytest.mark.parametrize("value", ["", "a=1", "48213", -1, None])
def test_all_else_stays_as_it_is(value: object) -> None:
    assert harmless_cell(value) == value
