"""What was done with a pair before, for who decides on it anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from adminops.db import db
from adminops.hmis.models import Merge, MergeDecision, Verdict
from adminops.identity.models import User
from dedupe.models import Act, Decision, Pair
from dedupe.seconds.models import Answer, Proposal

MOST = 5
WORDS = {
    Act.MERGED: "Merged",
    Act.APART: "Kept apart",
    Act.LATER: "Put off",
    Act.PROPOSED: "Sent to a second person",
    Act.CONFIRMED: "Agreed to, and merged",
    Act.REFUSED: "Refused",
    Act.UNDONE: "The merge was undone",
    Act.REOPENED: "Taken back",
    Act.RESUMED: "Taken up again",
    Act.LEFT: "Taken out of the queue",
    Act.CAME: "Put back into the queue",
}


@dataclass(frozen=True)
class Line:
    """Something that was done with a pair."""

    says: str
    by: str
    at: datetime
    reason: str


def history_of(pair: Pair) -> list[Line]:
    """Return the last that was done with a pair, the newest first; what took a decision back last with its reason."""
    reading = (
        select(Decision.act, Decision.at, User.name)
        .outerjoin(User, User.id == Decision.by_id)
        .where(Decision.pair_id == pair.id)
        .order_by(Decision.id.desc())
        .limit(MOST + 1)
    )
    found = db.session.execute(reading).all()
    acts = [act for act, _, _ in found]
    reasons = {at: _reason_of(pair, acts[at], acts[at + 1 :]) for at in _last_of_each(acts)}
    lines = [Line(WORDS[act], by or "AdminOps", when, reasons.get(at, "")) for at, (act, when, by) in enumerate(found)]
    return lines[:MOST]


def _last_of_each(acts: Sequence[Act]) -> list[int]:
    """Return where each act stands that takes something back, the last time that it was done."""
    return [acts.index(act) for act in (Act.UNDONE, Act.REFUSED, Act.REOPENED) if act in acts]


def _reason_of(pair: Pair, act: Act, before: Sequence[Act]) -> str:
    """Return why something was taken back last, if that was said."""
    ids = pair.client_ids
    if act is Act.UNDONE:
        these = (Merge.source_client_id.in_(ids), Merge.destination_client_id.in_(ids), Merge.undone_at.is_not(None))
        chosen = select(Merge.undo_reason).where(*these).order_by(Merge.undone_at.desc())
    elif act is Act.REFUSED:
        this = (Proposal.pair_id == pair.id, Proposal.answer == Answer.REFUSED)
        chosen = select(Proposal.answer_reason).where(*this).order_by(Proposal.id.desc())
    elif list(before[:1]) == [Act.APART]:
        both = (MergeDecision.low_client_id == min(ids), MergeDecision.high_client_id == max(ids))
        withdrawn = (MergeDecision.verdict == Verdict.WITHDRAWN, MergeDecision.merge_id.is_(None))
        chosen = select(MergeDecision.reason).where(*both, *withdrawn).order_by(MergeDecision.id.desc())
    else:
        return ""  # a proposal that was taken back, or a pair that had left: nobody said why
    return db.session.scalar(chosen.limit(1)) or ""
