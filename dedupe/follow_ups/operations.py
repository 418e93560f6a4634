"""The verbs around what a merge leaves to do: note it, say what was done."""

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState
from adminops.facts import FollowUpSettled, publish
from adminops.hmis.clashes import Clash, clashes_of
from adminops.hmis.models import Merge
from adminops.hmis.stays import Stay
from adminops.identity.models import User
from dedupe import policies
from dedupe.conflicts import Person
from dedupe.follow_ups.models import Clashing, FollowUp, FollowUpState


def note_follow_ups(merge: Merge, kept: Person, folded: Person) -> None:
    """Note the stays of the one that share nights with stays of the other. Publishes nothing: the merge is the fact."""
    ours, theirs = {stay.id: stay for stay in kept.stays}, {stay.id for stay in folded.stays}
    clashes = clashes_of([*kept.stays, *folded.stays], clock.today())
    for id_, stay in ours.items():
        for clash in clashes.get(id_, ()):
            if clash.other.id in theirs:
                db.session.add(_follow_up(merge, stay, clash))
    db.session.flush()


def _follow_up(merge: Merge, stay: Stay, clash: Clash) -> FollowUp:
    other = clash.other
    is_twice = (stay.source_id, stay.project_id, stay.entry_date) == (
        other.source_id,
        other.project_id,
        other.entry_date,
    )
    return FollowUp(
        merge_id=merge.id,
        kind=Clashing.TWICE if is_twice else Clashing.OVERLAP,
        source_id=stay.source_id,
        enrollment_id=stay.enrollment_id,
        other_source_id=other.source_id,
        other_enrollment_id=other.enrollment_id,
        first=clash.first,
        last=clash.last,
    )


def settle_follow_up(follow_up: FollowUp, answer: FollowUpState, *, by: User) -> None:
    """Say what was done about two stays, or that it is to be done after all.

    Raises `NotAllowed`, `InvalidState` when the merge was undone. Publishes `FollowUpSettled`.
    """
    policies.check_may_review(by)
    anew = {"populate_existing": True}
    db.session.scalars(
        select(FollowUp).where(FollowUp.id == follow_up.id).with_for_update(), execution_options=anew
    ).one()
    if not follow_up.merge.is_active:
        raise InvalidState("This merge was undone: nothing is left to do about its stays.")
    is_open = answer is FollowUpState.TO_DO
    follow_up.state = answer
    follow_up.settled_by_id, follow_up.settled_at = (None, None) if is_open else (by.id, clock.now())
    db.session.flush()
    about = follow_up.merge
    fact = FollowUpSettled(
        client_id=about.destination_client_id, merge_id=about.id, follow_up_id=follow_up.id, answer=answer.value
    )
    publish(fact, by=by)
