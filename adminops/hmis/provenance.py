"""Where each field of a person comes from: which record of which source, by which import, chosen by whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from adminops.hmis.models import Client, Merge
from adminops.hmis.persons import UNITS, choosing_merges
from adminops.refs import Ref


@dataclass(frozen=True)
class Arrival:
    """How a client record got here: from which source, and by the import that wrote it last."""

    source_name: str
    import_ref: Ref | None
    """Empty for a record that was made here."""
    imported_at: datetime | None

    @classmethod
    def of(cls, source_name: str, import_id: int | None, imported_at: datetime | None) -> "Arrival":
        """Return how a record got here by the number of its import, if it has one."""
        return cls(source_name, Ref.to("import", import_id) if import_id else None, imported_at)


@dataclass(frozen=True)
class Origin:
    """Where some units of fields (a name with its quality code is one) were taken from."""

    units: tuple[str, ...]
    client_id: int
    personal_id: str
    updated_at: datetime | None
    """DateUpdated of that record, a wall-clock time without a zone."""
    arrival: Arrival
    merge_id: int | None
    """The merge by which a reviewer chose it."""
    is_fallback: bool
    """Whether the kept record has nothing there, so that another one gave it."""


def origins_of(
    records: Sequence[Client], merges: Sequence[Merge], taken_from: Mapping[str, int], arrivals: Mapping[int, Arrival]
) -> tuple[Origin, ...]:
    """Return where the units come from, those of one origin together, in the order of `persons.UNITS`.

    `records` begin with the kept one; `taken_from` is that of the identity.
    """
    by_id, chosen = {record.id: record for record in records}, choosing_merges(records, merges)
    together: dict[tuple[int, int | None], list[str]] = {}
    for unit in UNITS:
        merge = chosen.get(unit)
        together.setdefault((taken_from[unit], merge.id if merge else None), []).append(unit)
    return tuple(
        Origin(
            units=tuple(units),
            client_id=record.id,
            personal_id=record.personal_id,
            updated_at=record.date_updated,
            arrival=arrivals[record.id],
            merge_id=merge_id,
            is_fallback=merge_id is None and record.id != records[0].id,
        )
        for (client_id, merge_id), units in together.items()
        for record in (by_id[client_id],)
    )
