"""How far an import is: told to a callback, and kept in a file for a page to poll while the transaction is open."""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from adminops import clock

WRITE_EVERY = timedelta(milliseconds=300)


@dataclass(frozen=True)
class Progress:
    """How far an import is. `step` is checking, reading, comparing or done; bytes are those of the unpacked files.

    Of an export, `step` is writing or done, and what is counted as bytes are rows. Of an undo, `step` is undoing, and
    what is counted as bytes are files.
    """

    step: str
    file: str = ""
    files_done: int = 0
    files: int = 0
    rows: int = 0
    bytes_done: int = 0
    bytes: int = 0

    @property
    def percent(self) -> int:
        """Share that is done, 0 to 100."""
        return 100 if self.step == "done" else 0 if not self.bytes else min(99, self.bytes_done * 100 // self.bytes)


Tell = Callable[[Progress], None]


def tell_nobody(_progress: Progress) -> None:
    """Take a progress and do nothing with it."""


class ProgressFile:
    """Writes progress to `path` as JSON, a few times a second, so that a reader never sees half of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: tuple[str, datetime] | None = None

    def __call__(self, progress: Progress) -> None:
        """Write `progress` unless the last writing was just now and in the same step."""
        now = clock.now()
        if self._last and self._last[0] == progress.step and now - self._last[1] < WRITE_EVERY:
            return
        self._last = (progress.step, now)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        temporary.write_text(json.dumps({**asdict(progress), "percent": progress.percent}), encoding="utf-8")
        os.replace(temporary, self._path)  # noqa: PTH105 - atomic, on one file system


def read_progress(path: Path) -> Progress | None:
    """Return what was written last, or None when there is nothing yet."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    stored.pop("percent", None)
    return Progress(**stored)
