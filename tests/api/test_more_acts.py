"""What a program does on tickets beside talking: merge, split, share, tick, attach, change many."""

import base64
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.api.asking import program_of
from tests.api.test_tickets import SSN, filed, team
from tests.browsing import Desk
from tests.make import make_agency, make_user
from tests.make_tickets import make_ticket
from tickets import canned
from tickets.models import Priority, Ticket
from tickets.sharing import MOST_PARTICIPANTS


def _file(name: str = "rows.csv", content: bytes = b"Number,Rows\n1,10000\n") -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode()}


def _two(desk: Desk) -> tuple[int, int, User]:
    """Two tickets of one agency, and who asked for both."""
    with desk.work():
        agency = make_agency()
        person = make_user(agency=agency)
        return make_ticket(by=person).id, make_ticket(by=person, body="Also: nobody can print.").id, person


def test_tickets_are_merged_related_and_parted_again(desk: Desk) -> None:
    (program, helper), (first, second, _) = team(desk), _two(desk)
    path = f"/tickets/{second}"
    assert program.ask("PUT", f"{path}/take")["assignee_id"] == helper.id
    assert program.ask("POST", f"{path}/merge", {"into": first}, key="m")["state"] == "closed"
    assert program.ask("POST", f"{path}/merge", {"into": first}, key="m")["state"] == "closed"
    assert program.ask("GET", f"{path}/relations")["merged_into"] == first
    assert program.ask("GET", f"/tickets/{first}/relations")["merged"] == [second]
    assert program.ask("POST", f"{path}/merge/undo")["state"] == "open"
    program.ask("POST", f"{path}/merge/undo", status=409)
    assert program.ask("POST", f"{path}/merge", {"into": 999}, status=422)["errors"][0]["field"] == "into"
    program.ask("POST", f"{path}/relations", {"other": first, "kind": "child_of"})
    (relation,) = program.ask("GET", f"/tickets/{first}/relations")["relations"]
    assert (relation["ticket_id"], relation["kind"], relation["other_id"]) == (second, "child_of", first)
    back = {"other": second, "kind": "child_of"}
    program.ask("POST", f"/tickets/{first}/relations", back, status=422)
    program.ask("POST", f"{path}/relations/remove", {"relation_id": relation["id"]})
    assert program.ask("GET", f"{path}/relations")["relations"] == []


def test_a_message_is_split_off_and_the_guard_looks_at_it(desk: Desk) -> None:
    (program, _), (number, _, person) = team(desk), _two(desk)
    entry = program.ask("GET", f"/tickets/{number}")["timeline"][0]
    sent = {"message_id": entry["id"], "request_type": "something_else", "subject": "Printer", "body": "Nobody prints."}
    new = program.ask("POST", f"/tickets/{number}/split", sent, key="s")["id"]
    assert new != number
    assert program.ask("GET", f"/tickets/{new}")["requester"]["id"] == person.id
    assert program.ask("GET", f"/tickets/{number}/relations")["relations"][0]["kind"] == "split_from"
    found = program.ask("POST", f"/tickets/{number}/split", {**sent, "body": SSN}, status=422)
    assert found["findings"][0]["field"] == "body"
    program.ask("POST", f"/tickets/{number}/split", {**sent, "message_id": 10_000}, status=422)
    program.ask("POST", f"/tickets/{number}/split", {**sent, "request_type": "nothing"}, status=422)


def test_people_take_part_and_leave_again(desk: Desk) -> None:
    (helper, _), (number, _, person) = team(desk), _two(desk)
    with desk.work() as session:
        agency = session.get_one(Ticket, number).agency
        colleague, stranger = make_user(agency=agency), make_user()
        manager = make_user(Role.MANAGER)  # who sees what is private
    own, path = program_of(desk, person), f"/tickets/{number}/participants"
    own.ask("POST", path, {"person": stranger.email}, status=422)
    own.ask("POST", path, {"person": colleague.email})
    (joined,) = own.ask("GET", path)["participants"]
    assert (joined["user_id"], joined["why"]) == (colleague.id, "added")
    helper.ask("POST", path, {"person": stranger.username})
    assert len(helper.ask("GET", path)["participants"]) == 2 < MOST_PARTICIPANTS
    own.ask("POST", f"{path}/remove", {"user_id": colleague.id})
    helper.ask("POST", f"{path}/remove", {"user_id": 10_000}, status=404)
    assert helper.ask("PUT", f"/tickets/{number}/private")["id"] == number
    assert helper.ask("GET", path)["private"] is True
    own.ask("PUT", f"/tickets/{number}/public", status=403)
    assert program_of(desk, manager).ask("PUT", f"/tickets/{number}/public")["id"] == number


def test_steps_are_ticked_and_attempts_noted(desk: Desk) -> None:
    (program, helper), number = team(desk), filed(desk)
    with desk.work() as session:
        session.get_one(Ticket, number).request_type = "deactivate_account"
    path = f"/tickets/{number}/checklist"
    steps = program.ask("GET", path)["checklist"]
    assert steps
    assert steps[0]["done_by"] is None
    program.ask("POST", f"{path}/tick", {"place": 1})
    assert program.ask("GET", path)["checklist"][0]["done_by"] == helper.name
    program.ask("POST", f"{path}/untick", {"place": 1})
    program.ask("POST", f"{path}/tick", {"place": 99}, status=404)
    assert program.ask("POST", f"/tickets/{number}/attempts", {"way": "phone"})["id"] == number


