"""Which words of a text are the name or the birth date of a client in the store.

A text of two thousand characters holds some hundred pairs of words that could be a name. Each is one look-up in the
index of names, all of them in one statement: a sub-select for each row of a list, so that neither database reads the
table instead. What is found is found among the clients of a scope: the agency that the text is about.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    any_,
    bindparam,
    cast,
    func,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from adminops.db import db
from adminops.hmis.models import Client
from adminops.hmis.names import name_key
from adminops.hmis.scope import Scope
from adminops.pii.names import Mention

MOST_RECORDS = 3
"""A name that more records bear than these stands for nobody in particular."""
MOST_ASKED = 2_000
"""Pairs of words of one text that are looked up; a list of names longer than that is found by its beginning."""

MOST_BEARERS = 5_000
"""Records of one name that are looked through for one in the scope."""

NameKey = tuple[str, str]
"""Search keys of a last and a first name."""


@dataclass(frozen=True)
class Named:
    """A mention that is somebody's name: the PersonalIDs of the records that bear it, as far as they are few."""

    mention: Mention
    personal_ids: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """What a text tells of clients: whose names stand in it, and which of its days are birth dates."""

    named: tuple[Named, ...] = ()
    birth_dates: frozenset[date] = frozenset()


def clients_told(mentions: Sequence[Mention], days: Collection[date], scope: Callable[[], Scope]) -> Told:
    """Return which of `mentions` are the exact name of a client in `scope`, and on which of `days` one was born.

    All pairs are asked for in the whole store first, where nearly all of them are nobody; what `scope` returns is
    asked once, about the records that are left.
    """
    keys = {word: name_key(word) for each in mentions for word in (each.first, each.last)}
    keyed = [((keys[each.last], keys[each.first]), each) for each in mentions]
    asked = list(dict.fromkeys(key for key, _ in keyed if all(key)))[:MOST_ASKED]
    there = db.session.execute(_in_the_store(db.engine.dialect.name), {"asked": json.dumps(asked)}) if asked else ()
    known = _records([(last, first) for last, first in there], days, scope)
    ids: dict[NameKey, set[str]] = {}
    for record in known:
        ids.setdefault((record.last_key, record.first_key), set()).add(record.personal_id)
    named = (Named(each, _few(ids[key])) for key, each in keyed if key in ids)
    return Told(tuple(named), frozenset(record.dob for record in known) & frozenset(days))


def _few(ids: set[str]) -> tuple[str, ...]:
    return tuple(sorted(ids)) if len(ids) <= MOST_RECORDS else ()


NAMES_AT_ONCE = 20


def _records(names: Sequence[NameKey], days: Collection[date], scope: Callable[[], Scope]) -> Sequence[Any]:
    """Return the records in `scope` that bear one of `names` or were born on one of `days`."""
    found: dict[int, Any] = {}
    for start in range(0, len(names), NAMES_AT_ONCE):
        found.update(_bearers(names[start : start + NAMES_AT_ONCE]))
    if days:
        found.update((record.id, record) for record in db.session.execute(_BORN, {"days": sorted(set(days))}))
    if not found:
        return ()
    return [found[id_] for id_ in db.session.scalars(_seen(scope(), db.engine.dialect.name), {"ids": sorted(found)})]


@lru_cache(maxsize=200)
def _seen(scope: Scope, dialect: str) -> Select[int]:
    """Return the statement that gives those of some records that are in `scope`.

    Making it takes a while, so it is kept; and PostgreSQL keeps its plan where all of `ids` are one parameter.
    """
    is_asked: ColumnElement[bool] = Client.id.in_(bindparam("ids", expanding=True))
    if dialect != "sqlite":
        is_asked = Client.id == any_(bindparam("ids", type_=ARRAY(Integer)))
    return select(Client.id).where(is_asked, *scope.clients())


_TOLD = (Client.id, Client.last_key, Client.first_key, Client.personal_id, Client.dob)
_BORN = select(*_TOLD).where(Client.dob.in_(bindparam("days", expanding=True)), Client.removed_at.is_(None))


def _bearers(names: Sequence[NameKey]) -> dict[int, Any]:
    asked = {f"{part}{place}": key for place, name in enumerate(names) for part, key in zip(_PARTS, name, strict=True)}
    return {record.id: record for record in db.session.execute(_bearing(len(names)), asked)}


_PARTS = ("last", "first")


@cache
def _bearing(count: int) -> CompoundSelect[Any]:
    """Return the statement that gives the bearers of so many names: of each as many as are looked through."""
    each = (
        select(*_TOLD)
        .where(Client.last_key == bindparam(f"last{place}"), Client.first_key == bindparam(f"first{place}"))
        .where(Client.removed_at.is_(None))
        .limit(MOST_BEARERS)
        .subquery()
        for place in range(count)
    )
    return union_all(*(select(bearers) for bearers in each))


@cache
def _in_the_store(dialect: str) -> Select[Any]:
    """Return the statement that gives those of the asked pairs that are the name of any client."""
    asked = bindparam("asked", type_=String)
    if dialect == "sqlite":
        pair = func.json_each(asked).table_valued("value", name="asked").c.value
        last, first = func.json_extract(pair, "$[0]"), func.json_extract(pair, "$[1]")
    else:
        pair = func.jsonb_array_elements(cast(asked, JSONB)).table_valued("value", name="asked").c.value
        last, first = (func.jsonb_extract_path_text(pair, place) for place in ("0", "1"))
    borne = select(Client.id).where(Client.last_key == last, Client.first_key == first, Client.removed_at.is_(None))
    rows = select(
        last.label("last"), first.label("first"), borne.limit(1).scalar_subquery().label("somebody")
    ).subquery()
    return select(rows.c.last, rows.c.first).where(rows.c.somebody.is_not(None))
