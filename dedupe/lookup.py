"""Is this person here already? One look at a store of a million, before somebody adds a client.

Candidates come out of the indexes that the store has: the blind ones of the SSN and its last four digits, names, birth
dates. Each way to find some is one short range of one index with an end, so that a common name costs what a rare one
does. The engine judges what comes out, by the model of the last scan.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, and_, bindparam, false, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid
from adminops.facts import PersonLookedUp, SsnLookedUp, publish
from adminops.hmis import sealing
from adminops.hmis.asking import EARLIEST_YEAR, ssn_in
from adminops.hmis.keys import IsListed, padded
from adminops.hmis.models import Client
from adminops.hmis.names import name_key
from adminops.hmis.nicknames import also_called
from adminops.hmis.persons import written_name
from adminops.hmis.scope import Scope
from adminops.hmis.search import LAST_LETTER as _END
from adminops.identity.models import User
from adminops.identity.scopes import scope_of
from adminops.keyboard import as_typed
from dedupe import policies
from dedupe.gathering import identities
from dedupe.matching.admission import known_fields
from dedupe.matching.cleaning import Clean, clean
from dedupe.matching.columns import Columns, one_record
from dedupe.matching.explain import ScoredPair, explain
from dedupe.matching.few import score_pairs
from dedupe.scoring import present_judge

MOST_SHOWN = 10
MOST_JUDGED = 60
"""So many candidates are judged: those that most ways have found."""
A_WAY = 200
"""So many candidates a way gives at most."""
LEAST_LIKELY = 0.001
"""Whom the engine finds less likely than this is not shown; one of many who bear a name alone is about so likely."""
_LONGEST = 100
_A_LIST = 8
"""A list of what is looked for has so many entries, however few are known: few statements serve all (`padded`)."""
_QUERY = 0


@dataclass(frozen=True)
class Wanted:
    """Whom somebody asks for. Printed, it tells nothing."""

    first: str = field(default="", repr=False)
    last: str = field(default="", repr=False)
    dob: date | None = field(default=None, repr=False)
    ssn: str = field(default="", repr=False)
    """Nine digits, x for one that is not known; or the last four."""


@dataclass(frozen=True)
class Hit:
    """A record that may be of the person, and why."""

    client_id: int
    personal_id: str
    source_name: str
    name: str = field(repr=False)
    dob: date | None = field(repr=False)
    is_folded: bool
    """Whether it reads under another record of the same person."""
    scored: ScoredPair


@dataclass(frozen=True)
class LookedUp:
    """What a look-up found, the likeliest first. `is_cut` tells that there were more candidates than were judged.

    `of_some` tells that whoever asked sees some clients only: the person may be here all the same.
    """

    hits: tuple[Hit, ...]
    judged: int
    is_cut: bool
    of_some: bool = False


def read_ssn(text: str) -> str:
    """Return the nine digits, or the last four, that somebody typed as an SSN; empty for anything else."""
    typed = as_typed(text).strip()
    return typed if re.fullmatch(r"\d{4}", typed, re.ASCII) else ssn_in(typed)


def look_up_person(wanted: Wanted, *, by: User) -> LookedUp:
    """Return the records that may be of a person, ten at most, as far as `by` may see them.

    Rules in the order checked: clients.read; clients.ssn when an SSN is given; names short enough and a birth date that
    can be one, not after today; two of first name, last name, birth date and SSN known, where an initial is no name.
    Raises `NotAllowed`, `Invalid`. Publishes `PersonLookedUp`, and `SsnLookedUp` when an SSN was given.
    """
    policies.check_may_look_up(by, with_ssn=bool(wanted.ssn))
    found = _find_person(wanted, scope_of(by))
    ids = tuple(hit.client_id for hit in found.hits)
    publish(PersonLookedUp(user_id=by.id, client_ids=ids, agency_id=by.agency_id), by=by)
    if wanted.ssn:
        publish(SsnLookedUp(user_id=by.id, client_ids=ids, agency_id=by.agency_id), by=by)
    return found


def _asked_for(wanted: Wanted) -> Columns:
    """Return the record that is asked for as the engine wants it. Raises `Invalid` for what no record can have."""
    for name in ("first", "last"):
        if len(getattr(wanted, name)) > _LONGEST:
            raise Invalid(f"A name has at most {_LONGEST} letters.", field=name)
    if wanted.dob and not date(EARLIEST_YEAR, 1, 1) <= wanted.dob <= clock.today():
        raise Invalid("Nobody who comes today was born then. Look at the birth date again.", field="birth_date")
    dob = wanted.dob.isoformat() if wanted.dob else ""
    return one_record(_QUERY, first=wanted.first, last=wanted.last, ssn=wanted.ssn, dob=dob)


def _known_well(asked: Clean) -> int:
    """Say how many of first name, last name, birth date and SSN are known of a record.

    An initial is none of them, though a scan takes it for a name: strangers have it by the thousand. A name of one sign
    in a script without capitals is whole.
    """
    names = [asked.names.text[column[0]] for column in (asked.first, asked.last)]
    initials = sum(len(name) == 1 and name.upper() != name.lower() for name in names)
    return int(known_fields(asked)[0] - initials)


def _find_person(wanted: Wanted, scope: Scope) -> LookedUp:
    """Find and judge the records that may be of a person. Raises `Invalid` for one that can't be matched."""
    query = _asked_for(wanted)
    ids = _candidates(wanted, scope)
    found, rows = identities(padded(ids[:MOST_JUDGED], MOST_JUDGED), with_ssn=bool(wanted.ssn))
    columns = query.followed_by(found)
    records = clean(columns)
    if _known_well(records.take(np.flatnonzero(records.rows == _QUERY))) < 2:
        raise Invalid(
            "Enter two of these: first name, last name, birth date, SSN. Made-up ones and initials count for nothing."
        )
    is_cut, of_some = len(ids) > MOST_JUDGED, scope.projects is not None
    others = np.arange(1, len(columns), dtype=np.int32)
    if not len(others):
        return LookedUp((), 0, is_cut=False, of_some=of_some)
    model, count = present_judge()
    pairs = score_pairs(columns, np.zeros_like(others), others, model, count, minimum=LEAST_LIKELY, cleaned=records)
    scored = explain(columns, pairs.take(range(min(len(pairs), MOST_SHOWN))), model)
    return LookedUp(_hits(scored, rows), len(others), is_cut=is_cut, of_some=of_some)


