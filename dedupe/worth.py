"""What deciding a pair is worth, so that the queue begins with what helps most people soonest.

It is the probability that the two are one person, times one more than the stays of both that are open (somebody works
with those records today), times how much reports change (`Impact`). Stays with victim service providers count for
nothing here and are not spoken of.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import delete, insert, select, union

from adminops import clock
from adminops.db import db
from adminops.hmis.models import Project
from dedupe.gathering import in_parts, stays_to_warn_of
from dedupe.matching.warn import Stay
from dedupe.models import WAITING, Impact, Pair, PairPlace

LATELY = timedelta(days=365)
MOST_STAYS = 20
"""More open stays than these are a mistake of their own, and make no pair more urgent."""
_SCALE = 1_000
_IN_REPORTS = {
    Impact.LITTLE: "reports of the last year hardly change",
    Impact.COUNTED_TWICE: "reports of the last year count them twice",
    Impact.TWICE_IN_ONE_PROJECT: "a project's own report counts them twice",
}


def set_turn(pair: Pair) -> None:
    """Give a pair its place in the queue by what is known of it."""
    stays, impact = pair.open_stays or 0, pair.impact or Impact.LITTLE
    pair.turn = -round(_SCALE * pair.probability * (1 + min(stays, MOST_STAYS)) * impact)


def in_words(pair: Pair, *, is_blind: bool = False) -> str:
    """Say what deciding a pair is worth, and the parts of that; not how likely it is to who judges blind."""
    stays = "no open stay" if not pair.open_stays else f"{pair.open_stays} open stay{'s' * (pair.open_stays > 1)}"
    if is_blind:
        return f"{stays[0].upper()}{stays[1:]}, {_IN_REPORTS[Impact(pair.impact)]}."
    return (
        f"Worth {-pair.turn / _SCALE:.1f}: {pair.probability:.0%} likely, {stays}, {_IN_REPORTS[Impact(pair.impact)]}."
    )


def weigh_all(changed: Collection[int] | None = None) -> None:
    """Weigh the pairs that wait, or those of the records `changed` alone."""
    waiting = select(Pair).where(Pair.state.in_(WAITING))
    if changed is None:
        weigh(db.session.scalars(waiting))
        return
    ids = set[int]()
    for some in in_parts(sorted(changed)):
        sides = (Pair.low_client_id, Pair.high_client_id)
        ids.update(db.session.scalars(union(*(select(Pair.id).where(side.in_(some)) for side in sides))))
    weigh(pair for some in in_parts(sorted(ids)) for pair in db.session.scalars(waiting.where(Pair.id.in_(some))))


def weigh(pairs: Iterable[Pair]) -> None:
    """Note of some stored pairs how many stays are open, what reports make of them, and where the two have been."""
    weighed = list(pairs)
    if not weighed:
        return
    stays = stays_to_warn_of({id_ for pair in weighed for id_ in (pair.low_client_id, pair.high_client_id)})
    today, where = clock.today(), _projects()
    places: dict[int, set[int]] = {}
    for pair in weighed:
        sides = [stays.get(id_, []) for id_ in (pair.low_client_id, pair.high_client_id)]
        pair.open_stays = sum(stay.entry <= today and (stay.exit or today) >= today for side in sides for stay in side)
        pair.impact = _impact(sides, today)
        set_turn(pair)
        places[pair.id] = {where[stay.project] for side in sides for stay in side if stay.project in where}
    db.session.flush()
    _keep_places(places)


def _impact(sides: Sequence[Sequence[Stay]], today: date) -> Impact:
    since = today - LATELY
    served = [{stay.project for stay in side if stay.exit is None or stay.exit > since} for side in sides]
    if not all(served):
        return Impact.LITTLE
    return Impact.TWICE_IN_ONE_PROJECT if served[0] & served[1] else Impact.COUNTED_TWICE


def _projects() -> dict[str, int]:
    """Return the numbers of all projects, as the stays of a warning name them."""
    reading = select(Project.id, Project.source_id, Project.project_id)
    return {f"{source_id}|{project_id}": id_ for id_, source_id, project_id in db.session.execute(reading)}


def _keep_places(places: Mapping[int, set[int]]) -> None:
    """Store where the records of pairs have been; only what is new or gone is written."""
    before: dict[int, set[int]] = {}
    for some in in_parts(sorted(places)):
        reading = select(PairPlace.pair_id, PairPlace.project_id).where(PairPlace.pair_id.in_(some))
        for pair_id, project_id in db.session.execute(reading):
            before.setdefault(pair_id, set()).add(project_id)
    changed = [pair_id for pair_id, now in places.items() if now != before.get(pair_id, set())]
    for some in in_parts(sorted(before.keys() & changed)):
        db.session.execute(delete(PairPlace).where(PairPlace.pair_id.in_(some)))
    new = [
        {"pair_id": pair_id, "project_id": project_id} for pair_id in changed for project_id in sorted(places[pair_id])
    ]
    if new:
        db.session.execute(insert(PairPlace), new)
