"""Likely pairs as a CSV file: the ids, the probability, and what each piece of evidence adds in bits."""

from __future__ import annotations

import csv
import errno
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from dedupe.matching.columns import Key
from dedupe.matching.fields import Field
from dedupe.matching.judging import Pairs

STANDARD_OUTPUT = "-"
PARTS = (
    Field.FIRST, Field.MIDDLE, Field.LAST, Field.SUFFIX, Field.SSN, Field.DOB, Field.SEX, Field.RACE, Field.VETERAN,
    Field.HOUSEHOLD, Field.PROJECT, Field.OTHERS, Field.LOOKALIKE,
)  # fmt: skip
HEAD = ("personal_id_a", "personal_id_b", "probability", *(part.value for part in PARTS))


class UnwritableFileError(Exception):
    """A file that can't be written; the text says which and why."""


class PairsFile:
    """The file that pairs are to go to, as it was named; "-" is standard output.

    It is made when this is, so that nobody waits for pairs that have no place to go to. They are written beside what
    stands there, which they replace once they are complete: a file that was there stays as it was until then. Only the
    owner may read the new one. Devices and pipes are written to as they are.
    """

    def __init__(self, given: str) -> None:
        """Raise `UnwritableFileError` where nothing can be written."""
        self._given = given
        self._target: Path | None = None
        with self._told():
            self._file = self._opened()

    def __enter__(self) -> PairsFile:
        """Keep the file until it is left."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Leave nothing behind of a file that did not become complete."""
        with suppress(OSError, ValueError):  # what could not be written was told
            if self._given == STANDARD_OUTPUT:
                self._file.detach()
            else:
                self._file.close()
        if self._target:
            self._draft.unlink(missing_ok=True)

    def write(self, ids: Sequence[Key], pairs: Pairs) -> None:
        """Write pairs, once. Raises `UnwritableFileError`."""
        with self._told():
            write_pairs(self._file, ids, pairs)
            self._file.flush()
            if self._target:
                os.fsync(self._file.fileno())
                self._draft.replace(self._target)

    def _opened(self) -> TextIOWrapper:
        if self._given == STANDARD_OUTPUT:
            return TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
        path = Path(self._given)
        if path.exists() and not path.is_file():
            return path.open("w", encoding="utf-8", newline="")
        if path.exists() and not os.access(path, os.W_OK):  # another could be put in its place, but that is not meant
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        target = path.resolve()  # where a link leads to, so that the link stays
        self._draft = target.with_name(f".pairs.{secrets.token_hex(4)}")
        descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._target = target
        return os.fdopen(descriptor, "w", encoding="utf-8", newline="")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            name = "Standard output" if self._given == STANDARD_OUTPUT else self._given
            raise UnwritableFileError(f"{name} can't be written: {error.strerror}.") from None


def write_pairs(file: TextIO, ids: Sequence[Key], pairs: Pairs) -> None:
    """Write pairs, strongest first and the ids of each in order.

    Ids stand there exactly as they were read, also those that a spreadsheet takes for a formula: programs look records
    up by them, and a mark before such an id would name a record that does not exist. What people are to open in a
    spreadsheet is the work list, whose cells are harmless.
    """
    bits = [pairs.bits[part].round(3).tolist() if part in pairs.bits else [0.0] * len(pairs) for part in PARTS]
    rows = zip(pairs.one.tolist(), pairs.other.tolist(), pairs.probability.round(6).tolist(), *bits, strict=True)
    writer = csv.writer(file)
    writer.writerow(HEAD)
    for one, other, *rest in rows:
        low, high = sorted((str(ids[one]), str(ids[other])))
        writer.writerow((low, high, *rest))
