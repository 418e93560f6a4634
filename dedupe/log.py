"""The log of what was done with pairs, from which figures are counted."""

from adminops import clock
from adminops.db import db
from adminops.identity.models import User
from dedupe.models import Act, Decision, Pair, PairState

LONGEST = 4 * 60 * 60
"""Who left a pair open for longer did something else."""


def note_decision(pair: Pair, act: Act, by: User) -> None:
    """Add a line; how long it took is known of who holds the pair."""
    seconds = None
    if pair.looked_at is not None and pair.claimed_by_id == by.id:
        seconds = round((clock.now() - pair.looked_at).total_seconds())
    known = seconds if seconds is not None and 0 <= seconds <= LONGEST else None
    db.session.add(Decision(pair_id=pair.id, act=act, by_id=by.id, score=pair.score, seconds=known))


def move_along(pair: Pair, to: PairState) -> None:
    """Move a pair that nobody decides on now, and note it where it leaves the queue by that or comes back.

    Raises `InvalidState`.
    """
    was_undecided = pair.is_undecided
    pair.move(to)
    if pair.is_undecided is not was_undecided:
        act = Act.CAME if pair.is_undecided else Act.LEFT
        db.session.add(Decision(pair_id=pair.id, act=act, score=pair.score))
