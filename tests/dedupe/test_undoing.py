"""After any steps of reviewers a merge and its undoing are nothing: for records, pairs and what was decided."""

from itertools import combinations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.db import db
from adminops.errors import DomainError
from adminops.hmis.merging import verdict_on
from adminops.hmis.models import Client, Merge
from adminops.identity.models import User
from dedupe.models import Pair, PairState
from dedupe.operations import keep_apart, merge_pair, reopen_pair, undo_merge
from tests.make_dedupe import make_pair

VERBS = ("merge", "apart", "news")
STEPS = st.lists(
    st.tuples(st.sampled_from([*VERBS, *VERBS, "undo", "reopen"]), st.integers(0, 2)),
    min_size=3,
    max_size=10,
)


def take_step(pairs: list[Pair], step: tuple[str, int], by: User) -> None:
    verb, number = step
    pair = pairs[number]
    active = list(db.session.scalars(select(Merge).where(Merge.undone_at.is_(None)).order_by(Merge.id)))
    try:
        with db.session.begin_nested():
            if verb == "merge":
                merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=by)
            elif verb == "apart":
                keep_apart(pair, reason=f"Two people, said {number}", by=by)
            elif verb == "news" and pair.state is PairState.APART:
                pair.changes = ["SSN: was two digits transposed, is now same."]
                pair.move(PairState.OPEN)
            elif verb == "undo" and active:
                undo_merge(active[number % len(active)], by=by)
            elif verb == "reopen":
                reopen_pair(pair, by=by)
    except DomainError:
        pass


def state(clients: list[Client], pairs: list[Pair]) -> dict[str, object]:
    """Return all that a merge may change, as reviewers meet it."""
    db.session.flush()
    return {
        "persons": [client.person_id or client.id for client in clients],
        "verdicts": [verdict_on(one, other) for one, other in combinations(clients, 2)],
        "pairs": [(each.state, each.changes, each.rows_seen, each.reason, each.decided_by_id) for each in pairs],
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=[("apart", 0), ("news", 0)], last=0)
@example(steps=[("apart", 0), ("news", 0), ("merge", 0), ("merge", 1), ("undo", 0)], last=0)
@given(steps=STEPS, last=st.integers(0, 2))
def test_after_any_steps_a_merge_of_a_pair_and_its_undoing_are_nothing(
    session: Session, clients: list[Client], reviewer: User, steps: list[tuple[str, int]], last: int
) -> None:
    nested = session.begin_nested()
    try:
        pairs = [make_pair(one, other) for one, other in combinations(clients, 2)]
        for step in steps:
            take_step(pairs, step, reviewer)
        before = state(clients, pairs)
        try:
            with session.begin_nested():
                made = merge_pair(
                    pairs[last], destination_client_id=pairs[last].high_client_id, choices={}, by=reviewer
                )
        except DomainError:
            assert state(clients, pairs) == before
        else:
            undo_merge(made, by=reviewer)
            assert state(clients, pairs) == before
    finally:
        nested.rollback()
        session.expire_all()