def test_files_come_with_messages_and_are_fetched(desk: Desk) -> None:
    (program, _), (number, _, person) = team(desk), _two(desk)
    own, path = program_of(desk, person), f"/tickets/{number}"
    sent = {"body": "See the rows.", "files": [_file()]}
    message = own.ask("POST", f"{path}/replies", sent, key="f")["message_id"]
    assert own.ask("POST", f"{path}/replies", sent, key="f")["message_id"] == message
    program.ask("POST", f"{path}/notes", {"body": "Ours.", "files": [_file("ours.txt", b"only ours")]})
    (file,) = own.ask("GET", f"{path}/files")["files"]
    assert (file["message_id"], file["name"], file["looked_into"]) == (message, "rows.csv", True)
    ours = program.ask("GET", f"{path}/files")["files"][1]
    headers = {"Authorization": f"Bearer {own.token}"}
    given = own.client.get(f"/api/v1{path}/files/{file['id']}", headers=headers)
    assert (given.status_code, given.data) == (200, b"Number,Rows\n1,10000\n")
    assert "attachment" in given.headers["Content-Disposition"]
    given.close()
    own.ask("GET", f"{path}/files/{ours['id']}", status=404)
    own.ask("DELETE", f"{path}/files/{file['id']}")
    assert own.ask("GET", f"{path}/files")["files"][0]["removed"] is True
    own.ask("GET", f"{path}/files/{file['id']}", status=404)


def test_files_come_with_a_request(desk: Desk) -> None:
    program, _ = team(desk)
    sent = {"request_type": "something_else", "subject": "Rows", "body": "They stop.", "files": [_file()]}
    number = program.ask("POST", "/tickets", sent, status=201)["id"]
    assert [file["name"] for file in program.ask("GET", f"/tickets/{number}/files")["files"]] == ["rows.csv"]
    refusal = program.ask("POST", "/tickets", {**sent, "files": [_file("a.exe", b"MZ")]}, status=422)
    assert refusal["detail"].startswith("That kind of file")


@pytest.mark.parametrize(
    "file",
    [
        {"name": "a.csv", "content": "not base64!"},
        _file("a.exe", b"MZ"),
        _file("a.svg", b"<svg><script>1</script></svg>"),
        _file("a.pdf", b"no pdf"),
        _file("a.txt", SSN.encode()),
        _file("a.txt", b""),
    ],
    ids=lambda file: file["name"],
)
def test_what_the_page_refuses_is_refused_and_the_message_with_it(sqlite_desk: Desk, file: dict[str, str]) -> None:
    (program, _), number = team(sqlite_desk), filed(sqlite_desk)
    before = program.ask("GET", f"/tickets/{number}")["timeline"]
    refusal = program.ask("POST", f"/tickets/{number}/replies", {"body": "See this.", "files": [file]}, status=422)
    assert refusal["detail"]
    assert "219-09-9999" not in str(refusal)
    assert program.ask("GET", f"/tickets/{number}")["timeline"] == before


def test_many_are_changed_as_planned_and_changed_back(desk: Desk) -> None:
    (program, helper), numbers = team(desk), [filed(desk) for _ in range(3)]
    planned = program.ask("POST", "/bulk", {"act": "priority", "q": "is:open", "priority": "high"}, status=201)
    assert (planned["state"], planned["counts"]["planned"]) == ("planned", 3)
    done = program.ask("POST", f"/bulk/{planned['id']}/start")
    assert (done["state"], [row["outcome"] for row in done["tickets"]]) == ("done", ["done"] * 3)
    assert program.ask("POST", f"/bulk/{planned['id']}/undo")["state"] == "undone"
    with desk.look() as session:
        assert session.get_one(Ticket, numbers[0]).priority is Priority.NORMAL
    given = {"act": "assign", "ticket_ids": [*numbers, 10_000], "assignee_id": helper.id}
    assert program.ask("POST", "/bulk", given, status=201)["counts"]["planned"] == 3
    other, _ = team(desk)
    other.ask("GET", f"/bulk/{planned['id']}", status=404)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"act": "priority", "priority": "high"}, "ticket_ids"),
        ({"act": "priority", "priority": "high", "q": "", "ticket_ids": [1]}, "ticket_ids"),
        ({"act": "priority", "q": ""}, "priority"),
        ({"act": "assign", "q": "", "assignee_id": 10_000}, "assignee_id"),
        ({"act": "state", "q": "", "state": "open", "waiting_on": "user"}, "waiting_on"),
        ({"act": "tag", "q": ""}, "tag"),
        ({"act": "note", "q": ""}, "body"),
        ({"act": "note", "q": "", "body": SSN}, "body"),
    ],
)
def test_a_change_of_many_that_says_too_little_is_refused(sqlite_desk: Desk, sent: dict[str, Any], field: str) -> None:
    program, _ = team(sqlite_desk)
    filed(sqlite_desk)
    assert program.ask("POST", "/bulk", sent, status=422)["errors"][0]["field"] == field


def test_canned_replies_come_filled_in(desk: Desk) -> None:
    (program, helper), number = team(desk), filed(desk)
    with desk.work() as session:
        canned.save_reply(title="Hello", body="About {number}", shared=False, by=session.get_one(User, helper.id))
    assert program.ask("GET", "/canned-replies")["canned_replies"][0]["body"] == "About {number}"
    assert program.ask("GET", f"/tickets/{number}/canned-replies")["canned_replies"][0]["body"] == f"About #{number}"
    other, _ = team(desk)
    assert other.ask("GET", "/canned-replies")["canned_replies"] == []


def test_forms_of_request_types_are_told_as_schemas(sqlite_desk: Desk) -> None:
    program, _ = team(sqlite_desk)
    kinds = {kind["key"]: kind["schema"] for kind in program.ask("GET", "/request-types")["request_types"]}
    for schema in kinds.values():
        Draft202012Validator(schema)
        assert set(schema["required"]) <= set(schema["properties"])
    told = {each["type"] for schema in kinds.values() for each in schema["properties"].values()}
    assert told >= {"string", "boolean"}
