"""Time spent in insights and in the board pack: sums by topic, agency and person, with the entries behind each."""

from datetime import timedelta

import pytest

from adminops import clock
from adminops.errors import NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.web.listing import write_cursor
from tests.api.asking import program_of
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets.insights.models import By
from tickets.insights.pack import TOGETHER, board_pack
from tickets.insights.periods import Period
from tickets.insights.time import TimeBy, TimeLine, check_sees_time, list_entries, time_report
from tickets.projects.queries import office_day
from tickets.spent.models import Activity
from tickets.spent.operations import correct_time, note_time

DAY = timedelta(days=1)


def month() -> Period:
    return Period(office_day() - 29 * DAY, office_day())


def _told(by: TimeBy) -> dict[str, tuple[int, int, int]]:
    return {row.key: (row.minutes, row.entries, row.tickets) for row in time_report(month(), by).rows}


@pytest.mark.usefixtures("session")
def test_times_are_told_by_topic_agency_person_and_work() -> None:
    helper, other, agency = make_helper(), make_helper(), make_agency()
    merge, plain = make_ticket(kind=make_kind(key="merge_clients"), agency=agency), make_ticket(by=helper)
    note_time(merge, minutes=30, by=helper)
    note_time(merge, minutes=20, activity=Activity.RECORDS, by=other)
    wrong = note_time(plain, minutes=90, by=helper)
    correct_time(wrong, plain, minutes=10, activity=Activity.ANSWERING, worked_on=wrong.worked_on, by=helper)
    note_time(plain, minutes=5, worked_on=office_day() - 40 * DAY, by=helper)
    assert _told(TimeBy.TYPE) == {"merge_clients": (50, 2, 1), "something_else": (10, 1, 1)}
    assert _told(TimeBy.AGENCY) == {str(agency.id): (50, 2, 1), "": (10, 1, 1)}
    assert _told(TimeBy.PERSON) == {str(helper.id): (40, 2, 2), str(other.id): (20, 1, 1)}
    assert _told(TimeBy.ACTIVITY) == {"answering": (40, 2, 2), "records": (20, 1, 1)}
    every = time_report(month(), TimeBy.PERSON).over_all
    assert (every.minutes, every.entries, every.tickets, every.each) == (60, 3, 2, 30)
    for by in TimeBy:  # each number is the number of what it opens
        for row in time_report(month(), by).rows:
            rows = list_entries(month(), helper, told_by=by, key=row.key).rows
            assert (sum(each.minutes for each in rows), len(rows)) == (row.minutes, row.entries)


@pytest.mark.usefixtures("session")
def test_entries_on_tickets_that_one_does_not_see_are_not_listed() -> None:
    helper, officer = make_helper(), make_user(Role.MANAGER)
    ticket = make_ticket(kind=make_kind(private=True), agency=make_agency())
    note_time(ticket, minutes=30, by=officer)
    said = [time_report(month(), TimeBy.TYPE, viewer).over_all.minutes for viewer in (officer, helper, None)]
    assert said == [30, 0, 0]
    assert list_entries(month(), helper).rows == []
    assert len(list_entries(month(), officer).rows) == 1


@pytest.mark.usefixtures("session")
def test_entries_come_page_by_page_the_newest_day_first() -> None:
    helper, ticket = make_helper(), make_ticket()
    days = [office_day() - back * DAY for back in (2, 0, 1, 0)]
    for minutes, day in enumerate(days, start=1):
        note_time(ticket, minutes=minutes, worked_on=day, by=helper)
    seen: list[int] = []
    after = None
    for _ in range(2):
        page = list_entries(month(), helper, after=after, limit=2)
        seen += [row.minutes for row in page.rows]
        after = page.after
    assert (seen, after) == ([4, 2, 3, 1], None)
    elsewhere = write_cursor([clock.now(), 1])
    assert list_entries(month(), helper, after=elsewhere, limit=2).first, "a place in another list is none in this one"


