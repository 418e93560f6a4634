"""What lies in a drop folder: which of it is an export, and whether it still grows.

home/drop/night-feed/          an export arrives: a zip, or a folder with CSV files
home/drop/night-feed/done/     and held/, refused/: what was taken, with its reports
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adminops.hmis.models import ImportStatus

PLACES = {
    ImportStatus.APPLIED: "done",
    ImportStatus.UNCHANGED: "done",
    ImportStatus.UNDONE: "done",
    ImportStatus.HELD: "held",
    ImportStatus.REFUSED: "refused",
    ImportStatus.FAILED: "refused",
    ImportStatus.CANCELLED: "refused",
}
OWN = frozenset(PLACES.values())
LONGEST_NAME = 200


@dataclass(frozen=True)
class Entry:
    """What lies in a drop folder. Its mark changes as long as it grows."""

    path: Path
    mark: str

    @property
    def name(self) -> str:
        """Its name, as long as the log can hold it."""
        return self.path.name[:LONGEST_NAME]

    def is_as_it_was(self) -> bool:
        """Tell whether it has not changed since it was looked at."""
        try:
            return _mark([self.path] if self.path.is_file() else _files_of_export(self.path)) == self.mark
        except (OSError, ValueError):
            return False


def make_folders(folder: Path) -> None:
    """Make a drop folder and its places, for their owner and its group alone: what lies there is in clear."""
    for each in (folder.parent, folder):
        each.mkdir(parents=True, exist_ok=True, mode=0o770)
    for each in (folder / place for place in sorted(OWN)):
        each.mkdir(exist_ok=True, mode=0o770)
        if each.stat().st_mode & 0o007:
            with suppress(PermissionError):  # somebody else made it: the doctor says so
                each.chmod(0o770)


def entries_of(folder: Path) -> Iterator[Entry]:
    """Yield the exports in a drop folder: zips, and folders with CSV files. All else is let be.

    What can't be read keeps no other waiting: it is passed over, and `left_lying` finds it.
    """
    for path in _visible(folder):
        with suppress(OSError):
            if path.name.isprintable() and (files := _export_at(path)):
                yield Entry(path, _mark(files))


def left_lying(folder: Path, *, since: datetime) -> list[str]:
    """Return the names of the exports in a drop folder that came before `since`, those that can't be read included.

    Raises `OSError` when the folder itself can't be read.
    """
    left = []
    for path in _visible(folder):
        try:
            is_export = bool(_export_at(path))
        except OSError:
            is_export = True  # nobody can tell that it is none
        with suppress(FileNotFoundError):
            came = datetime.fromtimestamp(path.lstat().st_ctime, UTC)  # a sender may set the other time, not this one
            if is_export and came < since:
                left.append(path.name)
    return left


def files_below(folder: Path) -> list[Path]:
    """Return the files of a folder and of those in it, no links among them. Raises `OSError`."""
    found = [path for path in sorted(folder.iterdir()) if not path.is_symlink()]
    below = [path for each in found if each.is_dir() for path in sorted(each.iterdir()) if not path.is_symlink()]
    return [path for path in [*found, *below] if path.is_file()]


def _visible(folder: Path) -> list[Path]:
    paths = sorted(folder.iterdir())
    return [path for path in paths if not (path.name.startswith(".") or path.name in OWN or path.is_symlink())]


def _export_at(path: Path) -> list[Path]:
    """Return the files of the export at `path`; none when it is no export. Raises `OSError` when it can't be read."""
    if path.is_dir():
        return _files_of_export(path)
    if path.suffix.lower() != ".zip" or not path.is_file():
        return []
    if not os.access(path, os.R_OK):
        raise PermissionError
    return [path]


def _files_of_export(folder: Path) -> list[Path]:
    files = files_below(folder)
    return files if any(path.suffix.lower() == ".csv" for path in files) else []


def _mark(files: list[Path]) -> str:
    found = [path.stat() for path in files]
    newest = max(each.st_mtime_ns for each in found)
    return f"{len(files)}:{sum(each.st_size for each in found)}:{newest}"
