"""Merging client records into one person, and taking that back.

A merge is a line in a log: this source record stands for the same person as that destination record. The persons are
what the merges in force amount to, so that undoing one leaves exactly what there would be without it, in whatever
order merges are undone. No row of a source is touched: the enrollments, services and all else of a record read under
the person it belongs to, and the next import of either record changes nothing about that.

A reviewer's word that two records are two people (`keep_apart`) holds against every merge that would join them, also
by way of a third record.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from sqlalchemy import or_, select

from adminops import clock
from adminops.db import db, hold_alone
from adminops.errors import Conflict, Invalid, InvalidState, NotFound
from adminops.hmis.models import Client, Merge, MergeChoice, MergeDecision, MergeStay, PersonLink, Verdict
from adminops.hmis.persons import UNITS, are_one, chosen_records, found_person, is_beside, merges_of, records_of
from adminops.hmis.stays import owners_of_stays

Side = Literal["source", "destination"]
LOCK = 0x6D65726765
"""Number of PostgreSQL's advisory lock that one decision holds at a time: "merge" as bytes."""
MOST_RECORDS = 50
"""More records than this are never one person: such a chain is a mistake somewhere in it."""

_COUNTS = or_(MergeDecision.merge_id.is_(None), Merge.undone_at.is_(None))
"""The condition that a decision counts: it came with no merge, or with one that is in force."""


def merge_clients(
    source: Client,
    destination: Client,
    choices: Mapping[str, Side],
    *,
    by_id: int | None,
    reason: str = "",
    lifts: bool = False,
) -> Merge:
    """Let the person of the `source` record be the person of the `destination` record.

    All records that stand for the source's person move. `choices` says for units of `persons.UNITS` whose value the
    person takes: what the source's person reads as before the merge, or the destination's. A unit that it does not
    name is read from the destination, or from the source where that is blank. `lifts` takes back that these two were
    kept apart, as long as the merge is in force.

    Raises `Invalid` for one record twice or an unknown choice, `InvalidState` when a record has left its source, when
    both stand for one person already or when too many records would be joined, and `Conflict` when a pair among the
    joined records was kept apart.
    """
    _check_choices(choices)
    if source.id == destination.id:
        raise Invalid("A record can't be merged with itself.")
    ours, theirs = _locked_records(source, destination)
    _check_may_join(source, destination, ours, theirs, lifts=lifts)
    read_as = {"source": _read_as(source), "destination": _read_as(destination)}
    merge = Merge(
        source_client_id=source.id,
        destination_client_id=destination.id,
        by_id=by_id,
        reason=reason,
        merged_at=clock.now(),
        choices=[MergeChoice(unit=unit, client_id=read_as[side][unit].id) for unit, side in choices.items()],
    )
    db.session.add(merge)
    db.session.flush()
    _note_stays(merge, [*ours, *theirs])
    if lifts and verdict_on(source, destination) is Verdict.APART:
        _decide(source, destination, Verdict.WITHDRAWN, by_id=by_id, reason="", merge_id=merge.id)
    _decide(source, destination, Verdict.SAME, by_id=by_id, reason=reason, merge_id=merge.id)
    _link({client.id: found_person(destination) for client in ours}, ours, merge, by_id)
    return merge


def undo_merge(merge: Merge, *, by_id: int | None, reason: str = "") -> None:
    """Take `merge` back: persons, choices and verdicts are what they would be if it had never been made.

    Raises `InvalidState` when it was undone before.
    """
    (records,) = _locked_records(merge.source_client)
    db.session.refresh(merge, ["undone_at"])
    if not merge.is_active:
        raise InvalidState("This merge was undone already.")
    merge.undone_at, merge.undone_by_id, merge.undo_reason = clock.now(), by_id, reason
    db.session.flush()
    _link(persons_by_merges([client.id for client in records]), records, merge, by_id)


def keep_apart(one: Client, other: Client, *, by_id: int | None, reason: str = "") -> MergeDecision:
    """Record that two records are two people: no merge may join them, directly or by way of others.

    Raises `Invalid` for one record twice and `InvalidState` when they are merged: undo that first.
    """
    if one.id == other.id:
        raise Invalid("A record can't be kept apart from itself.")
    _locked_records(one, other)
    if are_one(one, other):
        raise InvalidState("These records are merged: undo the merge first.")
    return _decide(one, other, Verdict.APART, by_id=by_id, reason=reason)


def allow_again(one: Client, other: Client, *, by_id: int | None, reason: str = "") -> MergeDecision:
    """Take back that two records must be kept apart. Raises `InvalidState` when nobody said so."""
    _locked_records(one, other)
    if verdict_on(one, other) is not Verdict.APART:
        raise InvalidState("These records are not kept apart.")
    return _decide(one, other, Verdict.WITHDRAWN, by_id=by_id, reason=reason)


def hold_decisions() -> None:
    """Have nobody else decide on records before the open transaction ends. Who holds other rows calls it before."""
    hold_alone(LOCK)


def verdict_on(one: Client, other: Client) -> Verdict | None:
    """Return what holds about a pair of records: SAME, APART, or None when nothing does."""
    found = _verdicts([one.id, other.id]).get(_pair(one.id, other.id))
    return None if found is Verdict.WITHDRAWN else found


def apart_on(one: Client, other: Client) -> MergeDecision | None:
    """Return the decision by which a pair of records is kept apart now, if it is."""
    low, high = _pair(one.id, other.id)
    this = (MergeDecision.low_client_id == low, MergeDecision.high_client_id == high, _COUNTS)
    reading = select(MergeDecision).outerjoin(Merge, Merge.id == MergeDecision.merge_id).where(*this)
    last = db.session.scalars(reading.order_by(MergeDecision.id.desc()).limit(1)).first()
    return last if last is not None and last.verdict is Verdict.APART else None