@pytest.mark.usefixtures("session")
def test_who_sees_times() -> None:
    board, lead, helper = make_user(Role.VIEWER), make_user(Role.AGENCY_LEAD, agency=make_agency()), make_helper()
    check_sees_time(board)
    check_sees_time(helper, TimeBy.PERSON)
    for viewer, by in ((board, TimeBy.PERSON), (lead, TimeBy.TYPE), (make_user(), TimeBy.TYPE)):
        with pytest.raises(NotAllowed):
            check_sees_time(viewer, by)


@pytest.mark.usefixtures("session")
def test_the_board_pack_tells_time_and_no_single_agency_or_person() -> None:
    helper, large, small = make_helper(name="Grace Whitfield"), make_agency(name="Harbor"), make_agency(name="Cove")
    for agency, tickets in ((large, 6), (small, 2)):
        for _ in range(tickets):
            note_time(make_ticket(agency=agency), minutes=10, by=helper)
    names: dict[By, dict[str, str]] = {by: {} for by in By}
    names[By.AGENCY] = {str(large.id): "Harbor", str(small.id): "Cove"}
    pack = board_pack(month(), names, helper)
    assert {line.label: line.value for line in pack.lines}["Time spent"] == 80
    topics, agencies = (table for table in pack.tables if table.title.startswith("Time spent"))
    assert topics.rows[-1] == ("All", 80, 10)
    assert [row[0] for row in agencies.rows] == [TOGETHER, "All"]
    assert agencies.rows[0][1:] == agencies.rows[1][1:] == (80, 10)
    assert ("Grace" in str(pack), "Cove" in str(pack)) == (False, False)


def test_the_page_opens_the_entries_and_both_are_files(desk: Desk) -> None:
    with desk.work() as session:
        helper = make_helper(name="Grace Whitfield")
        ticket = make_ticket(kind=make_kind(key="merge_clients"))
        note_time(ticket, minutes=75, by=helper)
        board = make_user(Role.VIEWER)
        assert session.get(User, board.id)
    browser = desk.signed_in(helper)
    assert browser.get("/insights").says("Time spent 1 h 15 min")
    page = browser.get("/insights/time?by=person")
    assert page.says("Grace Whitfield")
    entries = browser.get(page.link("1 h 15 min"))
    assert entries.says("1 entry")
    assert entries.says(f"#{ticket.id}")
    lines = browser.get(entries.link("As CSV")).body.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Ticket,Subject")
    assert len(lines) == 2
    told = browser.get(page.link("This table as CSV")).body.decode("utf-8-sig").splitlines()
    assert told == ["Person,Minutes,Entries,Tickets,Minutes a ticket", "Grace Whitfield,75,1,1,75", "All,75,1,1,75"]
    assert browser.get("/insights/time?from=2026-13-01&until=x", status=422).says("Enter both days")
    browser.get("/insights/time/entries?from=x&until=y", status=404)
    assert browser.get("/insights/time/entries?by=agency&key=abc").says("Nothing here")
    viewer = desk.signed_in(board)
    assert not viewer.get("/insights/time").says("By person")
    viewer.get("/insights/time?by=person", status=403)
    viewer.get("/insights/time/entries", status=403)


def test_a_program_reads_times(desk: Desk) -> None:
    with desk.work():
        helper, person = make_helper(), make_user()
        note_time(make_ticket(), minutes=75, by=helper)
    program = program_of(desk, helper)
    (row,) = program.ask("GET", "/time")["time"]
    assert (row["person"], row["minutes"]) == (helper.name, 75)
    before = (clock.now() - 9 * DAY).date().isoformat()
    assert program.ask("GET", f"/time?from=2026-01-01&until={before}")["time"] == []
    for wrong in ("from=2026-02-30", "from=2020-01-01", "from=2099-01-01"):
        program.ask("GET", f"/time?{wrong}", status=422)
    program_of(desk, person).ask("GET", "/time", status=403)


def test_a_line_without_tickets_divides_by_nothing() -> None:
    assert TimeLine("", 0, 0, 0).each == 0
