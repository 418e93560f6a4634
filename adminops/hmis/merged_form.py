"""The merged form of an export: the rows of a source as they will be once the vendor has made the merges, too.

Every row that bears the PersonalID of a retired record bears the kept one's; stays that were moved when a merge was
undone bear that of their own. The kept record has the values that were chosen; a retired one is written with
DateDeleted, the day from which it reads under another one. Records of other sources are not written, an export is one
source's; but two records of it may be one person by way of one of those.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload

from adminops.db import db
from adminops.hmis.dividing import moved_stays
from adminops.hmis.merging import persons_by_pairs
from adminops.hmis.models import Client, HmisSource, Merge
from adminops.hmis.persons import UNITS, chosen_records
from adminops.hmis.spec import FileSpec, current


@dataclass(frozen=True)
class MergedForm:
    """How the rows of a source change; nothing does where nothing was merged."""

    kept: Mapping[str, str] = field(default_factory=dict)
    """The PersonalID under which each retired one is written."""
    deleted: Mapping[str, str] = field(default_factory=dict)
    """The DateDeleted of each retired record."""
    givers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of a kept record the PersonalIDs that give HUD's columns, where those are others: {"C1": {"DOB": "C2"}}."""
    stays: Mapping[str, str] = field(default_factory=dict)
    """The PersonalID of stays that were moved, by EnrollmentID."""

    def rewritten(self, file: FileSpec, rows: Iterator[list[str]]) -> Iterator[list[str]]:
        """Yield the texts of the rows of `file` in the merged form."""
        names = [column.name for column in file.columns]
        if "PersonalID" not in names or not (self.kept or self.stays):
            yield from rows
        elif file.name == "Client":
            yield from self._clients(names, rows)
        else:
            yield from self._others(names, rows)

    def _others(self, names: Sequence[str], rows: Iterator[list[str]]) -> Iterator[list[str]]:
        person = names.index("PersonalID")
        stay = names.index("EnrollmentID") if "EnrollmentID" in names else None
        for row in rows:
            own = self.stays.get(row[stay], row[person]) if stay is not None else row[person]
            row[person] = self.kept.get(own, own)
            yield row

    def _clients(self, names: Sequence[str], rows: Iterator[list[str]]) -> Iterator[list[str]]:
        """Write the clients; those of merged persons wait until all that they take values from were read."""
        person, deleted = names.index("PersonalID"), names.index("DateDeleted")
        waiting: dict[str, list[str]] = {}
        concerned = {*self.kept, *self.kept.values()}
        for row in rows:
            if row[person] in concerned:
                waiting[row[person]] = row
            else:
                yield row
        came = {personal_id: list(row) for personal_id, row in waiting.items()}
        for personal_id in sorted(waiting):
            row = waiting[personal_id]
            for column, giver in self.givers.get(personal_id, {}).items():
                if giver in came and column in names:
                    row[names.index(column)] = came[giver][names.index(column)]
            row[deleted] = self.deleted.get(personal_id, row[deleted])
            yield row


def merged_form(source: HmisSource) -> MergedForm:
    """Return how the rows of a source are written in the merged form: two reads, three where there are moves."""
    kept, deleted, givers = dict[str, str](), dict[str, str](), dict[str, dict[str, str]]()
    merges = _merges(source)
    for person_id, of_person in groupby(_records(source), key=lambda client: client.person_id):
        records = sorted(of_person, key=_kept_first(person_id))
        first, *others = records
        own = merges.get(person_id, [])
        since = _retired_since(records, own)
        for client in others:
            kept[client.personal_id] = first.personal_id
            deleted[client.personal_id] = _written(since.get(client.id), source)
        chosen = chosen_records(records, own)
        columns = {unit: chosen[unit].personal_id for unit in UNITS if chosen[unit].id != first.id}
        givers[first.personal_id] = {name: giver for unit, giver in columns.items() for name in _columns_of(unit)}
    return MergedForm(kept, deleted, givers, moved_stays(source.id))


def _records(source: HmisSource) -> Sequence[Client]:
    chosen = select(Client).where(*_there(source), Client.person_id.in_(_of_several(source)))
    return db.session.scalars(chosen.order_by(Client.person_id, Client.id)).all()


def _there(source: HmisSource) -> Sequence[ColumnElement[bool]]:
    return (Client.source_id == source.id, Client.removed_at.is_(None), Client.person_id.is_not(None))


def _of_several(source: HmisSource) -> Select[Any]:
    """Return the persons who have several records in the source."""
    return select(Client.person_id).where(*_there(source)).group_by(Client.person_id).having(func.count(Client.id) > 1)


def _merges(source: HmisSource) -> Mapping[int | None, Sequence[Merge]]:
    """Return the merges in force by person, in their order, for `_of_several`; also those of other sources' records."""
    chosen = select(Client.person_id, Merge).join(Client, Client.id == Merge.source_client_id)
    in_force = chosen.where(Merge.undone_at.is_(None), Client.person_id.in_(_of_several(source)))
    found: dict[int | None, list[Merge]] = {}
    for person_id, merge in db.session.execute(in_force.options(joinedload(Merge.choices)).order_by(Merge.id)).unique():
        found.setdefault(person_id, []).append(merge)
    return found


def _retired_since(records: Sequence[Client], merges: Sequence[Merge]) -> Mapping[int, datetime]:
    """Return since when each of a person's records in a source has read under another one of them, merge by merge."""
    made = [(merge.source_client_id, merge.destination_client_id) for merge in merges]
    ids = {client.id for client in records}.union(*made)
    since = dict[int, datetime]()
    for at, merge in enumerate(merges, start=1):
        persons = persons_by_pairs(ids, made[:at])
        for client in records:
            person_id = persons[client.id]
            together = (each for each in records if persons[each.id] == person_id)
            if min(together, key=_kept_first(person_id)) is client:
                since.pop(client.id, None)
            else:
                since.setdefault(client.id, merge.merged_at)
    return since


def _kept_first(person_id: int) -> Callable[[Client], tuple[bool, int]]:
    """Return the order of a person's records: the kept one first, where it is of another source the oldest."""
    return lambda client: (client.id != person_id, client.id)


def _written(moment: datetime | None, source: HmisSource) -> str:
    """Return a moment as HUD's files have it, by the clock of the source."""
    return f"{moment.astimezone(ZoneInfo(source.time_zone)):%Y-%m-%d %H:%M:%S}" if moment else ""


def _columns_of(unit: str) -> list[str]:
    """Return HUD's columns of a unit; that of the SSN is sealed in the store and has no attribute of its own."""
    attributes = {"ssn" if name.startswith("ssn_sealed") else name for name in UNITS[unit]}
    return [column.name for column in current().by_name["Client"].columns if column.attribute in attributes]
