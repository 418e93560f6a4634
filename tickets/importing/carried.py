"""Files that came with the messages of an export: in a zip beside its table, or as base64 within it."""

import base64
import binascii
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from adminops.errors import Invalid
from adminops.files.sniffing import BROKEN

MOST_ENTRIES = 20_000
TABLES = (".json", ".csv", ".tsv", ".txt")
KEYS = ("attachments", "files")
_NAMES = ("filename", "file_name", "name", "original_name")
_CONTENTS = ("content", "data", "base64", "body")
_PATHS = ("path", "file", "store_path", "url")
_BROKEN = (*BROKEN, KeyError)
"""What `zipfile` says of archives that are broken, or lack an entry."""


@dataclass(frozen=True)
class Carried:
    """A file as a message names it. `packed` holds it as base64; `path` says where in the archive it may lie."""

    name: str
    packed: str = ""
    path: str = ""


@dataclass(frozen=True)
class Archive:
    """What lies in a zip beside the table. Each file is read when it is asked for, and never more than its limit."""

    raw: bytes
    places: Mapping[str, str]
    """Entries by their path below the table, and by their name where only one bears it."""

    def find(self, file: Carried, number: str) -> str | None:
        """Return the entry of a file of the ticket with that number: by its path, else in the ticket's folder."""
        names = (file.path, f"{number}/{file.name}", file.name)
        return next((self.places[name] for name in map(_plain, names) if name and name in self.places), None)

    def read(self, entry: str, limit: int) -> bytes:
        """Return an entry. Raises `Invalid` for one that is larger than it may be, or can't be read."""
        try:
            with zipfile.ZipFile(io.BytesIO(self.raw)) as archive, archive.open(entry) as opened:
                content = opened.read(limit + 1)
        except _BROKEN:
            raise Invalid("It can't be taken out of the archive.") from None
        if len(content) > limit:
            raise Invalid("It is larger than a file may be here.")
        return content


def is_archive(raw: bytes) -> bool:
    """Say whether a file is a zip."""
    return raw[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def opened(raw: bytes, largest: int) -> tuple[bytes, Archive]:
    """Return the table in a zip, and what lies beside it. Raises `Invalid` with a sentence."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = [each for each in archive.infolist() if not each.is_dir() and "__MACOSX" not in each.filename]
            if len(entries) > MOST_ENTRIES:
                raise Invalid(f"This archive has more than {MOST_ENTRIES:,} files.", field="file")
            table = _table(entries)
            with archive.open(table) as opened_table:
                content = opened_table.read(largest + 1)
    except _BROKEN:
        raise Invalid("This archive can't be opened. Pack it anew, without a password.", field="file") from None
    return content, Archive(raw, _places(entries, table))


def _table(entries: Iterable[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    tables = [each for each in entries if each.filename.casefold().endswith(TABLES) and not _is_beside(each.filename)]
    if len(tables) != 1:
        said = "There is no table" if not tables else "There are several tables"
        raise Invalid(
            f"{said} in this archive. Put one CSV or JSON into it, and the files into a folder “attachments”.",
            field="file",
        )
    return tables[0]


def _is_beside(path: str) -> bool:
    return any(part.casefold() in KEYS for part in PurePosixPath(path).parts[:-1])


def _places(entries: Iterable[zipfile.ZipInfo], table: zipfile.ZipInfo) -> dict[str, str]:
    """Return the entries by every way on which a message may name one; what is not clear is left out."""
    above = PurePosixPath(table.filename).parent.parts
    places: dict[str, str] = {}
    twice: set[str] = set()
    for each in entries:
        if each.filename == table.filename:
            continue
        parts = PurePosixPath(each.filename).parts
        below = parts[len(above) :] if parts[: len(above)] == above else parts
        inner = below[1:] if below and below[0].casefold() in KEYS else below
        for name in {"/".join(below), "/".join(inner), below[-1]}:
            twice |= {name} if name in places else set()
            places[_plain(name)] = each.filename
    return {name: entry for name, entry in places.items() if name not in twice}


def carried_in(said: Mapping[str, Any]) -> tuple[Carried, ...]:
    """Return the files that a message of a JSON export names."""
    key = next((key for key in KEYS if isinstance(said.get(key), list)), None)
    found = (_carried(each) for each in said[key]) if key else ()
    return tuple(each for each in found if each is not None)


def named_in(cell: str) -> tuple[Carried, ...]:
    """Return the files that a cell of a table names, parted by ; or |."""
    names = [part.strip() for part in cell.replace("|", ";").split(";")]
    return tuple(Carried(PurePosixPath(name).name[:200], path=name) for name in names if name and not name.isdecimal())


def _carried(said: Any) -> Carried | None:
    if isinstance(said, str):
        return Carried(PurePosixPath(said).name[:200], path=said) if said.strip() else None
    if not isinstance(said, dict):
        return None
    path, name = _first(said, _PATHS), _first(said, _NAMES)
    name = name or PurePosixPath(path).name
    return Carried(name[:200], packed=_first(said, _CONTENTS), path=path) if name else None


def _first(said: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((value for name in names if isinstance(value := said.get(name), str) and value.strip()), "")


def unpacked(packed: str) -> bytes:
    """Return what base64 holds, also behind a `data:` address. Raises `Invalid`."""
    text = packed.partition(",")[2] if packed.startswith("data:") else packed
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        raise Invalid("Its content is not base64.") from None


def _plain(path: str) -> str:
    return path.strip().lstrip("./").casefold()