def _hits(scored: Sequence[ScoredPair], rows: Mapping[int, Any]) -> tuple[Hit, ...]:
    by_client = {int(pair.right if pair.left == _QUERY else pair.left): pair for pair in scored}
    return tuple(_hit(rows[id_], pair) for id_, pair in by_client.items())


def _hit(row: Any, scored: ScoredPair) -> Hit:
    name = written_name(row.first_name, row.middle_name, row.last_name, row.name_suffix)
    is_folded = row.person_id not in (None, row.id)
    return Hit(row.id, row.personal_id, row.name, name, row.dob, is_folded, scored)


# ---- candidates -----------------------------------------------------------------------------------------------------


def _candidates(asked: Wanted, scope: Scope) -> Sequence[int]:
    """Return the numbers of candidates, those first that most ways find; one more than are judged if there are more."""
    known = _known(asked)
    conditions = scope.clients()
    reading = _reading(frozenset(known), of_some=bool(conditions))
    return db.session.scalars(reading.where(*conditions) if conditions else reading, known).all()


def _known(asked: Wanted) -> dict[str, Any]:
    """Return what there is to look for, by the names that `_ways` has for it."""
    first, last, day = name_key(asked.first), name_key(asked.last), asked.dob
    words = {name_key(word) for word in asked.last.replace("-", " ").split()} - {last}
    last4 = sealing.last4_index(sealing.last4_of(asked.ssn.rjust(9, "x")))
    found: dict[str, Any] = {
        "numbers": sealing.ssn_indexes(asked.ssn),
        "last4": last4,
        "first": first,
        "last": last,
        "nicknames": sorted(also_called(first)) if first else [],
        "words": sorted(word for word in words if len(word) > 2),
    }
    for name, key in (("first", first), ("last", last)):
        for letters in (1, 2, 3):
            found |= {
                f"{name}_{letters}": key[:letters],
                f"{name}_{letters}_end": key[:letters] and key[:letters] + _END,
            }
    if day:
        turned = date(day.year, day.day, day.month) if day.day <= 12 else day
        found |= {"days": sorted({day, turned}), "year": date(day.year, 1, 1), "year_end": date(day.year, 12, 31)}
    return {
        name: padded(value, _A_LIST) if isinstance(value, list) else value for name, value in found.items() if value
    }


