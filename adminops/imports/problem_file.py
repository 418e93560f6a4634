"""The problems of an import as a CSV file."""

import csv
from collections.abc import Iterable
from typing import IO

COLUMNS = ("severity", "rule", "file", "line", "column", "value_masked", "text")
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def write_problems(problems: Iterable[object], file: IO[str]) -> None:
    """Write `problems` to `file`; no cell of it is a formula to a spreadsheet."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows([_harmless(getattr(problem, column)) for column in COLUMNS] for problem in problems)


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value
