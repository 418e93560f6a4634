"""Who imports into a source right now, in a way that ends with the process, however that ends.

A lock of the operating system on a file of the home folder: nothing is left behind by a process that was killed. A
process of another machine on the same PostgreSQL is kept out by the source's row, which an import holds locked.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adminops.errors import Conflict


@contextmanager
def claimed(home: Path, source_id: int) -> Iterator[None]:
    """Be the only one who imports into a source while the block runs. Raises `Conflict` when somebody else is."""
    folder = home / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / f"source-{source_id}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("Another import into this source is running: wait until it is done.") from None
        yield


def is_claimed(home: Path, source_id: int) -> bool:
    """Tell whether some process on this machine imports into a source."""
    try:
        with claimed(home, source_id):
            return False
    except Conflict:
        return True
