"""Files that only their owner may read: keys. Knows nothing of the app, for some that read keys are no part of it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read; keeps the file of a process that was faster."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    temporary.touch(mode=0o600)
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # a key that is lost with the power takes everything sealed under it along
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


@contextmanager
def open_private(path: Path) -> Iterator[TextIO]:
    """Give the block a new text file that only its owner may read."""
    path.touch(mode=0o600, exist_ok=False)
    with path.open("w", encoding="utf-8", newline="") as file:
        yield file
