"""What programs do beside a conversation: plan answers, say who is away, note time, keep problems and cases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.identity.permissions import Role
from tests.api.asking import Program, program_of
from tests.api.test_more_acts import _file
from tests.api.test_tickets import SSN, filed, team
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_kind, make_ticket
from tickets import sending
from tickets.models import Rating, Ticket
from tickets.queues.operations import save_queue
from tickets.survey.models import TicketSurvey

TODAY = "2026-03-02"


def _in(minutes: int) -> str:
    return (clock.now() + timedelta(minutes=minutes)).isoformat()


def test_an_answer_is_planned_taken_back_sent_and_thrown_away(desk: Desk) -> None:
    (program, helper), number = team(desk), filed(desk)
    path = f"/tickets/{number}/unsent"
    sent = {"body": "The report is mended.", "sends_at": _in(60), "then": "wait", "files": [_file()]}
    for _ in range(2):
        assert program.ask("POST", path, sent, key="once")["state"] == "new"
    (kept,) = program.ask("GET", path)["unsent"]
    assert (kept["author_id"], kept["then"], kept["files"]) == (helper.id, "wait", 1)
    other, _ = team(desk)
    other.ask("POST", f"{path}/{kept['id']}/take-back", status=403)
    program.ask("DELETE", f"{path}/{kept['id']}", status=409)
    program.ask("POST", f"{path}/{kept['id']}/take-back")
    assert program.ask("GET", path)["unsent"][0]["sends_at"] is None
    answered = program.ask("POST", f"{path}/{kept['id']}/send")
    assert (answered["state"], answered["waiting_on"]) == ("waiting", "user")
    assert program.ask("GET", f"/tickets/{number}/files")["files"][0]["message_id"] == answered["message_id"]
    program.ask("POST", f"{path}/{kept['id']}/send", status=404)
    program.ask("POST", path, {"body": "Again.", "sends_at": _in(60)})
    (again,) = program.ask("GET", path)["unsent"]
    program.ask("POST", f"{path}/{again['id']}/take-back")
    program.ask("DELETE", f"{path}/{again['id']}")
    assert program.ask("GET", path)["unsent"] == []


def test_a_planned_answer_leaves_when_its_time_has_come(desk: Desk) -> None:
    (program, _), number = team(desk), filed(desk)
    program.ask("POST", f"/tickets/{number}/unsent", {"body": "It is mended.", "sends_at": _in(30)})
    with clock.frozen_at(clock.now() + timedelta(minutes=31)), desk.work():
        assert sending.send_due() == 1
    assert program.ask("GET", f"/tickets/{number}")["timeline"][-1]["text"] == "It is mended."


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"sends_at": "2001-01-01T00:00:00Z"}, "send_at"),
        ({"sends_at": "0001-01-01T00:00:00+10:00"}, "sends_at"),
        ({"sends_at": "2026-03-02"}, "sends_at"),
        ({"sends_at": "tomorrow"}, "sends_at"),
        ({"resolution": "done"}, "resolution"),
        ({"body": SSN}, "body"),
    ],
)
def test_an_answer_that_can_not_be_planned_is_refused(sqlite_desk: Desk, over: dict[str, Any], field: str) -> None:
    (program, _), number = team(sqlite_desk), filed(sqlite_desk)
    sent = {"body": "It is mended.", "sends_at": _in(60), **over}
    refusal = program.ask("POST", f"/tickets/{number}/unsent", sent, status=422)
    assert refusal["errors"][0]["field"] == field
    assert program.ask("GET", f"/tickets/{number}/unsent")["unsent"] == []


def test_a_requester_neither_plans_nor_sees_what_is_planned(desk: Desk) -> None:
    with desk.work():
        person = make_user()
        number = make_ticket(by=person).id
    own = program_of(desk, person)
    own.ask("POST", f"/tickets/{number}/unsent", {"body": "Hello", "sends_at": _in(60)}, status=403)
    for path in ("unsent", "here", "time", "survey"):
        own.ask("GET", f"/tickets/{number}/{path}", status=403)
    own.ask("PUT", f"/tickets/{number}/here", {"writes": True}, status=403)


def test_programs_say_who_is_at_a_ticket_and_who_will_be_told(desk: Desk) -> None:
    (program, _), (other, grace), number = team(desk), team(desk), filed(desk)
    path = f"/tickets/{number}"
    assert other.ask("PUT", f"{path}/here", {"writes": True}) == {"ticket_id": number, "others": 0}
    assert program.ask("PUT", f"{path}/here", {"writes": False})["others"] == 1
    assert program.ask("GET", f"{path}/here")["others"] == [{"user_id": grace.id, "name": grace.name, "writes": True}]
    with desk.look() as session:
        asked_by = session.get_one(Ticket, number).requester_id
    told = program.ask("POST", f"{path}/told", {"body": "It is mended."})["told"]
    assert [each["user_id"] for each in told] == [asked_by]
    assert program.ask("POST", f"{path}/told", {"body": "Ours.", "note": True})["told"] == []


def test_absences_are_entered_listed_and_ended(desk: Desk) -> None:
    (program, helper), (_, grace) = team(desk), team(desk)
    days = {"first_day": "2026-03-03", "last_day": "2026-03-05"}
    with clock.frozen_at(clock.now().replace(year=2026, month=3, day=2, hour=15)):
        program, other = program_of(desk, helper), program_of(desk, grace)
        number = program.ask("POST", "/absences", {**days, "substitute_id": grace.id})["id"]
        (row,) = other.ask("GET", "/absences")["absences"]
        assert (row["user_id"], row["last_day"], row["substitute_id"]) == (helper.id, "2026-03-05", grace.id)
        program.ask("POST", "/absences", days, status=409)
        other.ask("DELETE", f"/absences/{number}", status=403)
        other.ask("POST", "/absences", {**days, "user_id": helper.id}, status=403)
        other.ask("POST", "/absences", {**days, "substitute_id": 10_000}, status=422)
        other.ask("POST", "/absences", {**days, "last_day": "2026-02-30"}, status=422)
        program.ask("DELETE", f"/absences/{number}")
        assert program.ask("GET", "/absences")["absences"] == []


def test_two_programs_take_the_next_of_a_queue_and_get_two(desk: Desk) -> None:
    (program, helper), (other, grace) = team(desk), team(desk)
    with desk.work():
        admin = make_user(Role.SYSTEM_ADMIN)
        queue = save_queue(None, name="Reports", request_types=["wrong_number"], by=admin).id
        kind = make_kind(key="wrong_number")
        low, urgent = make_ticket(kind=kind).id, make_ticket(kind=make_kind(key="wrong_number", priority="urgent")).id
        make_ticket()
        person = make_user(Role.HELP_DESK)
        make_ticket(kind=kind, by=person)
    assert program.ask("GET", "/queues")["queues"][0]["request_types"] == ["wrong_number"]
    first = program.ask("POST", f"/queues/{queue}/claim")
    assert (first["id"], first["assignee_id"], first["state"]) == (urgent, helper.id, "open")
    second = other.ask("POST", f"/queues/{queue}/claim")
    assert (second["id"], second["assignee_id"]) == (low, grace.id)
    own = program_of(desk, person)
    own.ask("POST", f"/queues/{queue}/claim", status=409)  # what is left, they asked for themselves
    assert program.ask("POST", f"/queues/{queue}/claim")["id"]
    assert "Nothing is left" in program.ask("POST", f"/queues/{queue}/claim", status=409)["detail"]
    program.ask("POST", "/queues/10000/claim", status=404)


def test_the_page_of_queues_takes_the_next(desk: Desk) -> None:
    _, helper = team(desk)
    with desk.work():
        admin = make_user(Role.SYSTEM_ADMIN)
        queue = save_queue(None, name="Reports", request_types=["wrong_number"], by=admin).id
        number = make_ticket(kind=make_kind(key="wrong_number")).id
    browser = desk.signed_in(helper)
    assert browser.get("/tickets/queues").says("Take the next")
    assert browser.post(f"/tickets/queues/{queue}/next", {}, status=302).goal.endswith(f"/tickets/{number}")
    assert browser.post(f"/tickets/queues/{queue}/next", {}, status=302).goal.endswith("/tickets/queues")


def test_time_is_noted_and_corrected(desk: Desk) -> None:
    (program, helper), (other, _), number = team(desk), team(desk), filed(desk)
    path = f"/tickets/{number}/time"
    noted = program.ask("POST", path, {"minutes": 25, "activity": "research"})
    assert (noted["user_id"], noted["counts"]) == (helper.id, True)
    other.ask("PUT", f"{path}/{noted['id']}", {**_right(noted), "minutes": 5}, status=403)
    right = program.ask("PUT", f"{path}/{noted['id']}", {**_right(noted), "minutes": 15})
    assert (right["minutes"], right["corrects_id"]) == (15, noted["id"])
    program.ask("PUT", f"{path}/{noted['id']}", _right(noted), status=409)
    assert [(row["minutes"], row["counts"]) for row in program.ask("GET", path)["times"]] == [(15, True), (25, False)]
    program.ask("POST", path, {"minutes": 0}, status=422)
    program.ask("POST", path, {"minutes": 5, "worked_on": "1999-01-01"}, status=422)
    program.ask("PUT", f"{path}/10000", _right(noted), status=404)


def _right(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("minutes", "activity", "worked_on")}


def test_what_people_said_is_read_by_the_team(desk: Desk) -> None:
    (program, _), number = team(desk), filed(desk)
    assert program.ask("GET", f"/tickets/{number}/survey")["rating"] is None
    with desk.work() as session:
        ticket = session.get_one(Ticket, number)
        ticket.rating = Rating.FAIR
        now = clock.now()
        session.add(
            TicketSurvey(
                ticket_id=number,
                person_id=ticket.requester_id,
                nonce="n",
                ask_at=now,
                sent_at=now,
                answered_at=now,
                comment="I had to ask twice.",
            )
        )
    said = program.ask("GET", f"/tickets/{number}/survey")
    assert (said["rating"], said["comment"]) == ("fair", "I had to ask twice.")
    (row,) = program.ask("GET", "/survey-answers")["survey_answers"]
    assert (row["ticket_id"], row["rating"], row["comment"]) == (number, "fair", "I had to ask twice.")
    with desk.work() as session:
        session.get_one(Ticket, number).is_private = True
    assert program.ask("GET", "/survey-answers")["survey_answers"] == []


def test_known_problems_are_kept_linked_and_solved(desk: Desk) -> None:
    (program, _), number = team(desk), filed(desk)
    written = {"title": "Reports stop", "body": "At 10,000 rows.", "since": TODAY, "request_types": ["something_else"]}
    problem = program.ask("POST", "/problems", written)["id"]
    program.ask("PUT", f"/problems/{problem}", {**written, "until": "2026-03-09", "agency_ids": []})
    shown = program.ask("GET", f"/problems/{problem}")
    assert (shown["until"], shown["state"], shown["on_banner"]) == ("2026-03-09", "open", False)
    program.ask("POST", f"/problems/{problem}/me-too", {"ticket_id": number})
    assert program.ask("GET", f"/tickets/{number}")["links"] == [f"known_problem:{problem}"]
    program.ask("POST", f"/problems/{problem}/me-too", {"ticket_id": 10_000}, status=422)
    solved = program.ask("POST", f"/problems/{problem}/solved", {"body": "It is mended.", "resolve": True})
    assert solved["state"] == "solved"
    assert program.ask("POST", f"/bulk/{solved['bulk_id']}/start")["counts"]["done"] == 1
    assert program.ask("GET", f"/tickets/{number}")["state"] == "resolved"
    assert program.ask("GET", "/problems")["problems"] == []
    assert program.ask("GET", "/problems?state=solved")["problems"][0]["id"] == problem
    assert program.ask("POST", f"/problems/{problem}/reopen")["state"] == "open"
    program.ask("POST", f"/tickets/{number}/links/remove", {"ref": f"known_problem:{problem}"})
    for wrong in ({"request_types": ["nothing"]}, {"agency_ids": [10_000]}, {"body": SSN}, {"since": "2026-13-01"}):
        program.ask("POST", "/problems", {**written, **wrong}, status=422)


def test_known_problems_of_others_stay_unknown(desk: Desk) -> None:
    (program, _) = team(desk)
    with desk.work():
        here, there = make_agency(), make_agency()
        person = make_user(agency=here)
    written = {"title": "Reports stop", "body": "At 10,000 rows.", "since": TODAY}
    other = program.ask("POST", "/problems", {**written, "agency_ids": [there.id]})["id"]
    own = program.ask("POST", "/problems", {**written, "agency_ids": [here.id]})["id"]
    asking = program_of(desk, person)
    assert [row["id"] for row in asking.ask("GET", "/problems")["problems"]] == [own]
    asking.ask("GET", f"/problems/{other}", status=404)
    asking.ask("POST", f"/problems/{own}/me-too", {"ticket_id": None})
    asking.ask("POST", "/problems", written, status=403)


def test_cases_at_the_vendor_are_kept_and_tickets_wait_for_them(desk: Desk) -> None:
    (program, _), number = team(desk), filed(desk)
    case = {"vendor": "Eccovia", "number": "48213", "title": "Report stops"}
    made = program.ask("POST", "/vendor-cases", case)
    assert made["state"] == "with_vendor"
    program.ask("POST", "/vendor-cases", case, status=409)
    promised = {**case, "state": "promised", "promised_on": "2026-04-01", "release": "25.2"}
    program.ask("PUT", f"/vendor-cases/{made['id']}", promised)
    shown = program.ask("GET", f"/vendor-cases/{made['id']}")
    assert (shown["state"], shown["promised_on"], shown["release"]) == ("promised", "2026-04-01", "25.2")
    waits = program.ask("POST", f"/tickets/{number}/vendor", {"case_id": made["id"]})
    assert (waits["state"], waits["waiting_on"]) == ("waiting", "vendor")
    assert program.ask("GET", f"/tickets/{number}")["links"] == [f"vendor_case:{made['id']}"]
    program.ask("POST", f"/tickets/{number}/vendor", {"case_id": 10_000}, status=422)
    assert program.ask("GET", "/vendor-cases?show=open")["vendor_cases"][0]["id"] == made["id"]
    program.ask("PUT", f"/vendor-cases/{made['id']}", {**promised, "state": "verified"}, status=409)
    assert program.ask("POST", "/vendor-cases", {**case, "number": "2", "title": SSN}, status=422)["findings"]


def test_drafts_and_canned_replies_are_kept(desk: Desk) -> None:
    (program, _), (other, _) = team(desk), team(desk)
    draft = {"request_type": "something_else", "fields": {"subject": ["Rows"], "body": ["They stop."]}}
    assert program.ask("PUT", "/drafts", draft)["kept"] is True
    (kept,) = program.ask("GET", "/drafts")["drafts"]
    assert (kept["request_type"], kept["fields"]) == ("something_else", draft["fields"])
    assert other.ask("GET", "/drafts")["drafts"] == []
    program.ask("PUT", "/drafts", {**draft, "request_type": "nothing"}, status=404)
    program.ask("POST", "/drafts/discard", {"request_type": "something_else"})
    assert program.ask("GET", "/drafts")["drafts"] == []
    reply = {"title": "Hello", "body": "About {number}", "request_types": ["something_else"]}
    number = program.ask("POST", "/canned-replies", reply)["id"]
    program.ask("PUT", f"/canned-replies/{number}", {**reply, "title": "Hello again"})
    assert program.ask("GET", "/canned-replies")["canned_replies"][0]["title"] == "Hello again"
    other.ask("DELETE", f"/canned-replies/{number}", status=404)
    program.ask("POST", "/canned-replies", {**reply, "shared": True}, status=403)
    program.ask("POST", "/canned-replies", {**reply, "request_types": ["nothing"]}, status=422)
    assert program.ask("POST", "/canned-replies", {**reply, "body": SSN}, status=422)["findings"]
    program.ask("DELETE", f"/canned-replies/{number}")
    assert program.ask("GET", "/canned-replies")["canned_replies"] == []


def test_something_is_found_to_link_and_asked_again(desk: Desk) -> None:
    (program, _), number = team(desk), filed(desk, subject="Printer jams")
    other = filed(desk)
    found = program.ask("POST", f"/tickets/{other}/links/search", {"words": "Printer"})["found"]
    assert f"ticket:{number}" in {row["ref"] for row in found}
    with desk.work() as session:
        ticket = session.get_one(Ticket, number)
        person = ticket.requester
    own: Program = program_of(desk, person)
    own.ask("POST", f"/tickets/{number}/links/search", {"words": "Printer"}, status=403)
    own.ask("POST", f"/tickets/{number}/again", {"body": "It still jams."}, status=409)
    own.ask("PUT", f"/tickets/{number}/state", {"state": "resolved"})
    with clock.frozen_at(clock.now() + timedelta(days=20)):
        late = program_of(desk, person)
        again = late.ask("POST", f"/tickets/{number}/again", {"body": "It still jams."})["id"]
    assert again not in (number, other)
    assert program.ask("GET", "/views")["views"] == []
    with desk.look() as session:
        assert session.scalar(select(Ticket.subject).where(Ticket.id == again)) == "Printer jams"
