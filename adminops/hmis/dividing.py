"""What became of stays that were entered under the kept record while two were merged, once that merge is undone.

Rows under the retired PersonalID go back with it. A stay that somebody entered under the kept one meanwhile may be of
either: a person says so, stay by stay. One that is the other's reads under that record from then on, in the layer above
the rows (`stays_of`, an export of the merged form), and whoever said so can say otherwise later.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid
from adminops.hmis.models import Client, Enrollment, HmisSource, Merge, StayMove
from adminops.hmis.stays import Stay, stays_of

Owner = Literal["kept", "folded"]


def stays_entered_meanwhile(merge: Merge) -> list[Stay]:
    """Return the stays that were entered under the kept PersonalID while the merge was in force, the newest first."""
    kept, folded = merge.destination_client, merge.source_client
    source = db.session.get_one(HmisSource, kept.source_id)
    begins, ends = (_there(moment, source) for moment in (merge.merged_at, merge.undone_at or clock.now()))
    theirs = (Enrollment.source_id == kept.source_id, Enrollment.personal_id == kept.personal_id)
    return stays_of([kept, folded], *theirs, Enrollment.date_created > begins, Enrollment.date_created <= ends)


def _there(moment: datetime, source: HmisSource) -> datetime:
    """Return a moment as the source's own clock shows it: HUD's times have no zone."""
    return moment.astimezone(ZoneInfo(source.time_zone)).replace(tzinfo=None)


def proposed_owners(merge: Merge, stays: Iterable[Stay]) -> dict[int, Owner | None]:
    """Propose whose each of `stays` is: the record's that was in its project before, if just one of the two was."""
    asked = list(stays)
    ids = {stay.id for stay in asked}
    before = [stay for stay in stays_of([merge.destination_client, merge.source_client]) if stay.id not in ids]
    places = {
        client_id: {(stay.source_id, stay.project_id) for stay in before if stay.client_id == client_id}
        for client_id in (merge.destination_client_id, merge.source_client_id)
    }
    return {stay.id: _proposed(merge, stay, places) for stay in asked}


def _proposed(merge: Merge, stay: Stay, places: Mapping[int, set[tuple[int, str]]]) -> Owner | None:
    here = (stay.source_id, stay.project_id)
    kept, folded = here in places[merge.destination_client_id], here in places[merge.source_client_id]
    return None if kept == folded else "kept" if kept else "folded"


def divide(merge: Merge, stays: Sequence[Stay], owners: Mapping[int, Owner], *, by_id: int | None) -> int:
    """Let each of `stays` read under the record that `owners` names by its number; return how many changed theirs.

    Raises `Invalid` when a stay has no owner.
    """
    check_owners(stays, owners)
    moved = {(move.source_id, move.enrollment_id): move for move in moves_of(merge)}
    changed = 0
    for stay in stays:
        move, is_folded = moved.get(stay.key), owners[stay.id] == "folded"
        if is_folded and move is None:
            db.session.add(_move(merge, stay, by_id))
        elif not is_folded and move is not None:
            move.taken_back_at, move.taken_back_by_id = clock.now(), by_id
        changed += is_folded != (move is not None)
    db.session.flush()
    return changed


def check_owners(stays: Sequence[Stay], owners: Mapping[int, Owner]) -> None:
    """Raise `Invalid` when a stay has no owner."""
    if missing := [stay for stay in stays if owners.get(stay.id) not in ("kept", "folded")]:
        raise Invalid(f"Say whose each of {len(stays)} stays is; {len(missing)} are left over.", field="owners")


def _move(merge: Merge, stay: Stay, by_id: int | None) -> StayMove:
    where = {"source_id": stay.source_id, "enrollment_id": stay.enrollment_id}
    return StayMove(**where, to_client_id=merge.source_client_id, merge_id=merge.id, by_id=by_id, moved_at=clock.now())


def moves_of(merge: Merge) -> Sequence[StayMove]:
    """Return the moves that came with the undoing of a merge and hold."""
    chosen = select(StayMove).where(StayMove.merge_id == merge.id, StayMove.taken_back_at.is_(None))
    return db.session.scalars(chosen.order_by(StayMove.id)).all()


def moved_stays(source_id: int) -> dict[str, str]:
    """Return the PersonalID under which each moved stay of a source reads: {EnrollmentID: PersonalID}."""
    reading = (
        select(StayMove.enrollment_id, Client.personal_id)
        .join(Client, Client.id == StayMove.to_client_id)
        .where(StayMove.source_id == source_id, Client.source_id == source_id, StayMove.taken_back_at.is_(None))
        .order_by(StayMove.id)
    )
    return dict(db.session.execute(reading).all())
