"""What the store had of one file before its reading began, met in the order in which it was added.

Exports list their rows in much the same order each time. So the rows of the store that are not removed are read
alongside the file, and nearly every row meets its like without being looked up; only the others, those that were
removed among them, are looked up by their keys. Whatever is odd in a batch, the next one begins behind the last row
that it met. A source whose rows lie far apart among those of others is not read alongside: all its rows are looked up.

One byte for each id remembers which rows were met: of those that were passed and not met, an export that is whole says
that they are gone.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice, takewhile

from adminops.hmis.intake.bulk import Bulk, Fingerprint, Stored
from adminops.hmis.spec import FileSpec

AT_ONCE = 4_000
MOST_WAITING = 60_000
"""Rows that may wait for their like once they were passed. Those that no longer wait can be looked up."""
WIDE = 10
"""So many ids for each row of the source, and looking rows up costs less than reading past those of others."""
UNMET, PASSED, MET = 0, 1, 2
"""What is known of a row: nothing yet (or it is removed), that the file did not have it so far, that it had it."""


class StoredRows:
    """The rows of `file` that the store had when this was made."""

    def __init__(self, bulk: Bulk, file: FileSpec, source_id: int, *, with_dates: bool, wide: int = WIDE) -> None:
        self._bulk, self._file, self._source_id = bulk, file, source_id
        self._with_dates = with_dates and "DateUpdated" in file.by_name
        span = bulk.span(file.table, source_id)
        self._first, self._last = span.first, span.last
        self._is_wide = self._last - self._first >= span.rows * wide
        self._marks = bytearray(self._last - self._first + 1)
        self._missed = 0
        """How many are marked as passed."""
        self._ahead: list[Stored] = []
        """The next rows, as far as they were read."""
        self._read_to = self._last if self._is_wide else self._first - 1
        self._waiting: dict[str, Stored] = {}

    @property
    def is_empty(self) -> bool:
        """Whether there were none."""
        return self._last < self._first

    def are_next(self, hashes: Sequence[bytes]) -> bool:
        """Tell whether the next rows have just these hashes, in this order. Then they are met.

        A hash is also over the key: rows with the same hash have the same key.
        """
        ahead, rest = self._ahead[: len(hashes)], hashes[len(self._ahead) :]
        if any(row.hash != wanted for row, wanted in zip(ahead, hashes, strict=False)):
            return False
        ids: Sequence[int] = [row.id for row in ahead]
        if rest:
            rows = self._print_of_next(len(rest))
            if rows is None or rows.hashes != self._bulk.as_printed(rest):
                return False
            ids = [*ids, *self._ids_of(rows)] if ids else self._ids_of(rows)
        if not self._meet_all(ids):
            return False
        del self._ahead[: len(ahead)]
        self._read_to = max(self._read_to, ids[-1])
        return True

    def match(self, keys: Sequence[str]) -> tuple[list[Stored | None], set[int]]:
        """Return what the store had of each of `keys` (None: nothing), and where keys are that were there before."""
        if self.is_empty:
            return [None] * len(keys), set()
        self._read_ahead(len(keys))
        ahead = {row.key: row for row in self._ahead}
        found = [self._waiting.pop(key, None) or ahead.get(key) for key in keys]
        looked_up = self._look_up([key for key, row in zip(keys, found, strict=True) if row is None])
        again: set[int] = set()
        met: set[int] = set()
        for place, key in enumerate(keys):
            row = found[place] = found[place] or looked_up.get(key)
            if row is None:
                continue
            if self._meet(row.id):
                met.add(row.id)
            else:
                again.add(place)
        self._go_on(met, sum(row.id in met and not row.is_removed for row in looked_up.values()))
        return found, again

    def seen(self, keys: Sequence[str]) -> set[str]:
        """Return those of `keys` whose row the file had."""
        rows = self._look_up(keys).items()
        return {key for key, row in rows if row.id > self._last or self._marks[row.id - self._first] == MET}

    def unmet(self) -> Iterator[list[int]]:
        """Yield the ids of rows that the file did not have, some at a time. Nothing is matched afterwards."""
        for ids in self._rest():
            for row_id in ids:
                self._miss(row_id)
        self._ahead, self._read_to = [], self._last
        place = self._marks.find(PASSED) if self._missed else -1
        while place >= 0:
            ids = []
            while place >= 0 and len(ids) < AT_ONCE:
                ids.append(place + self._first)
                place = self._marks.find(PASSED, place + 1)
            yield ids

    def let_go(self) -> None:
        """Forget the rows that wait for their like: the file has been read."""
        self._waiting.clear()

    def _print_of_next(self, number: int) -> Fingerprint | None:
        """Return what the next rows are that were not read yet; None at the end."""
        if self._read_to >= self._last:
            return None
        rows = self._bulk.fingerprint(self._file, self._source_id, self._read_to, self._last, number)
        if rows is None:
            self._read_to = self._last
        return rows

    def _ids_of(self, rows: Fingerprint) -> Sequence[int]:
        """Return the ids of rows that follow each other."""
        every = range(rows.first, rows.last + 1)
        if len(every) == rows.rows:
            return every
        among = self._bulk.ids_between(self._file.table, self._source_id, rows.first, rows.last, rows.rows)
        return [row_id for some in among for row_id in some]

    def _meet_all(self, ids: Sequence[int]) -> bool:
        """Mark rows as met unless one of them was before; tell whether that was done."""
        first, end = ids[0] - self._first, ids[-1] - self._first + 1
        if end - first == len(ids):
            if MET in self._marks[first:end]:
                return False
            self._marks[first:end] = bytes([MET]) * len(ids)
            return True
        places = [row_id - self._first for row_id in ids]
        if any(self._marks[place] == MET for place in places):
            return False
        for place in places:
            self._marks[place] = MET
        return True

    def _meet(self, row_id: int) -> bool:
        """Mark a row as met; tell whether it was not before, nor added by this very import."""
        if row_id > self._last or self._marks[row_id - self._first] == MET:
            return False
        self._missed -= self._marks[row_id - self._first] == PASSED
        self._marks[row_id - self._first] = MET
        return True

    def _miss(self, row_id: int) -> bool:
        """Mark a row as passed unless it was met; tell whether that was done."""
        if self._marks[row_id - self._first] != UNMET:
            return False
        self._marks[row_id - self._first] = PASSED
        self._missed += 1
        return True

    def _read_ahead(self, number: int) -> None:
        """Have the next `number` rows read, fewer at the end."""
        wanted = number - len(self._ahead)
        if wanted <= 0 or self._read_to >= self._last:
            return
        more = self._bulk.following(
            self._file, self._source_id, self._read_to, self._last, wanted, with_dates=self._with_dates
        )
        self._read_to = more[-1].id if len(more) == wanted else self._last
        self._ahead += more

    def _go_on(self, met: Collection[int], looked_up: int) -> None:
        """Pass the rows ahead up to the last of those that were `met`, so that the next batch begins behind it.

        Where none of them was, the file is in another order: as many are passed as were met by being looked up, but
        for those that were removed, which have no place in this order.
        """
        places = [place for place, row in enumerate(self._ahead) if row.id in met]
        self._pass(places[-1] + 1 if places else looked_up)
        if not self._ahead and looked_up:
            self._read_ahead(looked_up + 1)
        is_met = (self._marks[row.id - self._first] == MET for row in self._ahead)
        self._pass(sum(1 for _ in takewhile(bool, is_met)))

    def _pass(self, number: int) -> None:
        """Pass the next rows; those that were not met already wait."""
        for row in self._ahead[:number]:
            if self._miss(row.id):
                self._waiting[row.key] = row
        del self._ahead[:number]
        if len(self._waiting) > MOST_WAITING:
            for key in list(islice(self._waiting, MOST_WAITING // 2)):
                del self._waiting[key]

    def _rest(self) -> Iterator[list[int]]:
        """Yield the ids of the rows that were neither passed nor removed, some at a time."""
        if self._is_wide:
            yield from self._bulk.ids_by_key(self._file, self._source_id, self._last, AT_ONCE)
            return
        yield [row.id for row in self._ahead]
        yield from self._bulk.ids_between(self._file.table, self._source_id, self._read_to + 1, self._last, AT_ONCE)

    def _look_up(self, keys: Sequence[str]) -> dict[str, Stored]:
        return self._bulk.stored(self._file, self._source_id, keys, with_dates=self._with_dates) if keys else {}
