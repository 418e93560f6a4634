"""Records of a CSV file with their line numbers; a broken quote costs the line it is in and no other.

The standard reader swallows everything from a stray quote to the next one. So lines are handed to it one by one and
taken back when a record that spans several of them can't be right: its first line is given up, the others are read
anew.
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

MOST_LINES_OF_A_RECORD = 200


@dataclass(frozen=True, slots=True)
class BrokenRecord:
    """A line that is no record: how many fields it seemed to have (None when its quotes never end) and its text."""

    fields: int | None
    text: str


class _TooManyLines(Exception):
    pass


class _Lines:
    """Hands out physical lines, counts them, and takes them back."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._returned: deque[str] = deque()
        self.number = 0
        self.given: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.given) >= MOST_LINES_OF_A_RECORD:
            raise _TooManyLines
        line = self._returned.popleft() if self._returned else next(self._stream)
        self.given.append(line)
        self.number += 1
        return line.replace("\x00", "") if "\x00" in line else line

    def give_up_first(self) -> str:
        """Take back all given lines but the first, which is returned."""
        first, *others = self.given
        self._returned.extendleft(reversed(others))
        self.number -= len(others)
        return first


class Records:
    """Reads the header of a CSV file and then its records.

    `may_span_lines` says for each column whether its values may hold a line break (free text): told once the header
    is understood.
    """

    def __init__(self, stream: TextIO) -> None:
        self._lines = _Lines(stream)
        self._reader = csv.reader(self._lines)
        self.header = self._read_header()
        self.may_span_lines: list[bool] = [True] * len(self.header)

    def _read_header(self) -> list[str]:
        for fields in self._following():
            if isinstance(fields, BrokenRecord):
                return []
            if fields:
                return [name.lstrip("\ufeff").strip().strip('"').strip() for name in fields]
        return []

    def __iter__(self) -> Iterator[tuple[int, list[str] | BrokenRecord]]:
        """Yield (line, fields) or (line, what is wrong) for each record; blank lines are passed over."""
        width = len(self.header)
        first = self._lines.number + 1
        for fields in self._following():
            if isinstance(fields, BrokenRecord):
                yield first, fields
            elif fields:
                if len(fields) == width and (len(self._lines.given) == 1 or self._may_be(fields)):
                    yield first, fields
                else:
                    broken = BrokenRecord(len(fields), self._lines.give_up_first())
                    self._reader = csv.reader(self._lines)
                    yield first, broken
            first = self._lines.number + 1

    def _following(self) -> Iterator[list[str] | BrokenRecord]:
        while True:
            self._lines.given.clear()
            try:
                fields = next(self._reader)
            except StopIteration:
                return
            except (csv.Error, _TooManyLines):
                text = self._lines.give_up_first()
                self._reader = csv.reader(self._lines)
                yield BrokenRecord(None, text)
            else:
                yield fields

    def _may_be(self, fields: list[str]) -> bool:
        return all(
            free or ("\n" not in field and "\r" not in field)
            for field, free in zip(fields, self.may_span_lines, strict=True)
        )
