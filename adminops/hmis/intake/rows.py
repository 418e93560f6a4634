"""Rows of one file: records read, checked and turned into what the store holds, a batch at a time.

A batch is read column by column, for nearly all columns of nearly all batches are right as a whole. Where one is not,
its values are read one by one, and each problem keeps the line and the place in it where it belongs.
"""

import gc
import hashlib
import json
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import repeat
from operator import itemgetter
from typing import TypeVar

from adminops.hmis import sealing
from adminops.hmis.intake.columns import PARTED_BY
from adminops.hmis.intake.dates import Form, is_ambiguous
from adminops.hmis.intake.layout import Layout
from adminops.hmis.intake.pairs import pair_checks
from adminops.hmis.intake.problems import ERROR, NOTE, WARNING, Problem, ProblemLog, Refused, mask, shown
from adminops.hmis.intake.records import BLOCK, LONGEST_FIELD, Block, BrokenRecord, Records, bare_name
from adminops.hmis.intake.retired import History
from adminops.hmis.intake.values import Flawed, Reader, RejectedLine, reader_for
from adminops.hmis.spec import ColumnSpec, FileSpec

OF_THE_LINE, OF_THE_KEY = -2, -1
OF_A_PAIR = 10_000
"""Where in its line a problem stands: of the line, of its key, of a column by its number, of two columns together."""
OF_A_DUPLICATE = 20_000

MOST_LOST = 1_000
"""Lines of a file that may be lost before it matters that they are the most of it."""
OBJECTS_BEFORE_COLLECTING = 50_000
Value = TypeVar("Value")
Found = tuple[int, int, Problem]
"""A problem with its line and where it stands there."""
Ambiguous = dict[int, tuple[int, int]]
"""By the place of a column: how many of its dates could be read day first, and the first line with one."""
PassedOver = dict[str, tuple[int, int]]
"""By rule: how many lines were passed over because they are no rows at all, and the first of them."""
Ending = tuple[int, int, int, list[Form | None], Ambiguous, PassedOver]
"""How the reading of a file went: lines read, rejected and lost, in which form the dates of its columns were, and the
lines that are no rows."""
EMPTY_LINES, REPEATED_HEADER = "empty-lines", "repeated-header"


