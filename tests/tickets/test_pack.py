"""The board pack: the same numbers as the page, few cases left out, and files that open again."""

import re
import zipfile
from datetime import date, timedelta
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from adminops import clock
from adminops.errors import NotAllowed
from adminops.identity.permissions import Role
from tests.browsing import Desk, Visitor
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_ticket
from tickets import operations
from tickets.insights.models import By
from tickets.insights.pack import SMALL, TOGETHER, board_pack
from tickets.insights.pack_files import said
from tickets.insights.periods import Period
from tickets.insights.queries import report
from tickets.insights.tallies import FEW
from tickets.models import Then

NAMES: dict[By, dict[str, str]] = {by: {} for by in By}
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def month() -> Period:
    """Return the last thirty days."""
    today = clock.today("America/New_York")
    return Period(today - timedelta(days=29), today)


@pytest.mark.usefixtures("session")
def test_pack_says_what_the_report_says() -> None:
    helper = make_helper()
    for number in range(FEW + 1):
        ticket = make_ticket(agency=None)
        if number % 2:
            operations.reply(ticket, body="Here it is.", then=Then.RESOLVE, by=helper)
    pack, shown = board_pack(month(), NAMES, helper), report(month(), By.TYPE, helper)
    told = {line.label: line.value for line in pack.lines}
    tally = shown.over_all.tally
    assert told["Requests opened"] == tally.opened == FEW + 1
    assert told["Requests resolved"] == tally.resolved == 3
    assert told["Open at the end"] == shown.over_all.backlog == 3
    assert told["First reply in time"] == tally.reply_share == 100
    assert (told["Content"], told["Vendor cases open"], told["Programs set up"]) == (None, 0, 0)
    assert [table.rows[-1][1] for table in pack.tables if table.title.startswith("How many")] == [FEW + 1] * 3


@pytest.mark.usefixtures("session")
def test_agencies_with_few_requests_stand_together() -> None:
    helper, sizes = make_helper(), {"Harbor": 9, "Inlet": 6, "Cove": 1}
    names = {}
    for name, size in sizes.items():
        user = make_user(agency=make_agency(name=name))
        names[str(user.agency_id)] = name
        for _ in range(size):
            make_ticket(user)
    pack = board_pack(month(), {**NAMES, By.AGENCY: names}, helper)
    many, well = (table for table in pack.tables if table.heads[0] == "Agency")
    assert [row[:2] for row in many.rows] == [("Harbor", 9), (TOGETHER, 7), ("All", 16)]
    assert "Cove" not in str(pack)
    assert many.rows[0][2] == 0
    assert well.rows[0][1:] == (None,) * 7
    for ticket_number in range(2):
        operations.resolve(make_ticket(user, subject=str(ticket_number)), by=helper)
    again = board_pack(month(), {**NAMES, By.AGENCY: names}, helper)
    assert next(table for table in again.tables if table.heads[0] == "Agency").rows[1][2] == SMALL
    with pytest.raises(NotAllowed):
        board_pack(month(), NAMES, make_user(Role.AGENCY_LEAD))


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [(None, "%", "–"), (1234, "", "1,234"), (91, "%", "91 %"), (125, "min", "2 h 05"), (SMALL, "", SMALL)],
)
def test_numbers_are_said_as_people_read_them(value: int | str | None, unit: str, words: str) -> None:
    assert said(value, unit) == words


def test_both_files_open_again_and_say_what_the_page_says(desk: Desk) -> None:
    with desk.work():
        helper, board, lead = make_helper(), make_user(Role.VIEWER), make_user(Role.AGENCY_LEAD)
        user = make_user(agency=make_agency(name="Łódź Shelter =1+1"))
        for _ in range(FEW + 1):
            ticket = make_ticket(user, subject="Printer is cut off")
        operations.resolve(ticket, by=helper)
    visitor = desk.signed_in(board)
    page = visitor.get("/insights?period=30d")
    pdf = PdfReader(BytesIO(visitor.get(page.link("Board pack as PDF")).body))
    words = " ".join(" ".join(sheet.extract_text() for sheet in pdf.pages).split())
    sheets = sheets_of(visitor, page.link("Board pack as XLSX"))
    numbers = {row[0]: row[1] for row in sheets[0][4:]}
    for label, tile in (("Requests opened", "Opened"), ("Requests resolved", "Resolved"), ("Open at the end",) * 2):
        number = re.search(rf"{tile} (\d+) ", page.words)
        assert number is not None
        assert f"{label} {number[1]} " in words
        assert numbers[label] == number[1]
    assert f"Page 1 of {len(pdf.pages)}" in words
    assert pdf.metadata is not None
    assert "board pack" in str(pdf.metadata.title)
    for text in ("Łódź Shelter =1+1", "What it means", "How long and how well, by agency"):
        assert text in words, text
    assert any("Łódź Shelter =1+1" in row for sheet in sheets for row in sheet)
    for text in ("Printer", user.name, helper.name):
        assert text not in words
        assert text not in str(sheets)
    visitor.get("/insights/board-pack.doc", status=404)
    visitor.get("/insights/board-pack.pdf?from=x&until=y", status=404)
    other = desk.signed_in(lead)
    assert not other.get("/insights").says("Board pack")
    other.get("/insights/board-pack.pdf", status=403)
    quiet = PdfReader(BytesIO(visitor.get(f"/insights/board-pack.pdf?{nothing()}").body))
    assert "Requests opened 0" in quiet.pages[0].extract_text()


def nothing() -> str:
    """Return an address of days in which nothing happened."""
    return f"from={date(2020, 1, 1)}&until={date(2020, 1, 31)}"


def sheets_of(visitor: Visitor, url: str) -> list[list[list[str]]]:
    """Return the cells of a workbook, sheet by sheet."""
    with zipfile.ZipFile(BytesIO(visitor.get(url).body)) as book:
        shared = ET.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314 - written by this app just now
        texts = ["".join(part.itertext()) for part in shared]
        names = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/sheet"))
        return [rows_of(ET.fromstring(book.read(name)), texts) for name in names]  # noqa: S314


def rows_of(sheet: ET.Element, texts: list[str]) -> list[list[str]]:
    """Return the cells of a sheet; an empty row where there is none."""
    found: dict[int, list[str]] = {}
    for row in sheet.iter(f"{SHEET}row"):
        cells = []
        for cell in row:
            assert cell.find(f"{SHEET}f") is None, "a formula"
            value = cell.findtext(f"{SHEET}v") or ""
            cells.append(texts[int(value)] if cell.get("t") == "s" else value)
        found[int(row.get("r", "0"))] = cells
    return [found.get(number, []) for number in range(1, max(found) + 1)]
