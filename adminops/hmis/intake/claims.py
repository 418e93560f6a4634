"""Who imports into a source right now, in a way that ends with the process, however that ends.

A lock of the operating system on a file of the home folder: nothing is left behind by a process that was killed. A
process of another machine on the same PostgreSQL is kept out by the source's row, which an import holds locked.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from adminops.db import db
from adminops.errors import Conflict
from adminops.hmis.models import HmisSource

RUNNING = "Another import into this source is running: wait until it is done."


@contextmanager
def alone(path: Path, *, otherwise: str) -> Iterator[None]:
    """Be the only process that holds the file `path` while the block runs. Raises `Conflict` with `otherwise`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(otherwise) from None
        yield


@contextmanager
def claimed(home: Path, source_id: int) -> Iterator[None]:
    """Be the only one who imports into a source while the block runs. Raises `Conflict` when somebody else is."""
    with alone(home / "imports" / f"source-{source_id}.lock", otherwise=RUNNING):
        yield


def is_claimed(home: Path, source_id: int) -> bool:
    """Tell whether some process on this machine imports into a source."""
    try:
        with claimed(home, source_id):
            return False
    except Conflict:
        return True


def hold_source(source_id: int) -> bool:
    """Hold a source until the end of the transaction; False, at once, when somebody else does.

    Not so hard that what only names the source (an upload, an ordered export, a program set up) waits for the end of
    an import, or keeps one from beginning.
    """
    chosen = select(HmisSource.id).where(HmisSource.id == source_id)
    return db.session.scalar(chosen.with_for_update(key_share=True, skip_locked=True)) is not None
