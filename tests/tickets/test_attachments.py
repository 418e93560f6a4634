"""Files on tickets: what is taken, who may have it, and what is left of one that was removed."""

import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed, NotFound
from adminops.files import StoredFile, path_of
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.files import samples
from tests.make import make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets import merging, operations
from tickets.attached import TicketAttachment, get_attachment, size_in_words
from tickets.attaching import Upload, attach, remove_attachment
from tickets.models import Ticket, TicketMessage
from tickets.queries import find_tickets, first_message
from tickets.side import side_of

SSN = b"The number is 219-09-9999."


def upload(name: str = "report.csv", content: bytes = b"month,count\nMay,12\n") -> Upload:
    """Return a file that arrives."""
    return Upload(name, io.BytesIO(content))


def ticket_with(*uploads: Upload, by: User | None = None, **over: Any) -> tuple[Ticket, list[TicketAttachment]]:
    """Return a ticket whose request came with files."""
    ticket = make_ticket(by)
    return ticket, attach(first_message(ticket), uploads, by=ticket.requester, **{"kind": make_kind(), **over})


def test_file_is_kept_with_its_message_and_stands_on_the_page(session: Session) -> None:
    ticket, (row,) = ticket_with(upload())
    assert row.file is not None
    assert path_of(row.file).read_bytes() == b"month,count\nMay,12\n"
    assert row.file.place == ticket.ref
    (shown,) = side_of(ticket).files[first_message(ticket).id]
    assert (shown.name, shown.size, shown.is_read, shown.is_gone) == ("report.csv", "1 KB", True, False)


def test_picture_is_said_to_be_not_looked_into(session: Session) -> None:
    _, (row,) = ticket_with(upload("page.png", samples.PNG))
    assert not row.is_read


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "can't be taken"),
        ("logo.png", b"<svg onload='x'/>", "content is text"),
        ("page.html", samples.HTML, "can't be taken"),
        ("tool.exe", samples.PROGRAM, "can't be taken"),
        ("tool.pdf", samples.PROGRAM, "not recognised"),
        ("a.docx", samples.office("word/document.xml", **{"word__vbaProject.bin": b"x"}), "macros"),
        ("a.docm", samples.office("word/document.xml"), "can't be taken"),
        ("a.xlsx", samples.office("xl/workbook.xml", xl__more=bytes(64_000_000)), "beyond all measure"),
        ("export.zip", samples.zipped(Client_dot_csv=b"x"), "can't be taken"),
        ("empty.txt", b"", "empty"),
        ("notes.txt", SSN, "seems to hold"),
        ("219-09-9999.txt", b"Nothing.", "name of the file"),
    ],
)
def test_file_that_harms_or_shows_a_client_is_refused_with_a_sentence(
    session: Session, name: str, content: bytes, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence) as refused:
        ticket_with(upload(name, content))
    assert refused.value.field == "file"


def test_what_the_guard_refuses_is_not_left_on_the_disk(session: Session) -> None:
    def files() -> set[Path]:
        return {path for path in path_of(StoredFile(name="00x")).parents[1].rglob("*") if path.is_file()}

    before = files()
    with pytest.raises(Invalid):
        ticket_with(upload("notes.txt", SSN))
    assert files() == before


def test_only_the_team_can_say_that_a_file_is_no_clients_data(session: Session) -> None:
    with pytest.raises(Invalid):
        ticket_with(upload("notes.txt", SSN), confirmed_clean=True)
    helper, ticket = make_helper(), make_ticket()
    answer = operations.reply(ticket, body="Here it is.", by=helper)
    assert attach(answer, [upload("notes.txt", SSN)], kind=make_kind(), confirmed_clean=True, by=helper)


def test_too_large_or_too_many_are_refused(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="larger than 20 MB"):
        ticket_with(upload("long.txt", b"x" * (20 * (1 << 20) + 1)))
    with pytest.raises(Invalid, match="At most 8 files"):
        ticket_with(*(upload(f"{number}.csv") for number in range(9)))


def test_request_that_takes_no_files_gets_none(session: Session) -> None:
    with pytest.raises(Invalid, match="No files"):
        ticket_with(upload(), kind=make_kind(key="merge_clients", files=False))
    assert ticket_with(kind=make_kind(files=False))[1] == []


def test_form_sent_twice_keeps_its_files_once(session: Session) -> None:
    ticket, rows = ticket_with(upload())
    assert len(rows) == 1
    assert attach(first_message(ticket), [upload()], kind=make_kind(), by=ticket.requester) == []
    with pytest.raises(NotAllowed):
        attach(first_message(ticket), [upload()], kind=make_kind(), by=make_helper())


