"""Time spent: noted with an answer or alone, corrected with a trace, summed, exported; and switched off."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, DomainError, Invalid, NotAllowed
from tests.browsing import Desk
from tests.make import make_admin, make_user
from tests.make_tickets import make_helper, make_ticket
from tickets.models import TicketEntry
from tickets.side import side_of
from tickets.spent.models import Activity, TicketTime
from tickets.spent.operations import correct_time, note_time
from tickets.spent.queries import in_words


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "0 min"), (25, "25 min"), (60, "1 h"), (85, "1 h 25 min"), (1440, "24 h")]
)
def test_minutes_are_said_as_people_say_them(minutes: int, words: str) -> None:
    assert in_words(minutes) == words


@pytest.mark.usefixtures("session")
def test_a_correction_takes_the_place_of_what_stood_there_and_both_stay() -> None:
    helper, ticket = make_helper(), make_ticket()
    row = note_time(ticket, minutes=52, activity=Activity.RESEARCH, by=helper)
    note_time(ticket, minutes=8, by=helper)
    assert side_of(ticket, helper).minutes == 60
    new = correct_time(
        row, ticket, minutes=25, activity=Activity.RECORDS, worked_on=row.worked_on - timedelta(days=1), by=make_admin()
    )
    assert side_of(ticket, helper).minutes == 33
    with pytest.raises(Conflict):
        correct_time(row, ticket, minutes=1, activity=Activity.OTHER, worked_on=row.worked_on, by=helper)
    correct_time(new, ticket, minutes=0, activity=Activity.OTHER, worked_on=new.worked_on, by=helper)
    assert side_of(ticket, helper).minutes == 8
    kept = select(TicketTime.minutes, TicketTime.is_current).order_by(TicketTime.id)
    assert db.session.execute(kept).all() == [(52, False), (8, True), (25, False), (0, True)]
    told = db.session.execute(select(TicketEntry.sentence, TicketEntry.for_team).order_by(TicketEntry.id)).all()
    assert told[-2:] == [("corrected 52 to 25 min of {}", True), ("corrected 25 to 0 min of {}", True)]


@pytest.mark.usefixtures("session")
def test_times_are_ones_own_of_the_team_and_of_days_that_were() -> None:
    helper, other, ticket, today = make_helper(), make_helper(), make_ticket(), clock.today()
    for wrong in ({"minutes": 0}, {"minutes": 1441}, {"worked_on": today + timedelta(days=2)}):
        with pytest.raises(Invalid):
            note_time(ticket, **{"minutes": 5, **wrong}, by=helper)  # type: ignore[arg-type]
    for by, person, refusal in (
        (helper, other, NotAllowed),
        (ticket.requester, None, NotAllowed),
        (make_admin(), make_user(), Invalid),
    ):
        with pytest.raises(DomainError) as refused:
            note_time(ticket, minutes=5, person=person, by=by)
        assert type(refused.value) is refusal
    assert note_time(ticket, minutes=5, person=other, by=make_admin()).user_id == other.id


def test_time_on_the_pages_and_in_a_file(desk: Desk) -> None:
    with desk.work():
        helper, requester = make_helper(name="Grace Lee"), make_user()
        ticket, other = make_ticket(by=requester, subject="=Printer"), make_ticket()
    visitor, url = desk.signed_in(helper), f"/tickets/{ticket.id}"
    sent = {"kind": "reply", "body": "Look now.", "nonce": "a", "minutes": "25", "resolution": "done"}
    visitor.post(f"{url}/messages", {**sent, "minutes": "5000"}, status=422)
    for _ in range(2):
        visitor.post(f"{url}/messages", sent)
    page = visitor.get(url)
    assert page.says("Time spent 25 min")
    assert visitor.get(page.link("Note time")).says("25 min in all")
    alone = {"minutes": "65", "activity": "talk", "worked_on": str(clock.today())}
    visitor.post(f"{url}/time", {**alone, "minutes": "x"}, status=422)
    listed = visitor.post(f"{url}/time", alone, follow=True)
    assert listed.says("1 h 30 min in all")
    correct = listed.link("Correct")
    assert visitor.post(correct, {**alone, "minutes": "60"}, follow=True).says("1 h 25 min in all")
    visitor.post(f"/tickets/{other.id}/time", {**alone, "minutes": "7"})
    file = visitor.get("/tickets/time.csv?q=printer").body.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(file)))
    assert [(row[0], row[1], row[5], row[6]) for row in rows[1:]] == [
        (str(ticket.id), "'=Printer", "Answering", "25"),
        (str(ticket.id), "'=Printer", "Call, visit or meeting", "60"),
    ]
    asker = desk.signed_in(requester)
    assert not asker.get(url).says("Time spent")
    asker.get(f"{url}/time", status=403)
    asker.get("/tickets/time.csv", status=403)
