"""Rows of one file: records read, checked and turned into what the store holds, a batch at a time."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from adminops.hmis import sealing
from adminops.hmis.intake.dates import Form
from adminops.hmis.intake.layout import Layout
from adminops.hmis.intake.problems import ERROR, NOTE, Problem, ProblemLog, mask, shown
from adminops.hmis.intake.records import BrokenRecord, Records
from adminops.hmis.intake.retired import History
from adminops.hmis.intake.values import Flawed, Reader, RejectedLine, check_code, reader_for
from adminops.hmis.spec import ColumnSpec, FileSpec

BATCH = 2_000


@dataclass(slots=True)
class Row:
    """A row that can be taken. `values` are in the order of our columns; a blank is an empty text."""

    line: int
    key: str
    values: list[str]
    hash: bytes
    aside: Sequence[tuple[str, str]]
    """(column, raw text) of what its columns can't hold."""
    retired: str
    """JSON of the retired columns that were filled; empty when none was."""


@dataclass
class Batch:
    """Some rows of a file."""

    rows: list[Row] = field(default_factory=list)
    rejected_keys: list[tuple[str, int]] = field(default_factory=list)
    """Keys (with lines) of rejected lines that named one: such a row is at fault but not absent."""


class _PairCheck:
    """A code whose list is chosen by another column of the same row. Pairs that were right are remembered."""

    def __init__(self, column: ColumnSpec, places: Mapping[str, int]) -> None:
        self.column = column
        self._rules = column.list_rules
        deciders = list(dict.fromkeys(rule.column for rule in self._rules))
        self._pick = itemgetter(places[column.name], *(places[name] for name in deciders))
        self._decider = {name: 1 + number for number, name in enumerate(deciders)}
        self._right: set[tuple[str, ...]] = set()

    def check(self, values: Sequence[str]) -> None:
        """Raise `Flawed` for a code that is not on the list which the row chooses."""
        pair = self._pick(values)
        if pair in self._right or not pair[0]:
            return
        for rule in self._rules:
            if rule.applies(pair[self._decider[rule.column]]):
                check_code(self.column.name, rule.list_id, pair[0])
        self._right.add(pair)


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
        self._readers = [reader_for(column, export_ids=export_ids) for column in self.file.columns]
        self._ways: list[Callable[[str], str]] = [reader.__getitem__ for reader in self._readers]
        self._key = [column.name for column in self.file.columns].index(self.file.key)
        self._pair_checks = _pair_checks(self.file)
        self._history = History(self.file)
        self._hashed = _hash_getter(self.file)
        self._ssn = next((place for place, column in enumerate(self.file.columns) if column.name == "SSN"), None)
        records.may_span_lines = _may_span_lines(layout, len(records.header))

    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """Yield the rows of the file, `size` at a time."""
        batch = Batch()
        for line, fields in self._records:
            self.read += 1
            if isinstance(fields, BrokenRecord):
                self._reject_broken(line, fields)
                continue
            self._take(line, fields, batch)
            if len(batch.rows) + len(batch.rejected_keys) >= size:
                yield batch
                batch = Batch()
        yield batch
        self._note_forms()

    def _take(self, line: int, fields: list[str], batch: Batch) -> None:
        fields.append("")
        raw = self.layout.pick(fields)
        aside: list[tuple[str, str]] = []
        try:
            values = [way(text) for way, text in zip(self._ways, raw, strict=True)]
        except (Flawed, RejectedLine):
            taken = self._take_slowly(line, raw, batch, aside)
            if taken is None:
                return
            values = taken
        key = values[self._key]
        if self._pair_checks:
            self._check_pairs(line, values)
        retired = self._retired(fields) if self.layout.retired else ""
        batch.rows.append(Row(line, key, values, self._hash(values, aside), aside, retired))

    def _hash(self, values: list[str], aside: list[tuple[str, str]]) -> bytes:
        """Return the SHA-256 of a row.

        A plain hash of an SSN, or of a text that could not be read and may be one, could be found by trying: in their
        place stand keyed indexes.
        """
        picked = self._hashed(values)
        if self._ssn is not None:
            picked = (*picked[: self._ssn], sealing.keyed_in_row_hash(picked[self._ssn]), *picked[self._ssn + 1 :])
        if aside:
            picked = (*picked, *(sealing.keyed_in_row_hash(raw) for _, raw in aside))
        return hashlib.sha256("\x1f".join(picked).encode("utf-8", "replace")).digest()

    def _take_slowly(
        self, line: int, raw: Sequence[str], batch: Batch, aside: list[tuple[str, str]]
    ) -> list[str] | None:
        """Read a row in which something is wrong, value by value, and log what it is. None when it is rejected."""
        values: list[str] = []
        try:
            key = self._readers[self._key][raw[self._key]]
        except RejectedLine as rejected:
            self._reject(line, rejected, raw)
            self.lines_lost += 1
            return None
        for reader, text in zip(self._readers, raw, strict=True):
            try:
                values.append(reader[text])
            except Flawed as flawed:
                values.append(flawed.value)
                if not self._history.is_before(flawed.since, raw):
                    self._log_flawed(line, reader, text, flawed)
                if flawed.lost:
                    aside.append((reader.column.name, text))
            except RejectedLine as rejected:
                self._reject(line, rejected, raw)
                batch.rejected_keys.append((key, line))
                return None
        return values

    def _log_flawed(self, line: int, reader: Reader, text: str, flawed: Flawed) -> None:
        column = reader.column
        self._log.add(
            Problem(
                flawed.rule,
                flawed.severity,
                self.file.file,
                flawed.text,
                line,
                column.name,
                shown(column, text.strip()),
            )
        )

    def _reject(self, line: int, why: RejectedLine, raw: Sequence[str]) -> None:
        self.rejected += 1
        shape = mask(",".join(raw))
        self._log.add(Problem(why.rule, ERROR, self.file.file, f"{why.text} The line was left out.", line, None, shape))

    def _reject_broken(self, line: int, broken: BrokenRecord) -> None:
        self.rejected += 1
        self.lines_lost += 1
        expected = len(self._records.header)
        if broken.fields is None:
            rule, text = "broken-quotes", "A quotation mark in the line is never closed. The line was left out."
        else:
            few = "few" if broken.fields < expected else "many"
            rule = f"too-{few}-fields"
            text = f"The line has too {few} fields: {broken.fields} instead of {expected}. It was left out."
        shape = mask(broken.text.strip("\r\n"))
        self._log.add(Problem(rule, ERROR, self.file.file, text, line, None, shape))

    def _check_pairs(self, line: int, values: list[str]) -> None:
        for pair in self._pair_checks:
            try:
                pair.check(values)
            except Flawed as flawed:
                if self._history.is_before(flawed.since, values):
                    continue
                column = pair.column.name
                problem = Problem(flawed.rule, flawed.severity, self.file.file, flawed.text, line, column, flawed.value)
                self._log.add(problem)

    def _retired(self, fields: list[str]) -> str:
        filled = {name: text for name, place in self.layout.retired if (text := fields[place].strip())}
        return json.dumps(filled, sort_keys=True) if filled else ""

    def _note_forms(self) -> None:
        for reader in self._readers:
            if reader.form_seen is Form.AMBIGUOUS:
                rule, text = "ambiguous-dates", "could be read day first; they were read month first"
            elif reader.form_seen is Form.OTHER:
                rule, text = "other-dates", "are not written as HUD asks; they were understood"
            else:
                continue
            name = reader.column.name
            self._log.add(Problem(rule, NOTE, self.file.file, f"Some dates of {name} {text}.", None, name))


def _may_span_lines(layout: Layout, width: int) -> list[bool]:
    prose = [True] * (width + 1)
    for column, place in zip(layout.file.columns, layout.places, strict=True):
        prose[place] = column.is_free_text and column.pattern is None
    return prose[:width]


def _pair_checks(file: FileSpec) -> tuple[_PairCheck, ...]:
    places = {column.name: place for place, column in enumerate(file.columns)}
    return tuple(_PairCheck(column, places) for column in file.columns if column.list_rules)


def _hash_getter(file: FileSpec) -> Callable[[list[str]], Sequence[str]]:
    """Return what picks the values that a row's hash is over: all but ExportID, which is new with every export."""
    places = [place for place, column in enumerate(file.columns) if column.name != "ExportID" or column.is_key]
    return itemgetter(*places)
