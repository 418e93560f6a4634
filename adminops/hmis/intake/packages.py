"""An export as it arrives: a zip or a folder. Looked through before anything is taken, never unpacked to disk."""

import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TextIO

from adminops.hmis.intake.decoding import Encoding, EncodingProbe
from adminops.hmis.intake.problems import Refused
from adminops.hmis.spec import current

PIECE = 1 << 20
MOST_ENTRIES = 2_000
MOST_EXPANSION = 250
"""A zip that grows by more than this is a bomb: exports of the most repetitive bed nights stay below 100."""
SMALL = 20_000_000
"""Bytes up to which the expansion does not matter."""
DEFAULT_UNPACKED_LIMIT = 4_000_000_000
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


@dataclass(frozen=True)
class Member:
    """One of HUD's files in a package."""

    name: str
    """HUD's spelling: "Client.csv"."""
    size: int
    encoding: Encoding
    open_bytes: Callable[[], BinaryIO]
    zeros: int = 0
    """Bytes of zero in it, which no text has: they are left out."""

    @contextmanager
    def open_text(self) -> Iterator[tuple[TextIO, BinaryIO]]:
        """Open the file for reading; line ends are left as they are. The second value tells how far it was read."""
        with self.open_bytes() as raw:
            yield (
                io.TextIOWrapper(raw, encoding=self.encoding.codec, errors=self.encoding.errors, newline=""),
                raw,
            )


@dataclass(frozen=True)
class Package:
    """The files of one export. `content_hash` is the same for the same files as a zip and as a folder."""

    members: dict[str, Member]
    """By HUD's name without ".csv"."""
    unknown: tuple[str, ...]
    content_hash: str

    @property
    def size(self) -> int:
        """Bytes of all of HUD's files in it."""
        return sum(member.size for member in self.members.values())


@dataclass(frozen=True)
class _Entry:
    path: PurePosixPath
    size: int
    open_bytes: Callable[[], BinaryIO]


@contextmanager
def open_package(path: Path, *, unpacked_limit: int = DEFAULT_UNPACKED_LIMIT) -> Iterator[Package]:
    """Open the export at `path` (a zip or a folder) and look through all of it.

    Raises `Refused` for what is no export, for a zip that is broken, encrypted, has paths that lead out of it or
    symbolic links, or that would unpack to more than `unpacked_limit` bytes or grows like a bomb.
    """
    if path.is_dir():
        yield _package(_entries_of_folder(path))
        return
    if not path.is_file():
        raise Refused("not-found", "There is no such file or folder.")
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN:
        raise Refused("not-a-zip", "This is neither a zip file nor a folder with an HMIS CSV export.") from None
    with archive:
        yield _package(_entries_of_zip(archive, path.stat().st_size, unpacked_limit))


def size_of(path: Path) -> int:
    """Return how many bytes the files at `path` have, unpacked, as far as can be told without reading them."""
    try:
        if path.is_dir():
            return sum(entry.size for entry in _entries_of_folder(path))
        with zipfile.ZipFile(path) as archive:
            return sum(info.file_size for info in archive.infolist())
    except (*BROKEN, Refused):
        return 0


def _entries_of_folder(folder: Path) -> list[_Entry]:
    found = []
    for path in sorted(folder.glob("*")) + sorted(folder.glob("*/*")):
        if path.is_symlink():
            raise Refused("unsafe-path", "The folder holds a symbolic link; only plain files are read.")
        if path.is_file():
            opener: Callable[[], BinaryIO] = _opener(path)
            found.append(_Entry(PurePosixPath(path.relative_to(folder).as_posix()), path.stat().st_size, opener))
    return found


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _entries_of_zip(archive: zipfile.ZipFile, packed_size: int, unpacked_limit: int) -> list[_Entry]:
    infos = archive.infolist()
    if len(infos) > MOST_ENTRIES:
        raise Refused("too-many-entries", f"The zip holds {len(infos):,} entries; an export has 24 files.")
    unpacked = sum(info.file_size for info in infos)
    if unpacked > unpacked_limit:
        raise Refused("too-large", f"The zip would unpack to {unpacked // 1_000_000:,} MB, which is over the limit.")
    if unpacked > SMALL and unpacked > packed_size * MOST_EXPANSION:
        raise Refused("zip-bomb", "The zip would grow beyond all measure when unpacked; it was not opened.")
    for info in infos:
        _refuse_unsafe(info)
    return [_Entry(_path_of(info), info.file_size, _zip_opener(archive, info)) for info in infos if not info.is_dir()]


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    def open_bytes() -> BinaryIO:
        opened = archive.open(info)
        return io.BufferedReader(opened, PIECE)  # type: ignore[type-var]

    return open_bytes


def _path_of(info: zipfile.ZipInfo) -> PurePosixPath:
    """Return where an entry lies; some programs of Windows write its paths with their own slashes."""
    return PurePosixPath(info.filename.replace("\\", "/"))


def _refuse_unsafe(info: zipfile.ZipInfo) -> None:
    path = _path_of(info)
    if path.is_absolute() or ".." in path.parts or ":" in info.filename:
        raise Refused("unsafe-path", "The zip holds a path that leads out of it (../ or an absolute one).")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Refused("unsafe-path", "The zip holds a symbolic link; only plain files are read.")
    if info.flag_bits & 0x1:
        raise Refused("encrypted", "The zip is encrypted: save it without a password and upload it again.")


def _package(entries: list[_Entry]) -> Package:
    home = _home_of_export([entry for entry in entries if "__MACOSX" not in entry.path.parts])
    known, unknown = _sort_out([entry for entry in entries if entry.path.parent == home])
    total, members = hashlib.sha256(), {}
    for file in current().files:
        if entry := known.get(file.name):
            members[file.name], digest = _look_through(file.file, entry)
            total.update(f"{file.file}\x00{digest}\x00".encode())
    return Package(members=members, unknown=tuple(unknown), content_hash=total.hexdigest())


def _home_of_export(entries: list[_Entry]) -> PurePosixPath:
    homes = {entry.path.parent for entry in entries if entry.path.name.lower() == "export.csv"}
    if not homes:
        raise Refused("no-export-file", "There is no Export.csv in it: this is not an HMIS CSV export.")
    if len(homes) > 1:
        raise Refused("several-exports", "There are several folders with an Export.csv in it: upload one export.")
    return homes.pop()


def _sort_out(entries: list[_Entry]) -> tuple[dict[str, _Entry], list[str]]:
    known: dict[str, _Entry] = {}
    unknown: list[str] = []
    for entry in entries:
        file = current().file_named(entry.path.name)
        if file is None:
            unknown.append(entry.path.name.encode("utf-8", "replace").decode())  # a folder may name it in any bytes
        elif file.name in known:
            raise Refused("twice", f"There are two files named {file.file} in it.", file=file.file)
        else:
            known[file.name] = entry
    return known, [name for name in unknown if not name.startswith(".")]


def _look_through(name: str, entry: _Entry) -> tuple[Member, str]:
    probe, digest = EncodingProbe(), hashlib.sha256()
    try:
        with entry.open_bytes() as opened:
            while piece := opened.read(PIECE):
                probe.feed(piece)
                digest.update(piece)
    except BROKEN:
        raise Refused("broken-file", f"{name} can't be read: the upload is damaged.", file=name) from None
    return Member(name, entry.size, probe.result(), entry.open_bytes, probe.zeros()), digest.hexdigest()
