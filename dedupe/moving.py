"""What moves with the stays of a record: the rows of all of HUD's files that name them."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Integer, Select, String, bindparam, func, select

from adminops.db import db
from adminops.hmis.models import FILE_MODELS
from adminops.hmis.stays import Stay

MODELS = {
    name: model for name, model in FILE_MODELS.items() if hasattr(model, "enrollment_id") and name != "Enrollment"
}
WORDS = {name: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name) for name in MODELS}


def count_rows(stays: Sequence[Stay]) -> tuple[tuple[str, int], ...]:
    """Return of each file that has any how many rows belong to `stays`, in HUD's order: one read a source."""
    counts = dict.fromkeys(MODELS, 0)
    for source_id in {stay.source_id for stay in stays}:
        ids = [stay.enrollment_id for stay in stays if stay.source_id == source_id]
        found = db.session.execute(_counting(), {"source_id": source_id, "stays": ids}).one()
        counts = {name: counts[name] + count for name, count in zip(MODELS, found, strict=True)}
    return tuple((WORDS[name], count) for name, count in counts.items() if count)


@cache
def _counting() -> Select[*tuple[Any, ...]]:
    source_id: BindParameter[int] = bindparam("source_id", type_=Integer)
    stays: BindParameter[Sequence[str]] = bindparam("stays", expanding=True, type_=String)
    counts = []
    for model in MODELS.values():
        row: Any = model
        there = (row.source_id == source_id, row.enrollment_id.in_(stays), row.removed_at.is_(None))
        counts.append(select(func.count(row.id)).where(*there).scalar_subquery())
    return select(*counts)