def get_merge(merge_id: int) -> Merge:
    """Return a merge of the log. Raises `NotFound`."""
    found = db.session.get(Merge, merge_id)
    if found is None:
        raise NotFound("There is no such merge.")
    return found


def apart_pairs(client_ids: Sequence[int] | None = None) -> set[tuple[int, int]]:
    """Return the pairs (lower number first) that are kept apart: among `client_ids`, or all there are."""
    return {pair for pair, verdict in _verdicts(client_ids).items() if verdict is Verdict.APART}


def persons_by_merges(client_ids: Sequence[int]) -> dict[int, int]:
    """Return the person of each of `client_ids` by the log alone.

    `client_ids` must hold every record that a merge in force joins to one of them.
    """
    reading = select(Merge.source_client_id, Merge.destination_client_id).where(
        Merge.undone_at.is_(None), Merge.source_client_id.in_(client_ids)
    )
    return persons_by_pairs(client_ids, db.session.execute(reading.order_by(Merge.id)).all())


def persons_by_pairs(client_ids: Iterable[int], merges: Iterable[Sequence[int]]) -> dict[int, int]:
    """Return the person of each of `client_ids` that `merges` amount to: (source, destination), in their order."""
    persons = {client_id: client_id for client_id in client_ids}
    for source_id, destination_id in merges:
        joined, kept = persons[source_id], persons[destination_id]
        if joined != kept:
            persons = {client_id: kept if person == joined else person for client_id, person in persons.items()}
    return persons


def _check_choices(choices: Mapping[str, Side]) -> None:
    for unit, side in choices.items():
        if unit not in UNITS:
            raise Invalid(f"There is nothing called {unit} to choose.")
        if side not in ("source", "destination"):
            raise Invalid("A choice is the source record or the destination record.")


def _check_may_join(
    source: Client, destination: Client, ours: list[Client], theirs: list[Client], *, lifts: bool
) -> None:
    if source.removed_at or destination.removed_at:
        raise InvalidState("A record that has left its source can't be merged.")
    if are_one(source, destination):
        raise InvalidState("These records stand for the same person already.")
    if len(ours) + len(theirs) > MOST_RECORDS:
        raise InvalidState(f"More than {MOST_RECORDS} records would stand for one person: something is wrong.")
    crossing = {_pair(one.id, other.id) for one in ours for other in theirs}
    this = _pair(source.id, destination.id)
    if lifts:
        crossing.discard(this)
    if apart := crossing & apart_pairs([client.id for client in (*ours, *theirs)]):
        if this in apart:
            raise Conflict("A reviewer decided to keep these two records apart.")
        raise Conflict("This merge would join two records that a reviewer decided to keep apart, by way of others.")


def _locked_records(*clients: Client) -> list[list[Client]]:
    """Return for each client all records of its person, removed ones too, held until the end of the transaction.

    Decisions are taken one at a time: two that share a record would else each start from the state before the other,
    or wait for each other for ever.
    """
    hold_decisions()
    reading = select(Client).where(is_beside(client.id for client in clients)).order_by(Client.id)
    held = list(db.session.scalars(reading.with_for_update().execution_options(populate_existing=True)))
    return [[each for each in held if are_one(each, client)] for client in clients]


def _note_stays(merge: Merge, records: Sequence[Client]) -> None:
    """Note whose each stay is before the merge: what an undoing goes by when the vendor has rewritten the rows."""
    for (source_id, enrollment_id), client_id in owners_of_stays(records).items():
        key = {"merge_id": merge.id, "source_id": source_id, "enrollment_id": enrollment_id}
        db.session.add(MergeStay(**key, client_id=client_id))
    db.session.flush()


def _read_as(client: Client) -> dict[str, Client]:
    """Return for each unit the record that the client's person takes it from now."""
    records = records_of(found_person(client))
    return chosen_records(records, merges_of(records))


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _verdicts(client_ids: Sequence[int] | None) -> dict[tuple[int, int], Verdict]:
    reading = (
        select(MergeDecision.low_client_id, MergeDecision.high_client_id, MergeDecision.verdict)
        .outerjoin(Merge, Merge.id == MergeDecision.merge_id)
        .where(_COUNTS)
        .order_by(MergeDecision.id)
    )
    if client_ids is not None:
        reading = reading.where(
            MergeDecision.low_client_id.in_(client_ids), MergeDecision.high_client_id.in_(client_ids)
        )
    return {(low, high): verdict for low, high, verdict in db.session.execute(reading)}


def _decide(
    one: Client, other: Client, verdict: Verdict, *, by_id: int | None, reason: str, merge_id: int | None = None
) -> MergeDecision:
    low, high = _pair(one.id, other.id)
    decision = MergeDecision(
        low_client_id=low,
        high_client_id=high,
        verdict=verdict,
        by_id=by_id,
        reason=reason,
        decided_at=clock.now(),
        merge_id=merge_id,
    )
    db.session.add(decision)
    db.session.flush()
    return decision


def _link(persons: Mapping[int, int], records: Sequence[Client], merge: Merge, by_id: int | None) -> None:
    """Let each record stand for the person that `persons` names, and log each that goes from one to another."""
    for client in records:
        before, after = found_person(client), persons[client.id]
        if before != after:
            client.person_id = after
            db.session.add(
                PersonLink(
                    client_id=client.id,
                    from_person_id=before,
                    to_person_id=after,
                    merge_id=merge.id,
                    by_id=by_id,
                    linked_at=clock.now(),
                )
            )
    db.session.flush()
