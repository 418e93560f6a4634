"""Records of a CSV file with their line numbers; a broken quote costs the line it is in and no other.

The standard reader swallows everything from a stray quote to the next one. So lines are handed to it one by one and
taken back when a record that spans several of them can't be right: its first line is given up, the others are read
anew.

That is exact and slow. So a file is cut into blocks of whole lines, and a block in which each line is a record of the
right width (nearly all are) is taken apart as a whole, into columns. Only the other blocks go the exact way.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from adminops.hmis.intake.problems import Refused

MOST_LINES_OF_A_RECORD = 200
BLOCK = 1 << 16
"""Characters of a block: so few that its values stay in the processor's cache while they are read."""
LONGEST_FIELD = 131_072
"""The standard reader refuses longer ones. A block no longer than this needs not be searched for them."""
LONGEST_LINE = 1_000_000
"""Characters. HUD's longest row has a tenth of it; a line without end would fill the memory."""
END_OF_DOS = "\x1a"
"""Stands behind the last line of a file that was put together by old tools of Windows."""
NOTHING = f' \t\r\n,"{END_OF_DOS}\x00\ufeff\xa0'
"""Of these consist lines that hold no row: spreadsheets leave commas where rows were, others blanks."""
END = "\x00"
"""A line behind the last of a block. No file has it (NUL is left out), so a quote that swallows it is found."""


@dataclass(frozen=True, slots=True)
class BrokenRecord:
    """A line that is no record: how many fields it seemed to have (None when its quotes never end) and its text."""

    fields: int | None
    text: str

    @property
    def is_nothing(self) -> bool:
        """Whether nothing stands in it."""
        return not self.text.strip(NOTHING)

    @property
    def has_long_field(self) -> bool:
        """Whether it is no record for having too long a field: then its quotes are all closed."""
        return self.fields is None and len(self.text) > LONGEST_FIELD and self.text.count('"') % 2 == 0


@dataclass(frozen=True, slots=True)
class Block:
    """Some consecutive records: the line each begins in, their fields column by column, and lines that are none."""

    lines: Sequence[int]
    columns: list[list[str]]
    broken: Sequence[tuple[int, BrokenRecord]] = ()
    text: str = ""
    """The lines as they stand, if nothing in them is quoted."""


def bare_name(name: str) -> str:
    """Return the name of a column without a mark, blanks or quotes around it."""
    return name.lstrip("\ufeff").strip().strip('"').strip()


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
        line = self._returned.popleft() if self._returned else self._line()
        if not line:
            raise StopIteration
        self.given.append(line)
        self.number += 1
        return line.replace("\x00", "") if "\x00" in line else line

    def block(self, size: int) -> str:
        """Hand out about `size` characters, up to the end of a line. Their lines are to be counted, or taken back.

        The mark that DOS sets behind a file, where it sticks to the last value, gets a line of its own.
        """
        text = self._stream.read(size)
        text += self._line(text)
        if text.endswith(END_OF_DOS) and len(text) > 1 and text[-2] not in "\r\n":
            text = f"{text[:-1]}\n{END_OF_DOS}"
        return text

    def _line(self, before: str = "") -> str:
        """Return the next line, or the rest of the last one of what was handed out `before` it."""
        line = self._stream.readline(LONGEST_LINE)
        if len(line) == LONGEST_LINE:
            number = self.number + sum(1 for _ in io.StringIO(f"{before}x", newline=""))
            raise Refused(
                "endless-line", "It has more than a million characters; no line of an HMIS CSV export has.", line=number
            )
        return line

    def take_back(self, text: str) -> None:
        """Take back a block, to hand out its lines one by one."""
        self._returned.extend(io.StringIO(text, newline=""))

    @property
    def has_returned(self) -> bool:
        """Whether lines were taken back that have not been handed out again."""
        return bool(self._returned)

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
                return [bare_name(name) for name in fields]
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

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """Yield all records, some at a time: the same ones that iterating yields one by one."""
        while text := self._lines.block(size):
            yield self._plain_block(text) or self._exact_block(text)

    def _plain_block(self, text: str) -> Block | None:
        """Return a block if each of its lines is one record of the right width, else None."""
        if len(text) > LONGEST_FIELD or "\x00" in text:
            return None
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if not text.endswith("\n"):
            text += "\n"
        columns = self._quoted(text) if '"' in text else self._unquoted(text)
        if columns is None:
            return None
        first, count = self._lines.number + 1, len(columns[0])
        self._lines.number += count
        return Block(range(first, first + count), columns, text="" if '"' in text else text)

    def _unquoted(self, text: str) -> list[list[str]] | None:
        """Return the columns of lines without quotes: split at once, with a mark between the lines."""
        width, count = len(self.header), text.count("\n")
        fields = text.replace("\n", ",\n,").split(",")
        del fields[-1]
        if len(fields) != count * (width + 1) or fields[width :: width + 1].count("\n") != count:
            return None
        return [fields[place :: width + 1] for place in range(width)]

    def _quoted(self, text: str) -> list[list[str]] | None:
        lines = text.split("\n")
        lines[-1] = END
        try:
            records = list(csv.reader(lines))
        except csv.Error:
            return None
        if len(records) != len(lines) or records.pop() != [END] or set(map(len, records)) != {len(self.header)}:
            return None
        return list(map(list, zip(*records, strict=True)))

    def _exact_block(self, text: str) -> Block:
        self._lines.take_back(text)
        taken: list[tuple[int, list[str]]] = []
        broken: list[tuple[int, BrokenRecord]] = []
        for line, fields in self:
            if isinstance(fields, BrokenRecord):
                broken.append((line, fields))
            else:
                taken.append((line, fields))
            if not self._lines.has_returned:
                break
        columns = list(map(list, zip(*(fields for _, fields in taken), strict=True))) or [[] for _ in self.header]
        return Block([line for line, _ in taken], columns, broken)

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
