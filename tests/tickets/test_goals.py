"""Goals as they are kept: what verbs write beside a ticket, what an edit changes, who is warned and when."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, DomainError, Invalid, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.make import make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tests.tickets.test_operations import lines
from tickets import operations
from tickets.clocks import Step, Target, Told
from tickets.emails import goal
from tickets.goals import keeping, queries
from tickets.goals.jobs import count_anew, warn_of_goals
from tickets.goals.models import CalendarVersion, GoalCalendar, GoalPolicy
from tickets.goals.operations import save_calendar, save_policy
from tickets.models import OPEN_STATES, Priority, Then, Ticket, TicketEvent, TicketState, WaitingOn
from tickets.queries import TicketFilter, list_tickets

MONDAY = datetime(2026, 11, 9, 14, 0, tzinfo=UTC)  # 9 o'clock at the office
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORKDAY = ((480, 1020),)

pytestmark = pytest.mark.usefixtures("session")


def manager(**over: Any) -> User:
    return make_user(Role.MANAGER, **over)


def filed(at: datetime = MONDAY, **over: Any) -> Ticket:
    """Return a ticket of eight hours that was filed at that moment."""
    with clock.frozen_at(at):
        return make_ticket(kind=make_kind(**{"target_hours": 8, **over}))


def office() -> GoalCalendar:
    return db.session.scalars(select(GoalCalendar).where(GoalCalendar.name == "Office hours")).one()


def standard() -> GoalPolicy:
    return db.session.scalars(select(GoalPolicy).where(GoalPolicy.key == "standard")).one()


def saved(by: User, **over: Any) -> GoalCalendar:
    """Save the office's hours, other than they came."""
    calendar = office()
    values = {
        "name": calendar.name,
        "zone": "America/New_York",
        "week": [WORKDAY] * 5 + [(), ()],
        "region": "US-FL",
        "days_off": {},
        "worked": [],
        "seen": calendar.number,
    }
    return save_calendar(calendar, **{**values, **over}, by=by)


def promise(by: User, **over: Any) -> GoalPolicy:
    """Save the standard policy with a first and next reply of one hour and the type's own solution."""
    policy = standard()
    values = {
        "calendar": office(),
        "targets": {level: Target(60, 60) for level in Priority},
        "pauses": [WaitingOn.USER],
        "steps": [Step(-30, Told.ASSIGNEE), Step(0, Told.ASSIGNEE), Step(60, Told.MANAGER)],
        "request_types": [],
        "seen": policy.number,
    }
    return save_policy(policy, **{**values, **over}, by=by)


def goal_mails(to: User) -> list[dict[str, Any]]:
    chosen = select(OutboxMessage.arguments).where(
        OutboxMessage.recipient_id == to.id, OutboxMessage.kind == "tickets.goal"
    )
    return list(db.session.scalars(chosen.order_by(OutboxMessage.id)))


# What verbs write


def test_type_that_counts_around_the_clock_is_due_at_night() -> None:
    ticket = filed(around_the_clock=True)
    assert ticket.due_at == MONDAY + DAY
    assert filed().due_at == MONDAY + 8 * HOUR


def test_policy_that_names_a_type_is_the_one_it_is_filed_under(session: Session) -> None:
    filed()
    around = session.scalars(select(GoalPolicy).where(GoalPolicy.key == "around_the_clock")).one()
    always = queries.calendar_in_force(queries.in_force()[1].version)
    save_policy(
        around,
        calendar=session.get_one(GoalCalendar, always.calendar_id),
        targets={level: Target(60, 60, 120) for level in Priority},
        pauses=[],
        steps=[],
        request_types=["something_else"],
        seen=1,
        by=manager(),
    )
    assert filed().due_at == MONDAY + 2 * HOUR


def test_list_shows_a_clock_that_a_wait_does_not_stop() -> None:
    helper, ticket = make_helper(), filed(around_the_clock=True)
    with clock.frozen_at(MONDAY + HOUR):
        operations.wait_on(ticket, WaitingOn.VENDOR, by=helper)
        operations.wait_on(filed(), WaitingOn.VENDOR, by=helper)
        rows = list_tickets(TicketFilter(), helper).rows
    assert {(row.clock, row.minutes_left) for row in rows} == {("running", 23 * 60), ("paused", None)}


def test_first_answer_of_the_team_is_kept_and_later_ones_are_not() -> None:
    ticket, helper = filed(), make_helper()
    for hours in (1, 2):
        with clock.frozen_at(MONDAY + hours * HOUR):
            operations.reply(ticket, body="We look into it.", by=helper)
    assert ticket.first_reply_at == MONDAY + HOUR


def test_random_lives_are_kept_as_counting_them_anew_would_write_them() -> None:
    chance, helper = Random(7), make_helper()
    for _ in range(4):
        at = MONDAY + timedelta(minutes=chance.randrange(7000))
        ticket = filed(at)
        for _ in range(6):
            at += timedelta(minutes=chance.randrange(3000))
            with clock.frozen_at(at):
                live(ticket, helper, chance)
        kept = (ticket.due_at, ticket.first_reply_at, ticket.next_step_at)
        if ticket.state in (TicketState.RESOLVED, TicketState.CLOSED):
            continue
        ticket.calendar_version_id, ticket.due_at = None, None
        with clock.frozen_at(at + HOUR):
            assert keeping.count_anew() == 1
        assert (ticket.due_at, ticket.first_reply_at, ticket.next_step_at) == kept


