"""Reading a file of another desk into records: CSV by lines, JSON by tickets, or either in a zip. Pure."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adminops.errors import Invalid
from adminops.files.tables import LONGEST_COLUMN, column_names, delimiter, letters, storable
from tickets.importing.carried import KEYS, Archive, Carried, carried_in, is_archive, opened

LARGEST = 50_000_000
MOST_RECORDS = 200_000
MOST_COLUMNS = 200
DEEPEST = 3
MESSAGE_KEYS = ("articles", "messages", "thread", "threads", "entries", "thread_entries", "conversation", "comments")
TICKET_KEYS = ("tickets", "data", "items", "records", "results")

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Record:
    """A ticket of the file, or a line of it. `place` is its line, or its number in a list."""

    place: int
    fields: Fields
    messages: tuple[Fields, ...] = ()
    files: tuple[tuple[Carried, ...], ...] = ()
    """What came with each of the messages."""
    own_files: tuple[Carried, ...] = ()
    """What came with the ticket itself."""
    fault: str = ""
    """The rule that its very shape breaks."""


@dataclass(frozen=True)
class Sheet:
    """A file that was read."""

    shape: str
    """`csv` or `json`."""
    columns: tuple[str, ...]
    message_columns: tuple[str, ...] = ()
    records: tuple[Record, ...] = field(default=(), repr=False)
    archive: Archive | None = field(default=None, repr=False)
    """What lay beside it in a zip."""


def read(raw: bytes) -> Sheet:
    """Return what is in a file. Raises `Invalid` with a sentence for one that is neither CSV nor JSON."""
    if len(raw) > LARGEST:
        raise Invalid("This file is larger than 50 MB. Export fewer tickets at a time.", field="file")
    archive = None
    if is_archive(raw):
        raw, archive = opened(raw, LARGEST)
        if len(raw) > LARGEST:
            raise Invalid(
                "The table in this archive is larger than 50 MB. Export fewer tickets at a time.", field="file"
            )
    text = letters(raw)
    if not text.strip():
        raise Invalid("This file is empty.", field="file")
    sheet = _read_json(text) if text.lstrip()[0] in "[{" else _read_csv(text)
    if not sheet.records:
        raise Invalid("There is no ticket in this file.", field="file")
    if len(sheet.records) > MOST_RECORDS:
        raise Invalid(f"A file may hold {MOST_RECORDS:,} tickets. Export fewer at a time.", field="file")
    return replace(sheet, archive=archive)


# CSV


def _read_csv(text: str) -> Sheet:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text))
    first: list[str] | None = next(_each(rows), None)
    names = column_names(first or [], most=MOST_COLUMNS)
    return Sheet("csv", names, names, tuple(_csv_records(rows, names)))


def _csv_records(rows: Any, columns: Sequence[str]) -> Iterator[Record]:
    line = rows.line_num + 1
    for row in _each(rows):
        if row is None:
            yield Record(line, {}, fault="long-cell")
        elif any(cell.strip() for cell in row):
            extra = any(cell.strip() for cell in row[len(columns) :])
            cells = [cell.strip() for cell in row] + [""] * (len(columns) - len(row))
            yield Record(line, dict(zip(columns, cells, strict=False)), fault="too-many-cells" if extra else "")
        line = rows.line_num + 1


def _each(rows: Iterator[list[str]]) -> Iterator[list[str] | None]:
    """Yield each row; None for one that has a cell longer than the csv module takes: it goes on with the next line."""
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield None


# JSON


def _read_json(text: str) -> Sheet:
    found = _tickets(_loaded(text))
    records = tuple(_json_record(place, each) for place, each in enumerate(found, 1))
    columns = tuple(dict.fromkeys(name for record in records for name in record.fields))
    inner = tuple(dict.fromkeys(name for record in records for each in record.messages for name in each))
    if max(len(columns), len(inner)) > MOST_COLUMNS:
        raise Invalid(f"The tickets of this file have more than {MOST_COLUMNS} different fields.", field="file")
    return Sheet("json", columns, inner, records)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise Invalid("This file is nested too deeply.", field="file") from None
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
    try:  # a ticket a line
        return [json.loads(line) for line in lines]
    except (ValueError, RecursionError):
        raise Invalid("This file begins like JSON and can't be read as such.", field="file") from None


def _tickets(said: Any) -> list[Any]:
    """Return the tickets of a file: a list, the list under a key, or a single one."""
    if isinstance(said, list):
        return said
    key = next((key for key in TICKET_KEYS if isinstance(said.get(key), list)), None)
    if key is None:
        return [said]
    aside = next((said[key] for key in MESSAGE_KEYS if isinstance(said.get(key), list)), None)
    return _joined(said[key], aside) if aside else list(said[key])


def _joined(tickets: list[Any], messages: list[Any]) -> list[Any]:
    """Return the tickets with the messages that stand beside them and name them by number."""
    of: dict[str, list[Any]] = {}
    for each in messages:
        if isinstance(each, dict):
            of.setdefault(str(each.get("ticket_id")), []).append(each)
    return [
        {**ticket, "articles": of.get(str(ticket.get("id")), [])} if isinstance(ticket, dict) else ticket
        for ticket in tickets
    ]


def _json_record(place: int, said: Any) -> Record:
    if not isinstance(said, dict):
        return Record(place, {}, fault="not-a-ticket")
    key = next((key for key in MESSAGE_KEYS if isinstance(said.get(key), list | dict)), "")
    found = list(_messages(said.get(key))) if key else []
    plain = _flat({name: value for name, value in said.items() if name != key})
    files = tuple(carried_in(each) for each in found)
    return Record(place, plain, tuple(_flat(each) for each in found), files, carried_in(said))


def _messages(said: Any) -> Iterator[dict[str, Any]]:
    """Yield the messages of a ticket, however many threads they stand in."""
    for each in said if isinstance(said, list) else [said]:
        if not isinstance(each, dict):
            continue
        inner = next((each[key] for key in MESSAGE_KEYS if isinstance(each.get(key), list)), None)
        if inner is None:
            yield each
        else:
            yield from (message for message in inner if isinstance(message, dict))


def _flat(said: dict[str, Any], before: str = "", depth: int = 1) -> dict[str, str]:
    """Return the plain values of an object by their names; those of inner ones as `user.email`, lists by size."""
    fields: dict[str, str] = {}
    for key, value in said.items():
        name = storable(f"{before}{key}")[:LONGEST_COLUMN]
        if isinstance(value, dict):
            fields |= _flat(value, f"{name}.", depth + 1) if depth < DEEPEST else {}
        elif isinstance(value, list):
            inner = len(value) if name in KEYS else sum(isinstance(each, list | dict) for each in value)
            fields[name] = str(inner) if inner else ", ".join(_plain(each) for each in value)
        else:
            fields[name] = _plain(value)
    return fields


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return storable(value.strip() if isinstance(value, str) else json.dumps(value))
