"""Lists as files for a spreadsheet: CSV and XLSX. No cell of either is ever a formula."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook

from adminops.settings import current_settings
from adminops.web.csv_files import harmless_cell

IN_MEMORY = 4_000_000
SIGN_OF_UTF_8 = "\ufeff"
"""Without it Excel reads a CSV file in the letters of some other century."""

Cell = str | int | float | datetime | None


def csv_file(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> IO[bytes]:
    """Return an open CSV file at its beginning; times are those of the office."""
    zone = ZoneInfo(current_settings().time_zone)
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    writer = csv.writer(_Encoded(file))
    file.write(SIGN_OF_UTF_8.encode())
    writer.writerow([harmless_cell(head) for head in heads])
    writer.writerows([harmless_cell(_csv_cell(cell, zone)) for cell in row] for row in rows)
    file.seek(0)
    return file


class _Encoded:
    """Takes the texts of the csv module and writes them as UTF-8."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write `text`."""
        return self._file.write(text.encode())


def _csv_cell(cell: Cell, zone: ZoneInfo) -> object:
    return cell.astimezone(zone).strftime("%Y-%m-%d %H:%M") if isinstance(cell, datetime) else cell


def xlsx_file(title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> IO[bytes]:
    """Return an open workbook of one sheet at its beginning, with a head that stays and a filter on it."""
    zone = ZoneInfo(current_settings().time_zone)
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    with Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet(title)
        bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.freeze_panes(1, 0)
        for place, head in enumerate(heads):
            sheet.set_column(place, place, max(12, min(60, len(head) + 4)))
            sheet.write_string(0, place, head, bold)
        last = 0
        for last, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(last, place, cell.astimezone(zone).replace(tzinfo=None), moment)
                elif isinstance(cell, int | float):
                    sheet.write_number(last, place, cell)
                elif cell:
                    sheet.write_string(last, place, cell)
        sheet.autofilter(0, 0, last, len(heads) - 1)
    file.seek(0)
    return file
