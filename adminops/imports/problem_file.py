"""The problems of an import as a CSV file."""

import csv
from collections.abc import Iterable
from typing import IO

from adminops.web.csv_files import harmless_cell

COLUMNS = ("severity", "rule", "file", "line", "column", "value_masked", "text")


def write_problems(problems: Iterable[object], file: IO[str]) -> None:
    """Write `problems` to `file`; no cell of it is a formula to a spreadsheet."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows([harmless_cell(getattr(problem, column)) for column in COLUMNS] for problem in problems)
