"""Figures of the merge desk: what was found and decided, how long a decision takes, how far two people agree."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from sqlalchemy import func, select

from adminops import clock
from adminops.db import db
from dedupe.models import UNDECIDED, Act, Decision, Pair, PairState
from dedupe.queue import count_by_state
from dedupe.seconds.models import Answer, Proposal
from dedupe.seconds.queries import count_waiting

WEEKS = 12
WEEK = timedelta(days=7)
FINAL = {Act.MERGED, Act.CONFIRMED, Act.APART}
"""What takes a pair out of the queue for good, unless it is taken back."""
OUT = {Act.MERGED, Act.APART, Act.PROPOSED, Act.LEFT}
BACK = {Act.UNDONE, Act.REOPENED, Act.REFUSED, Act.CAME}


@dataclass(frozen=True)
class Week:
    """One week: from when, pairs found in it and decided by people, and pairs that waited at its end."""

    begins: date
    found: int
    decided: int
    waiting: int


@dataclass(frozen=True)
class Figures:
    """The last twelve weeks of the desk."""

    to_review: int
    put_off: int
    found: int
    merged: int
    apart: int
    undone: int
    automatic: int
    """Merged by the rule of exact merges; these count among none of the others."""
    seconds: int | None
    """The median of a decision; None when nobody held a pair while deciding it."""
    agreed: int
    refused: int
    unanswered: int
    """Merges that wait for a second person now, however long."""
    weeks: Sequence[Week]

    @property
    def waiting(self) -> int:
        """How many pairs wait, to be reviewed or put off."""
        return self.to_review + self.put_off

    @property
    def agreement(self) -> int | None:
        """In how many of a hundred cases the second person agreed with the first."""
        answered = self.agreed + self.refused
        return round(100 * self.agreed / answered) if answered else None


def figures_of_desk() -> Figures:
    """Return the figures: five reads."""
    since = clock.now() - WEEKS * WEEK
    waiting = count_by_state(UNDECIDED)
    found = list(db.session.scalars(select(Pair.proposed_at).where(Pair.proposed_at > since)))
    reading = select(Decision.act, Decision.at, Decision.seconds, Decision.by_id).where(Decision.at > since)
    log = db.session.execute(reading).all()
    by_people = [line for line in log if not _is_by_rule(line.act, line.by_id)]
    answered = select(Proposal.answer, func.count(Proposal.id)).where(Proposal.answered_at > since)
    answers = dict(db.session.execute(answered.group_by(Proposal.answer)).all())
    acts = Counter(line.act for line in by_people)
    timed = (line.seconds for line in by_people if line.act in (*FINAL, Act.PROPOSED))
    took = [seconds for seconds in timed if seconds is not None]
    return Figures(
        to_review=waiting[PairState.OPEN],
        put_off=waiting[PairState.DEFERRED],
        found=len(found),
        merged=acts[Act.MERGED] + acts[Act.CONFIRMED],
        apart=acts[Act.APART],
        undone=acts[Act.UNDONE],
        automatic=len(log) - len(by_people),
        seconds=round(median(took)) if took else None,
        agreed=answers.get(Answer.AGREED, 0),
        refused=answers.get(Answer.REFUSED, 0),
        unanswered=count_waiting(),
        weeks=_weeks(
            since,
            sum(waiting.values()),
            found,
            [(line.act, line.at, not _is_by_rule(line.act, line.by_id)) for line in log],
        ),
    )


def _is_by_rule(act: Act, by_id: int | None) -> bool:
    """Say whether the rule of exact merges did it. What else bears nobody's name was done on the command line."""
    return act is Act.MERGED and by_id is None


def _weeks(
    since: datetime, waiting: int, found: Sequence[datetime], log: Sequence[tuple[Act, datetime, bool]]
) -> list[Week]:
    """Count week by week, and back from what waits now how many waited at the end of each."""
    new, decided, out, back = ([0] * WEEKS for _ in range(4))
    for moment in found:
        new[_place(since, moment)] += 1
    for act, moment, is_by_people in log:
        decided[_place(since, moment)] += act in FINAL and is_by_people
        out[_place(since, moment)] += act in OUT
        back[_place(since, moment)] += act in BACK
    weeks = []
    for at in reversed(range(WEEKS)):
        weeks.append(Week((since + at * WEEK).date(), new[at], decided[at], max(waiting, 0)))
        waiting += out[at] - new[at] - back[at]
    return weeks[::-1]


def _place(since: datetime, moment: datetime) -> int:
    return min(max((moment - since) // WEEK, 0), WEEKS - 1)
