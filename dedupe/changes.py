"""What imports have changed since a scan, and the records that may be the same persons.

With the changed records come those that may be the same persons (`dedupe.near`), the other records of known pairs, and
the households of both, for these are evidence; then the engine compares that part of the store as it would compare the
whole. A household says something only beside another one: where a changed record entered alone, those of whom it may be
are read without theirs.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import CompoundSelect, Select, and_, func, select, union
from sqlalchemy.orm import aliased

from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis.keys import IsListed
from adminops.hmis.models import Client, Enrollment, HmisImport, Organization, Project
from dedupe.gathering import in_parts
from dedupe.matching.fields import Field
from dedupe.matching.values import Store
from dedupe.models import Pair
from dedupe.near import near_to

OVERLAP = timedelta(hours=1)
"""An import may have ended before a scan began and been stored after it had read: so far back is looked again."""
_Mine, _Other = aliased(Client), aliased(Client)
_Stay, _Mates = aliased(Enrollment), aliased(Enrollment)
_IS_MINE = IsListed(_Mine.id, "ids")


def imports_since(moment: datetime) -> list[int]:
    """Return the imports that ended since, the youngest of which may have been stored while a scan began."""
    ended = HmisImport.finished_at >= moment - OVERLAP
    return list(db.session.scalars(select(HmisImport.id).where(ended).order_by(HmisImport.id)))


def imports_from(import_id: int) -> list[int]:
    """Return an import and those that ended after it. Raises `NotFound`."""
    first = db.session.get(HmisImport, import_id)
    if first is None or first.finished_at is None:
        raise NotFound(f"There is no import {import_id} that has ended.")
    ended = HmisImport.finished_at >= first.finished_at
    return list(db.session.scalars(select(HmisImport.id).where(ended).order_by(HmisImport.id)))


def changed_by(import_ids: Collection[int]) -> set[int]:
    """Return the clients of which imports have written the row, a stay, or the place of a stay.

    With an organization's row it may have become one of victim services, or be one no longer: who stays there takes
    part in no matching, or takes part again.
    """
    if not import_ids:
        return set()
    stays = (Enrollment.source_id == Client.source_id) & (Enrollment.personal_id == Client.personal_id)
    rows = select(Client.id).where(Client.import_id.in_(import_ids))
    theirs = select(Client.id).join(Enrollment, stays)
    of_stays = theirs.where(Enrollment.import_id.in_(import_ids))
    there = (Project.source_id == Enrollment.source_id) & (Project.project_id == Enrollment.project_id)
    of_places = theirs.join(Project, there).where(Project.id.in_(_places_of(import_ids)))
    return set(db.session.scalars(union(rows, of_stays, of_places)))


def _places_of(import_ids: Collection[int]) -> CompoundSelect[int]:
    """Return the projects of which imports have written the row, or that of the organization."""
    own = select(Project.id).where(Project.import_id.in_(import_ids))
    theirs = (Organization.source_id == Project.source_id) & (Organization.organization_id == Project.organization_id)
    return union(own, select(Project.id).join(Organization, theirs).where(Organization.import_id.in_(import_ids)))


def neighbourhood(changed: Collection[int]) -> set[int]:
    """Return changed records, those that may be the same persons, and who entered with them where that is evidence.

    Who is in a pair with a changed record is among them, however the two were found: whether the pair holds still can
    be said of two that were compared alone.
    """
    if not changed:
        return set()
    mates = _entered_with(changed)
    near, of_families = near_to(changed, mates)
    known = _partners(changed)
    of_families.update(*(known[one] for one in mates.keys() & known.keys()))
    return near.union(changed, *known.values(), *mates.values(), *_entered_with(of_families - mates.keys()).values())


def the_store() -> Store:
    """Return how large the store is and how common its names are. Each is one walk along an index."""
    names = {
        name: {text: count for text, count in db.session.execute(_counted(key)) if text}
        for name, key in ((Field.FIRST, Client.first_key), (Field.LAST, Client.last_key))
    }
    there = select(func.count(Client.id)).where(Client.removed_at.is_(None))
    return Store(db.session.scalar(there) or 0, names)


def fingerprint_of_store() -> str:
    """Return the same text for the same records of the same imports. It is made of counts and numbers of imports."""
    counted = select(Client.source_id, func.count(), func.max(Client.import_id), func.max(Client.id))
    rows = db.session.execute(counted.where(Client.removed_at.is_(None)).group_by(Client.source_id))
    return sha256(repr(sorted(map(tuple, rows))).encode()).hexdigest()[:16]


def _counted(key: Any) -> Select[str, int]:
    return select(key, func.count()).where(key != "").group_by(key)


def _partners(client_ids: Collection[int]) -> dict[int, set[int]]:
    """Return the other records of all known pairs of some records."""
    found = defaultdict[int, set[int]](set)
    for some in in_parts(sorted(client_ids)):
        for side, other in ((Pair.low_client_id, Pair.high_client_id), (Pair.high_client_id, Pair.low_client_id)):
            for one, partner in db.session.execute(select(side, other).where(side.in_(some))):
                found[one].add(partner)
    return found


def _entered_with(client_ids: Collection[int]) -> dict[int, set[int]]:
    """Return who entered with some clients: of each that did not enter alone."""
    found = defaultdict[int, set[int]](set)
    for some in in_parts(sorted(client_ids)):
        for one, mate in db.session.execute(_housemates(), {"ids": some}):
            found[one].add(mate)
    return found


@cache
def _housemates() -> Select[int, int]:
    """Return the reading of some clients and who entered with each."""
    stay = (_Stay.source_id == _Mine.source_id) & (_Stay.personal_id == _Mine.personal_id)
    together = and_(
        _Mates.source_id == _Stay.source_id,
        _Mates.household_id == _Stay.household_id,
        _Mates.project_id == _Stay.project_id,
    )
    theirs = (_Other.source_id == _Mates.source_id) & (_Other.personal_id == _Mates.personal_id)
    reading = select(_Mine.id, _Other.id).select_from(_Mine)
    reading = reading.join(_Stay, stay).join(_Mates, together).join(_Other, theirs)
    there = (_Stay.removed_at.is_(None), _Mates.removed_at.is_(None), _Other.removed_at.is_(None))
    return reading.where(_IS_MINE, _Other.id != _Mine.id, *there).distinct()
