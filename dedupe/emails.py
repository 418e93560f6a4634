"""The mails of the merge desk: numbers of pairs and client IDs, never a name."""

from datetime import date

from adminops.db import db
from adminops.outbox.messages import Mail
from dedupe import notices
from dedupe.models import PairState
from dedupe.seconds.models import Answer, Proposal
from dedupe.seconds.queries import count_waiting


def second_wanted(*, to_id: int, day: str) -> Mail | None:
    """Return the mail that merges wait for a second person; None once none does."""
    del to_id
    if not (waiting := count_waiting()):
        return None
    return Mail(
        subject="Merges wait for a second person",
        template="dedupe/second_wanted",
        values={"waiting": waiting, "day": date.fromisoformat(day)},
        link="/duplicates/seconds",
        link_label="See what waits",
    )


def merge_refused(*, to_id: int, proposal: int) -> Mail | None:
    """Return the mail that a merge was refused; None once its pair is decided."""
    del to_id
    refused = db.session.get(Proposal, proposal)
    if refused is None or refused.answer is not Answer.REFUSED or refused.pair.state is not PairState.OPEN:
        return None
    return Mail(
        subject=f"Pair {refused.pair_id} was not merged",
        template="dedupe/merge_refused",
        values={"pair_id": refused.pair_id, "by": refused.answered_by.name if refused.answered_by else "AdminOps"},
        link=f"/duplicates/pairs/{refused.pair_id}",
        link_label="Open the pair",
    )


def merges_of_day(*, to_id: int, agency: int, day: str) -> Mail | None:
    """Return the mail to who leads an agency about merges of its clients on a day, by client IDs.

    None for who does not lead it any more, and when all were undone.
    """
    if not notices.is_lead(to_id, agency):
        return None
    changes = notices.changes_of_day(agency, date.fromisoformat(day))
    if not changes:
        return None
    made = [change for change in changes if change.merge.is_active]
    undone = [change for change in changes if not change.merge.is_active]
    return Mail(
        subject="Client records of your agency were merged" if made else "Merges of client records were undone",
        template="dedupe/merges_of_day",
        values={"made": made, "undone": undone, "day": date.fromisoformat(day)},
    )