def test_files_are_for_who_sees_the_ticket_and_those_of_notes_for_the_team(session: Session) -> None:
    ticket, (row,) = ticket_with(upload())
    helper = make_helper()
    note = operations.write_note(ticket, body="For us.", by=helper)
    (inner,) = attach(note, [upload("inner.txt", b"For us.")], kind=None, by=helper)
    assert get_attachment(ticket, row.id, ticket.requester) is row
    assert get_attachment(ticket, inner.id, helper) is inner
    with pytest.raises(NotFound):
        get_attachment(ticket, inner.id, ticket.requester)
    with pytest.raises(NotFound):
        get_attachment(make_ticket(), row.id, helper)
    with pytest.raises(NotFound):
        get_attachment(ticket, 9_999, helper)


def test_files_of_a_merged_ticket_are_had_from_the_other_one(session: Session) -> None:
    person, helper = make_user(), make_helper()
    ticket, (row,) = ticket_with(upload(), by=person)
    target = make_ticket(person)
    merging.merge(ticket, into=target, by=helper)
    assert get_attachment(target, row.id, person) is row
    assert list(side_of(target).files) == [row.message_id]


def test_removed_file_leaves_a_line_and_nothing_else(session: Session) -> None:
    ticket, (row,) = ticket_with(upload("left-behind.csv"))
    assert row.file is not None
    stored_id = row.file.id
    assert [hit.id for hit in find_tickets("behind", ticket.requester, 5)] == [ticket.id]
    with pytest.raises(NotAllowed):
        remove_attachment(ticket, row, by=make_user(Role.AGENCY_LEAD, agency=ticket.agency))
    remove_attachment(ticket, row, by=ticket.requester)
    db.session.expire_all()
    assert (row.name, row.file_id, row.removed_by_id) == ("", None, ticket.requester_id)
    assert db.session.get(StoredFile, stored_id) is None
    assert find_tickets("behind", ticket.requester, 5) == []
    assert side_of(ticket).files[first_message(ticket).id][0].is_gone
    with pytest.raises(InvalidState):
        remove_attachment(ticket, row, by=make_helper())


@pytest.mark.parametrize(("size", "words"), [(1, "1 KB"), (340_200, "340 KB"), (2_400_000, "2.4 MB")])
def test_size_is_said_as_people_read_it(size: int, words: str) -> None:
    assert size_in_words(size) == words


def test_files_come_with_requests_and_answers_and_go_out_as_downloads(desk: Desk) -> None:
    with desk.work():
        person, helper, stranger = make_user(), make_helper(), make_user()
    visitor, team = desk.signed_in(person), desk.signed_in(helper)
    values = {"subject": "Report stops", "body": "It ends in the middle.", "nonce": "n1"}
    bad = visitor.post("/help/new/something_else", {**values, "file": (io.BytesIO(b"<svg/>"), "a.svg")}, status=422)
    assert bad.says("That kind of file can't be taken here")
    filed = visitor.post("/help/new/something_else", {**values, "file": (io.BytesIO(b"one,two\n"), "list.csv")})
    page = visitor.get(filed.goal)
    link = page.link("list.csv")
    got = visitor.get(link)
    assert got.body == b"one,two\n"
    assert got.response.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got.response.headers["Content-Security-Policy"]
    desk.signed_in(stranger).get(link, status=404)
    answer = {"kind": "reply", "body": "Thanks.", "nonce": "n2", "file": (io.BytesIO(SSN), "x.txt")}
    refused = team.post(f"{filed.goal}/messages", answer, status=422)
    assert refused.says("The file seems to hold")
    assert refused.says("this is no client's data")
    with desk.look() as session:
        assert len(session.scalars(select(TicketMessage)).all()) == 1  # nothing half-way
    team.post(f"{filed.goal}/messages", {**answer, "file": (io.BytesIO(b"ok"), "x.txt")})
    assert team.get(link + "/remove").says("deleted for good")
    team.post(link + "/remove")
    assert visitor.get(filed.goal).says("A file was removed")
    visitor.get(link, status=404)


def test_form_of_a_request_without_files_has_no_place_for_one(desk: Desk) -> None:
    with desk.work():
        person = make_user()
    visitor = desk.signed_in(person)
    assert 'type="file"' in visitor.get("/help/new/something_else").html
    assert 'type="file"' not in visitor.get("/help/new/incident").html
    sent = {"subject": "A paper", "body": "It was left behind.", "file": (io.BytesIO(b"x"), "a.txt"), "nonce": "n"}
    page = visitor.post("/help/new/incident", sent, status=422)
    assert not page.says("a.txt")
