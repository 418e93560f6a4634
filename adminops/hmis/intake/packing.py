"""Batches on their way from the process that reads an export to the one that writes it.

What a value costs on its way is the object that it becomes there. So a column travels as one text, and is taken apart
only when somebody looks at it: of rows that the store has already, hardly any column is.
"""

from collections.abc import Collection, Sequence
from typing import Any, overload

from adminops.hmis.intake.copying import MARKED_BY, columns_in
from adminops.hmis.intake.rows import Batch

BETWEEN = "\x1e"
HASH_BYTES = 32
Packed = str | tuple[str] | list[str] | None
"""The values of a column: as one text with a mark between them, the one that all of them are, or as they stand; None
for one that is to be had from the rows as they are written, should anybody look at it."""


class Columns(Sequence[Sequence[str]]):
    """The columns of some rows, each taken apart when it is first looked at."""

    def __init__(self, packed: Sequence[Packed], rows: int, copied: bytes = b"") -> None:
        self._packed, self._rows, self._copied = packed, rows, copied
        self._opened: dict[int, Sequence[str]] = {}

    def __len__(self) -> int:
        return len(self._packed)

    @overload
    def __getitem__(self, place: int) -> Sequence[str]: ...
    @overload
    def __getitem__(self, place: slice) -> list[Sequence[str]]: ...
    def __getitem__(self, place: int | slice) -> Sequence[str] | list[Sequence[str]]:
        if isinstance(place, slice):
            return [self[each] for each in range(len(self))[place]]
        if place not in self._opened:
            packed = self._packed[place]
            if packed is None:
                self._opened = dict(enumerate(columns_in(self._copied)[len(MARKED_BY) :]))
            else:
                self._opened[place] = _opened(packed, self._rows)
        return self._opened[place]


def pack(batch: Batch, looked_at: Collection[int] = ()) -> tuple[Any, ...]:
    """Return a batch as it travels; of one whose rows are written already, the columns at the places `looked_at`."""
    lines = batch.lines
    return (
        (lines.start, lines.stop) if isinstance(lines, range) else lines,
        batch.columns.index(batch.keys),
        [
            None if batch.copied and place not in looked_at else _packed(column)
            for place, column in enumerate(batch.columns)
        ],
        b"".join(batch.hashes),
        _packed(batch.texts),
        batch.copied,
        batch.aside,
        batch.retired,
        batch.has_retired,
        batch.found,
    )


def unpack(packed: tuple[Any, ...]) -> Batch:
    """Return the batch that travelled as `packed`."""
    lines, key, columns, hashes, texts, copied, aside, retired, has_retired, found = packed
    lines = range(*lines) if isinstance(lines, tuple) else lines
    opened = Columns(columns, len(lines), copied)
    return Batch(
        lines=lines,
        keys=opened[key],
        columns=opened,
        hashes=[hashes[start : start + HASH_BYTES] for start in range(0, len(hashes), HASH_BYTES)],
        texts=_opened(texts, len(lines)),
        copied=copied,
        aside=aside,
        retired=retired,
        has_retired=has_retired,
        found=found,
    )


def _packed(values: Sequence[str]) -> str | tuple[str] | list[str]:
    if not values:
        return []
    if values[0] == values[-1] and list(values).count(values[0]) == len(values):
        return (values[0],)
    text = BETWEEN.join(values)
    return text if text.count(BETWEEN) == len(values) - 1 else list(values)


def _opened(packed: str | tuple[str] | list[str], rows: int) -> Sequence[str]:
    if isinstance(packed, tuple):
        return [packed[0]] * rows
    return packed.split(BETWEEN) if isinstance(packed, str) else packed
