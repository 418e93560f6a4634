"""New keys for what is sealed, while AdminOps goes on working: the ring first, then the store, step by step.

Each step is a transaction of its own. A rotation that was killed is taken up by the next one, which then makes no
further key.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from adminops import clock
from adminops.crypto import KeyRing, Kind
from adminops.db import transaction
from adminops.errors import Conflict, Invalid, NotFound
from adminops.facts import KeyForgotten, KeysRotated, publish
from adminops.hmis import resealing, sealing
from adminops.hmis.intake.undoing import UNDO_FOR
from adminops.hmis.resealing import SEALED, SealedColumn, Step
from adminops.identity.models import User

PATIENCE = timedelta(minutes=10)
"""How long a step waits for a writer (an import may take minutes), and a rotation for rows that are being written."""
PAUSE = 1.0
"""Seconds before rows are looked at again that somebody else was writing."""
IN_USE = timedelta(days=8)
"""For so long after a new key was made, somebody may still be writing under the one before, or undo an import: that
brings rows back as they were."""
ROTATE: Mapping[Kind, str] = {"key": "run adminops keys rotate", "index": "run adminops keys rotate --index"}

Tell = Callable[[str, int, int], None]
"""Is told what is being rotated, how many values are done and how many there were to do."""


@dataclass
class Rotated:
    """What a rotation did: how many values of each column it wrote.

    `left` are values that somebody else held all the time, `closed` those that don't open.
    """

    kind: Kind
    key: int
    is_new: bool = False
    written: dict[str, int] = field(default_factory=dict)
    left: int = 0
    closed: int = 0

    @property
    def values(self) -> int:
        """How many values were written, of all columns."""
        return sum(self.written.values())

    @property
    def is_whole(self) -> bool:
        """Whether everything is under the current key now."""
        return not (self.left or self.closed)


@dataclass(frozen=True)
class ListedKey:
    """One key of the ring, and how many values are under it (of index keys that is not known)."""

    kind: Kind
    number: int
    is_current: bool
    made: str
    values: int | None


def rotate_keys(*, by: User, tell: Tell) -> Rotated:
    """Seal every sealed value anew under a new key; take up a rotation that was not finished. Publishes `KeysRotated`.

    The old keys stay in the ring, so that backups made under them can be opened.
    """
    done = _resealed(tell)
    if not done.values and not done.left:
        sealing.ring_file().change(lambda ring: ring.with_new_key(), reason=f"key-{_ring().current + 1}")
        done = _resealed(tell)
        done.is_new = True
    _publish(done, by)
    return done


def rotate_index(*, by: User, tell: Tell) -> Rotated:
    """Write all look-ups of SSNs anew under a new index key; take up what was not finished. Publishes `KeysRotated`.

    Look-ups go on by the old keys, too, until these are forgotten. Hashes of rows have a key of their own and stay.
    """
    done = _reindexed(tell)
    if not done.values and not done.left:
        sealing.ring_file().change(lambda ring: ring.with_new_index_key(), reason=f"index-{_ring().current_index + 1}")
        done = _reindexed(tell)
        done.is_new = True
    _publish(done, by)
    return done


def rotate_rows(*, by: User) -> Rotated:
    """Make a new key for the hashes of rows and forget the hashes under the old one. Publishes `KeysRotated`.

    The next import finds every row with a secret in it changed, once: only for when the keys were stolen.
    """
    sealing.ring_file().change(lambda ring: ring.with_new_row_key(), reason="rows")
    with transaction(patience=PATIENCE):
        forgotten = resealing.forget_row_hashes()
    done = Rotated("rows", 0, is_new=True, written={"row_hash": forgotten})
    _publish(done, by)
    return done


def list_keys() -> list[ListedKey]:
    """Return the keys of the ring, the oldest first, those without which stored values stay closed included."""
    ring = _ring()
    with transaction(writes=False):
        under = sum((Counter(resealing.count_by_key(column)) for column in SEALED), Counter[int]())
    sealers = [
        ListedKey("key", number, number == ring.current, _made(ring, "key", number), under[number])
        for number in sorted({*ring.keys, *under})
    ]
    indexes = [
        ListedKey("index", number, number == ring.current_index, _made(ring, "index", number), None)
        for number in sorted(ring.index_keys)
    ]
    return sealers + indexes


def named(kind: Kind, number: int) -> str:
    """Return what a key is called in a sentence."""
    return f"index key {number}" if kind == "index" else f"key {number}"


def forget_key(kind: Kind, number: int, *, by: User) -> None:
    """Take an old key out of the ring: what is under it can never be opened again. Publishes `KeyForgotten`.

    The ring before stays beside it until somebody removes that file.

    Raises `NotFound` for a key that the ring does not have, `Invalid` for the current one, `Conflict` while anything
    is under it, the undo of an import would bring such a value back, or somebody may still be writing under it.
    """
    ring = _ring()
    keys, newest = (ring.index_keys, ring.current_index) if kind == "index" else (ring.keys, ring.current)
    key = named(kind, number)
    if number not in keys:
        raise NotFound(f"The ring has no {key}.")
    if number == newest:
        raise Invalid(f"{key.capitalize()} is in use: {ROTATE[kind]} first.")
    _check_nobody_writes_under_it(ring, kind)
    with transaction(writes=False):
        if used := _values_under(kind, number):
            raise Conflict(f"{used:,} values are still under {key}: {ROTATE[kind]} first.")
        if used := resealing.count_to_be_undone(kind, number):
            raise Conflict(
                f"Still under {key}: {used:,} of the values that the undo of an import would bring back."
                f" Try again {UNDO_FOR.days} days after that import."
            )
    sealing.ring_file().change(lambda now: now.without(kind, number), reason=f"forgetting-{kind}-{number}")
    with transaction():
        publish(KeyForgotten(key=f"{kind} {number}"), by=by)


def _check_nobody_writes_under_it(ring: KeyRing, kind: Kind) -> None:
    """Refuse while an import of before could still be running or be undone: its rows would be under the old key."""
    newest = ring.current_index if kind == "index" else ring.current
    made = ring.made.get(f"{kind} {newest}")
    if made and clock.now() - datetime.fromisoformat(made) < IN_USE:
        raise Conflict(
            f"{named(kind, newest).capitalize()} was made less than {IN_USE.days} days ago: an import of before may"
            " still be undone, and that needs the old one. Try again then."
        )


def _values_under(kind: Kind, number: int) -> int:
    if kind == "key":
        return sum(resealing.count_by_key(column).get(number, 0) for column in SEALED)
    return resealing.count_outdated()


@dataclass(frozen=True)
class _Work:
    """Rows to go through: their number, the next step behind an id, and what is left once a round has ended."""

    title: str
    total: int
    step: Callable[..., Step]
    left: Callable[[Step], int]


def _resealed(tell: Tell) -> Rotated:
    done = Rotated("key", _ring().current)
    for column in SEALED:
        with transaction(writes=False):
            waiting = resealing.count_waiting(column)
        step, left = partial(resealing.reseal_some, column), partial(_still_waiting, column)
        _work_through(done, _Work(column.title, waiting, step, left), tell)
    return done


def _still_waiting(column: SealedColumn, went: Step) -> int:
    return resealing.count_waiting(column) - went.closed


def _reindexed(tell: Tell) -> Rotated:
    done = Rotated("index", _ring().current_index)
    with transaction(writes=False):
        total = resealing.count_indexed()
    work = _Work("hmis_client.ssn_index", total, resealing.reindex_some, _not_seen)
    _work_through(done, work, tell)
    return done


def _not_seen(went: Step) -> int:
    return resealing.count_indexed() - went.seen


def _work_through(done: Rotated, work: _Work, tell: Tell) -> None:
    """Go through all rows, again while there were some that somebody else was writing."""
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while True:
        went = _round(done, work, tell)
        with transaction(writes=False):
            left = max(0, work.left(went))
        if not left or time.monotonic() > deadline:
            done.left, done.closed = done.left + left, done.closed + went.closed
            return
        time.sleep(PAUSE)


def _round(done: Rotated, work: _Work, tell: Tell) -> Step:
    went = Step(0)
    while went.last is not None:
        with transaction(patience=PATIENCE):
            step = work.step(after=went.last)
        done.written[work.title] = done.written.get(work.title, 0) + step.written
        went = Step(step.last, went.seen + step.seen, went.written + step.written, went.closed + step.closed)
        tell(work.title, min(went.seen, work.total), work.total)
    return went


def _ring() -> KeyRing:
    return sealing.key_ring(anew=True)


def _made(ring: KeyRing, kind: Kind, number: int) -> str:
    keys = ring.index_keys if kind == "index" else ring.keys
    return ring.made.get(f"{kind} {number}", "") if number in keys else "not in the ring"


def _publish(done: Rotated, by: User) -> None:
    key = "rows" if done.kind == "rows" else f"{done.kind} {done.key}"
    with transaction():
        publish(KeysRotated(key=key, values=done.values), by=by)
