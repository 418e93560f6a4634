"""What a page of a pair is based on: all records of both persons, their merges and stays, told by numbers alone."""

from collections.abc import Iterable, Sequence

from adminops.hmis.models import Client, Merge

Behind = Sequence[object]


def behind(records: Iterable[Client], merges: Iterable[Merge], stay_ids: Iterable[int]) -> Behind:
    """Tell records with the imports that wrote them, their merges in force and their stays, in one order.

    A merge into one of the two, an undone one, an import and a new stay all change it. A record alone, with or without
    a person of its own, reads the same.
    """
    in_force = {merge.source_client_id: merge.id for merge in merges}
    told = {
        (each.id, each.person_id or each.id, each.import_id, each.removed_at is not None, in_force.get(each.id))
        for each in records
    }
    return [sorted(told, key=lambda row: row[0]), sorted(stay_ids)]