def live(ticket: Ticket, helper: User, chance: Random) -> None:
    """Do something to a ticket, if the rules allow it now."""
    acts = (
        lambda: operations.reply(ticket, body="Which one?", then=chance.choice(list(Then)), by=helper),
        lambda: operations.reply(ticket, body="That one.", by=ticket.requester),
        lambda: operations.wait_on(ticket, chance.choice(list(WaitingOn)), by=helper),
        lambda: operations.set_open(ticket, by=helper),
        lambda: operations.set_priority(ticket, chance.choice(list(Priority)), by=helper),
        lambda: operations.resolve(ticket, by=helper),
    )
    with suppress(DomainError):  # where the rules say no, as they would to a person
        chance.choice(acts)()


# Edits


@pytest.mark.parametrize("state", list(TicketState))
def test_ticket_whose_history_was_not_kept_has_clocks_in_every_state(session: Session, state: TicketState) -> None:
    ticket = filed()
    session.query(TicketEvent).delete()
    ticket.state, solved = state, state not in OPEN_STATES
    ticket.waiting_on = WaitingOn.VENDOR if state is TicketState.WAITING else None
    ticket.resolved_at = MONDAY + HOUR if state is TicketState.RESOLVED else None
    with clock.frozen_at(MONDAY + DAY):
        ticket.updated_at = clock.now()
        clocks, _ = keeping.clocks_of(ticket)
    ended = {TicketState.RESOLVED: MONDAY + HOUR, TicketState.CLOSED: MONDAY + DAY}
    assert (clocks.solution.done_at, clocks.solution.runs) == (ended.get(state), not solved and not ticket.waiting_on)


def test_calendar_that_changes_moves_open_tickets_and_leaves_resolved_ones_alone() -> None:
    boss, helper = manager(), make_helper()
    opened, solved = filed(), filed()
    with clock.frozen_at(MONDAY + HOUR):
        operations.resolve(solved, by=helper)
        before = solved.calendar_version_id
        saved(boss, days_off={date(2026, 11, 9): "Storm"})
    assert opened.due_at == MONDAY - HOUR + DAY + 8 * HOUR  # from eight o'clock on Tuesday
    assert solved.calendar_version_id == before
    assert solved.due_at is None
    with clock.frozen_at(MONDAY + 8 * DAY):
        operations.reopen(solved, by=helper)  # it is open again, and goes by the calendar as it is now
    assert solved.calendar_version_id == opened.calendar_version_id


def test_calendar_that_changes_and_changes_back_leaves_every_due_time_as_it_was() -> None:
    boss, tickets = manager(), [filed(MONDAY + n * HOUR, target_hours=5 + 7 * n) for n in range(5)]
    before = [ticket.due_at for ticket in tickets]
    with clock.frozen_at(MONDAY + 6 * HOUR):
        saved(boss, week=[((480, 720), (780, 1020))] * 5 + [(), ()])
        assert all(ticket.due_at > due for ticket, due in zip(tickets, before, strict=True) if ticket.due_at and due)
        saved(boss)
    assert [ticket.due_at for ticket in tickets] == before
    assert office().number == 3


def test_job_counts_what_an_edit_left_over(monkeypatch: pytest.MonkeyPatch) -> None:
    boss, tickets = manager(), [filed() for _ in range(3)]
    with clock.frozen_at(MONDAY):
        monkeypatch.setattr(keeping.count_anew, "__defaults__", (2,))
        saved(boss, days_off={date(2026, 11, 9): "Storm"})
        late = MONDAY - HOUR + DAY + 8 * HOUR
        assert [ticket.due_at == late for ticket in tickets] == [True, True, False]
        count_anew()
    assert [ticket.due_at for ticket in tickets] == [late] * 3


def test_policy_that_changes_holds_for_new_tickets_only() -> None:
    boss, old = manager(), filed()
    kept = old.policy_version_id
    promise(boss, targets={level: Target(60, 60, 120) for level in Priority})
    assert filed().due_at == MONDAY + 2 * HOUR
    with clock.frozen_at(MONDAY + HOUR):
        operations.set_priority(old, Priority.HIGH, by=make_helper())
    assert (old.policy_version_id, old.due_at) == (kept, MONDAY + 8 * HOUR)


def test_saving_what_is_there_makes_no_version() -> None:
    boss = manager()
    filed()
    saved(boss)
    assert office().number == 1
    assert len(db.session.scalars(select(CalendarVersion).where(CalendarVersion.calendar_id == office().id)).all()) == 1


