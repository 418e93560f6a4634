"""Figures of the desk, on both databases."""

from datetime import timedelta

from adminops import clock
from adminops.db import db
from adminops.hmis.models import Client, HmisSource
from adminops.identity.models import SYSTEM, User
from dedupe.figures import WEEKS, figures_of_desk
from dedupe.models import Pair, PairState
from dedupe.operations import defer_pair, keep_apart, merge_pair, reopen_pair, review_pair, undo_merge
from dedupe.scanning import scan_store
from dedupe.seconds.models import Proposal
from dedupe.seconds.operations import agree_to_merge, decide_merge, refuse_merge
from dedupe.settling import retire
from tests.browsing import Desk
from tests.make import make_admin
from tests.make_dedupe import make_client, make_pair, make_source


def test_figures_say_what_was_found_and_decided(pair: Pair, source: HmisSource, reviewer: User) -> None:
    empty = figures_of_desk()
    assert (empty.waiting, empty.found, empty.seconds, empty.agreement) == (1, 1, None, None)
    colleague, began = make_admin(), clock.now()
    pairs = [make_pair(make_client(source), make_client(source)) for _ in range(4)]
    doubtful = [make_pair(make_client(source), make_client(source), has_conflict=True) for _ in range(2)]
    pairs[3].proposed_at = began - timedelta(days=15)
    for number, each in enumerate(pairs[:3]):
        with clock.frozen_at(began):
            review_pair(each, by=reviewer)
        with clock.frozen_at(began + timedelta(seconds=10 * (number + 1))):
            if number < 2:
                merge = merge_pair(each, destination_client_id=each.low_client_id, choices={}, by=reviewer)
            else:
                keep_apart(each, by=reviewer)
    with clock.frozen_at(began + timedelta(minutes=1)):
        undo_merge(merge, by=reviewer)
        defer_pair(pairs[3], by=reviewer)
        for each, answer in zip(doubtful, (agree_to_merge, refuse_merge), strict=True):
            outcome = decide_merge(
                each, destination_client_id=each.low_client_id, choices={}, reason="Papers", by=reviewer
            )
            assert isinstance(outcome, Proposal)
            answer(outcome, reason="Seen both", by=colleague)
        found = figures_of_desk()
        assert (found.waiting, found.found, found.merged, found.apart, found.undone) == (4, 7, 3, 1, 1)
        assert (found.seconds, found.agreed, found.refused, found.agreement) == (20, 1, 1, 50)
        assert len(found.weeks) == WEEKS
        assert [(week.found, week.decided, week.waiting) for week in found.weeks[-3:]] == [
            (1, 0, 1),
            (0, 0, 1),
            (6, 4, 4),
        ]
        reopen_pair(pairs[2], by=reviewer)
        assert [week.waiting for week in figures_of_desk().weeks[-2:]] == [1, 5]


def test_merges_that_wait_for_a_second_person_are_told_beside_those_that_were_answered(desk: Desk) -> None:
    with desk.work():
        source, reviewer = make_source(), make_admin()
        for _ in range(2):
            pair = make_pair(make_client(source), make_client(source), has_conflict=True)
            decide_merge(pair, destination_client_id=pair.low_client_id, choices={}, reason="Papers", by=reviewer)
        refused = make_pair(make_client(source), make_client(source), has_conflict=True)
        asked = decide_merge(refused, destination_client_id=refused.low_client_id, choices={}, reason="X", by=reviewer)
        assert isinstance(asked, Proposal)
        refuse_merge(asked, reason="Seen both", by=make_admin())
    page = desk.signed_in(reviewer).get("/duplicates/figures")
    assert page.says("1 merge answered by a second person, 2 still to be answered")


def test_merges_without_a_reviewer_are_a_figure_of_their_own(pair: Pair, source: HmisSource, reviewer: User) -> None:
    other = make_pair(make_client(source), make_client(source), looked_at=clock.now())
    merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=reviewer)
    merge_pair(other, destination_client_id=other.low_client_id, choices={}, by=SYSTEM)
    found = figures_of_desk()
    assert (found.merged, found.automatic, found.seconds, found.waiting) == (1, 1, None, 0)
    assert [(week.decided, week.waiting) for week in found.weeks[-2:]] == [(0, 0), (1, 0)]


def test_what_is_decided_on_the_command_line_is_decided_by_people(
    pair: Pair, source: HmisSource, reviewer: User
) -> None:
    merge = merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=reviewer)
    undo_merge(merge, by=SYSTEM)
    keep_apart(pair, by=SYSTEM)
    found = figures_of_desk()
    assert (found.merged, found.apart, found.undone, found.automatic) == (1, 1, 1, 0)
    assert found.weeks[-1].decided == 2


def waiting() -> list[int]:
    """Return how many waited at the end of the last three weeks."""
    return [week.waiting for week in figures_of_desk().weeks[-3:]]


def test_what_waited_is_counted_back_also_through_what_nobody_decided(
    clients: list[Client], source: HmisSource, reviewer: User
) -> None:
    now = clock.now()
    a, b, c = clients
    ab, bc, ac = make_pair(a, b), make_pair(b, c), make_pair(a, c)
    gone, later = (make_pair(make_client(source), make_client(source)) for _ in range(2))
    for each in (ab, bc, ac, gone, later):
        each.proposed_at = now - timedelta(days=16)
    assert waiting() == [5, 5, 5]
    with clock.frozen_at(now - timedelta(days=9)):
        merges = [merge_pair(each, destination_client_id=b.id, choices={}, by=reviewer) for each in (ab, bc)]
        retire(gone)
        defer_pair(later, by=reviewer)
    assert (ac.state, waiting()) == (PairState.SETTLED, [5, 1, 1])
    with clock.frozen_at(now - timedelta(days=2)):
        undo_merge(merges[1], by=reviewer)
        reopen_pair(gone, by=reviewer)
        reopen_pair(later, by=reviewer)
    assert (ac.state, waiting()) == (PairState.OPEN, [5, 1, 4])


def test_what_scans_take_back_and_bring_again_has_waited(source: HmisSource) -> None:
    now, names = clock.now(), ("first_name", "last_name", "dob", "ssn_sealed")
    make_client(source, first_name="Thuy", last_name="Nguyen")
    _, other = (make_client(source, ssn="219450817") for _ in range(2))
    before = {name: getattr(other, name) for name in names}
    for days, values in (
        (16, before),
        (9, dict(zip(names, ("Bartholomew", "Zimmermann", None, None), strict=True))),
        (2, before),
    ):
        for name, value in values.items():
            setattr(other, name, value)
        db.session.flush()
        with clock.frozen_at(now - timedelta(days=days)):
            scan_store()
    assert waiting() == [1, 0, 1]


def test_figures_have_a_page(desk: Desk) -> None:
    with desk.work():
        reviewer, source = make_admin(), make_source()
        exact = make_pair(make_client(source), make_client(source))
        merge_pair(exact, destination_client_id=exact.low_client_id, choices={}, by=SYSTEM)
        late = make_pair(make_client(source), make_client(source))
        make_pair(make_client(source), make_client(source))
        defer_pair(late, by=reviewer)
    page = desk.signed_in(reviewer).get("/duplicates/figures")
    assert page.says("1 put off, 3 found in twelve weeks")
    assert page.says("No decision was timed yet")
    assert page.says("Found and decided each week")
    assert page.says("Merged without a reviewer")
