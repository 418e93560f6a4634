"""Reading the cells of a workbook as lines of text: what a person would see in them, not how they are stored."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from xml.etree.ElementTree import Element

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DAY_ZERO = date(1899, 12, 30)
LAST_DAY = 73_050
"""Numbers up to the year 2099 can be days."""
DATE_FORMATS = frozenset((*range(14, 18), 22, *range(27, 37), *range(50, 59)))
"""Those of a workbook's built-in formats that show a day."""
_ASIDE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_TELLING = re.compile(r"(?=.*(ssn|social|birth|\bdob\b))\D{1,60}", re.IGNORECASE)
"""Heads of columns without which nobody could say what a bare number or day in them is."""

Part = Callable[[str], Element | None]
"""Gives a part of the workbook by its name."""


def lines_of(part: Part, sheets: Sequence[str]) -> Iterator[str]:
    """Yield the rows of `sheets` as lines, their cells divided by commas; a day as 1987-03-17."""
    shared = part("xl/sharedStrings.xml")
    texts = [_words(each) for each in shared.iter(f"{MAIN}si")] if shared is not None else []
    days = _styles_of_days(part("xl/styles.xml"))
    for name in sheets:
        heads: dict[str, str] = {}
        sheet = part(name)
        for row in sheet.iter(f"{MAIN}row") if sheet is not None else ():
            cells = [(_column(cell), _shown(cell, texts, days)) for cell in row.iter(f"{MAIN}c")]
            yield ", ".join(f"{heads.get(column, '')}{text}" for column, text in cells if text) + "\n"
            heads |= {column: f"{text} " for column, text in cells if _TELLING.fullmatch(text)}


def _column(cell: Element) -> str:
    return cell.get("r", "").rstrip("0123456789")


def _shown(cell: Element, texts: Sequence[str], days: frozenset[int]) -> str:
    kind, value = cell.get("t", "n"), cell.findtext(f"{MAIN}v") or ""
    if kind == "inlineStr":
        return _words(cell)
    if kind == "s":
        number = int(value)
        return texts[number] if 0 <= number < len(texts) else ""
    return _day(value) if kind == "n" and int(cell.get("s", "0")) in days else value


def _day(value: str) -> str:
    number = float(value or "nan")
    return (DAY_ZERO + timedelta(days=int(number))).isoformat() if 1 <= number <= LAST_DAY else value


def _words(element: Element) -> str:
    return "".join(run.text or "" for run in element.iter(f"{MAIN}t")).strip()


def _styles_of_days(styles: Element | None) -> frozenset[int]:
    """Return the numbers of the styles that show a number as a day."""
    if styles is None:
        return frozenset()
    formats = {each.get("numFmtId", ""): each.get("formatCode", "") for each in styles.iter(f"{MAIN}numFmt")}
    own = {number for number, code in formats.items() if re.search("[dDyY]", _ASIDE.sub("", code))}
    known = own | {str(number) for number in DATE_FORMATS if str(number) not in formats}
    cells = styles.find(f"{MAIN}cellXfs")
    return frozenset(
        place for place, style in enumerate(cells if cells is not None else ()) if style.get("numFmtId") in known
    )
