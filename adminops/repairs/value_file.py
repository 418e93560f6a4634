"""What a rule changes, as a CSV file."""

import csv
from collections.abc import Iterable
from typing import IO

from adminops.repairs.queries import RepairRow
from adminops.web.csv_files import harmless_cell

COLUMNS = ("rule", "file", "hud_key", "column", "received", "value", "follows", "made_at")


def write_values(rows: Iterable[RepairRow], file: IO[str]) -> None:
    """Write `rows` to `file`; no cell of it is a formula to a spreadsheet. The column * is the whole row, left out."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in rows:
        values = (*(getattr(row, column) for column in COLUMNS[:-1]), row.made_at.isoformat(timespec="seconds"))
        writer.writerow([harmless_cell(value) for value in values])
