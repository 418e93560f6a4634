"""Files for spreadsheets: what is in them, and that no cell is a formula."""

import csv
import io
import zipfile
from datetime import UTC, datetime

from adminops.app import AdminOps
from adminops.web.sheets import csv_file, xlsx_file

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


def test_csv_holds_the_cells_with_times_of_the_office(sqlite_app: AdminOps) -> None:
    moment = datetime(2026, 11, 9, 14, 30, tzinfo=UTC)
    with (
        sqlite_app.app_context(),
        csv_file(["A", "=B"], [["José, “x”", moment], [None, 7], *([t] for t in HOSTILE)]) as file,
    ):
        text = file.read().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[:3] == [["A", "'=B"], ["José, “x”", "2026-11-09 09:30"], ["", "7"]]
    assert [row[0][0] for row in rows[3:]] == ["'"] * len(HOSTILE)


def test_xlsx_holds_texts_numbers_and_times_and_no_formula(sqlite_app: AdminOps) -> None:
    moment = datetime(2026, 11, 9, 14, 30, tzinfo=UTC)
    rows = [["José", moment, 7], [None, "", 1.5], *([text, "", 0] for text in HOSTILE)]
    with (
        sqlite_app.app_context(),
        xlsx_file("Tickets", ["A", "B", "C"], rows) as file,
        zipfile.ZipFile(io.BytesIO(file.read())) as book,
    ):
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "José" in sheet
    assert "=1+1" in sheet
    assert "<v>7</v>" in sheet
    assert "<v>46335.3958" in sheet  # half past nine at the office
    assert '<autoFilter ref="A1:C9"/>' in sheet
