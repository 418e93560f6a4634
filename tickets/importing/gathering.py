"""The tickets of a file, each with its messages and with the files of these that are in the export. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat

from tickets.importing.carried import KEYS, Archive, Carried, named_in
from tickets.importing.mapping import Plan
from tickets.importing.records import Fields, Record, Sheet


@dataclass(frozen=True)
class Line:
    """A message of a record, in which line it stands, and what came with it."""

    place: int
    fields: Fields
    files: tuple[Carried, ...] = ()


def gathered(sheet: Sheet, mapping: Plan) -> Iterator[tuple[Record, list[Line]]]:
    """Yield each ticket with its messages and their lines.

    In a CSV the lines that follow one of the same number are further messages of it, where their column is known.
    """
    if sheet.shape == "json":
        for record in sheet.records:
            yield record, _with_files(record, sheet.archive)
        return
    text, number = mapping.message.get("body", ""), mapping.ticket["number"]
    dated = "written" in mapping.message or "author" in mapping.message
    open_: tuple[Record, list[Line]] | None = None
    for record in sheet.records:
        files = _named(record.fields, record.fields.get(number, ""), sheet.archive)
        lines = [Line(record.place, record.fields, files)] if text and (record.fields.get(text) or files) else []
        same = open_ and dated and not record.fault and record.fields[number] == open_[0].fields.get(number) != ""
        if open_ and same:
            open_[1].extend(lines)
            continue
        if open_:
            yield open_
        open_ = (record, lines)
    if open_:
        yield open_


def _with_files(record: Record, archive: Archive | None) -> list[Line]:
    """Return the messages of a JSON record with the files that are in the export; its own come with the first."""
    number = next((record.fields[name] for name in ("number", "id") if record.fields.get(name)), "")
    lines: list[Line] = []
    for fields, came in zip(record.messages, chain(record.files, repeat(())), strict=False):
        files = came if lines else (*record.own_files, *came)
        lines.append(Line(record.place, fields, _there(files, number, archive)))
    return lines


def _named(fields: Fields, number: str, archive: Archive | None) -> tuple[Carried, ...]:
    cell = next((fields[name] for name in fields if name.casefold() in KEYS and fields[name]), "")
    return _there(named_in(cell), number, archive) if archive else ()


def _there(files: Iterable[Carried], number: str, archive: Archive | None) -> tuple[Carried, ...]:
    """Return those that the export holds: as base64, or in the archive, then by their entry."""
    found = []
    for file in files:
        if file.packed:
            found.append(file)
        elif archive and (entry := archive.find(file, number)):
            found.append(Carried(file.name, path=entry))
    return tuple(found)
