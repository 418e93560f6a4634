"""The board pack as files: a PDF to print and to send, a workbook to go on with."""

from collections.abc import Sequence
from importlib.metadata import distribution
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, TextEmphasis, XPos, YPos
from fpdf.fonts import FontFace
from xlsxwriter import Workbook

from tickets.clocks.words import length
from tickets.insights.pack import Pack, Table, Value

IN_MEMORY = 4_000_000
INK, QUIET, PINE, PAPER = (21, 33, 29), (92, 105, 99), (15, 61, 58), (238, 241, 237)
PUBLIC_SANS = "fontpkg_public_sans/files/PublicSans[wght].ttf"
MARGIN = 18
SHEET_NAMES = 31
NONE_WORD = "–"


def said(value: Value, unit: str) -> str:
    """Return a number as people read it."""
    if value is None:
        return NONE_WORD
    if isinstance(value, str):
        return value
    return length(value) if unit == "min" else f"{value:,}{' %' if unit == '%' else ''}"


def title_of(pack: Pack) -> str:
    """Return the title of the pack: its period."""
    return f"{pack.period.first} to {pack.period.last}"


# PDF


class _Paper(FPDF):
    """A4 pages with the house's letters, a head on the first and a foot on every page."""

    def __init__(self, team: str, title: str) -> None:
        super().__init__(format="A4")
        font = distribution("fontpkg-public-sans").locate_file(PUBLIC_SANS)
        self.add_font("Public Sans", "", str(font), variations={"wght": 400.0})
        self.add_font("Public Sans", "B", str(font), variations={"wght": 650.0})
        self.team, self.about = team, title
        self.set_title(f"{team}: board pack, {title}")
        self.set_author(team)
        self.set_lang("en-US")
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, margin=MARGIN + 6)
        self.alias_nb_pages()

    def footer(self) -> None:
        """Say on every page what it is and which page."""
        self.set_y(-MARGIN)
        self.write_in(QUIET, 8)
        self.cell(0, 5, f"{self.team} · board pack, {self.about}")
        self.set_x(MARGIN)
        self.cell(0, 5, f"Page {self.page_no()} of {{nb}}", align="R")

    def write_in(self, colour: tuple[int, int, int], size: float, *, bold: bool = False) -> None:
        """Choose how the next words look."""
        self.set_font("Public Sans", "B" if bold else "", size)
        self.set_text_color(*colour)

    def say(self, text: str, colour: tuple[int, int, int], size: float, *, bold: bool = False) -> None:
        """Write a paragraph."""
        self.write_in(colour, size, bold=bold)
        self.multi_cell(0, size * 0.5, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def lay(self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], last_bold: bool) -> None:
        """Draw a table whose head comes again on every page; numbers stand to the right."""
        self.write_in(INK, 9)
        self.set_draw_color(*QUIET)
        numbers = ("LEFT", *("RIGHT",) * (len(heads) - 1)) if len(widths) > 3 else ("LEFT", "RIGHT", "LEFT")
        head = FontFace(emphasis=TextEmphasis.B, color=INK, fill_color=PAPER)
        lines = TableBordersLayout.HORIZONTAL_LINES
        with self.table(
            headings_style=head,
            borders_layout=lines,
            col_widths=tuple(widths),
            text_align=numbers,
            line_height=4.6,
            padding=1.2,
        ) as drawn:
            drawn.row(heads)
            for place, cells in enumerate(rows):
                bold = last_bold and place == len(rows) - 1
                drawn.row(cells, style=FontFace(emphasis=TextEmphasis.B) if bold else None)


def pdf_file(pack: Pack, *, team: str, made: str) -> IO[bytes]:
    """Return an open PDF at its beginning."""
    paper = _Paper(team, title_of(pack))
    paper.add_page()
    paper.say(f"Board pack of the {team}", PINE, 20, bold=True)
    paper.say(title_of(pack), INK, 13)
    paper.ln(2)
    paper.say(f"Made on {made}. Times are office hours. No number tells of a client or of single people.", QUIET, 9)
    paper.ln(4)
    rows = [(line.label, said(line.value, line.unit), line.meaning) for line in pack.lines]
    paper.lay(("Number", "Value", "What it means"), rows, (48, 26, 100), last_bold=False)
    for table in pack.tables:
        _draw(paper, table)
    return BytesIO(paper.output())


def _draw(paper: _Paper, table: Table) -> None:
    if paper.will_page_break(60):
        paper.add_page()
    paper.ln(7)
    paper.say(table.title, PINE, 13, bold=True)
    paper.say(table.meaning, QUIET, 9)
    paper.ln(2)
    rows = [[str(row[0]), *map(said, row[1:], table.units)] for row in table.rows]
    rest = 120 // len(table.units)
    paper.lay(table.heads, rows, (54, *(rest,) * len(table.units)), last_bold=True)


# Workbook


def xlsx_file(pack: Pack, *, team: str, made: str) -> IO[bytes]:
    """Return an open workbook at its beginning: the numbers with what they mean, then a sheet for each table."""
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    with Workbook(file) as book:
        book.set_properties({"title": f"Board pack, {title_of(pack)}", "author": team})
        about = (f"Board pack of the {team}", f"{title_of(pack)}, made on {made}. Lengths are minutes of office time.")
        lines = [(line.label, line.value, line.unit, line.meaning) for line in pack.lines]
        _fill(book, "Numbers", about, ("Number", "Value", "Unit", "What it means"), lines, (34, 14, 8, 70))
        for table in pack.tables:
            units = zip(table.heads[1:], table.units, strict=True)
            heads = (table.heads[0], *(f"{head}, {unit}" if unit else head for head, unit in units))
            wide = (44, *(max(12, len(head) + 2) for head in heads[1:]))
            _fill(book, table.title[:SHEET_NAMES], (table.title, table.meaning), heads, table.rows, wide)
    file.seek(0)
    return file


def _fill(
    book: Workbook,
    name: str,
    about: tuple[str, str],
    heads: Sequence[str],
    rows: Sequence[Sequence[Value]],
    widths: Sequence[int],
) -> None:
    sheet, bold = book.add_worksheet(name), book.add_format({"bold": True})
    title = book.add_format({"bold": True, "font_size": 14})
    sheet.write_string(0, 0, about[0], title)
    sheet.write_string(1, 0, about[1])
    for place, (head, width) in enumerate(zip(heads, widths, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(3, place, head, bold)
    sheet.freeze_panes(4, 1)
    for line, row in enumerate(rows, 4):
        for place, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(line, place, cell)
            else:
                sheet.write_string(line, place, NONE_WORD if cell is None else cell)
