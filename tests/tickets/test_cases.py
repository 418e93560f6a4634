"""Cases at the vendor: their rules, passing a ticket on in one act, what is late, the pages."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from adminops.privacy.jobs import scan_some
from adminops.settings import current_settings
from tests.browsing import Desk
from tests.make import make_user
from tests.make_tickets import make_helper, make_ticket
from tickets import operations as desk_verbs
from tickets.cases import jobs, queries, refs
from tickets.cases.models import TRANSITIONS, CaseState, VendorCase
from tickets.cases.operations import pass_to_vendor, save_case
from tickets.cases.queries import Which
from tickets.language import Wrong, parse
from tickets.models import Ticket, TicketLink, TicketState, WaitingOn
from tickets.queries import TicketFilter, View, list_tickets
from tickets.side import side_of

C = CaseState


def make_case(by: User | None = None, case: VendorCase | None = None, **over: Any) -> VendorCase:
    """Write a case down."""
    values = {"vendor": "Eccovia", "number": "48213", "title": "Reports stop early", **over}
    return save_case(case, **values, by=by or make_helper())


@pytest.mark.usefixtures("session")
def test_case_has_a_number_of_its_vendor_once_and_no_personal_data() -> None:
    helper = make_helper()
    case = make_case(helper)
    with pytest.raises(NotAllowed):
        make_case(make_user(), number="2")
    with pytest.raises(Conflict):
        make_case(helper, title="Another")
    assert make_case(helper, vendor="Bitfocus").id != case.id
    for field, wrong in (
        ("vendor", {"vendor": " "}),
        ("number", {"number": ""}),
        ("title", {"title": "SSN 219-09-9999 is lost", "number": "2"}),
        ("release", {"release": "Mended for 219-09-9999", "number": "2"}),
        ("promised_on", {"state": C.PROMISED, "number": "2"}),
    ):
        with pytest.raises(Invalid) as refusal:
            make_case(helper, **wrong)
        assert refusal.value.field == field
    held = make_case(helper, number="2")
    held.title = "SSN 219-09-9999 is lost"
    db.session.flush()
    scan_some(refs.CASES)
    assert "219-09-9999" not in held.title


@pytest.mark.parametrize("start", list(C))
@pytest.mark.parametrize("to", list(C))
@pytest.mark.usefixtures("session")
def test_case_moves_only_as_it_may(start: CaseState, to: CaseState) -> None:
    helper, day = make_helper(), date(2026, 3, 2)
    case = make_case(helper, state=start, promised_on=day)
    if to is start or to in TRANSITIONS[start]:
        make_case(helper, case, state=to, promised_on=day)
        assert case.state is to
    else:
        with pytest.raises(InvalidState):
            make_case(helper, case, state=to, promised_on=day)


@pytest.mark.usefixtures("session")
def test_ticket_is_passed_on_with_its_case_in_one_act() -> None:
    helper, user = make_helper(), make_user()
    ticket, case = make_ticket(user), make_case(helper, state=C.PROMISED, promised_on=date(2026, 3, 2))
    with pytest.raises(NotAllowed):
        pass_to_vendor(ticket, case, by=user)
    pass_to_vendor(ticket, case, by=helper)
    pass_to_vendor(ticket, case, by=helper)
    assert (ticket.state, ticket.waiting_on) == (TicketState.WAITING, WaitingOn.VENDOR)
    assert side_of(ticket, helper).cases == [(case.id, "Eccovia 48213", date(2026, 3, 2))]
    assert side_of(ticket).cases == []
    found = list_tickets(TicketFilter(view=View.ALL, query=parse(f"case:#{case.id}")), helper)
    assert [row.id for row in found.rows] == [ticket.id]
    with pytest.raises(Wrong, match="case:3"):
        list_tickets(TicketFilter(query=parse("case:Eccovia")), helper)
    with pytest.raises(Wrong, match="only the Systems Team"):
        list_tickets(TicketFilter(query=parse(f"case:{case.id}")), make_user(Role.AGENCY_LEAD))
    assert queries.count_tickets_of([case], helper) == {case.id: 1}
    desk_verbs.resolve(ticket, by=helper)
    assert queries.count_tickets_of([case], helper) == {}
    with pytest.raises(InvalidState):
        pass_to_vendor(ticket, case, by=helper)
    done = make_case(helper, number="2", state=C.VERIFIED)
    with pytest.raises(InvalidState):
        pass_to_vendor(make_ticket(), done, by=helper)


@pytest.mark.usefixtures("session")
def test_case_is_late_after_the_promised_day() -> None:
    helper = make_helper()
    for number, state in enumerate(C):
        make_case(helper, number=str(number), state=state, promised_on=date(2026, 3, 2))
    make_case(helper, number="9")
    with clock.frozen_at(datetime(2026, 3, 2, 20, tzinfo=UTC)):
        assert queries.count_cases() == {Which.OPEN: 4, Which.LATE: 0, Which.DONE: 1}
    with clock.frozen_at(datetime(2026, 3, 3, 20, tzinfo=UTC)):
        late = queries.list_cases(Which.LATE).rows
        assert {case.state for case in late} == {C.WITH_VENDOR, C.PROMISED}
        assert all(case.is_late(date(2026, 3, 3)) for case in late)


def test_cases_on_the_pages(desk: Desk) -> None:
    with desk.work():
        helper, lead = make_helper(), make_user(Role.AGENCY_LEAD)
        ticket = make_ticket(lead, subject="Printer is cut off")
    team, person = desk.signed_in(helper), desk.signed_in(lead)
    assert team.get("/vendor-cases").says("No case here")
    person.get("/vendor-cases", status=403)
    person.get(f"/tickets/{ticket.id}/vendor", status=403)
    url = team.get(f"/tickets/{ticket.id}").link("Pass to the vendor")
    assert team.get(url).says(f"Which case does #{ticket.id} wait for?")
    new = {"case": "new", "vendor": "Eccovia", "number": "48213", "title": "Cut off", "state": "with_vendor"}
    assert team.post(url, {**new, "number": ""}, status=422).says("Enter the number that they gave it")
    assert team.post(url, {**new, "state": "promised"}, status=422).says("Enter the day for which it is promised")
    with desk.look() as session:
        assert session.scalars(select(VendorCase.id)).all() == []
    assert team.post(url, {**new, "promised_on": "2020-01-31"}, follow=True).says("This waits on Eccovia 48213 now.")
    shown = team.get(f"/tickets/{ticket.id}")
    assert shown.says("Promised for")
    assert not person.get(f"/tickets/{ticket.id}").says("48213")
    case_url = team.get("/vendor-cases?show=late").link("Cut off")
    assert team.get(case_url).says("Past the promised day")
    assert team.get(team.get(case_url).link("Change these tickets")).says("Change 1 ticket")
    again = {"case": case_url.rpartition("/")[2], "state": "with_vendor"}
    team.post(url, again)
    team.post(url, {**again, "case": "99"}, status=422)
    assert team.post(f"{case_url}/edit", {**new, "state": "verified"}, status=422).says("Choose one of the list")
    team.post(f"{case_url}/edit", {**new, "state": "released"})
    assert team.get(case_url).says("The vendor says that it is done")
    assert team.get("/vendor-cases/new").heading == "Write a case down"
    assert team.get("/search?q=48213").says("Cut off")
    team.get("/vendor-cases/99", status=404)
    with desk.look() as session:
        assert session.get_one(Ticket, ticket.id).waiting_on is WaitingOn.VENDOR
        assert len(session.scalars(select(TicketLink.id)).all()) == 1


def test_a_promised_day_that_is_over_is_told_once_to_those_who_wait(session: Session) -> None:
    helper, other = make_helper(), make_helper()
    today = clock.today(current_settings().time_zone)
    case = make_case(helper, state=C.PROMISED, promised_on=today)
    waiting, closed = make_ticket(), make_ticket()
    for ticket in (waiting, closed):
        desk_verbs.assign(ticket, other, by=other)
        pass_to_vendor(ticket, case, by=other)

    def told() -> list[int | None]:
        jobs.tell_of_promises()
        kinds = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "tickets.promise")
        return sorted(session.scalars(kinds))

    assert told() == []
    with clock.frozen_at(clock.now() + timedelta(days=2)):
        assert told() == told() == [helper.id, other.id]
        assert refs.promise(to_id=other.id, case_id=case.id, day=today.toordinal()) is not None
        later = today + timedelta(days=1)
        make_case(helper, case, state=C.PROMISED, promised_on=later)
        assert refs.promise(to_id=other.id, case_id=case.id, day=today.toordinal()) is None
        assert told() == [helper.id, helper.id, other.id, other.id]
        make_case(helper, case, state=C.RELEASED, promised_on=later)
        assert refs.promise(to_id=other.id, case_id=case.id, day=later.toordinal()) is None
        assert len(told()) == 4
