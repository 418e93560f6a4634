"""Who is told what happens to a ticket, on which way and when."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, NotAllowed
from adminops.identity.models import SYSTEM, Agency, User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_ticket
from tickets import merging, operations, sharing
from tickets.models import Priority, Then, Ticket
from tickets.notices.models import Notice
from tickets.notices.occasions import AT_FIRST, CELLS, OFFERED, Occasion, Way
from tickets.notices.operations import Choices, Hours, choose_notices, set_defaults
from tickets.notices.queries import list_notices, unread_counted
from tickets.notices.reading import read_all, read_on
from tickets.notices.recipients import recipients
from tickets.queues.operations import save_queue
from tickets.sending import Words, plan_reply, send_due, take_back

NIGHT = datetime(2026, 3, 3, 4, tzinfo=UTC)  # 11 pm in New York
MORNING = datetime(2026, 3, 3, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("session")


def wish(person: User, hours: Hours | None = None, queues: tuple[int, ...] = (), **ways: Way) -> None:
    """Let `person` choose: `replied_mine=Way.APP`."""
    chosen = {name.replace("_", "."): way for name, way in ways.items()}
    choose_notices(Choices(ways=chosen, queues=queues, hours=hours or Hours()), by=person)


def noticed(person: User) -> list[tuple[str, int]]:
    """Return what `person` finds in the app, the oldest first."""
    rows = list_notices(person, unread=False).rows
    return [(row.occasion.value, row.ticket_id) for row in reversed(rows)]


def mailed(person: User) -> list[str]:
    """Return the mails for `person`, without receipts."""
    asked = select(OutboxMessage.kind).where(OutboxMessage.recipient_id == person.id).order_by(OutboxMessage.id)
    return [kind for kind in db.session.scalars(asked) if kind != "tickets.filed"]


def unread(person: User) -> int:
    return db.session.scalar(select(unread_counted(person))) or 0


def given_to(helper: User, by: User | None = None) -> Ticket:
    ticket = make_ticket(by)
    operations.assign(ticket, helper, by=helper)
    return ticket


def test_matrix_has_a_word_for_everything_that_may_be_told() -> None:
    assert set(OFFERED) == set(Occasion)
    assert set(AT_FIRST) <= set(CELLS)
    assert all(occasion.label and occasion.counted and "{}" in occasion.says for occasion in Occasion)


def test_each_side_is_told_of_the_other_and_nobody_of_their_own_act() -> None:
    helper = make_helper()
    ticket = given_to(helper)
    person = ticket.requester
    operations.reply(ticket, body="Which one?", by=helper)
    operations.reply(ticket, body="The APR.", by=person)
    operations.write_note(ticket, body="It is the APR.", by=helper)
    operations.set_priority(ticket, Priority.HIGH, by=helper)
    assert noticed(person) == [("replied", ticket.id)]
    assert noticed(helper) == [("replied", ticket.id)]
    assert (mailed(person), mailed(helper)) == (["tickets.replied"], ["tickets.replied"])


def test_assignee_is_told_of_colleagues_and_the_requester_never_of_what_is_the_teams() -> None:
    helper, other = make_helper(), make_helper()
    ticket = make_ticket()
    operations.assign(ticket, helper, by=other)
    operations.write_note(ticket, body="Look at the log.", by=other)
    operations.set_priority(ticket, Priority.HIGH, by=other)
    operations.reply(ticket, body="We look into it.", by=other)
    assert [said for said, _ in noticed(helper)] == ["assigned", "noted", "prioritised", "replied"]
    assert [said for said, _ in noticed(ticket.requester)] == ["replied"]
    assert mailed(helper) == ["tickets.assigned", "tickets.replied"]


def test_what_happens_once_more_is_mailed_once_more() -> None:
    helper, ticket, other = make_helper(), make_ticket(), make_ticket()
    colleague, officer = make_helper(), make_user(Role.SECURITY_OFFICER, agency=ticket.agency)
    for hours in (1, 2):
        with clock.frozen_at(clock.now() + timedelta(hours=hours)):
            operations.assign(ticket, helper, by=colleague)
            operations.assign(ticket, None, by=colleague)
            sharing.make_private(ticket, by=colleague)
            sharing.open_up(ticket, by=officer)
    assert mailed(helper) == ["tickets.assigned"] * 2
    assert mailed(officer) == ["tickets.private"] * 2
    person = other.requester
    whole = make_ticket(agency=other.agency)
    for _ in range(2):
        merging.merge(other, into=whole, by=colleague)
        merging.undo_merge(other, by=colleague)
    assert mailed(person) == ["tickets.merged"] * 2


def test_answer_that_resolves_is_told_once() -> None:
    helper, other = make_helper(), make_helper()
    ticket = given_to(helper)
    sharing.add_participant(ticket, other, by=helper)
    operations.reply(ticket, body="It is mended.", then=Then.RESOLVE, by=helper)
    assert [said for said, _ in noticed(ticket.requester)] == ["resolved"]
    assert mailed(other) == ["tickets.added", "tickets.happened"]
    operations.reopen(ticket, by=other)
    assert noticed(ticket.requester)[-1] == ("reopened", ticket.id)


def test_who_is_mentioned_is_told_of_that_and_not_twice() -> None:
    helper, other = make_helper(), make_helper(username="tomas")
    ticket = given_to(helper)
    operations.reply(ticket, body="@tomas will look.", by=helper)
    assert noticed(other) == [("mentioned", ticket.id)]
    wish(other, mentioned_mine=Way.NOTHING)
    operations.reply(ticket, body="@tomas looks.", by=helper)
    assert noticed(other)[1:] == [("replied", ticket.id)]


def test_work_that_is_done_by_itself_is_told_to_everybody_named() -> None:
    helper = make_helper()
    ticket = given_to(helper)
    operations.resolve(ticket, because="settled", by=SYSTEM)
    assert noticed(helper) == noticed(ticket.requester) == [("resolved", ticket.id)]
    assert list_notices(helper, unread=True).rows[0].actor == SYSTEM.name


def test_own_choice_goes_before_that_of_the_house() -> None:
    helper, person = make_helper(), make_user()
    ticket = given_to(helper, person)
    wish(person, replied_mine=Way.NOTHING)
    operations.reply(ticket, body="Which one?", by=helper)
    assert (noticed(person), mailed(person)) == ([], [])
    wish(person, replied_mine=Way.MAIL)
    operations.reply(ticket, body="The long one?", by=helper)
    assert (noticed(person), mailed(person)) == ([], ["tickets.replied"])
    manager = make_user(Role.MANAGER)
    assert set_defaults({"resolved.mine": Way.APP, "replied.mine": Way.BOTH}, by=manager) == ["resolved.mine"]
    operations.resolve(ticket, by=helper)
    assert (noticed(person), mailed(person)) == ([("resolved", ticket.id)], ["tickets.replied"])


def test_who_wishes_hears_of_tickets_of_the_team_and_of_all() -> None:
    team, wide, none = make_helper(), make_helper(), make_helper()
    wish(team, filed_team=Way.APP, replied_team=Way.APP)
    wish(wide, filed_team=Way.APP, filed_all=Way.APP, replied_all=Way.APP)
    ticket = make_ticket()
    assert (noticed(team), noticed(wide), noticed(none)) == ([("filed", ticket.id)], [("filed", ticket.id)], [])
    operations.assign(ticket, none, by=none)
    operations.reply(ticket, body="On it.", by=none)
    assert noticed(team) == [("filed", ticket.id)]
    assert noticed(wide) == [("filed", ticket.id), ("replied", ticket.id)]


def test_queues_one_follows_are_the_teams() -> None:
    manager, helper = make_user(Role.MANAGER), make_helper()
    mine = save_queue(None, name="Anything", request_types=["something_else"], by=manager)
    other = save_queue(None, name="Accounts", request_types=["sign_in"], by=manager)
    wish(helper, queues=(other.id,), filed_team=Way.APP)
    first = make_ticket()
    wish(helper, queues=(mine.id,), filed_team=Way.APP)
    second = make_ticket()
    assert noticed(helper) == [("filed", second.id)]
    assert first.id != second.id


def lead_of(agency: Agency) -> User:
    return make_user(Role.AGENCY_LEAD, agency=agency)


def test_nobody_is_told_of_what_they_do_not_see() -> None:
    here, there = make_agency(), make_agency()
    lead, stranger, helper = lead_of(here), lead_of(there), make_helper()
    for person in (lead, stranger):
        wish(person, filed_team=Way.BOTH, filed_all=Way.BOTH, replied_team=Way.BOTH, noted_team=Way.BOTH)
    ticket = make_ticket(agency=here)
    operations.write_note(ticket, body="Between us.", by=helper)
    assert (noticed(lead), noticed(stranger)) == ([("filed", ticket.id)], [])
    make_user(Role.SECURITY_OFFICER, agency=here)
    sharing.make_private(ticket, by=make_user(Role.MANAGER))
    operations.reply(ticket, body="Confidential.", by=ticket.requester)
    assert [told.person for told in recipients(ticket, Occasion.REPLIED, by=ticket.requester)] == []
    assert noticed(lead) == []  # what was told before is gone with the sight
    assert unread(lead) == 0


def test_default_of_the_house_reaches_who_has_chosen_nothing() -> None:
    manager, helper, user = make_user(Role.MANAGER), make_helper(), make_user()
    set_defaults({"filed.all": Way.APP, "filed.team": Way.APP}, by=manager)
    ticket = make_ticket()
    assert noticed(helper) == noticed(manager) == [("filed", ticket.id)]
    assert noticed(user) == []
    with pytest.raises(NotAllowed):
        set_defaults({"filed.all": Way.APP}, by=helper)
    with pytest.raises(Invalid):
        set_defaults({"filed.mine": Way.APP}, by=manager)


def test_answer_that_was_taken_back_tells_nobody() -> None:
    helper = make_helper()
    ticket = given_to(helper)
    row = plan_reply(ticket, Words(body="Oh dear"), at=clock.now() + timedelta(seconds=15), by=helper)
    take_back(row, by=helper)
    with clock.frozen_at(clock.now() + timedelta(hours=1)):
        send_due()
    assert (noticed(ticket.requester), mailed(ticket.requester)) == ([], [])


def test_disabled_person_is_told_nothing() -> None:
    helper = make_helper()
    ticket = given_to(helper)
    ticket.requester.may_sign_in = False
    operations.reply(ticket, body="Hello?", by=helper)
    assert noticed(ticket.requester) == []


def test_read_is_what_one_opened_or_marked() -> None:
    helper, person = make_helper(), make_user()
    first, second = given_to(helper, person), given_to(helper, person)
    for ticket in (first, first, second):
        operations.reply(ticket, body="Which?", by=helper)
    assert unread(person) == 3
    assert read_on(first.id, person) == 2
    assert [row.ticket_id for row in list_notices(person, unread=True).rows] == [second.id]
    assert (read_all(person), unread(person), read_all(person)) == (1, 0, 0)


# Quiet hours


def next_try(person: User) -> list[datetime]:
    asked = select(OutboxMessage).where(OutboxMessage.recipient_id == person.id).order_by(OutboxMessage.id)
    return [row.next_try_at for row in db.session.scalars(asked) if row.kind != "tickets.filed"]


def test_mail_of_the_night_is_kept_and_leaves_in_the_morning() -> None:
    helper, person = make_helper(), make_user()
    wish(person, Hours(zone="America/New_York", quiet_from=22 * 60, quiet_until=7 * 60))
    with clock.frozen_at(NIGHT):
        ticket = given_to(helper, person)
        operations.reply(ticket, body="Which one?", by=helper)
    assert next_try(person) == [MORNING]
    assert unread(person) == 1  # the app disturbs nobody
    with clock.frozen_at(MORNING):
        operations.reply(ticket, body="Which one?", by=helper)
    assert next_try(person) == [MORNING, MORNING]


def test_urgent_ticket_disturbs_who_allows_it() -> None:
    helper, person, sleeper = make_helper(), make_user(), make_user()
    night = {"zone": "America/New_York", "quiet_from": 22 * 60, "quiet_until": 7 * 60}
    wish(person, Hours(**night))
    wish(sleeper, Hours(**night, urgent_passes=False))
    with clock.frozen_at(NIGHT):
        ticket = given_to(helper, person)
        operations.set_priority(ticket, Priority.URGENT, by=helper)
        sharing.add_participant(ticket, sleeper, by=helper)
        operations.reply(ticket, body="Which one?", by=helper)
    assert next_try(person) == [NIGHT]
    assert next_try(sleeper) == [MORNING, MORNING]


@pytest.mark.parametrize(
    ("hours", "says"),
    [
        (Hours(zone="Mars/Olympus"), "no such time zone"),
        (Hours(zone="../etc/passwd"), "no such time zone"),
        (Hours(quiet_from=60), "a beginning and an end"),
        (Hours(quiet_from=60, quiet_until=60), "another time"),
        (Hours(digest_minute=1440), "times of the day"),
        (Hours(digest_weekday=7), "times of the day"),
    ],
)
def test_hours_that_are_none_are_refused(hours: Hours, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        choose_notices(Choices(hours=hours), by=make_user())


def test_notice_is_one_row_for_each_reader() -> None:
    helper = make_helper()
    ticket = given_to(helper)
    operations.reply(ticket, body="Which?", by=helper)
    assert len(db.session.scalars(select(Notice)).all()) == 1
