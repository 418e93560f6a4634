"""The merged form of an export: the rows of a source as they will be once the vendor has made the merges, too.

Every row that bears the PersonalID of a retired record bears the kept one's; stays that were moved when a merge was
undone bear that of their own. The kept record has the values that were chosen; a retired one is written with
DateDeleted, the day of the merge. Records of other sources take no part: an export is one source's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from adminops.db import db
from adminops.hmis.dividing import moved_stays
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
        records = sorted(of_person, key=lambda client: (client.id != person_id, client.id))
        first, *others = records
        ids = {client.id for client in records}
        own = [merge for merge in merges if merge.source_client_id in ids]
        for client in others:
            kept[client.personal_id] = first.personal_id
            deleted[client.personal_id] = _day_of(client, own, source)
        chosen = chosen_records(records, own)
        columns = {unit: chosen[unit].personal_id for unit in UNITS if chosen[unit].id != first.id}
        givers[first.personal_id] = {name: giver for unit, giver in columns.items() for name in _columns_of(unit)}
    return MergedForm(kept, deleted, givers, moved_stays(source.id))


def _records(source: HmisSource) -> Sequence[Client]:
    there = (Client.source_id == source.id, Client.removed_at.is_(None), Client.person_id.is_not(None))
    several = select(Client.person_id).where(*there).group_by(Client.person_id).having(func.count(Client.id) > 1)
    chosen = select(Client).where(*there, Client.person_id.in_(several)).order_by(Client.person_id, Client.id)
    return db.session.scalars(chosen).all()


def _merges(source: HmisSource) -> Sequence[Merge]:
    chosen = select(Merge).join(Client, Client.id == Merge.source_client_id).where(Client.source_id == source.id)
    in_force = chosen.where(Merge.undone_at.is_(None)).options(joinedload(Merge.choices)).order_by(Merge.id)
    return db.session.scalars(in_force).unique().all()


def _day_of(client: Client, merges: Sequence[Merge], source: HmisSource) -> str:
    """Return when a record was folded in, by the clock of its source."""
    made = [merge.merged_at for merge in merges if client.id in (merge.source_client_id, merge.destination_client_id)]
    local = max(made).astimezone(ZoneInfo(source.time_zone)) if made else None
    return f"{local:%Y-%m-%d %H:%M:%S}" if local else ""


def _columns_of(unit: str) -> list[str]:
    """Return HUD's columns of a unit; that of the SSN is sealed in the store and has no attribute of its own."""
    attributes = {"ssn" if name.startswith("ssn_sealed") else name for name in UNITS[unit]}
    return [column.name for column in current().by_name["Client"].columns if column.attribute in attributes]
