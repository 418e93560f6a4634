"""Who gets a ticket: the rules, absence and substitutes, sight, two at the same moment, the pages."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import func, select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, NotAllowed
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import PLAIN, make_helper, make_kind, make_ticket
from tests.together import at_once
from tickets import operations
from tickets.absences.models import Absence
from tickets.absences.operations import end_absence, enter_absence
from tickets.absences.queries import office_day
from tickets.deciding import approve
from tickets.models import Ticket, TicketEntry, TicketState, WaitingOn
from tickets.queues import jobs
from tickets.queues.jobs import give_left_over
from tickets.queues.models import LeftInQueue, QueueMember, TicketQueue
from tickets.queues.operations import save_queue
from tickets.queues.rules import Candidate, Rule, first_of

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)


def make_queue(rule: Rule, *people: User, types: Sequence[str] = (PLAIN.key,)) -> TicketQueue:
    """Make a queue that gives tickets out to `people`."""
    admin = make_user(Role.SYSTEM_ADMIN)
    return save_queue(None, name=f"Line {admin.id}", request_types=types, rule=rule, members=people, by=admin)


def away(person: User, substitute: User | None = None, *, days: int = 5) -> Absence:
    """Let `person` be away from today on."""
    today = office_day()
    return enter_absence(
        person, first_day=today, last_day=today + timedelta(days=days), substitute=substitute, by=person
    )


def lines(ticket: Ticket) -> list[str]:
    """Return what the timeline says, for the team."""
    said = select(TicketEntry.sentence).where(TicketEntry.ticket_id == ticket.id).order_by(TicketEntry.id)
    return list(db.session.scalars(said))


# The rules


def test_a_turn_goes_to_who_has_waited_longest_and_load_to_who_has_least_whatever_their_order() -> None:
    people = [Candidate(1, 11, 4, 3), Candidate(2, 12, 2, 5), Candidate(3, 13, 2, 3), Candidate(4, 14, 9, 3)]
    for order in permutations(people):
        assert first_of(Rule.IN_TURN, order) == people[1]
        assert first_of(Rule.LEAST_LOADED, order) == people[2]
        assert first_of(Rule.MANUAL, order) is None
    assert first_of(Rule.IN_TURN, []) is None


@pytest.mark.usefixtures("session")
def test_tickets_go_round_and_who_joins_is_next() -> None:
    one, other, new = make_helper(), make_helper(), make_helper()
    queue = make_queue(Rule.IN_TURN, one, other)
    assert [make_ticket().assignee for _ in range(3)] == [one, other, one]
    save_queue(
        queue,
        name="All",
        request_types=queue.request_types,
        rule=Rule.IN_TURN,
        members=[one, other, new],
        by=make_user(Role.SYSTEM_ADMIN),
    )
    given = [make_ticket() for _ in range(4)]
    assert [ticket.assignee for ticket in given] == [new, other, one, new]
    assert given[0].state is TicketState.OPEN
    assert lines(given[0]) == [
        "went by turn in the queue All: the longest without a new ticket, 3 of 3 people present",
        "assigned this to {}",
    ]
    assert [entry.for_team for entry in db.session.scalars(select(TicketEntry).order_by(TicketEntry.id))][-2:] == [
        True,
        False,
    ]


@pytest.mark.usefixtures("session")
def test_load_counts_open_tickets_of_all_queues_that_wait_on_nobody() -> None:
    busy, idle = make_helper(), make_helper()
    elsewhere = make_kind(key="wrong_number")
    for ticket in [make_ticket(kind=elsewhere) for _ in range(2)]:
        operations.assign(ticket, busy, by=busy)
    waiting = [make_ticket(kind=elsewhere) for _ in range(3)]
    for ticket in waiting:
        operations.assign(ticket, idle, by=idle)
        operations.wait_on(ticket, WaitingOn.VENDOR, by=idle)
    make_queue(Rule.LEAST_LOADED, busy, idle)
    given = [make_ticket() for _ in range(3)]
    assert [ticket.assignee for ticket in given] == [idle, idle, busy]
    assert "by load" in lines(given[1])[0]
    assert "1 open ticket, nobody has fewer, 2 of 2 people present" in lines(given[1])[0]


@pytest.mark.usefixtures("session")
def test_a_queue_without_a_rule_gives_nothing_out_and_neither_does_another_one() -> None:
    make_queue(Rule.MANUAL, make_helper())
    make_queue(Rule.IN_TURN, make_helper(), types=["wrong_number"])
    ticket = make_ticket()
    assert (ticket.assignee, ticket.state, lines(ticket)) == (None, TicketState.NEW, [])


# Who is not chosen


@pytest.mark.usefixtures("session")
def test_present_people_come_first_then_who_stands_in_then_nobody() -> None:
    grace, tomas, ruth, outside = (make_helper() for _ in range(4))
    make_queue(Rule.IN_TURN, grace, tomas, ruth)
    with clock.frozen_at(MONDAY):
        away(grace, outside)
        assert [make_ticket().assignee for _ in range(3)] == [tomas, ruth, tomas]
        away(tomas, grace)
        away(ruth)
        stood_in = make_ticket()
        assert stood_in.assignee is outside
        assert "nobody of the queue" in lines(stood_in)[0]
        away(outside)
        left = make_ticket()
        assert (left.assignee, left.state) == (None, TicketState.NEW)
        assert "is present who may work on it" in lines(left)[0]
        give_left_over()
        assert len(lines(left)) == 1, "it is said once"
    with clock.frozen_at(MONDAY + timedelta(days=6)):
        give_left_over()
        assert left.assignee is ruth, "the turns go on where they were"
        give_left_over()
    assert db.session.scalar(select(func.count(LeftInQueue.ticket_id))) == 0


@pytest.mark.usefixtures("session")
def test_queue_whose_people_stay_away_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BATCH", 1)
    absent, back, kind = make_helper(), make_helper(), make_kind(key="wrong_number")
    make_queue(Rule.IN_TURN, absent)
    make_queue(Rule.IN_TURN, back, types=[kind.key])
    with clock.frozen_at(MONDAY):
        away(absent)
        absence = away(back)
        waits, first = make_ticket(), make_ticket(kind=kind)
        end_absence(absence, by=back)
    for minutes in (5, 10):
        with clock.frozen_at(MONDAY + timedelta(minutes=minutes)):
            give_left_over()
    assert (waits.assignee, first.assignee) == (None, back)


@pytest.mark.usefixtures("session")
def test_what_somebody_took_meanwhile_is_not_given_out_again() -> None:
    helper, other = make_helper(), make_helper()
    make_queue(Rule.IN_TURN, helper)
    absence = away(helper)
    taken, done = make_ticket(), make_ticket()
    operations.assign(taken, other, by=other)
    operations.resolve(done, by=other)
    end_absence(absence, by=helper)
    give_left_over()
    assert (taken.assignee, done.assignee, db.session.scalar(select(func.count(LeftInQueue.ticket_id)))) == (
        other,
        None,
        0,
    )


@pytest.mark.usefixtures("session")
def test_nobody_gets_what_they_may_not_see_work_on_or_asked_for_themselves() -> None:
    agency = make_agency()
    far = make_user(None, agency=agency)
    far.grants.append(RoleGrant(role=Role.HELP_DESK, agency_id=agency.id))  # of the team for one agency alone
    gone, able, manager = make_helper(), make_helper(), make_helper(Role.MANAGER)
    db.session.flush()
    make_queue(Rule.IN_TURN, far, gone, able, manager)
    gone.may_sign_in = False
    asked = make_ticket(by=able)
    assert asked.assignee is manager, "not of another agency, not signed off, not one's own"
    assert make_ticket(kind=make_kind(private=True)).assignee is manager, "the only one who sees private tickets"
    assert "1 of 4 people present" in lines(asked)[0]


@pytest.mark.usefixtures("session")
def test_what_waits_for_a_word_is_given_out_when_that_is_said() -> None:
    helper = make_helper()
    make_queue(Rule.IN_TURN, helper)
    ticket = make_ticket(kind=make_kind(approval="team"))
    assert ticket.assignee is None
    approve(ticket, by=make_user(Role.MANAGER))
    assert (ticket.assignee, ticket.state) == (helper, TicketState.OPEN)


@pytest.mark.usefixtures("session")
def test_a_queue_that_gives_out_needs_members_of_the_team() -> None:
    for people in ((), (make_user(),)):
        with pytest.raises(Invalid) as refused:
            make_queue(Rule.IN_TURN, *people)
        assert refused.value.field == "members"


# Absences


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(3, 1, "last_day"), (-9, -2, "last_day"), (0, 500, "last_day")],
)
def test_days_of_an_absence_are_in_order_not_over_and_not_for_ever(first: int, last: int, field: str) -> None:
    helper, today = make_helper(), office_day()
    with pytest.raises(Invalid) as refused:
        enter_absence(helper, first_day=today + timedelta(days=first), last_day=today + timedelta(days=last), by=helper)
    assert refused.value.field == field


@pytest.mark.usefixtures("session")
def test_oneself_and_administrators_enter_absences_that_do_not_overlap() -> None:
    helper, other, admin = make_helper(), make_helper(), make_user(Role.SYSTEM_ADMIN)
    days: dict[str, Any] = {"first_day": date(2026, 3, 4), "last_day": date(2026, 3, 6)}
    with clock.frozen_at(MONDAY):
        with pytest.raises(NotAllowed):
            enter_absence(helper, **days, by=other)
        for wrong in (helper, make_user()):
            with pytest.raises(Invalid):
                enter_absence(helper, **days, substitute=wrong, by=helper)
        coming = enter_absence(helper, **days, substitute=other, by=admin)
        with pytest.raises(Conflict, match="March 4 to March 6"):
            enter_absence(helper, first_day=date(2026, 3, 6), last_day=date(2026, 3, 9), by=helper)
        with pytest.raises(NotAllowed):
            end_absence(coming, by=other)
    with clock.frozen_at(MONDAY + timedelta(days=3)):
        end_absence(coming, by=helper)
        assert coming.last_day == date(2026, 3, 4), "back on the fifth"
        later = enter_absence(helper, first_day=date(2026, 3, 9), last_day=date(2026, 3, 9), by=helper)
        end_absence(later, by=admin)
    assert db.session.scalars(select(Absence.last_day)).all() == [date(2026, 3, 4)]


# Two at the same moment


@pytest.mark.parametrize("rule", [Rule.LEAST_LOADED, Rule.IN_TURN])
def test_tickets_filed_at_the_same_moment_do_not_count_the_same_load(desk: Desk, rule: Rule) -> None:
    kinds = (PLAIN, make_kind(key="wrong_number"))
    with desk.work():
        people = [make_helper() for _ in range(3)]
        for kind in kinds:
            make_queue(rule, *people, types=[kind.key])
        requesters = [make_user().id for _ in range(6)]

    def file(number: int) -> Callable[[], object]:
        kind = kinds[number % 2 if rule is Rule.LEAST_LOADED else 0]
        return lambda: make_ticket(by=db.session.get_one(User, requesters[number]), kind=kind)

    at_once(desk, *(file(number) for number in range(6)))
    with desk.look() as session:
        counted = select(func.count(Ticket.id)).group_by(Ticket.assignee_id)
        assert session.scalars(counted).all() == [2, 2, 2], "also across two queues with the same people"
        turns = session.scalars(select(QueueMember.last_turn).where(QueueMember.last_turn > 0)).all()
        assert sum(session.scalars(select(TicketQueue.turns))) == 6
        assert rule is Rule.LEAST_LOADED or sorted(turns) == [4, 5, 6]


def test_what_is_left_over_is_given_out_once_by_two_workers(desk: Desk) -> None:
    with desk.work():
        people = [make_helper() for _ in range(2)]
        make_queue(Rule.IN_TURN, *people)
        absences = [away(person).id for person in people]
        for _ in range(4):
            make_ticket()
    with desk.work() as session:
        for absence_id in absences:
            absence = session.get_one(Absence, absence_id)
            end_absence(absence, by=absence.user)
    at_once(desk, give_left_over, give_left_over)
    with desk.look() as session:
        assert session.scalars(select(func.count(Ticket.id)).group_by(Ticket.assignee_id)).all() == [2, 2]
        assert session.scalar(select(func.count(LeftInQueue.ticket_id))) == 0
        said = select(func.count(TicketEntry.id)).where(TicketEntry.sentence == "assigned this to {}")
        assert session.scalar(said) == 4


# Pages


def test_rule_and_absence_on_the_pages(desk: Desk) -> None:
    with desk.work():
        grace, tomas = make_helper(name="Grace Lee"), make_helper(name="Tomas Ruiz")
        admin, requester = make_user(Role.SYSTEM_ADMIN), make_user()
        mine = make_ticket(by=requester)
    visitor, chief = desk.signed_in(grace), desk.signed_in(admin)
    sent = {"name": "Desk", "untouched_hours": "0", "request_types": "something_else", "rule": "in_turn"}
    assert chief.post("/tickets/queues/new", sent, status=422).says("Choose who is given the tickets")
    people = [str(grace.id), str(tomas.id)]
    assert chief.post("/tickets/queues/new", {**sent, "members": people}, follow=True).says("In turn: Grace Lee")
    assert visitor.get("/tickets/absences").says("Everybody is there")
    assert visitor.get("/me").says("Enter when you are away")
    today = clock.today()
    days = {"first_day": str(today), "last_day": str(today + timedelta(days=3)), "substitute": ""}
    assert visitor.post("/tickets/absences/new", {**days, "last_day": "2020-01-01"}, status=422).says(
        "before the first"
    )
    entered = visitor.post("/tickets/absences/new", {**days, "substitute": str(tomas.id)}, follow=True)
    assert entered.says("Tomas Ruiz")
    assert chief.get("/tickets/queues").says("Tomas Ruiz stands in")
    assert chief.get(f"/tickets/{mine.id}").says("Grace Lee (away until")
    assert visitor.get("/me").says("Away now:")
    chief.post("/tickets/absences/new", {**days, "person": str(tomas.id)})
    with desk.work() as session:
        other = make_ticket(by=session.get_one(User, requester.id))
        assert other.assignee_id is None
    assert chief.get(f"/tickets/{other.id}").says("left this in the queue Desk")
    asker = desk.signed_in(requester)
    assert not asker.get(f"/tickets/{other.id}").says("left this in")
    asker.get("/tickets/absences", status=403)
    back = visitor.get("/tickets/absences")
    assert back.says("Is back")
    with desk.look() as session:
        absence_id = session.scalars(select(Absence.id).where(Absence.user_id == grace.id)).one()
    assert visitor.post(f"/tickets/absences/{absence_id}/end", follow=True).says("Grace Lee is present again")
    visitor.post(f"/tickets/absences/{absence_id}/end", status=404)
