"""Silence: attempts to reach a requester, closing by itself, coming back, asking again."""

import time
from datetime import UTC, date, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.outbox.models import OutboxMessage
from tests.browsing import Desk
from tests.make import make_user
from tests.make_tickets import PLAIN, make_helper, make_ticket
from tests.together import at_once
from tickets import following, operations
from tickets.clocks.calendars import Calendar
from tickets.jobs import close_resolved
from tickets.models import Then, Ticket, TicketEntry, TicketLink, TicketState, WaitingOn
from tickets.silence.jobs import close_one, silent_for_long
from tickets.silence.models import ContactWay
from tickets.silence.operations import note_attempt
from tickets.silence.queries import attempts_on
from tickets.silence.rules import after_days, ends_at

DAY = ((480, 1020),)
OFFICE = Calendar("UTC", (DAY,) * 5 + ((), ()), days_off=((date(2026, 3, 11), "Retreat"),))
MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
S = TicketState


@pytest.mark.parametrize(
    ("since", "days", "over"),
    [
        (MONDAY, 1, datetime(2026, 3, 4, tzinfo=UTC)),
        (MONDAY, 5, datetime(2026, 3, 10, tzinfo=UTC)),
        (MONDAY, 7, datetime(2026, 3, 13, tzinfo=UTC)),
        (MONDAY - timedelta(days=2), 1, datetime(2026, 3, 3, tzinfo=UTC)),
        (datetime(2026, 3, 6, 23, tzinfo=UTC), 1, datetime(2026, 3, 10, tzinfo=UTC)),
    ],
)
def test_business_days_leave_out_weekends_and_days_off(since: datetime, days: int, over: datetime) -> None:
    assert after_days(since, days, OFFICE) == over


def test_office_that_is_never_open_counts_every_day() -> None:
    assert after_days(MONDAY, 3, Calendar("UTC", ((),) * 7)) == datetime(2026, 3, 6, tzinfo=UTC)


def test_silence_needs_two_attempts_seven_days_and_a_day_after_the_last() -> None:
    assert ends_at([], OFFICE) is None
    assert ends_at([MONDAY], OFFICE) is None
    assert ends_at([MONDAY, MONDAY + timedelta(days=1)], OFFICE) == datetime(2026, 3, 13, tzinfo=UTC)
    assert ends_at([MONDAY, datetime(2026, 3, 12, 9, tzinfo=UTC)], OFFICE) == datetime(2026, 3, 14, tzinfo=UTC)


def _mails(ticket: Ticket) -> list[str]:
    return [row.kind for row in db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))]


def _ask_twice(ticket: Ticket, helper: object) -> None:
    with clock.frozen_at(MONDAY):
        operations.reply(ticket, body="Which report is it?", then=Then.WAIT, by=helper)
    with clock.frozen_at(MONDAY + timedelta(days=2)):
        note_attempt(ticket, way=ContactWay.PHONE, by=helper)


@pytest.mark.usefixtures("session")
def test_ticket_waits_on_its_requester_only_when_they_were_asked() -> None:
    helper, ticket = make_helper(), make_ticket()
    with pytest.raises(InvalidState, match="Send and wait"):
        operations.wait_on(ticket, WaitingOn.USER, by=helper)
    note_attempt(ticket, way=ContactWay.VOICEMAIL, by=helper)
    operations.wait_on(ticket, WaitingOn.USER, by=helper)
    assert ticket.waiting_on is WaitingOn.USER
    operations.reply(ticket, body="Here I am.", by=ticket.requester)
    with pytest.raises(InvalidState, match="Send and wait"):
        operations.wait_on(ticket, WaitingOn.USER, by=helper)


@pytest.mark.usefixtures("session")
def test_second_click_is_no_second_attempt() -> None:
    helper, other, ticket = make_helper(), make_helper(), make_ticket()
    attempt = note_attempt(ticket, way=ContactWay.PHONE, by=helper)
    assert note_attempt(ticket, way=ContactWay.PHONE, by=helper) is attempt
    note_attempt(ticket, way=ContactWay.VOICEMAIL, by=helper)
    note_attempt(ticket, way=ContactWay.PHONE, by=other)
    with clock.frozen_at(clock.now() + timedelta(minutes=1)):
        note_attempt(ticket, way=ContactWay.PHONE, by=helper)
    assert len(attempts_on(ticket.id)) == 4


def test_jobs_that_close_pass_over_what_is_taken_up_at_that_moment(desk: Desk) -> None:
    with clock.frozen_at(MONDAY), desk.work():
        helper = make_helper()
        ended = [make_ticket() for _ in range(2)]
        silent = [make_ticket() for _ in range(2)]
        for ticket in ended:
            operations.resolve(ticket, by=helper)
    for ticket in silent:
        with desk.work() as session:
            _ask_twice(session.get_one(Ticket, ticket.id), session.get_one(User, helper.id))
    held = Event()

    def answer() -> None:
        answered, back = (db.session.get_one(Ticket, ticket.id) for ticket in (silent[0], ended[0]))
        operations.reply(answered, body="It is this one.", by=answered.requester)
        operations.reopen(back, by=db.session.get_one(User, helper.id))
        held.set()
        time.sleep(0.5)  # the job has read and waits for the lock by then

    def close_both() -> None:
        assert held.wait(timeout=30)
        for ticket_id in silent_for_long():
            close_one(ticket_id)
        close_resolved()

    with clock.frozen_at(MONDAY + timedelta(days=15)):
        at_once(desk, answer, close_both)
    with desk.look() as session:
        states = [session.get_one(Ticket, ticket.id).state for ticket in (*ended, *silent)]
    assert states == [S.OPEN, S.CLOSED, S.OPEN, S.CLOSED]


