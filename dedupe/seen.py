"""What a page of a pair is based on: all records of both persons, their merges and stays, told by numbers alone."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, not_, or_, select

from adminops.db import db
from adminops.hmis.models import Client, Enrollment, Merge
from adminops.identity.scopes import is_with_victim_services
from dedupe.models import Pair

Rows = Sequence[Sequence[Any]]


def rows_behind(pair: Pair) -> Rows:
    """Return the records of both persons with the imports that wrote them, their merges in force and their stays.

    One read. A merge into one of the two, an undone one, an import and a new stay all change it; stays with victim
    service providers, of which nothing is to be told, do not.
    """
    ids = (pair.low_client_id, pair.high_client_id)
    persons = select(Client.person_id).where(Client.id.in_(ids), Client.person_id.is_not(None))
    theirs = and_(
        Enrollment.source_id == Client.source_id,
        Enrollment.personal_id == Client.personal_id,
        Enrollment.removed_at.is_(None),
        not_(is_with_victim_services()),
    )
    folded = and_(Merge.source_client_id == Client.id, Merge.undone_at.is_(None))
    reading = (
        select(Client.id, Client.person_id, Client.import_id, Client.removed_at, Merge.id, Enrollment.id)
        .outerjoin(Merge, folded)
        .outerjoin(Enrollment, theirs)
        .where(or_(Client.id.in_(ids), Client.person_id.in_(persons)))
        .order_by(Client.id, Merge.id, Enrollment.id)
    )
    return [_row(*row) for row in db.session.execute(reading)]


def _row(id_: int, person_id: int | None, import_id: int | None, removed_at: Any, *more: int | None) -> tuple[Any, ...]:
    """Return a row in which a record alone, with or without a person of its own, reads the same."""
    return (id_, person_id or id_, import_id, removed_at is not None, *more)
