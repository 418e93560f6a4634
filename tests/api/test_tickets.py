"""What a program does on tickets."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from adminops import clock
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.pii import PiiKind
from tests.api.asking import Program, program_of
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets.models import Ticket, TicketMessage, Voice
from tickets.timeline import NEWEST, timeline

SSN = "The number is 219-09-9999."


def team(desk: Desk) -> tuple[Program, User]:
    """Return a program of a member of the team, and that person."""
    with desk.work():
        helper = make_helper(name="Grace Whitfield")
    return program_of(desk, helper), helper


def filed(desk: Desk, **over: Any) -> int:
    """Return the number of a stored ticket."""
    with desk.work():
        return make_ticket(**over).id


def test_everything_an_agent_does_works(desk: Desk) -> None:
    (program, helper), number = team(desk), filed(desk)
    path = f"/tickets/{number}"
    assert program.ask("PUT", f"{path}/assignee", {"user_id": helper.id})["assignee_id"] == helper.id
    assert program.ask("PUT", f"{path}/priority", {"priority": "high"})["priority"] == "high"
    assert program.ask("POST", f"{path}/notes", {"body": "Asked the vendor."})["message_id"]
    assert program.ask("POST", f"{path}/tags", {"name": "Vendor case"})["id"] == number
    assert program.ask("PUT", f"{path}/state", {"state": "waiting", "waiting_on": "vendor"})["waiting_on"] == "vendor"
    program.ask("POST", f"{path}/links", {"ref": f"user:{helper.id}"}, status=404)
    other = filed(desk)
    program.ask("POST", f"{path}/links", {"ref": f"ticket:{other}"})
    assert (
        program.ask("POST", f"{path}/replies", {"body": "It works\a now.\u202e", "then": "resolve"})["state"]
        == "resolved"
    )
    whole = program.ask("GET", path)
    assert [entry["text"] for entry in whole["timeline"] if entry["kind"] != "line"] == [
        "It ends in the middle.",
        "Asked the vendor.",
        "It works now.",
    ]
    assert (whole["tags"], whole["links"], whole["state"]) == (["vendor-case"], [f"ticket:{other}"], "resolved")
    with desk.work() as session:
        session.get_one(Ticket, other).is_private = True
    unseen, told = program.ask("GET", path), f"ticket:{other}"
    assert (told in str(whole["timeline"]), told in str(unseen)) == (True, False)
    program.ask("PUT", f"{path}/state", {"state": "open"})
    program.ask("POST", f"{path}/tags/remove", {"name": "vendor-case"})
    program.ask("POST", f"{path}/links/remove", {"ref": f"ticket:{other}"})
    assert program.ask("PUT", f"{path}/assignee", {"user_id": None})["assignee_id"] is None
    assert [goal["title"] for goal in program.ask("GET", f"{path}/goals")["goals"]][-1] == "Solution"


def test_a_long_conversation_is_told_page_by_page(desk: Desk) -> None:
    (program, helper), number = team(desk), filed(desk)
    path = f"/tickets/{number}"
    with desk.work() as session:
        by = {"ticket_id": number, "author_id": helper.id, "voice": Voice.TEAM, "written_at": clock.now()}
        session.execute(insert(TicketMessage), [by | {"body": f"Answer {n}"} for n in range(NEWEST + 3)])
    whole = program.ask("GET", path)
    assert whole["is_whole"] is False
    bodies = [entry["text"] for entry in whole["timeline"] if entry["kind"] != "line"]
    assert (len(bodies), bodies[0], bodies[1]) == (NEWEST + 1, "It ends in the middle.", "Answer 3")
    address, read = f"{path}/timeline?limit=40", []
    while address:
        read += program.ask("GET", address)["timeline"]
        address = program.headers.get("Link", "").split(">")[0].lstrip("<").removeprefix("/api/v1")
    with desk.look() as session:
        told = timeline(session.get_one(Ticket, number), team=True)
        assert [(item.id, item.at.isoformat()) for item in told] == [(entry["id"], entry["at"]) for entry in read]
    assert len({(entry["kind"], entry["id"]) for entry in read}) == len(read) > NEWEST + 3
    assert "Begin anew" in program.ask("GET", f"{path}/timeline?cursor=WzFd", status=422)["detail"]
    assert program.ask("GET", f"/tickets/{filed(desk)}")["is_whole"] is True


def test_a_list_is_narrowed_by_a_query_and_goes_on_by_a_link(desk: Desk) -> None:
    (program, _), numbers = team(desk), [filed(desk) for _ in range(3)]
    first = program.ask("GET", "/tickets?q=is:open&order=newest&limit=2")
    assert [row["id"] for row in first["tickets"]] == numbers[:0:-1]
    address = program.headers["Link"].split(">")[0].lstrip("<").removeprefix("/api/v1")
    assert [row["id"] for row in program.ask("GET", address)["tickets"]] == numbers[:1]
    assert "Link" not in program.headers
    assert program.ask("GET", "/tickets?q=is:waiting")["tickets"] == []
    assert "nonsense" in program.ask("GET", "/tickets?q=is:nonsense", status=422)["detail"]
    assert program.ask("GET", "/tickets?cursor=abc", status=422)["errors"][0]["field"] == "cursor"


def test_a_requester_sees_and_does_what_the_pages_allow(desk: Desk) -> None:
    with desk.work():
        agency = make_agency()
        user = make_user(agency=agency)
        own, other = make_ticket(by=user).id, make_ticket().id
    (helper, _), program = team(desk), program_of(desk, user)
    helper.ask("POST", f"/tickets/{own}/notes", {"body": "For the team."})
    assert [row["id"] for row in program.ask("GET", "/tickets")["tickets"]] == [own]
    assert "For the team." not in str(program.ask("GET", f"/tickets/{own}"))
    program.ask("GET", f"/tickets/{other}", status=404)
    program.ask("POST", f"/tickets/{other}/replies", {"body": "Hello"}, status=404)
    program.ask("PUT", f"/tickets/{own}/priority", {"priority": "urgent"}, status=403)
    program.ask("GET", f"/tickets/{own}/goals", status=403)
    program.ask("GET", "/calls", status=403)
    assert program.ask("PUT", f"/tickets/{own}/state", {"state": "resolved"})["state"] == "resolved"
    assert program.ask("PUT", f"/tickets/{own}/state", {"state": "resolved"}, status=409)["detail"]


def test_a_ticket_is_filed_as_in_the_portal(desk: Desk) -> None:
    program, _ = team(desk)
    kinds = {kind["key"]: kind for kind in program.ask("GET", "/request-types")["request_types"]}
    assert "something_else" in kinds
    with desk.work():
        person = make_user()
    sent = {
        "request_type": "something_else",
        "subject": "Report stops",
        "body": "At 10,000 rows.",
        "on_behalf_of": person.username,
    }
    made = program.ask("POST", "/tickets", sent, status=201)
    assert program.headers["Location"] == f"/api/v1/tickets/{made['id']}"
    whole = program.ask("GET", f"/tickets/{made['id']}")
    assert whole["requester"]["id"] == person.id
    with desk.look() as session:
        assert session.get_one(Ticket, made["id"]).channel.value == "api"
    program.ask("POST", "/tickets", {**sent, "request_type": "nothing"}, status=404)
    nobody = program.ask("POST", "/tickets", {**sent, "on_behalf_of": "nobody-here"}, status=422)
    assert nobody["errors"][0]["field"] == "on_behalf_of"
    program.ask("POST", "/tickets", {**sent, "answers": {"made_up": "x"}}, status=422)


@pytest.mark.parametrize("where", ["file", "replies", "notes"])
def test_the_guard_answers_with_kind_and_place_and_never_the_words(desk: Desk, where: str) -> None:
    (program, _), number = team(desk), filed(desk)
    filing = {"request_type": "something_else", "subject": "A number", "body": SSN}
    path, sent = ("/tickets", filing) if where == "file" else (f"/tickets/{number}/{where}", {"body": SSN})
    refusal = program.ask("POST", path, sent, status=422)
    assert refusal["type"] == "urn:adminops:problem:personal-data"
    assert refusal["findings"] == [{"field": "body", "kind": PiiKind.SSN.value, "start": 14, "end": 25}]
    assert "219-09-9999" not in str(refusal)
    held = program.ask("POST", path, {**sent, "to_redactors": True}, status=201 if where == "file" else 200)
    assert "219-09-9999" not in str(program.ask("GET", f"/tickets/{held['id']}"))


def test_a_request_sent_twice_is_done_once(desk: Desk) -> None:
    (program, _), number = team(desk), filed(desk)
    path = f"/tickets/{number}/replies"
    first = program.ask("POST", path, {"body": "Done."}, key="a-1")
    assert program.ask("POST", path, {"body": "Done."}, key="a-1") == first
    assert program.headers["Idempotency-Replayed"] == "true"
    refusal = program.ask("POST", path, {"body": "Other."}, key="a-1", status=422)
    assert refusal["type"] == "urn:adminops:problem:key-reused"
    program.ask("POST", f"/tickets/{number}/notes", {"body": "Done."}, key="a-1", status=422)
    with desk.look() as session:
        assert session.scalar(select(func.count(TicketMessage.id))) == 2
    other, _ = team(desk)
    assert other.ask("POST", path, {"body": "Done."}, key="a-1") != first


def test_a_refusal_is_not_kept_so_that_the_request_can_be_mended(desk: Desk) -> None:
    (program, _), number = team(desk), filed(desk)
    path = f"/tickets/{number}/replies"
    program.ask("POST", path, {"body": SSN}, key="k", status=422)
    program.ask("POST", path, {"body": "Mended."}, key="k")


def test_bad_input_is_answered_with_a_sentence(sqlite_desk: Desk) -> None:
    desk = sqlite_desk
    (program, _), number = team(desk), filed(sqlite_desk)
    path, client = f"/api/v1/tickets/{number}/replies", program.client
    headers = {"Authorization": f"Bearer {program.token}"}
    for data, media, status in (
        ("{", "application/json", 400),
        ("NaN", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        (b"\xff", "application/json", 400),
        ("[]", "application/json", 422),
        ('{"body": "\\ud800"}', "application/json", 422),
        ('{"body": "\\u0000"}', "application/json", 422),
        ('{"body": "x", "more": 1}', "application/json", 422),
        ("body=x", "application/x-www-form-urlencoded", 415),
    ):
        answer = client.post(path, data=data, content_type=media, headers=headers)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), data[:40]
    program.ask("GET", "/nothing", status=404)
    program.ask("GET", "/tickets?limit=0", status=422)
    program.ask("GET", "/tickets?made_up=1", status=422)
    program.ask("DELETE", "/tickets", status=405)
    program.ask("POST", f"/tickets/{number}/replies", {"body": "x"}, key="k" * 201, status=400)
    program.ask("PUT", f"/tickets/{number}/state", {"state": "open", "waiting_on": "user"}, status=422)
    program.ask("PUT", f"/tickets/{number}/assignee", {"user_id": 999_999}, status=422)


def test_one_ticket_and_a_list_cost_few_statements(desk: Desk, counted: Callable[[], int]) -> None:
    (program, _), number = team(desk), filed(desk)
    for path, most in ((f"/tickets/{number}", 8), ("/tickets?q=is:open", 4)):
        program.ask("GET", path)
        counted()
        program.ask("GET", path)
        assert counted() <= most, path


def test_an_approver_gives_the_word(desk: Desk) -> None:

    number = filed(desk, kind=make_kind(approval="team"))
    other = filed(desk, kind=make_kind(approval="team"))
    helper, _ = team(desk)
    helper.ask("POST", f"/tickets/{number}/approve", status=403)
    with desk.work():
        manager = make_user(Role.MANAGER)
    program = program_of(desk, manager)
    assert program.ask("POST", f"/tickets/{number}/approve")["state"] == "open"
    assert program.ask("POST", f"/tickets/{other}/refuse", {"body": "Not this year."})["state"] == "resolved"
