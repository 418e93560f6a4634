"""Finding client records: by PersonalID, by name in any spelling, by birth date, by SSN; fast in a store of millions.

A question is answered by arms: the record with that PersonalID, the exact name, names that are short for one another,
names that begin so. Each arm is one range of one index, read in the index's own order and never further than a page
needs, so that the thousandth Maria costs what the first does. An `or` over two indexes would read the whole table.
What an arm before it finds, an arm leaves out: no record stands on two pages, and none takes the place of another.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, literal, not_, or_, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute

from adminops.db import db
from adminops.hmis import sealing
from adminops.hmis.asking import Question
from adminops.hmis.models import Client, HmisSource
from adminops.hmis.nicknames import also_called
from adminops.hmis.persons import full_name
from adminops.hmis.scope import EVERYTHING, Scope

LAST_LETTER = "\U0010ffff"
"""Sorts behind every key, so that from "mar" to "mar" with it is every name that begins with "mar"."""
MOST_WORDS = 6
"""Words of a name after these are one with the sixth: nobody needs every way to cut a longer one in two."""

Way = Literal["id", "name", "nickname", "beginning", "birth date"]
Condition = ColumnElement[bool]


@dataclass(frozen=True)
class FoundClient:
    """A record that a search found. `is_folded` tells that it reads under another record of the same person."""

    id: int
    source_id: int
    source_name: str
    personal_id: str
    name: str
    dob: date | None
    person_id: int
    is_folded: bool
    way: Way = "name"
    """By what it was found."""


@dataclass(frozen=True)
class FoundClients:
    """A page of found records. `after` is what to ask with for the next page, None when this is the last."""

    rows: tuple[FoundClient, ...]
    after: str | None


@dataclass(frozen=True)
class Arm:
    """One way to find records: a condition that one index answers, and the order of that index."""

    way: Way
    condition: Condition
    by_first: bool = False
    """Whether it is read in the order of first names."""
    reading: int = 0
    """As which of the readings of the words; the arms of one have no record in common."""
    last: str = ""
    """How the last name of every record begins that it finds, as far as that is known."""
    first: str = ""
    """How the first name begins."""

    def may_find_what(self, other: "Arm") -> bool:
        """Tell whether both may find a record: where not, nothing need be left out, or a long name is a long query."""
        if self.reading and self.reading == other.reading:
            return False
        return _may_be_one(self.last, other.last) and _may_be_one(self.first, other.first)


def _may_be_one(beginning: str, other: str) -> bool:
    return beginning.startswith(other) or other.startswith(beginning)


def find_clients(
    asked: Question, *, scope: Scope | None, limit: int = 25, after: str | None = None, at_once: bool = False
) -> FoundClients:
    """Find the records that `asked` means: its PersonalID first, then exact names, nicknames, beginnings of names.

    `after` is where the page before ended. Only records that `scope` (None: everything) lets see are found. SSNs are
    looked for by `find_by_ssn` alone. A name of fewer than two letters finds nothing. `at_once` asks in all ways
    in one read: where other things are looked for as well, and most words are nobody's name.
    """
    seen = scope or EVERYTHING
    gathered = seen.gathered()
    reading = Reading(gathered or Client, [] if gathered else seen.clients(), asked.birth_date, limit + 1)
    arms = list(enumerate(_arms(asked, reading.client)))
    begin, last = _place(after, seen)
    found: dict[int, int] = {}
    # Way by way, for a later way is read in vain when the page is full; of the few gathered ones all at once.
    # A number that is somebody's ID is nobody's name.
    way_by_way = gathered is None and not at_once
    for _, group in groupby(arms[begin:], key=lambda numbered: way_by_way and numbered[1].way):
        for number, id_ in reading.run(list(group), (begin, last)):
            found.setdefault(id_, number)
        is_answered = asked.is_surely_an_id and any(arms[number][1].way == "id" for number in found.values())
        if len(found) > limit or is_answered:
            break
    page = list(found)[:limit]
    more = f"{found[page[-1]]}-{page[-1]}" if len(found) > limit else None
    return FoundClients(tuple(_load({id_: arms[found[id_]][1].way for id_ in page})), more)


def find_by_ssn(ssn: str, *, scope: Scope | None, limit: int = 25) -> tuple[FoundClient, ...]:
    """Find the records that have exactly this SSN (any punctuation). Finds nothing for one that identifies nobody.

    The caller checks the permission and publishes `SsnLookedUp`.
    """
    indexes = sealing.ssn_indexes("".join(letter for letter in ssn if letter.isdigit()))
    if not indexes:
        return ()
    reading = (
        select(Client, HmisSource.name)
        .join(HmisSource, HmisSource.id == Client.source_id)
        .where(Client.removed_at.is_(None), Client.ssn_index.in_(indexes), *(scope or EVERYTHING).clients())
        .order_by(Client.id)
        .limit(limit)
    )
    return tuple(_found(client, source_name, "id") for client, source_name in db.session.execute(reading))


# ---- arms -----------------------------------------------------------------------------------------------------------


def _arms(asked: Question, client: Any) -> list[Arm]:
    """Return the arms of a question about `client` rows, in the order in which what they find is shown."""
    arms = [Arm("id", _has_id(client, asked.personal_id))] if asked.personal_id else []
    if asked.birth_date and not asked.has_name:
        arms.append(Arm("birth date", client.dob == asked.birth_date))
    ways: tuple[Way, ...] = ("name", "nickname", "beginning")
    readings = enumerate(_readings_of_name(asked, client), 1)
    named = [replace(arm, reading=number) for number, reading in readings for arm in reading]
    arms += [arm for way in ways for arm in named if arm.way == way]
    return [_without(arm, arms[:place]) for place, arm in enumerate(arms)]


def _without(arm: Arm, earlier: Sequence[Arm]) -> Arm:
    """Leave out of an arm what those before it find, too."""
    told = [other.condition for other in earlier if arm.may_find_what(other)]
    return replace(arm, condition=and_(arm.condition, *map(not_, told)))


def _has_id(client: Any, personal_id: str) -> Condition:
    """Name the sources, for the index begins with them."""
    return and_(client.source_id.in_(select(HmisSource.id)), client.personal_id == personal_id)


def _readings_of_name(asked: Question, client: Any) -> Iterator[Iterator[Arm]]:
    """Yield the arms of each way in which the words may be a name."""
    if asked.last:
        yield _full_name(client, asked.last, asked.first) if asked.first else _last_name(client, asked.last)
        return
    words = _cut_short(asked.words)
    if not words:
        return
    yield _one_name(client, "".join(words))
    for cut in range(1, len(words)):
        front, back = "".join(words[:cut]), "".join(words[cut:])
        yield _full_name(client, back, front)
        yield _full_name(client, front, back)
    if len(words) > 2:  # the words between may be a middle name, which has no key
        both = and_(client.last_key == words[-1], _begins(client.first_key, words[0]))
        yield iter([Arm("beginning", both, last=words[-1], first=words[0])])


def _cut_short(words: Sequence[str]) -> Sequence[str]:
    return words if len(words) <= MOST_WORDS else (*words[: MOST_WORDS - 1], "".join(words[MOST_WORDS - 1 :]))


def _last_name(client: Any, last: str) -> Iterator[Arm]:
    yield Arm("name", client.last_key == last, last=last)
    yield Arm("beginning", _begins_longer(client.last_key, last), last=last)


def _one_name(client: Any, name: str) -> Iterator[Arm]:
    """Find a name that may be the first or the last one."""
    nicknames = sorted(also_called(name))
    is_last = client.last_key == name
    yield Arm("name", is_last, last=name)
    yield Arm("name", and_(client.first_key == name, not_(is_last)), by_first=True, first=name)
    for nickname in nicknames:
        yield Arm("nickname", and_(client.first_key == nickname, not_(is_last)), by_first=True, first=nickname)
    told = client.first_key.in_([name, *nicknames])
    yield Arm("beginning", and_(_begins_longer(client.last_key, name), not_(told)), last=name)
    begins = and_(_begins_longer(client.first_key, name), not_(told), not_(_begins(client.last_key, name)))
    yield Arm("beginning", begins, by_first=True, first=name)


def _full_name(client: Any, last: str, first: str) -> Iterator[Arm]:
    nicknames = sorted(also_called(first))
    told = and_(client.last_key == last, client.first_key.in_([first, *nicknames]))
    yield Arm("name", and_(client.last_key == last, client.first_key == first), last=last, first=first)
    if nicknames:
        yield Arm("nickname", and_(client.last_key == last, client.first_key.in_(nicknames)), last=last)
    so_far = or_(_begins(client.first_key, first), client.first_key.in_(nicknames))
    begins = and_(_begins(client.last_key, last), so_far, not_(told))
    yield Arm("beginning", begins, last=last, first="" if nicknames else first)


def _begins(column: InstrumentedAttribute[str], key: str) -> Condition:
    return and_(column >= key, column < key + LAST_LETTER)


def _begins_longer(column: InstrumentedAttribute[str], key: str) -> Condition:
    return and_(column > key, column < key + LAST_LETTER)


# ---- reading --------------------------------------------------------------------------------------------------------


def _place(after: str | None, scope: Scope) -> tuple[int, Client | None]:
    """Return the arm to go on with and the last record shown; the beginning for a place that nobody can read.

    A record that `scope` hides is no place: where a list goes on after it would tell its name.
    """
    number, _, id_ = (after or "").partition("-")
    if not (number.isdecimal() and id_.isdecimal() and len(number) < 4 and len(id_) < 10):
        return 0, None
    last = db.session.scalar(select(Client).where(Client.id == int(id_), *scope.clients()))
    return (int(number), last) if last is not None else (0, None)


@dataclass(frozen=True)
class Reading:
    """What all arms of a question have in common: where they read, what narrows them, how much is wanted."""

    client: Any
    narrowed: Sequence[Condition]
    birth_date: date | None
    limit: int

    def run(self, arms: Sequence[tuple[int, Arm]], place: tuple[int, Client | None]) -> list[tuple[int, int]]:
        """Return (number of the arm, number of the record) of what some arms find behind `place`."""
        parts = [self._part(number, arm, place[1] if number == place[0] else None) for number, arm in arms]
        all_ = union_all(*parts).subquery()
        order = (all_.c.arm, all_.c.one, all_.c.other, all_.c.id)
        found = db.session.execute(select(all_.c.arm, all_.c.id).order_by(*order).limit(self.limit))
        return [(number, id_) for number, id_ in found]

    def _part(self, number: int, arm: Arm, last: Client | None) -> Select[*tuple[Any, ...]]:
        names = ("first_key", "last_key") if arm.by_first else ("last_key", "first_key")
        one, other = (getattr(self.client, name) for name in names)
        reading = select(literal(number).label("arm"), self.client.id, one.label("one"), other.label("other"))
        reading = reading.where(arm.condition, self.client.removed_at.is_(None), *self.narrowed)
        if self.birth_date and arm.way != "id":
            reading = reading.where(self.client.dob == self.birth_date)
        if last is not None:
            here = (*(getattr(last, name) for name in names), last.id)
            reading = reading.where(tuple_(one, other, self.client.id) > here)
        # Wrapped once more: SQLite takes ORDER BY and LIMIT of a part of a union in no other way.
        return select(reading.order_by(one, other, self.client.id).limit(self.limit).subquery())


def _load(ways: dict[int, Way]) -> Iterator[FoundClient]:
    if not ways:
        return
    reading = select(Client, HmisSource.name).join(HmisSource, HmisSource.id == Client.source_id)
    rows = {client.id: (client, name) for client, name in db.session.execute(reading.where(Client.id.in_(ways)))}
    for id_, way in ways.items():
        yield _found(*rows[id_], way)


def _found(client: Client, source_name: str, way: Way) -> FoundClient:
    person_id = client.id if client.person_id is None else client.person_id
    return FoundClient(
        id=client.id,
        source_id=client.source_id,
        source_name=source_name,
        personal_id=client.personal_id,
        name=full_name(client),
        dob=client.dob,
        person_id=person_id,
        is_folded=person_id != client.id,
        way=way,
    )