@pytest.mark.usefixtures("session")
def test_silent_ticket_closes_by_itself_when_the_time_has_come_and_not_before() -> None:
    helper = make_helper()
    with clock.frozen_at(MONDAY - timedelta(hours=2)):
        silent, answered, once, elsewhere = (make_ticket() for _ in range(4))
        operations.wait_on(elsewhere, WaitingOn.VENDOR, by=helper)
    for ticket in (silent, answered):
        _ask_twice(ticket, helper)
    with clock.frozen_at(MONDAY):
        operations.reply(once, body="Which one?", then=Then.WAIT, by=helper)
    with clock.frozen_at(MONDAY + timedelta(days=5)):
        operations.reply(answered, body="The monthly one.", by=answered.requester)
    with clock.frozen_at(MONDAY + timedelta(days=8)):
        assert silent_for_long() == []
        close_one(silent.id)
        assert silent.state is S.WAITING
        with pytest.raises(InvalidState, match=r"That is so from \w+, March 1\d on"):
            operations.close(silent, by=helper)
        with pytest.raises(InvalidState, match="So far there was one attempt"):
            operations.close(once, by=helper)
        with pytest.raises(InvalidState, match="Resolve this first"):
            operations.close(elsewhere, by=helper)
    with clock.frozen_at(MONDAY + timedelta(days=12)):
        assert silent_for_long() == [silent.id]
        close_one(silent.id)
        assert silent_for_long() == []
    assert [t.state for t in (silent, answered, once, elsewhere)] == [S.CLOSED, S.OPEN, S.WAITING, S.WAITING]
    entries = select(TicketEntry.sentence).where(TicketEntry.ticket_id == silent.id).order_by(TicketEntry.id)
    told = db.session.scalars(entries).all()
    assert told[-2:] == ["tried to reach the requester: called, nobody answered", "closed this: nobody answered"]
    assert _mails(silent).count("tickets.silent") == 1
    with clock.frozen_at(MONDAY + timedelta(days=20)):
        operations.reply(silent, body="Sorry, I was away.", by=silent.requester)
    assert (silent.state, silent.times_reopened) == (S.OPEN, 1)


@pytest.mark.usefixtures("session")
def test_after_two_weeks_the_requester_asks_again_and_the_new_ticket_names_the_old() -> None:
    helper, ticket = make_helper(), make_ticket(answers={"name": "Monthly"})
    with clock.frozen_at(MONDAY):
        operations.resolve(ticket, by=helper)
    with clock.frozen_at(MONDAY + timedelta(days=10)), pytest.raises(InvalidState, match="write a reply on it"):
        following.ask_again(ticket, PLAIN, body="It is back.", by=ticket.requester)
    with clock.frozen_at(MONDAY + timedelta(days=15)):
        with pytest.raises(InvalidState, match="Please ask again"):
            operations.reply(ticket, body="It is back.", by=ticket.requester)
        with pytest.raises(NotAllowed):
            following.ask_again(ticket, PLAIN, body="It is back.", by=make_user())
        again = following.ask_again(ticket, PLAIN, body="It is back.", nonce="n", by=ticket.requester)
        assert following.ask_again(ticket, PLAIN, body="It is back.", nonce="n", by=ticket.requester) is again
    assert (again.subject, again.answers) == (ticket.subject, ticket.answers)
    assert [row.ref for row in db.session.scalars(select(TicketLink).where(TicketLink.ticket_id == again.id))] == [
        ticket.ref
    ]


@pytest.mark.usefixtures("session")
def test_only_the_team_notes_attempts_and_only_while_something_is_expected() -> None:
    helper, ticket = make_helper(), make_ticket()
    with pytest.raises(NotAllowed):
        note_attempt(ticket, way=ContactWay.PHONE, by=ticket.requester)
    operations.resolve(ticket, by=helper)
    with pytest.raises(InvalidState, match="resolved already"):
        note_attempt(ticket, way=ContactWay.PHONE, by=helper)


def test_attempts_and_asking_again_on_the_pages(desk: Desk) -> None:
    with desk.work():
        helper, user = make_helper(), make_user()
        ticket, old = make_ticket(user), make_ticket(user, subject="Long over")
        operations.reply(ticket, body="Which one?", then=Then.WAIT, by=helper)
        with clock.frozen_at(MONDAY):
            operations.resolve(old, by=helper)
    visitor, url = desk.signed_in(helper), f"/tickets/{ticket.id}"
    assert visitor.get(url).says("This closes by itself after 2 attempts")
    visitor.post(f"{url}/attempts", {"way": "pigeon"})
    visitor.post(f"{url}/attempts", {"way": "voicemail"})
    page = visitor.get(url)
    assert page.says("left a voicemail")
    assert page.says("Without an answer this closes by itself after")
    asker = desk.signed_in(user)
    assert not asker.get(url).says("closes by itself")
    asker.post(f"{url}/attempts", {"way": "phone"}, status=403)
    asker.get(f"{url}/again", status=404)
    assert asker.get(f"/tickets/{old.id}").link("ask again") == f"/tickets/{old.id}/again"
    asker.post(f"/tickets/{old.id}/again", {"body": "", "nonce": "a"}, status=422)
    page = asker.post(f"/tickets/{old.id}/again", {"body": "Call 904-555-0133.", "nonce": "a"}, status=422)
    assert "<mark>904-555-0133</mark>" in page.html
    page = asker.post(f"/tickets/{old.id}/again", {"body": "It is back.", "nonce": "a"}, follow=True)
    assert page.heading == "Long over"
