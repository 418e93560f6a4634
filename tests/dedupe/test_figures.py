"""Figures of the desk, and what agencies are told, on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.hmis.models import Client, HmisSource
from adminops.identity.models import SYSTEM, Agency, AgencyOrganization, User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from dedupe.emails import merges_of_day
from dedupe.figures import WEEKS, figures_of_desk
from dedupe.models import Pair, PairState
from dedupe.operations import defer_pair, keep_apart, merge_pair, reopen_pair, review_pair, undo_merge
from dedupe.scanning import scan_store
from dedupe.seconds.models import Proposal
from dedupe.seconds.operations import agree_to_merge, decide_merge, refuse_merge
from dedupe.settling import retire
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_dedupe import make_client, make_pair, make_project, make_source, make_stay


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


def test_the_day_of_a_notice_is_that_of_the_house(pair: Pair, source: HmisSource, reviewer: User) -> None:
    agency = make_agency()
    lead = _at(agency, pair.high_client, source)
    evening = datetime(2026, 11, 28, 2, tzinfo=UTC)  # nine in the evening of the 27th in New York
    with clock.frozen_at(evening):
        merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=reviewer)
    message = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "dedupe.merges_of_day")).one()
    assert message.arguments == {"agency": agency.id, "day": "2026-11-27"}
    assert message.next_try_at == datetime(2026, 11, 28, 5, tzinfo=UTC), "at midnight of the house"
    told = {day: merges_of_day(to_id=lead.id, agency=agency.id, day=f"2026-11-{day}") for day in (27, 28)}
    assert [day for day, mail in told.items() if mail] == [27]


def test_a_day_of_many_merges_is_read_in_few_statements(
    source: HmisSource, reviewer: User, counted: Callable[[], int]
) -> None:
    agency, costs = make_agency(), []
    for _ in range(2):
        for _ in range(4):
            pair = make_pair(make_client(source), make_client(source))
            lead = _at(agency, pair.high_client, source)
            merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=reviewer)
        asked = {"to_id": lead.id, "agency": agency.id, "day": f"{clock.today()}"}
        db.session.flush()
        db.session.expire_all()
        counted()
        mail = merges_of_day(**asked)  # type: ignore[arg-type]
        costs.append(counted())
        assert mail
    assert len(mail.values["made"]) == 8  # type: ignore[arg-type]
    assert costs == [3, 3]


def _at(agency: Agency, client: Client, source: HmisSource) -> User:
    """Let a client stay in a project of an agency; return its lead."""
    project = make_project(source)
    make_stay(client, project, entry=clock.today() - timedelta(days=30))
    agency.organizations.append(AgencyOrganization(source_id=source.id, organization_id=project.organization_id))
    db.session.flush()
    return make_user(Role.AGENCY_LEAD, agency=agency)


def test_agencies_concerned_are_told_once_a_day_by_ids(pair: Pair, source: HmisSource, reviewer: User) -> None:
    low, high = pair.low_client, pair.high_client
    agency, safe = make_agency(), make_agency(is_victim_service_provider=True)
    lead = _at(agency, high, source)
    _at(safe, high, source)
    make_user(Role.AGENCY_LEAD, agency=make_agency())
    chosen = select(OutboxMessage).where(OutboxMessage.kind == "dedupe.merges_of_day")
    merge = merge_pair(pair, destination_client_id=low.id, choices={}, by=reviewer)
    (message,) = db.session.scalars(chosen).all()
    assert (message.recipient_id, set(message.arguments)) == (lead.id, {"agency", "day"})
    assert message.next_try_at > clock.now(), "all merges of a day are told in one"
    asked = {"to_id": lead.id, "agency": agency.id, "day": f"{clock.today()}"}
    mail = merges_of_day(**asked)  # type: ignore[arg-type]
    assert mail is not None
    assert mail.values["made"] == [(low.personal_id, high.personal_id)]
    undo_merge(merge, by=reviewer)
    assert len(db.session.scalars(chosen).all()) == 1
    assert merges_of_day(**asked) is None, "made and undone on one day"  # type: ignore[arg-type]
    with clock.frozen_at(clock.now() + timedelta(days=1)):
        again = merge_pair(pair, destination_client_id=low.id, choices={}, by=reviewer)
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        undo_merge(again, by=reviewer)
        told = merges_of_day(**{**asked, "day": f"{clock.today()}"})  # type: ignore[arg-type]
    assert told is not None
    assert (told.values["made"], told.values["undone"]) == ([], [(low.personal_id, high.personal_id)])
