"""Files that nobody knows: what an undone transaction or a killed process left behind."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.files.models import StoredFile
from adminops.files.storage import INCOMING, folder

LEAVE_ALONE = timedelta(days=1)
"""A file so young may belong to a transaction that is still open."""


def sweep_files() -> int:
    """Remove files without a row that are older than a day, and return how many."""
    removed = 0
    for place in sorted(path for path in folder().iterdir() if path.is_dir()):
        old = {path.name: path for path in _old_files(place)}
        known = set() if place.name == INCOMING else _known(list(old))
        for name in old.keys() - known:
            old[name].unlink(missing_ok=True)
            removed += 1
    return removed


def _old_files(place: Path) -> Iterator[Path]:
    before = clock.now() - LEAVE_ALONE
    for path in place.iterdir():
        try:
            changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except FileNotFoundError:  # it was moved to its place just now
            continue
        if changed < before:
            yield path


def _known(names: list[str]) -> set[str]:
    return set(db.session.scalars(select(StoredFile.name).where(StoredFile.name.in_(names))))