@dataclass
class Batch:
    """Some rows of a file that can be taken, column by column in the order of our columns; a blank is an empty text."""

    lines: Sequence[int] = ()
    keys: Sequence[str] = ()
    columns: Sequence[Sequence[str]] = ()
    hashes: Sequence[bytes] = ()
    texts: Sequence[str] = ()
    """What the hashes are over, where they are still to be made."""
    is_bare: bool = False
    """Whether it is known that no value has a character that means something in a line of COPY."""
    copied: bytes = b""
    """The rows as PostgreSQL's COPY takes them, hashes and all, where they were written so (see `copying`)."""
    aside: Mapping[int, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """By line: (column, raw text) of what its columns can't hold."""
    retired: Mapping[int, str] = field(default_factory=dict)
    """By line: JSON of the retired columns that were filled."""
    has_retired: bool = False
    """Whether the file has retired columns, filled or not."""
    found: list[Found] = field(default_factory=list)
    """What is wrong with lines, taken or not."""

    def only(self, places: Sequence[int]) -> "Batch":
        """Return the batch with the rows at `places` and no others."""
        if len(places) == len(self.lines):
            return self
        return replace(
            self,
            lines=_at(self.lines, places),
            keys=_at(self.keys, places),
            columns=[_at(column, places) for column in self.columns],
            hashes=_at(self.hashes, places) if self.hashes else (),
            copied=b"",
        )

    def hashed(self) -> "Batch":
        """Return the batch with the SHA-256 of each row."""
        sha256 = hashlib.sha256
        return replace(self, hashes=[sha256(text).digest() for text in map(str.encode, self.texts)], texts=())

    def log_problems(self, log: ProblemLog) -> None:
        """Add what is wrong to `log`, by lines and from left to right."""
        for _, _, problem in sorted(self.found, key=itemgetter(0, 1)):
            log.add(problem)
        self.found.clear()


def _at(values: Sequence[Value], places: Sequence[int]) -> list[Value]:
    return [values[place] for place in places]


class FileRows:
    """Reads one file. After the last batch `read`, `rejected` and `lines_lost` say how it went."""

    def __init__(
        self, records: Records, layout: Layout, log: ProblemLog, *, export_ids: Collection[str] | None
    ) -> None:
        self.layout = layout
        self.file = layout.file
        self.read = 0
        self.rejected = 0
        self.lines_lost = 0
        """Lines that were rejected without their key being known."""
        self._records, self._log = records, log
        self._ambiguous: Ambiguous = {}
        self._passed_over: PassedOver = {}
        self._readers = [reader_for(column, export_ids=export_ids) for column in self.file.columns]
        self._key = [column.name for column in self.file.columns].index(self.file.key)
        self._pair_checks = pair_checks(self.file)
        self._history = History(self.file)
        self._hashed = _hash_getter(self.file)
        self._header = [name.lower() for name in records.header]
        self._key_place = layout.places[self._key]
        self._ssn = next((place for place, column in enumerate(self.file.columns) if column.name == "SSN"), None)
        self._is_as_ours = (
            layout.places == tuple(range(len(records.header)))
            and self.file.columns[-1].name == "ExportID" != self.file.key
            and self._ssn is None
        )
        records.may_span_lines = _may_span_lines(layout, len(records.header))

    def batches(self, size: int = BLOCK) -> Generator[Batch, None, None]:
        """Yield the rows of the file, as many at a time as stand in `size` characters."""
        for batch in self.unhashed(size):
            yield batch.hashed()

    def unhashed(self, size: int) -> Generator[Batch, None, None]:
        """Yield the same without the hashes: what they are over is there, for somebody else to make them."""
        with rarely_collecting():
            for block in self._blocks(size):
                yield self._batch(block)

    def _blocks(self, size: int) -> Iterator[Block]:
        try:
            yield from self._records.blocks(size)
        except Refused as refused:
            raise refused.of(self.file.file) from None

    def ending(self) -> Ending:
        """Return how it went, once all rows were read."""
        forms = [reader.form_seen for reader in self._readers]
        return self.read, self.rejected, self.lines_lost, forms, self._ambiguous, self._passed_over

    def take_over(self, ending: Ending) -> None:
        """Let it have gone as it did for somebody else who read this file."""
        self.read, self.rejected, self.lines_lost, forms, self._ambiguous, self._passed_over = ending
        for reader, form in zip(self._readers, forms, strict=True):
            reader.form_seen = form

    def _batch(self, block: Block) -> Batch:
        self.read += len(block.lines) + len(block.broken)
        found = [
            self._reject_broken(line, broken) for line, broken in block.broken if not self._is_nothing(line, broken)
        ]
        if self.lines_lost > MOST_LOST and self.lines_lost * 2 > self.read:
            sentence = f"Most lines of {self.file.file} are not what its header says: it is damaged, or no such file."
            raise Refused("mostly-broken", sentence, file=self.file.file)
        fields = [*block.columns, [""] * len(block.lines)]
        raws = self.layout.pick(fields)
        faults: list[_Fault] = []
        columns = [
            self._read_column(block.lines, reader, raw, OF_THE_KEY if place == self._key else place, faults)
            for place, (reader, raw) in enumerate(zip(self._readers, raws, strict=True))
        ]
        retired = self._retired(block.lines, fields) if self.layout.retired else {}
        has_retired = bool(self.layout.retired)
        batch = Batch(block.lines, columns[self._key], columns, retired=retired, has_retired=has_retired, found=found)
        if faults:
            batch = self._judge(batch, raws, faults, self._no_rows(block, faults))
        self._count_ambiguous(block.lines, raws, set(batch.lines))
        self._check_pairs(batch)
        if block.text and not faults and self._is_as_ours and columns == list(raws):
            return self._as_it_stands(batch, block.text)
        return replace(batch, texts=self._texts(batch))

    def _count_ambiguous(self, lines: Sequence[int], raws: Sequence[Sequence[str]], kept: Collection[int]) -> None:
        """Count the dates of the lines `kept` in which day and month could be exchanged: few columns have any."""
        for place, reader in enumerate(self._readers):
            if reader.form_seen is Form.AMBIGUOUS:
                found = [line for line, raw in zip(lines, raws[place], strict=True) if is_ambiguous(raw)]
                found = [line for line in found if line in kept]
                count, first = self._ambiguous.get(place, (0, 0))
                self._ambiguous[place] = (count + len(found), first or (found[0] if found else 0))

    def _read_column(
        self, lines: Sequence[int], reader: Reader, raws: Sequence[str], order: int, faults: "list[_Fault]"
    ) -> Sequence[str]:
        """Read a column; say where it stands when a value refuses the whole export."""
        try:
            return _read_all(reader, raws, order, faults)
        except Refused as refused:
            refused.line = _first_refused(reader, lines, raws)
            raise refused.of(self.file.file) from None

    def _is_nothing(self, line: int, broken: BrokenRecord) -> bool:
        """Tell whether nothing stands in a line, which is then passed over as a blank one is."""
        if broken.is_nothing:
            self._pass_over(EMPTY_LINES, line)
        return broken.is_nothing

    def _no_rows(self, block: Block, faults: "list[_Fault]") -> set[int]:
        """Return the places of lines that are no rows: with nothing in any field, or with the header once more.

        Either has something wrong with it, so nobody else need be looked at.
        """
        found = set()
        keys, title = block.columns[self._key_place], self._header[self._key_place]
        for place in sorted({place for place, _, _ in faults}):
            if (key := bare_name(keys[place]).lower()) and key != title:
                continue
            names = [bare_name(column[place]).lower() for column in block.columns]
            if not any(names):
                self._pass_over(EMPTY_LINES, block.lines[place])
            elif names == self._header:
                self._pass_over(REPEATED_HEADER, block.lines[place])
            else:
                continue
            found.add(place)
        return found

    def _pass_over(self, rule: str, line: int) -> None:
        number, first = self._passed_over.get(rule, (0, line))
        self._passed_over[rule] = (number + 1, first)
        self.read -= 1

    def _judge(
        self, batch: Batch, raws: Sequence[Sequence[str]], faults: "list[_Fault]", no_rows: Collection[int]
    ) -> Batch:
        """Note what is wrong in a batch, line by line from left to right; leave rejected lines and `no_rows` out."""
        rejected = set(no_rows)
        aside: dict[int, list[tuple[str, str]]] = {}
        for place, order, fault in sorted(faults, key=itemgetter(0, 1)):
            line = batch.lines[place]
            if place in rejected:
                continue
            if isinstance(fault, RejectedLine):
                rejected.add(place)
                batch.found.append(self._reject(line, order, fault, [raw[place] for raw in raws]))
                continue
            raw, column = raws[order][place], self.file.columns[order]
            if not self._history.is_before(fault.since, raws, place):
                batch.found.append((line, order, self._flaw(line, column, raw, fault)))
            if fault.lost:
                aside.setdefault(line, []).append((column.name, raw))
        kept = batch.only([place for place in range(len(batch.lines)) if place not in rejected])
        lost = {batch.lines[place] for place in rejected}
        kept_aside = {line: held for line, held in aside.items() if line not in lost}
        return replace(kept, aside=kept_aside)

    def _as_it_stands(self, batch: Batch, text: str) -> Batch:
        """Return a batch whose values are all stored as they stand in `text` with what the hash of each row is over.

        That is its line with other marks and without ExportID, which stands behind.
        """
        exports = batch.columns[-1]
        if exports.count(exports[0]) != len(exports):
            return replace(batch, texts=self._texts(batch))
        texts = text.replace(",", PARTED_BY).split(f"{PARTED_BY}{exports[0]}\n")
        del texts[-1]
        return replace(batch, texts=texts, is_bare=PARTED_BY not in text and "\\" not in text)

    def _texts(self, batch: Batch) -> list[str]:
        """Return what the hash of each row is over.

        A plain hash of an SSN, or of a text that could not be read and may be one, could be found by trying: in their
        place stand keyed indexes.
        """
        columns = list(batch.columns)
        if self._ssn is not None:
            columns[self._ssn] = list(map(sealing.keyed_in_row_hash, columns[self._ssn]))
        texts = _joined(self._hashed(columns))
        if batch.aside:
            for place, line in enumerate(batch.lines):
                if held := batch.aside.get(line):
                    keyed = (sealing.keyed_in_row_hash(raw) for _, raw in held)
                    texts[place] = PARTED_BY.join((texts[place], *keyed))
        return texts

    def _flaw(self, line: int, column: ColumnSpec, raw: str, flawed: Flawed) -> Problem:
        seen = shown(column, raw.strip())
        return Problem(flawed.rule, flawed.severity, self.file.file, flawed.text, line, column.name, seen)

    def _reject(self, line: int, order: int, why: RejectedLine, raw: Sequence[str]) -> Found:
        self.rejected += 1
        self.lines_lost += 1
        text, shape = f"{why.text} The line was left out.", mask(",".join(raw))
        return line, order, Problem(why.rule, ERROR, self.file.file, text, line, None, shape)

    def _reject_broken(self, line: int, broken: BrokenRecord) -> Found:
        self.rejected += 1
        self.lines_lost += 1
        expected = len(self._records.header)
        if broken.has_long_field:
            rule = "field-too-long"
            text = f"A value in the line has more than {LONGEST_FIELD:,} characters. The line was left out."
        elif broken.fields is None:
            rule, text = "broken-quotes", "A quotation mark in the line is never closed. The line was left out."
        else:
            few = "few" if broken.fields < expected else "many"
            rule = f"too-{few}-fields"
            text = f"The line has too {few} fields: {broken.fields} instead of {expected}. It was left out."
        shape = mask(broken.text.strip("\r\n"))
        return line, OF_THE_LINE, Problem(rule, ERROR, self.file.file, text, line, None, shape)

    def _check_pairs(self, batch: Batch) -> None:
        for number, check in enumerate(self._pair_checks):
            for place, flawed in check.faults(batch.columns):
                if self._history.is_before(flawed.since, batch.columns, place):
                    continue
                line, column = batch.lines[place], check.column.name
                problem = Problem(flawed.rule, flawed.severity, self.file.file, flawed.text, line, column, flawed.value)
                batch.found.append((line, OF_A_PAIR + number, problem))

    def _retired(self, lines: Sequence[int], fields: Sequence[Sequence[str]]) -> dict[int, str]:
        """Return by line what stands in retired columns, as JSON."""
        filled: dict[int, dict[str, str]] = {}
        for name, place in self.layout.retired:
            for line, text in zip(lines, fields[place], strict=True):
                if text and (bare := text.strip()):
                    filled.setdefault(line, {})[name] = bare
        return {line: json.dumps(held, sort_keys=True) for line, held in filled.items()}

    def note_forms(self) -> None:
        """Log which columns had dates in other forms than HUD's, and lines that are no rows, once all were read."""
        for rule, (number, line) in self._passed_over.items():
            lines = "1 line" if number == 1 else f"{number:,} lines"
            if rule == EMPTY_LINES:
                text, severity = f"{lines} without anything in a field, the first here: passed over.", NOTE
            else:
                text, severity = f"{lines} with the header once more, the first here: passed over.", WARNING
            self._log.add(Problem(rule, severity, self.file.file, text, line))
        for place, reader in enumerate(self._readers):
            name = reader.column.name
            count, first = self._ambiguous.get(place, (0, 0))
            if count:
                dates = "1 date" if count == 1 else f"{count:,} dates"
                text = f"{dates} of {name} could be read day first, from this line on; read month first."
                self._log.add(Problem("ambiguous-dates", WARNING, self.file.file, text, first, name))
            elif reader.form_seen is not None:
                text = f"Some dates of {name} are not written as HUD asks; they were understood."
                self._log.add(Problem("other-dates", NOTE, self.file.file, text, None, name))


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """Let the garbage collector look less often: columns are long, come and go, and never refer to each other."""
    usual = gc.get_threshold()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTING, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _joined(columns: Sequence[Sequence[str]]) -> list[str]:
    """Return the values of each row as one text. Half of the columns are blank: their marks are put in as one piece."""
    parts: list[Iterable[str]] = []
    count, blanks = len(columns[0]), 0
    for column in columns:
        if column.count("") == count:
            blanks += 1
            continue
        if blanks:
            parts.append(repeat(PARTED_BY * (blanks - 1), count))
        parts.append(column)
        blanks = 0
    if blanks:
        parts.append(repeat(PARTED_BY * (blanks - 1), count))
    return list(map(PARTED_BY.join, zip(*parts, strict=True)))


_Fault = tuple[int, int, Flawed | RejectedLine]
"""Place of the row in its batch, place of the column in the row, what is wrong."""


def _read_all(reader: Reader, raws: Sequence[str], order: int, faults: list[_Fault]) -> Sequence[str]:
    """Return the values of a column. What is wrong with one is added to `faults`."""
    try:
        return reader.read_all(raws)
    except (Flawed, RejectedLine):
        pass
    values = []
    for place, raw in enumerate(raws):
        try:
            values.append(reader[raw])
        except Flawed as flawed:
            values.append(flawed.value)
            faults.append((place, order, flawed))
        except RejectedLine as rejected:
            values.append("")
            faults.append((place, order, rejected))
    return values


def _first_refused(reader: Reader, lines: Sequence[int], raws: Sequence[str]) -> int:
    for line, raw in zip(lines, raws, strict=True):
        try:
            reader[raw]
        except Refused:
            return line
        except (Flawed, RejectedLine):
            continue
    return lines[0]


def _may_span_lines(layout: Layout, width: int) -> list[bool]:
    prose = [True] * (width + 1)
    for column, place in zip(layout.file.columns, layout.places, strict=True):
        prose[place] = column.is_free_text and column.pattern is None
    return prose[:width]


def _hash_getter(file: FileSpec) -> Callable[[Sequence[Sequence[str]]], Sequence[Sequence[str]]]:
    """Return what picks the columns that a row's hash is over: all but ExportID, which is new with every export."""
    places = [place for place, column in enumerate(file.columns) if column.name != "ExportID" or column.is_key]
    return itemgetter(*places)
