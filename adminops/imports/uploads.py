"""Where an uploaded export waits: a folder for each import below `home/imports`, gone once the import is done.

It holds names and SSNs in clear, so it is readable by the owner only and kept no longer than needed: until the import
has ended, or somebody has decided on one that is held. What an import did is in the log for ever; the export itself
stays with the HMIS that wrote it.
"""

import os
import shutil
from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, NamedTuple

from adminops import clock
from adminops.errors import Invalid
from adminops.hmis.intake.drops import files_below

CHUNK = 1 << 20
LARGEST = 1 << 40
ABANDONED = timedelta(days=1)
ZIP, FILES = "upload.zip", "files"
NO_EXPORT = "That is no HMIS export. Choose its zip, or all its CSV files together."
LONGEST_NAME = 200


class Upload(NamedTuple):
    """One file as it is sent."""

    name: str
    stream: IO[bytes]


def folder_of(home: Path, import_id: int) -> Path:
    """Return the folder of one import."""
    return home / "imports" / str(import_id)


def upload_of(home: Path, import_id: int) -> Path:
    """Return where the upload of one import lies: a zip, or a folder of CSV files."""
    zipped = folder_of(home, import_id) / ZIP
    return zipped if zipped.exists() else folder_of(home, import_id) / FILES


def progress_of(home: Path, import_id: int) -> Path:
    """Return the file that tells how far an import is."""
    return folder_of(home, import_id) / "progress.json"


def undo_progress_of(home: Path, import_id: int) -> Path:
    """Return the file that tells how far the undo of an import is."""
    return home / "imports" / f"undo-{import_id}.json"


def keep_upload(files: Sequence[Upload], folder: Path, *, limit: int) -> None:
    """Write an export to `folder`: one zip, or the CSV files of one export. It is safe on the disk afterwards.

    Raises `Invalid` when they are larger than `limit` bytes together, or neither a zip nor CSV files.
    """
    _make_empty(folder)
    if len(files) == 1 and not files[0].name.lower().endswith(".csv"):
        _write(files[0].stream, folder / ZIP, limit)
        with (folder / ZIP).open("rb") as file:
            if file.read(2) != b"PK":
                raise Invalid(NO_EXPORT, field="export")
        return
    left = limit
    for name, upload in _csv_files(files).items():
        left -= _write(upload.stream, folder / FILES / name, left)


def _csv_files(files: Sequence[Upload]) -> dict[str, Upload]:
    """Return the CSV files of one export by name. Raises `Invalid` for another file, and for two of one name."""
    found: dict[str, Upload] = {}
    for upload in files:
        name = Path(upload.name.replace("\\", "/")).name
        if not name.lower().endswith(".csv") or not name.isprintable() or len(name.encode()) > LONGEST_NAME:
            raise Invalid(NO_EXPORT, field="export")
        if name.lower() in (known.lower() for known in found):
            raise Invalid(f"There are two files named {name}: choose the files of one export.", field="export")
        found[name] = upload
    return found


def name_of(name: str) -> str:
    """Return the name of a file as the log can hold it: no longer than that, and in letters that it takes."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:LONGEST_NAME]


def keep_copy(path: Path, folder: Path) -> None:
    """Copy the export at `path` (a zip, or a folder with CSV files) to `folder`, safe on the disk."""
    _make_empty(folder)
    if path.is_file():
        with path.open("rb") as stream:
            _write(stream, folder / ZIP, LARGEST)
        return
    for found in files_below(path):
        with found.open("rb") as stream:
            _write(stream, folder / FILES / found.relative_to(path), LARGEST)


def taking_of(home: Path, source_id: int) -> Path:
    """Return where an export out of the drop folder of a source is copied to before it has a number."""
    return home / "imports" / f"taking-{source_id}"


def adopt(copy: Path, home: Path, import_id: int) -> None:
    """Make the folder `copy` that of an import; where a backup was restored, something may lie under its number."""
    forget(home, import_id)
    copy.rename(folder_of(home, import_id))


def _make_empty(folder: Path) -> None:
    """Make `folder`; where a backup was restored, a number may come again, and with it what lay under it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)


def _write(stream: IO[bytes], target: Path, limit: int) -> int:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    size = 0
    with target.open("wb") as file:
        target.chmod(0o600)
        while piece := stream.read(CHUNK):
            size += len(piece)
            if size > limit:
                raise Invalid("That is larger than can be uploaded here. Use the command line instead.", field="export")
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return size


def forget(home: Path, import_id: int) -> None:
    """Remove what an import left on the disk."""
    shutil.rmtree(folder_of(home, import_id), ignore_errors=True)


def kept(home: Path) -> list[int]:
    """Return the imports that have a folder."""
    folders = (home / "imports").glob("[0-9]*")
    return [int(folder.name) for folder in folders if folder.name.isdecimal() and len(folder.name) < 10]


def sweep(home: Path, *, done: Collection[int], needed: Collection[int] = ()) -> None:
    """Remove the folders of imports that have ended, and those that no import ever came of within a day.

    Those of imports that wait or are held are `needed`, however old.
    """
    for import_id in kept(home):
        if import_id in done or (import_id not in needed and _is_abandoned(folder_of(home, import_id))):
            forget(home, import_id)


def _is_abandoned(folder: Path) -> bool:
    """Tell whether nothing was put into a folder for a day. Others sweep, too: one that is gone needs nobody."""
    try:
        changed = folder.stat().st_mtime
    except FileNotFoundError:
        return False
    return clock.now().timestamp() - changed > ABANDONED.total_seconds()
