"""CSV files that people open in a spreadsheet."""

from typing import TypeVar

T = TypeVar("T")
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def harmless_cell(value: T) -> T | str:
    """Return a value as a cell that is no formula to a spreadsheet: marked as a text where it begins like one."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value