@cache
def _reading(known: frozenset[str], *, of_some: bool) -> Select[int]:
    """Return the reading of candidates where so much is known. Made once: that takes longer than to read them.

    With `of_some` their rows are beside them, for conditions.
    """
    ways = [_way(conditions, worth) for needs, worth, conditions in _ways() if known.issuperset(needs)]
    found = union_all(*ways, select(Client.id, literal(0).label("worth")).where(false())).subquery()
    ranked = select(found.c.id, func.sum(found.c.worth).label("worth")).group_by(found.c.id).subquery()
    reading = select(ranked.c.id).order_by(ranked.c.worth.desc(), ranked.c.id).limit(MOST_JUDGED + 1)
    return reading.join(Client, Client.id == ranked.c.id) if of_some else reading


def _way(conditions: Sequence[ColumnElement[bool]], worth: int) -> Select[int, int]:
    some = select(Client.id).where(*conditions).limit(A_WAY).subquery()
    return select(some.c.id, literal(worth).label("worth"))


def _ways() -> Iterator[tuple[Sequence[str], int, Sequence[ColumnElement[bool]]]]:
    """Yield the ways to find candidates: what has to be known, what it is worth in bits, and one range of an index."""
    first, last, dob = Client.first_key, Client.last_key, Client.dob
    has_last4, born = Client.ssn_last4_index == bindparam("last4"), IsListed(dob, "days")
    in_year = dob.between(bindparam("year"), bindparam("year_end"))
    yield ["numbers"], 20, [IsListed(Client.ssn_index, "numbers")]
    yield ["last4", "first"], 15, [has_last4, _has_initial(first, "first")]
    yield ["last4", "last"], 15, [has_last4, _has_initial(last, "last")]
    yield ["last4", "days"], 20, [has_last4, born]
    yield ["last", "first"], 14, [last == bindparam("last"), first == bindparam("first")]
    yield ["last", "first"], 12, [last == bindparam("first"), first == bindparam("last")]
    yield ["last", "nicknames"], 10, [last == bindparam("last"), IsListed(first, "nicknames")]
    yield ["last", "first"], 7, [_starts(last, "last", 3), _starts(first, "first", 3)]
    yield ["words", "first"], 9, [IsListed(last, "words"), _starts(first, "first", 2)]
    yield ["last", "first", "year"], 13, [last == bindparam("last"), _starts(first, "first", 1), in_year]
    yield ["last", "first", "year"], 12, [first == bindparam("first"), _starts(last, "last", 1), in_year]
    yield ["days", "last"], 15, [born, _has_initial(last, "last")]
    yield ["days", "first"], 15, [born, _has_initial(first, "first")]


def _starts(column: InstrumentedAttribute[str], name: str, letters: int) -> ColumnElement[bool]:
    return and_(column >= bindparam(f"{name}_{letters}"), column < bindparam(f"{name}_{letters}_end"))


def _has_initial(column: InstrumentedAttribute[str], name: str) -> ColumnElement[bool]:
    """Return the condition that a name begins with a letter, for rows that another index gives.

    No range: PostgreSQL would go through all names of that letter to put two indexes together.
    """
    return func.substr(column, 1, 1) == bindparam(f"{name}_1")
