"""Rows of a CSV file, of which none has swallowed others.

The standard reader takes everything from a quote that nobody closed to the next one for one cell.
An import gives up the line that a stray quote is in and goes on, for its problems are listed line by line. Here nobody
would be told which people were left out, so the file is refused and the line named.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING

from adminops.hmis.intake.records import MOST_LINES_OF_A_RECORD

if TYPE_CHECKING:
    from _csv import Reader

_CHUNK = 500
_END = "\x00 end of the file \x00"
"""A line behind the last. A quote that is open at the end of the file swallows it, and is found by that."""
_BREAK = re.compile(r"\r\n|\r|\n")
_WHAT_TO_DO = "Correct that line, or export the file again."


class BrokenRowsError(Exception):
    """Where the rows end that can be told from each other; the text is a sentence."""


def whole_rows(file: Iterable[str], mark: str) -> Iterator[list[list[str]]]:
    """Give the head of a file, and then its rows, some hundreds at a time. `mark` stands between cells.

    A cell may have several lines. A row of several lines is right if it has as many cells as the head, no more lines
    than an import lets a record have, and in no cell the end of one row and the beginning of another.

    Raises `BrokenRowsError`.
    """
    reader = csv.reader(chain(file, (_END,)), delimiter=mark)
    head = _next_rows(reader, 1, mark, None)
    yield head[:1] if head != [[_END]] else []
    rows = head
    while not _are_last(rows):
        rows = _next_rows(reader, _CHUNK, mark, len(head[0]))
        yield rows[:-1] if _are_last(rows) else rows


def _are_last(rows: Sequence[Sequence[str]]) -> bool:
    return not rows or rows[-1] == [_END]


def _next_rows(reader: Reader, count: int, mark: str, width: int | None) -> list[list[str]]:
    """Read rows, which are to have `width` cells if they have several lines; the head says how many that are."""
    line, rows = reader.line_num + 1, list[list[str]]()
    try:
        rows.extend(islice(reader, count))
    except csv.Error:  # the rows before it are in the list
        line += sum(1 + _breaks(mark.join(row)) for row in rows)
        raise BrokenRowsError(
            f"Line {line:,} has a value of more than a million characters, or a quotation mark in it is never closed. "
            f"{_WHAT_TO_DO}"
        ) from None
    is_open = bool(rows and rows[-1] and rows[-1] != [_END] and rows[-1][-1].endswith(_END))
    if is_open or reader.line_num - line >= len(rows):  # else each row is a line, and nothing was swallowed
        _check(rows, line, mark, width, is_open=is_open)
    return rows


def _check(rows: Sequence[Sequence[str]], line: int, mark: str, width: int | None, *, is_open: bool) -> None:
    """Raise `BrokenRowsError` for the first row that has swallowed others; the last one surely has if it `is_open`."""
    for number, row in enumerate(rows, 1):
        breaks = _breaks(mark.join(row))
        place = _open_cell(row, breaks, mark, width) if breaks else None
        if place is None and is_open and number == len(rows):
            place = len(row) - 1
        if place is not None:
            line += _breaks(mark.join(row[:place]))
            raise BrokenRowsError(f"A quotation mark in line {line:,} is never closed. {_WHAT_TO_DO}")
        line += 1 + breaks


def _open_cell(row: Sequence[str], breaks: int, mark: str, width: int | None) -> int | None:
    """Say in which cell of a row with line breaks a quote was not closed, or None."""
    several = [place for place, cell in enumerate(row) if _breaks(cell)]
    if width is None:  # names of columns have no lists in them
        return next((place for place in several if mark in row[place]), None)
    if len(row) != width or breaks >= MOST_LINES_OF_A_RECORD:
        return several[0]
    return next((place for place in several if _joins_rows(row[place], place, mark, width)), None)


def _joins_rows(cell: str, place: int, mark: str, width: int) -> bool:
    """Say whether a cell holds what a row has behind this place, and what the next one has before it.

    Then the quote that closes it stands in the same column some rows below, and the row is as long as it should be.
    """
    lines = _BREAK.split(cell)
    return lines[0].count(mark) >= width - 1 - place and lines[-1].count(mark) >= place


def _breaks(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")
