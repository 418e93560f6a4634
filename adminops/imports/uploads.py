"""Where an uploaded export waits: a folder for each import below `home/imports`, gone once the import is done.

It holds names and SSNs in clear, so it is readable by the owner only and kept no longer than needed. What an import
did is in the log for ever; the export itself stays with the HMIS that wrote it.
"""

import os
import shutil
from pathlib import Path
from typing import IO

from adminops.errors import Invalid

CHUNK = 1 << 20


def folder_of(home: Path, import_id: int) -> Path:
    """Return the folder of one import."""
    return home / "imports" / str(import_id)


def upload_of(home: Path, import_id: int) -> Path:
    """Return where the upload of one import lies."""
    return folder_of(home, import_id) / "upload.zip"


def progress_of(home: Path, import_id: int) -> Path:
    """Return the file that tells how far an import is."""
    return folder_of(home, import_id) / "progress.json"


def keep_upload(stream: IO[bytes], target: Path, *, limit: int) -> int:
    """Write `stream` to `target` and return its size in bytes; safe on the disk when this returns.

    Raises `Invalid` when it is empty, larger than `limit`, or no zip.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    size = 0
    with target.open("wb") as file:
        target.chmod(0o600)
        while piece := stream.read(CHUNK):
            size += len(piece)
            if size > limit:
                raise Invalid(f"That file is larger than {limit // CHUNK} MB.", field="export")
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    with target.open("rb") as file:
        if file.read(2) != b"PK":
            raise Invalid("That is no zip. Choose the HUD CSV export as your HMIS wrote it.", field="export")
    return size


def forget(home: Path, import_id: int) -> None:
    """Remove what an import left on the disk."""
    shutil.rmtree(folder_of(home, import_id), ignore_errors=True)
