"""Scoring client records of the store by the model of its last scan: two of them, or one against a few."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache, partial
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import Select, bindparam, func, literal, select

from adminops.db import db
from adminops.hmis.models import Client
from dedupe.gathering import records_to_match, stays_to_warn_of
from dedupe.matching.columns import Columns
from dedupe.matching.explain import ScoredPair, explain
from dedupe.matching.few import CountNames, score_pairs
from dedupe.matching.fields import Field
from dedupe.matching.matching import MINIMUM_PROBABILITY
from dedupe.matching.model import Model, default_model, model_of
from dedupe.matching.tuning import Tuning, tuned, tuning_of
from dedupe.models import Lesson, LessonState, StoredModel
from dedupe.standing import PairOfIds, in_order

MOST_COUNTED = 20_000
"""A name that more records have is counted no further: it is common in any store."""
COMMON = 1_000
"""Names that so many records have are counted once a scan, and not for each look-up anew."""

NameCounts = Mapping[Field, Mapping[str, int]]
_Stored = tuple[int, datetime]
"""The number of a stored model, and when it was made."""
_KEYS = {Field.FIRST: Client.first_key, Field.LAST: Client.last_key}


def present_model() -> Model:
    """Return the model of the last scan with the corrections in force, or the built-in one where none can be used."""
    last, tuning = _in_force()
    return tuned(_base(last), tuning)


def present_judge() -> tuple[Model, CountNames]:
    """Return `present_model` and what counts names for it, for who asks again and again.

    How many have a common name is remembered from the first time on after a scan.
    """
    last, tuning = _in_force()
    count = partial(count_names, known=_common_names(*last)) if last else count_names
    return tuned(_base(last), tuning), count


def present_base() -> Model:
    """Return the model of the last scan without corrections, or the built-in one."""
    return _base(_in_force()[0])


def present_tuning() -> Tuning | None:
    """Return the corrections in force, if any are."""
    return _in_force()[1]


def _in_force() -> tuple[_Stored | None, Tuning | None]:
    """Return what tells the newest stored model, if there is one, and the corrections in force."""
    model_id, made_at, numbers = db.session.execute(_newest_and_taught()).one()
    return (model_id, made_at) if model_id else None, tuning_of(numbers) if numbers else None


@cache
def _newest_and_taught() -> Select[*tuple[Any, ...]]:
    """Return the reading of both in one row: a look-up would wait twice."""
    taught = select(Lesson.numbers).where(Lesson.state == LessonState.ACTIVE)
    newest = (select(each).order_by(StoredModel.id.desc()).limit(1) for each in (StoredModel.id, StoredModel.made_at))
    return select(*(each.scalar_subquery() for each in (*newest, taught)))


def _base(last: _Stored | None) -> Model:
    model = _model(*last) if last else None
    return model or default_model(db.session.scalar(select(func.max(Client.id))) or 0)  # about so many are there


@lru_cache(maxsize=4)
def _model(model_id: int, _made_at: datetime) -> Model | None:
    return model_of(db.session.get_one(StoredModel, model_id).numbers)


def present_lesson() -> Lesson | None:
    """Return what decisions have taught, if anything is in force."""
    return db.session.scalar(select(Lesson).where(Lesson.state == LessonState.ACTIVE))


def present_threshold() -> float:
    """Return the probability from which on pairs are proposed."""
    tuning = present_tuning()
    return tuning.threshold if tuning else MINIMUM_PROBABILITY


def score_clients(wanted: Iterable[PairOfIds], model: Model | None = None) -> dict[PairOfIds, ScoredPair]:
    """Score pairs of records, as far as both can be compared; the lower number is first in each key."""
    pairs = [in_order(*pair) for pair in wanted]
    ids = {id_ for pair in pairs for id_ in pair}
    return score_gathered(records_to_match(ids).columns, pairs, model) if ids else {}


def score_gathered(
    columns: Columns, pairs: Sequence[PairOfIds], model: Model | None = None
) -> dict[PairOfIds, ScoredPair]:
    """Score pairs of records of which both are among `columns`."""
    place = {id_: row for row, id_ in enumerate(columns.ids)}
    kept = [pair for pair in pairs if place.keys() >= set(pair)]
    if not kept:
        return {}
    known = model or present_model()
    one, other = (np.array([place[pair[side]] for pair in kept], dtype=np.int32) for side in (0, 1))
    found = score_pairs(columns, one, other, known, count_names)
    stays = stays_to_warn_of({id_ for pair in kept for id_ in pair})
    return dict(zip(kept, explain(columns, found, known, stays), strict=True))


def count_names(name: Field, texts: Sequence[str], *, known: NameCounts = MappingProxyType({})) -> Mapping[str, int]:
    """Count the records with each of some first or last names, up to `MOST_COUNTED`; those that have left, too.

    Each that is not `known` is one range of an index, and no row is looked at.
    """
    counting, common = _counting(name), known.get(name, {})
    return {text: common.get(text) or db.session.scalar(counting, {"text": text}) or 0 for text in texts}


@lru_cache(maxsize=2)
def _common_names(_model_id: int, _made_at: datetime) -> NameCounts:
    """Return how many records have each common name. Two walks along indexes, half a second with a million records."""
    counted = {}
    for name, key in _KEYS.items():
        reading = select(key, func.count()).where(key != "").group_by(key).having(func.count() >= COMMON)
        counted[name] = {text: min(count, MOST_COUNTED) for text, count in db.session.execute(reading)}
    return counted


@cache
def _counting(name: Field) -> Select[int]:
    key = _KEYS[name]
    some = select(literal(1)).select_from(Client).where(key == bindparam("text")).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(some)
