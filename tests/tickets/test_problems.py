"""Known problems: whom they concern, saying that one has it too, solving with one message, the banner, the pages."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed, NotFound
from adminops.identity.models import Agency, User
from adminops.outbox.models import OutboxMessage
from adminops.privacy.jobs import scan_some
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets import operations as desk_verbs
from tickets.language import Wrong, parse
from tickets.models import Ticket, TicketState
from tickets.problems import queries, refs
from tickets.problems.models import KnownProblem, ProblemState
from tickets.problems.operations import have_it_too, put_away, reopen_problem, save_problem, solve_problem
from tickets.queries import TicketFilter, View, list_tickets
from tickets.side import side_of

SINCE = date(2026, 3, 2)


def make_problem(by: User | None = None, problem: KnownProblem | None = None, **over: Any) -> KnownProblem:
    """Write a known problem down."""
    values = {"title": "Reports stop early", "body": "Pull one month at a time.", "since": SINCE, **over}
    return save_problem(problem, **values, by=by or make_helper())


@pytest.mark.usefixtures("session")
def test_only_the_team_writes_problems_down_and_says_when_and_what() -> None:
    user, helper = make_user(), make_helper()
    problem = make_problem(helper)
    for verb in (
        lambda: make_problem(user),
        lambda: solve_problem(problem, by=user),
        lambda: reopen_problem(problem, by=user),
    ):
        with pytest.raises(NotAllowed):
            verb()
    for field, wrong in (
        ("title", {"title": " "}),
        ("body", {"body": ""}),
        ("until", {"until": date(2026, 3, 1)}),
        ("body", {"body": "It breaks for SSN 219-09-9999"}),
    ):
        with pytest.raises(Invalid) as refusal:
            make_problem(helper, **wrong)
        assert refusal.value.field == field
    assert make_problem(helper, body="It breaks for SSN 219-09-9999", confirmed_clean=True).id != problem.id
    make_problem(helper, problem, title="Reports end early")
    assert problem.title == "Reports end early"


@pytest.mark.usefixtures("session")
def test_problem_of_some_agencies_is_nobody_elses() -> None:
    here, there = make_agency(), make_agency()
    one, other, helper = make_user(agency=here), make_user(agency=there), make_helper()
    problem = make_problem(helper, agency_ids=[str(here.id)], on_banner=True)
    everywhere = make_problem(helper, on_banner=True)
    assert {each.id for each in queries.shown_to(one)} == {problem.id, everywhere.id}
    assert [each.id for each in queries.shown_to(other)] == [each.id for each in queries.shown_to(None)]
    assert [each.id for each in queries.shown_to(None)] == [everywhere.id]
    assert queries.get_problem(problem.id, one) is problem
    with pytest.raises(NotFound):
        queries.get_problem(problem.id, other)
    assert [each.id for each in db.session.scalars(queries.visible_problems(other))] == [everywhere.id]
    put_away(everywhere, by=one)
    put_away(everywhere, by=one)
    assert [each.id for each in queries.shown_to(one)] == [problem.id]


@pytest.mark.usefixtures("session")
def test_who_has_it_too_is_told_once_it_is_solved() -> None:
    helper, user, other = make_helper(), make_user(), make_user()
    problem = make_problem(helper)
    have_it_too(problem, by=user)
    have_it_too(problem, by=user)
    make_ticket(other)
    solve_problem(problem, by=helper)
    asked = select(OutboxMessage).where(OutboxMessage.kind == "tickets.problem")
    assert [message.recipient_id for message in db.session.scalars(asked)] == [user.id]
    at = int(problem.solved_at.timestamp()) if problem.solved_at else 0
    mail = refs.solved(to_id=user.id, problem_id=problem.id, at=at)
    assert mail is not None
    assert "Reports" not in f"{mail.subject}{mail.values}"
    with pytest.raises(InvalidState):
        solve_problem(problem, by=helper)
    with pytest.raises(InvalidState):
        have_it_too(problem, by=other)
    assert queries.get_problem(problem.id, user) is problem
    with pytest.raises(NotFound):
        queries.get_problem(problem.id, other)
    reopen_problem(problem, by=helper)
    assert refs.solved(to_id=user.id, problem_id=problem.id, at=at) is None


@pytest.mark.usefixtures("session")
def test_ticket_is_linked_with_one_click_and_found_by_the_problem() -> None:
    agency, helper = make_agency(), make_helper()
    user = make_user(agency=agency)
    mine, by_team, fits_not = make_ticket(user), make_ticket(agency=agency), make_ticket(kind=make_kind(key="fault"))
    problem = make_problem(helper, request_types=["something_else"], agency_ids=[str(agency.id)])
    assert side_of(mine).problems == side_of(by_team, helper).problems == [(problem.id, problem.title)]
    assert side_of(fits_not).problems == []
    have_it_too(problem, ticket=mine, by=user)
    have_it_too(problem, ticket=by_team, by=helper)
    assert side_of(mine).problems == []
    assert queries.linked_ids(problem, helper) == [mine.id, by_team.id]
    assert {person.id for person in queries.those_who_have(problem)} == {user.id, by_team.requester_id}
    with pytest.raises(NotAllowed):
        have_it_too(problem, ticket=by_team, by=user)
    found = list_tickets(TicketFilter(view=View.ALL, query=parse(f"problem:{problem.id}")), helper)
    assert {row.id for row in found.rows} == {mine.id, by_team.id}
    with pytest.raises(Wrong):
        list_tickets(TicketFilter(query=parse("problem:reports")), helper)
    assert queries.count_tickets_of([problem], helper) == {problem.id: 2}


@pytest.mark.usefixtures("session")
def test_nightly_scan_reads_problems_again() -> None:
    problem = make_problem(body="See SSN 219-09-9999", confirmed_clean=True)
    passed = make_problem()
    passed.body = "See SSN 219-09-9999"
    db.session.flush()
    scan_some(refs.PROBLEMS)
    assert ("219-09-9999" in problem.body, "219-09-9999" in passed.body) == (True, False)


def test_problem_from_the_banner_to_the_message_on_all_its_tickets(desk: Desk, counted: Callable[[], int]) -> None:
    with desk.work() as session:
        helper, user = make_helper(), make_user()
        agency = session.get_one(Agency, user.agency_id)
        ticket, done = make_ticket(user, subject="Printer is cut off"), make_ticket(agency=agency)
        desk_verbs.resolve(done, by=helper)
    team, person, stranger = desk.signed_in(helper), desk.signed_in(user), desk.visitor()
    assert team.get("/problems").says("Nothing is broken")
    sent = {
        "title": "Reports stop early.", "body": "Wait.", "since": "2026-03-02", "on_banner": "y",
        "request_types": "something_else",
    }  # fmt: skip
    assert team.post("/problems/new", {**sent, "since": "", "title": ""}, status=422).says("Say it in a few words")
    url = team.post("/problems/new", sent).goal
    assert team.get(f"{url}/edit").says("Change what people are told")
    for visitor, page in ((stranger, "/sign-in"), (person, "/help"), (person, f"/tickets/{ticket.id}")):
        assert visitor.get(page).says("Reports stop early."), page
    assert not team.get("/tickets").says("Reports stop early.")
    assert person.get("/help/new/something_else").says("Say that you have this, too")
    assert person.get(f"/tickets/{ticket.id}").says("I have this, too")
    person.post(f"{url}/me-too", {"ticket": str(ticket.id)})
    team.post(f"{url}/me-too", {"ticket": str(done.id)}, status=302)
    assert person.post(f"{url}/me-too", follow=True).says("You said that you have this, too")
    counted()
    shown = team.get(url)
    assert counted() <= 12
    assert shown.says("Printer is cut off")
    person.post(f"{url}/put-away", {"next": "/help"})
    assert not person.get("/help").says("Reports stop early.")
    person.get(f"{url}/solved", status=403)
    assert team.get(f"{url}/solved").says("2 tickets about it")
    plan = team.post(f"{url}/solved", {"body": "It works again.", "resolve": "y"}).goal
    assert team.get(plan).says("1 will change, 1 will be left out")
    team.post(f"{plan}/start")
    assert person.get(f"/tickets/{ticket.id}").says("It works again.")
    team.post(f"{plan}/undo")
    with desk.look() as session:
        assert session.get_one(Ticket, ticket.id).state is TicketState.NEW
        assert session.scalars(select(KnownProblem.state)).all() == [ProblemState.SOLVED]
    assert team.get("/problems?show=solved").says("Reports stop early.")
    team.post(f"{url}/reopen")
    team.post(f"{url}/solved", {"body": ""})
    stranger.get(url, status=302)
    person.get("/problems/99", status=404)
