"""The lists: views, filters, orders, pages, words."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets import operations
from tickets.authority import find_people
from tickets.finding import Total
from tickets.language import parse
from tickets.models import Then, Ticket
from tickets.queries import (
    Order,
    TicketFilter,
    View,
    count_tickets,
    count_views,
    list_requests,
    list_tickets,
    open_counted,
    open_requests_of,
    team,
)

pytestmark = pytest.mark.usefixtures("session")

MONDAY = datetime(2026, 11, 9, 14, 0, tzinfo=UTC)  # 9 o'clock at the office


def shown(viewer: User, wanted: TicketFilter) -> list[int]:
    """Return the numbers on the first page of a list; the count says as many."""
    rows = list_tickets(wanted, viewer).rows
    assert count_tickets(wanted, viewer) == Total(len(rows))
    return [row.id for row in rows]


def make_at(hour: float, **over: object) -> Ticket:
    """File a ticket so many hours after Monday nine o'clock."""
    with clock.frozen_at(MONDAY + timedelta(hours=hour)):
        return make_ticket(**over)  # type: ignore[arg-type]


def test_views_hold_what_they_say_and_their_counts_agree() -> None:
    helper, colleague = make_helper(), make_helper()
    kind = make_kind(target_hours=8)
    fresh, mine, theirs, waiting, done = (make_at(n / 10, kind=kind) for n in range(5))
    with clock.frozen_at(MONDAY + timedelta(hours=1)):
        operations.assign(mine, helper, by=helper)
        operations.assign(theirs, colleague, by=helper)
        operations.reply(waiting, body="Which one is it?", then=Then.WAIT, by=helper)
        operations.resolve(done, by=helper)
    with clock.frozen_at(MONDAY + timedelta(hours=5)):
        expected = {
            View.MINE: {mine.id},
            View.UNASSIGNED: {fresh.id, waiting.id},
            View.LATE: {fresh.id, mine.id, theirs.id},
            View.WAITING: {waiting.id},
            View.OPEN: {fresh.id, mine.id, theirs.id, waiting.id},
            View.ALL: {fresh.id, mine.id, theirs.id, waiting.id, done.id},
        }
        for view, ids in expected.items():
            order = Order.DUE if view is View.LATE else Order.ACTIVITY
            assert set(shown(helper, TicketFilter(view=view, order=order))) == ids
        assert count_views(helper) == {view: len(ids) for view, ids in expected.items()}
        assert db.session.scalar(select(open_counted(helper))) == 4


def test_time_left_is_counted_in_office_minutes_and_only_while_the_clock_runs() -> None:
    helper = make_helper()
    ticket, waiting = make_at(0, kind=make_kind(target_hours=8)), make_at(0)
    with clock.frozen_at(MONDAY + timedelta(hours=24 + 2)):
        operations.reply(waiting, body="Which one is it?", then=Then.WAIT, by=helper)
        left = {row.id: row.minutes_left for row in list_tickets(TicketFilter(), helper).rows}
    assert left == {ticket.id: -(60 + 2 * 60), waiting.id: None}


def test_orders_by_activity_by_urgency_and_by_due_time() -> None:
    helper = make_helper()
    slow, quick, urgent = (
        make_at(0, kind=make_kind(target_hours=9)),
        make_at(1, kind=make_kind(target_hours=2)),
        make_at(2, kind=make_kind(target_hours=5, priority="urgent")),
    )
    with clock.frozen_at(MONDAY + timedelta(hours=6)):
        assert shown(helper, TicketFilter()) == [urgent.id, quick.id, slow.id]
        operations.reply(slow, body="On it.", by=helper)
        assert shown(helper, TicketFilter()) == [slow.id, urgent.id, quick.id]
        assert shown(helper, TicketFilter(order=Order.PRIORITY)) == [urgent.id, slow.id, quick.id]
        assert shown(helper, TicketFilter(view=View.LATE, order=Order.DUE)) == [quick.id, urgent.id, slow.id]


def test_closing_is_no_activity() -> None:
    helper, ticket = make_helper(), make_at(0)
    operations.resolve(ticket, by=helper)
    before = ticket.updated_at
    operations.close(ticket, by=helper)
    assert ticket.updated_at == before


@pytest.mark.parametrize("order", [*Order])
def test_pages_follow_each_other_without_gap_or_repetition(order: Order) -> None:
    helper = make_helper()
    for number in range(60):
        kind = make_kind(priority=("low", "normal", "high")[number % 3])
        make_at(number // 7, kind=kind)  # several at the very same moment
    with clock.frozen_at(MONDAY + timedelta(days=30)):
        wanted = TicketFilter(view=View.LATE if order is Order.DUE else View.OPEN, order=order)
        seen: list[int] = []
        after = None
        while True:
            page = list_tickets(wanted, helper, after=after)
            seen += [row.id for row in page.rows]
            if (after := page.after) is None:
                break
    assert len(seen) == len(set(seen)) == 60


def test_filters_narrow_together() -> None:
    helper, here = make_helper(), make_agency()
    wanted = make_ticket(agency=here, kind=make_kind(key="wrong_number", priority="high"))
    operations.assign(wanted, helper, by=helper)
    make_ticket(agency=here)
    make_ticket()
    for narrowed in (
        "status:open",
        "priority:high",
        "priority:>normal",
        "type:wrong_number",
        'type:"a number looks"',
        f"assignee:{helper.username}",
        "is:mine",
        f'agency:"{here.name}" priority:high,urgent status:open',
        f"agency:#{here.id} assignee:#{helper.id}",
        "is:open -is:unassigned",
    ):
        asked = TicketFilter(query=parse(narrowed))
        assert asked.narrows
        assert shown(helper, asked) == [wanted.id], narrowed
    assert shown(helper, TicketFilter(query=parse(f"agency:#{here.id} priority:low"))) == []
    assert not TicketFilter(view=View.ALL).narrows


def test_requests_are_ones_own_or_the_agencys() -> None:
    here = make_agency()
    person, lead = make_user(agency=here), make_user(Role.AGENCY_LEAD, agency=here)
    own, done, colleagues = make_ticket(person), make_ticket(person), make_ticket(agency=here)
    operations.resolve(done, by=person)
    make_ticket()

    def numbers(viewer: User, *, agency: bool = False, only_open: bool) -> set[int]:
        return {row.id for row in list_requests(viewer, agency=agency, only_open=only_open).rows}

    assert numbers(person, only_open=True) == {own.id}
    assert numbers(person, only_open=False) == {own.id, done.id}
    assert numbers(lead, agency=True, only_open=False) == {own.id, done.id, colleagues.id}
    assert numbers(person, agency=True, only_open=False) == {own.id, done.id}  # reads no more than their own
    assert {row.id for row in open_requests_of(person.id, lead, 5)} == {own.id}
    assert open_requests_of(person.id, make_user(), 5) == []


def test_team_is_who_works_on_tickets_and_may_sign_in() -> None:
    helper, trainer = make_helper(name="Bea"), make_helper(Role.TRAINER, name="Abe")
    make_helper(may_sign_in=False)
    make_user(Role.AGENCY_LEAD)
    make_user(Role.VIEWER)
    assert [(choice.id, choice.name) for choice in team()] == [(trainer.id, "Abe"), (helper.id, "Bea")]


def test_people_are_found_by_name_and_user_name() -> None:
    person = make_user(name="Keiko Nguyen", username="knguyen")
    make_user()
    assert find_people("keiko", 5) == [person]
    assert find_people("KNGU", 5) == [person]
    assert find_people("%", 5) == []
