"""What the store had of one file before its reading began, met in the order in which it was added.

Exports list their rows in much the same order each time. So the rows of the store are read alongside the file, and
nearly every row meets its like without being looked up; only the others are looked up by their keys. One byte for each
row remembers which were met: of those that stay unmet, an export that is whole says that they are gone.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from adminops.hmis.intake.bulk import Bulk, Stored
from adminops.hmis.spec import FileSpec

AT_ONCE = 4_000
MOST_WAITING = 60_000
"""Rows that may wait for their like once they were passed. Those that no longer wait can be looked up."""
UNMET, MET = 0, 1


class StoredRows:
    """The rows of `file` that the store had when this was made."""

    def __init__(self, bulk: Bulk, file: FileSpec, source_id: int, *, with_dates: bool) -> None:
        self._bulk, self._file, self._source_id = bulk, file, source_id
        self._with_dates = with_dates and "DateUpdated" in file.by_name
        self._first, self._last = bulk.span(file.table, source_id)
        self._marks = bytearray(self._last - self._first + 1)
        self._met = self._passed = 0
        self._ahead: list[Stored] = []
        self._place = 0
        self._read_to = self._first - 1
        self._waiting: dict[str, Stored] = {}

    @property
    def is_empty(self) -> bool:
        """Whether there were none."""
        return self._last < self._first

    def are_next(self, hashes: Sequence[bytes]) -> bool:
        """Tell whether the next rows have just these hashes, in this order and none removed. Then they are met.

        A hash is also over the key: rows with the same hash have the same key.
        """
        if self._waiting or self._place < len(self._ahead):
            return False
        rows = self._bulk.fingerprint(self._file, self._source_id, self._read_to, self._last, len(hashes))
        if rows is None or rows.hashes != b"".join(hashes).hex() or rows.are_removed:
            return False
        first, last = rows.first - self._first, rows.last - self._first
        if last - first + 1 != len(hashes) or MET in self._marks[first : last + 1]:
            return False
        self._marks[first : last + 1] = bytes([MET]) * len(hashes)
        self._met += len(hashes)
        self._passed += len(hashes)
        self._read_to = rows.last
        return True

    def match(self, keys: Sequence[str]) -> tuple[list[Stored | None], set[int]]:
        """Return what the store had of each of `keys` (None: nothing), and where keys are that were there before."""
        if self.is_empty:
            return [None] * len(keys), set()
        self._let_wait(len(keys))
        found = [self._waiting.pop(key, None) for key in keys]
        looked_up = self._look_up([key for key, row in zip(keys, found, strict=True) if row is None])
        again = set()
        for place, key in enumerate(keys):
            row = found[place] or looked_up.get(key)
            found[place] = row
            if row is None:
                continue
            if row.id > self._last or self._marks[row.id - self._first] == MET:
                again.add(place)
            else:
                self._marks[row.id - self._first] = MET
                self._met += 1
        return found, again

    def seen(self, keys: Sequence[str]) -> set[str]:
        """Return those of `keys` whose row the file had."""
        return {
            key
            for key, row in self._look_up(keys).items()
            if row.id > self._last or self._marks[row.id - self._first] != UNMET
        }

    def unmet(self) -> Iterator[list[int]]:
        """Yield the ids of rows that the file did not have, some at a time."""
        while rows := self._peek(AT_ONCE):
            self._pass(rows)
        if self._met == self._passed:
            return
        first = self._first
        for ids in self._bulk.ids_between(self._file.table, self._source_id, first, self._last, AT_ONCE):
            yield [row_id for row_id in ids if self._marks[row_id - first] == UNMET]

    def _let_wait(self, number: int) -> None:
        """Pass the next rows; those that were not met already wait."""
        rows = self._peek(number)
        self._pass(rows)
        for row in rows:
            if self._marks[row.id - self._first] != MET:
                self._waiting[row.key] = row
        if len(self._waiting) > MOST_WAITING:
            for key in list(islice(self._waiting, MOST_WAITING // 2)):
                del self._waiting[key]

    def _peek(self, number: int) -> list[Stored]:
        """Return the next rows, fewer at the end."""
        while len(self._ahead) - self._place < number and self._read_to < self._last:
            wanted = number - (len(self._ahead) - self._place)
            more = self._bulk.following(
                self._file, self._source_id, self._read_to, self._last, wanted, with_dates=self._with_dates
            )
            self._read_to = more[-1].id if len(more) == wanted else self._last
            self._ahead = [*self._ahead[self._place :], *more]
            self._place = 0
        return self._ahead[self._place : self._place + number]

    def _pass(self, rows: Sequence[Stored]) -> None:
        self._place += len(rows)
        self._passed += len(rows)

    def _look_up(self, keys: Sequence[str]) -> dict[str, Stored]:
        return self._bulk.stored(self._file, self._source_id, keys, with_dates=self._with_dates) if keys else {}