def test_edit_of_a_version_that_is_no_longer_the_newest_is_refused() -> None:
    boss = manager()
    filed()
    saved(boss, days_off={date(2026, 12, 24): "Christmas Eve"})
    with pytest.raises(Conflict):
        saved(boss, seen=1)
    promise(boss)
    with pytest.raises(Conflict):
        promise(boss, seen=1)


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"zone": "America/Nowhere"}, "zone"),
        ({"zone": "../etc/passwd"}, "zone"),
        ({"week": [()] * 7}, None),
        ({"week": [((480, 485),)] + [()] * 6}, None),
        ({"week": [((780, 1020), (480, 720))] * 7}, None),
        ({"week": [((480, 1020), (1000, 1100))] * 7}, None),
        ({"week": [((480, 480),)] * 7}, None),
        ({"week": [((480, 1500),)] * 7}, None),
    ],
)
def test_calendar_that_makes_no_sense_is_refused(over: dict[str, Any], field: str | None) -> None:
    filed()
    with pytest.raises(Invalid) as refusal:
        saved(manager(), **over)
    assert refusal.value.field == field


def test_only_administrators_set_goals() -> None:
    filed()
    with pytest.raises(NotAllowed):
        saved(make_helper())
    with pytest.raises(NotAllowed):
        promise(make_helper())


def test_a_type_stands_in_one_policy() -> None:
    boss = manager()
    filed()
    promise(boss, request_types=["something_else"])
    around = db.session.scalars(select(GoalPolicy).where(GoalPolicy.key == "around_the_clock")).one()
    with pytest.raises(Invalid, match="something_else"):
        save_policy(
            around,
            calendar=office(),
            targets={},
            pauses=[],
            steps=[],
            request_types=["something_else"],
            seen=1,
            by=boss,
        )


# Warnings


def test_assignee_is_warned_before_and_the_managers_after_each_once() -> None:
    boss, helper = manager(), make_helper()
    filed()
    promise(boss)
    with clock.frozen_at(MONDAY):
        ticket = make_ticket(kind=make_kind(target_hours=8))
        operations.assign(ticket, helper, by=helper)
    for minutes in (29, 30, 35, 61, 130, 135):
        with clock.frozen_at(MONDAY + timedelta(minutes=minutes)):
            warn_of_goals()
    assert [(row["aim"], row["minutes"]) for row in goal_mails(helper)] == [("first", -30), ("first", 0)]
    assert [(row["aim"], row["minutes"]) for row in goal_mails(boss)] == [("first", 60)]
    assert lines(ticket)[-3:] == [
        "AdminOps warned the assignee: the first reply is due soon",
        "AdminOps warned the assignee: the first reply is past its goal",
        "AdminOps warned the managers: the first reply is past its goal",
    ]


def test_ticket_that_nobody_has_is_the_managers() -> None:
    boss = manager()
    filed()
    promise(boss)
    filed()
    with clock.frozen_at(MONDAY + timedelta(minutes=31)):
        warn_of_goals()
    assert len(goal_mails(boss)) == 1


def test_several_steps_at_once_are_one_mail() -> None:
    boss, helper = manager(), make_helper()
    filed()
    promise(boss)
    with clock.frozen_at(MONDAY):
        operations.assign(filed(), helper, by=helper)
    with clock.frozen_at(MONDAY + 4 * HOUR):
        warn_of_goals()
    assert [row["minutes"] for row in goal_mails(helper)] == [0]
    assert [row["minutes"] for row in goal_mails(boss)] == [60]


def test_nobody_is_warned_at_night_and_everybody_in_the_morning() -> None:
    boss, helper = manager(), make_helper()
    ticket = filed(MONDAY + 5 * HOUR, around_the_clock=True)  # a reply is due at six in the evening
    with clock.frozen_at(MONDAY + 5 * HOUR):
        operations.assign(ticket, helper, by=helper)
    with clock.frozen_at(MONDAY + 12 * HOUR):
        warn_of_goals()
    assert goal_mails(helper) == []
    with clock.frozen_at(MONDAY + DAY - HOUR):
        warn_of_goals()
    assert [row["minutes"] for row in goal_mails(helper)] == [0]
    assert goal_mails(boss)


def test_answer_in_time_warns_nobody() -> None:
    boss, helper = manager(), make_helper()
    filed()
    promise(boss, steps=[Step(0, Told.ASSIGNEE)])
    ticket = filed()
    with clock.frozen_at(MONDAY + HOUR / 2):
        operations.reply(ticket, body="Which report?", then=Then.WAIT, by=helper)
    assert ticket.next_step_at is None
    with clock.frozen_at(MONDAY + 5 * DAY):
        warn_of_goals()
    assert goal_mails(boss) == []


def test_mail_of_a_goal_holds_a_number_and_a_link_and_no_word_of_the_ticket() -> None:
    helper, ticket = make_helper(), make_ticket(subject="Printer", body="It smokes.")
    ids = {"to_id": helper.id, "ticket_id": ticket.id, "aim": "first", "round": 0}
    mail = goal(**ids, minutes=-60)
    assert mail is not None
    assert (mail.subject, mail.link) == (f"Ticket #{ticket.id}: a reply is due soon", f"/tickets/{ticket.id}")
    assert mail.values == {"number": ticket.id}
    operations.resolve(ticket, by=helper)
    assert goal(**ids, minutes=0) is None
