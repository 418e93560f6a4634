"""The rows of the store beside a file: each is met once, whatever the order, and nearly all without being looked up."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from adminops import clock
from adminops.hmis import sources
from adminops.hmis.intake.bulk import Bulk
from adminops.hmis.intake.standing import WIDE, StoredRows
from adminops.hmis.models import HmisSource, HudUser
from adminops.hmis.spec import current

USERS = current().by_name["User"]
BATCH = 10
NEVER = 10**9


@dataclass
class Reading:
    """What came of reading a file against the store."""

    known: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    absent: list[int] = field(default_factory=list)
    quick: list[bool] = field(default_factory=list)
    """Of each batch whether it was just what the store had next."""
    looked_up: int = 0


class Counting(Bulk):
    """Counts the keys that are looked up."""

    looked_up = 0

    def stored(self, file: Any, source_id: int, keys: Sequence[str], *, with_dates: bool) -> Any:
        """Look `keys` up."""
        self.looked_up += len(keys)
        return super().stored(file, source_id, keys, with_dates=with_dates)


def hash_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def store(session: Session, source: HmisSource, keys: Sequence[str], removed: Sequence[str] = ()) -> None:
    """Let the store have rows of `keys` in this order, those of `removed` as removed ones."""
    for key in keys:
        gone = clock.now() if key in removed else None
        values = {"source_id": source.id, "user_id": key, "row_hash": hash_of(key), "removed_at": gone}
        session.execute(insert(HudUser).values(values))


def remove(session: Session, source: HmisSource, keys: Sequence[str], *, back: bool = False) -> None:
    put = "NULL" if back else "CURRENT_TIMESTAMP"
    sql = text(f"UPDATE hmis_user SET removed_at = {put} WHERE source_id = :source AND user_id = :key")
    for key in keys:
        session.execute(sql, {"source": source.id, "key": key})


def read(
    session: Session,
    source: HmisSource,
    keys: Sequence[str],
    deleted: Sequence[str] = (),
    *,
    wide: int = NEVER,
    size: int = BATCH,
) -> Reading:
    """Read a file with rows of `keys` as an import does, those of `deleted` with a DateDeleted."""
    bulk, reading = Counting(session.connection()), Reading()
    rows = StoredRows(bulk, USERS, source.id, with_dates=False, wide=wide)
    for start in range(0, len(keys), size):
        batch = keys[start : start + size]
        quick = not set(batch) & set(deleted) and rows.are_next([hash_of(key) for key in batch])
        reading.quick.append(quick)
        if quick:
            reading.known += batch
            continue
        found, again = rows.match(batch)
        for place, (key, row) in enumerate(zip(batch, found, strict=True)):
            if place in again:
                reading.again.append(key)
            elif row is not None:
                assert row.key == key
                reading.known.append(key)
                remove(session, source, [key], back=key not in deleted)
            elif key in reading.new:
                reading.again.append(key)
            else:
                reading.new.append(key)
                store(session, source, [key])
    rows.let_go()
    assert rows.seen([*keys, "nobody"]) == set(keys)
    reading.absent = [row_id for ids in rows.unmet() for row_id in ids]
    reading.looked_up = bulk.looked_up
    return reading


def keys_of(session: Session, ids: Sequence[int]) -> list[str]:
    sql = text("SELECT user_id FROM hmis_user WHERE id = :id")
    return [session.execute(sql, {"id": row_id}).scalar_one() for row_id in ids]


def numbered(count: int, name: str = "U") -> list[str]:
    return [f"{name}{number:03}" for number in range(count)]


@pytest.mark.parametrize("wide", [0, WIDE, NEVER])
@pytest.mark.parametrize("seed", range(8))
def test_each_row_is_met_once_and_what_is_not_in_the_file_is_absent(
    session: Session, source: HmisSource, seed: int, wide: int
):
    dice = random.Random(seed)
    other = sources.add_source("Other HMIS")
    keys = numbered(dice.randint(1, 80))
    removed = [key for key in keys if dice.random() < dice.choice([0, 0.05, 0.5])]
    for key in keys:
        for _ in range(dice.choice([0, 0, 0, 1, 12])):
            store(session, other, [f"{key}-{dice.random()}"[:30]])
        store(session, source, [key], removed)
    gone = set(dice.sample(keys, dice.randint(0, len(keys)) // dice.choice([1, 4, 20])))
    file = [key for key in keys if key not in gone and (key not in removed or dice.random() < 0.7)]
    for new in numbered(dice.randint(0, 30), "N"):
        file.insert(dice.randint(0, len(file)), new)
    for _ in range(dice.choice([0, 1, 5])):
        file.insert(dice.randint(0, len(file)), dice.choice(file) if file else "N900")
    if dice.random() < 0.4:
        dice.shuffle(file)
    deleted = dice.sample(keys, len(keys) // dice.choice([3, 10, 100]))
    reading = read(session, source, file, deleted, wide=wide, size=dice.choice([1, 3, 10, 40]))
    assert sorted(reading.known) == sorted(set(file) & set(keys))
    assert sorted(reading.new) == sorted(set(file) - set(keys))
    assert len(reading.again) == len(file) - len(set(file))
    assert sorted(keys_of(session, reading.absent)) == sorted(set(keys) - set(file) - set(removed))


def test_removed_rows_keep_no_batch_from_being_just_what_is_next(session: Session, source: HmisSource):
    keys = numbered(100)
    store(session, source, keys, removed=keys[5::10])
    reading = read(session, source, [key for key in keys if key not in keys[5::10]])
    assert all(reading.quick)
    assert reading.looked_up == len({*keys} - {*keys[5::10]}) + 1, "by the question what was seen"
    assert not reading.absent


def test_rows_of_another_source_between_keep_no_batch_from_being_just_what_is_next(
    session: Session, source: HmisSource
):
    other, keys = sources.add_source("Other HMIS"), numbered(40)
    for key in keys:
        store(session, other, [key])
        store(session, source, [key])
    assert all(read(session, source, keys, wide=WIDE).quick)


CHANGES = {
    "one that is absent": lambda keys: [*keys[:25], *keys[26:]],
    "several that are absent": lambda keys: [*keys[:22], *keys[23:25], *keys[27:]],
    "one that is new": lambda keys: [*keys[:25], "N1", *keys[25:]],
    "more that are new than a batch has": lambda keys: [*keys[:20], *numbered(30, "N"), *keys[20:]],
    "one that comes early": lambda keys: [*keys[:12], keys[47], *keys[12:47], *keys[48:]],
    "one that comes late": lambda keys: [*keys[:12], *keys[13:34], keys[12], *keys[34:]],
    "a batch that comes early": lambda keys: [*keys[:10], *keys[60:70], *keys[10:60], *keys[70:]],
    "one that is there twice": lambda keys: [*keys[:25], keys[3], *keys[25:]],
}


@pytest.mark.parametrize("why", CHANGES)
def test_behind_what_is_odd_in_a_file_the_next_batch_is_just_what_is_next_again(
    session: Session, source: HmisSource, why: str
):
    keys = numbered(100)
    store(session, source, keys)
    reading = read(session, source, CHANGES[why](keys))
    assert reading.quick[0]
    assert all(reading.quick[-2:])
    assert reading.quick.count(False) <= 5


def test_behind_rows_that_are_back_the_next_batch_is_just_what_is_next_again(session: Session, source: HmisSource):
    keys = numbered(100)
    store(session, source, keys, removed=keys[20:50])
    reading = read(session, source, keys)
    assert reading.quick == [True] * 2 + [False] * 3 + [True] * 5
    assert (reading.known, reading.new, reading.absent) == (keys, [], [])


def test_a_source_whose_rows_lie_far_apart_is_looked_up(session: Session, source: HmisSource):
    other, keys = sources.add_source("Other HMIS"), numbered(20)
    for key in keys:
        store(session, other, [f"{key}-{number}" for number in range(WIDE)])
        store(session, source, [key])
    reading = read(session, source, keys[:-1], wide=WIDE)
    assert not any(reading.quick)
    assert keys_of(session, reading.absent) == keys[-1:]
    assert read(session, source, keys[:-1]).quick[0]


def test_a_file_in_the_opposite_order_is_met_all_the_same(session: Session, source: HmisSource):
    keys = numbered(60)
    store(session, source, keys)
    reading = read(session, source, keys[::-1])
    assert (sorted(reading.known), reading.new, reading.absent) == (keys, [], [])
    assert reading.looked_up <= 61 + 30, "the other half has been passed, and waits"


def test_a_file_that_is_not_in_the_export_had_no_rows_and_others_are_not_asked_about(session: Session):
    bulk = Bulk(session.connection())
    assert bulk.seen("Client", ["C1"]) == set()
    with pytest.raises(KeyError):
        bulk.seen("Exit", ["X1"])
