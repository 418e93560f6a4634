"""Where files lie: below `home/files`, by random names, readable by the app's own user alone."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from adminops.errors import Invalid, Unavailable
from adminops.files.models import StoredFile
from adminops.settings import current_settings

PIECE = 1 << 20
INCOMING = "incoming"
"""Folder of what is still being written; nothing in it has a row."""


class Readable(Protocol):
    """Anything with bytes in it: an open file, an upload's stream."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; none at the end."""
        ...


@dataclass(frozen=True)
class Arrived:
    """A file written below `incoming`, whole and flushed to the disk."""

    path: Path
    size: int
    sha256: bytes


def folder() -> Path:
    """Return the folder of all kept files; made when it is not there."""
    files = current_settings().home / "files"
    files.mkdir(mode=0o700, parents=True, exist_ok=True)
    return files


def path_of(stored: StoredFile) -> Path:
    """Return where a kept file lies."""
    return path_of_name(stored.name)


def path_of_name(name: str) -> Path:
    """Return where the file of this random name lies."""
    return folder() / name[:2] / name


@contextmanager
def arriving(stream: Readable, *, limit: int) -> Iterator[Arrived]:
    """Write `stream` below `incoming` piece by piece, at most `limit` bytes; what the block leaves there is removed.

    Raises `Invalid` for an empty or too large one, `Unavailable` when the disk takes no more.
    """
    incoming = folder() / INCOMING
    incoming.mkdir(mode=0o700, exist_ok=True)
    path = incoming / f"{secrets.token_hex(16)}.part"
    try:
        try:
            arrived = _write(stream, path, limit)
        except OSError as failed:
            raise Unavailable("The file could not be stored. Please try again, or tell the Systems Team.") from failed
        yield arrived
    finally:
        path.unlink(missing_ok=True)


def _write(stream: Readable, path: Path, limit: int) -> Arrived:
    digest, size = hashlib.sha256(), 0
    with open_private(path) as file:
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > limit:
                raise Invalid(f"That file is larger than {limit // (1 << 20):,} MB.", field="file")
            digest.update(piece)
            file.write(piece)
        if not size:
            raise Invalid("That file is empty.", field="file")
        file.flush()
        os.fsync(file.fileno())
    return Arrived(path, size, digest.digest())


def open_private(path: Path) -> BinaryIO:
    """Open a new file for writing that only the app's own user may read. Raises `FileExistsError`."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def settle(arrived: Arrived) -> str:
    """Move an arrived file to its place under a new random name and return the name.

    The file and its folder are on the disk when this returns: a row that names it may be stored.
    """
    name = secrets.token_hex(16)
    goal = path_of_name(name)
    goal.parent.mkdir(mode=0o700, exist_ok=True)
    arrived.path.rename(goal)
    for changed in (goal.parent, folder()):
        flush_folder(changed)
    return name


def flush_folder(path: Path) -> None:
    """Have the names in a folder written to the disk, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
