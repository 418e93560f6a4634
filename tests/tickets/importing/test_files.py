"""Files of imported tickets: as base64 in JSON, in a zip beside the table; refused ones are named."""

import base64
import io
import json
import zipfile
from collections.abc import Mapping

import pytest
from sqlalchemy import func, select

from adminops.errors import Invalid
from adminops.files import StoredFile
from adminops.identity.models import SYSTEM, User
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_user
from tests.make_tickets import make_helper
from tests.tickets.importing.test_importing import _taken, _tried
from tickets.attached import TicketAttachment
from tickets.attaching import remove_attachment
from tickets.importing import jobs, operations, queries
from tickets.importing.carried import Carried, carried_in, named_in, unpacked
from tickets.importing.models import Outcome
from tickets.importing.records import read
from tickets.models import Ticket, TicketMessage

ROWS = b"Number,Rows\n1,10000\n"
SSN = b"His SSN is 219-09-1234."


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def ticket_of(*files: Mapping[str, str] | str, body: str = "See the rows.", number: str = "7001") -> dict[str, object]:
    return {
        "number": number,
        "title": "Report stops",
        "state": "open",
        "created_at": "2025-03-04T10:00:00Z",
        "articles": [{"body": body, "created_at": "2025-03-04T10:00:00Z", "attachments": list(files)}],
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def _admin(desk: Desk) -> User:
    with desk.work():
        return make_user(Role.SYSTEM_ADMIN)


def _stored(desk: Desk) -> list[tuple[str, bool, str]]:
    """Return name, whether its message has it, and that message's text, of each file that is stored."""
    with desk.look() as session:
        rows = session.execute(
            select(TicketAttachment.name, TicketAttachment.file_id, TicketMessage.body)
            .join(TicketMessage, TicketMessage.id == TicketAttachment.message_id)
            .order_by(TicketAttachment.id)
        )
        return [(name, file_id is not None, body) for name, file_id, body in rows]


def test_base64_within_json_comes_along_and_refused_files_are_named(desk: Desk) -> None:
    admin = _admin(desk)
    files = (
        {"filename": "rows.csv", "content": b64(ROWS)},
        {"filename": "tool.exe", "data": b64(b"MZ and more")},
        {"filename": "about.txt", "data": b64(SSN)},
        {"filename": "John Doe 219-09-1234.txt", "data": b64(b"words")},
        {"filename": "odd.txt", "data": "not base64!"},
        {"id": "9", "filename": "elsewhere.pdf"},
    )
    number = _taken(desk, json.dumps([ticket_of(*files)]).encode(), admin)
    ((name, there, body),) = _stored(desk)
    assert (name, there) == ("rows.csv", True)
    assert "did not come along: 4" in body
    assert "did not come along: 1" in body
    with desk.look():
        (row,) = queries.all_rows(queries.get_import(number, admin))
        told = {each.column.partition(":")[0]: each.column for each in row.problems if each.rule == "file-refused"}
        assert [each.rule for each in row.problems].count("files-left") == 1
    assert set(told) == {"tool.exe", "about.txt", "File 4", "odd.txt"}
    assert "kind of file" in told["tool.exe"]
    assert "219-09-1234" not in str(told)


def test_files_in_a_zip_are_found_by_path_by_ticket_and_by_name(desk: Desk) -> None:
    admin = _admin(desk)
    archive = {
        "export/tickets.json": json.dumps(
            {
                "tickets": [
                    ticket_of({"filename": "a.csv", "path": "attachments/x/one.csv"}, "b.csv"),
                    ticket_of("b.csv", number="7002"),
                    ticket_of("gone.csv", number="7003"),
                ]
            }
        ).encode(),
        "export/attachments/x/one.csv": ROWS,
        "export/attachments/7001/b.csv": ROWS + b"2,1\n",
        "export/attachments/7002/b.csv": ROWS + b"3,1\n",
        "__MACOSX/export/._tickets.json": b"{}",
    }
    _taken(desk, zipped(archive), admin)
    assert [name for name, *_ in _stored(desk)] == ["a.csv", "b.csv", "b.csv"]
    with desk.look() as session:
        assert sorted(session.scalars(select(StoredFile.size))) == [len(ROWS), len(ROWS) + 4, len(ROWS) + 4]
        bodies = session.scalars(select(TicketMessage.body)).all()
        assert sum("did not come along: 1" in body for body in bodies) == 1


def test_a_table_in_a_zip_names_its_files_in_a_column(desk: Desk) -> None:
    admin = _admin(desk)
    table = b"Number,Subject,State,Created,Text,Attachments\n1,Rows,closed,2025-01-02 10:00,They stop.,a.csv; b.png\n"
    _taken(desk, zipped({"tickets.csv": table, "attachments/a.csv": ROWS}), admin)
    assert [name for name, *_ in _stored(desk)] == ["a.csv"]


def test_types_that_take_no_files_take_none_of_an_import(desk: Desk) -> None:
    admin = _admin(desk)
    sent = {**ticket_of({"filename": "rows.csv", "content": b64(ROWS)}), "type": "merge_clients"}
    number = _tried(desk, json.dumps([sent]).encode(), admin)
    with desk.work():
        record = queries.get_import(number, admin)
        said = {**record.mapping, "ticket": {**record.mapping["ticket"], "type": "type"}}
        operations.map_columns(record, said, by=admin)
    with desk.app.app_context():
        jobs.go_on()
    with desk.work():
        operations.start(queries.get_import(number, admin), by=admin)
    with desk.app.app_context():
        jobs.go_on()
    assert _stored(desk) == []


def test_what_came_along_goes_with_its_ticket_and_a_removed_file_keeps_it(desk: Desk) -> None:
    admin = _admin(desk)
    two = [ticket_of({"filename": f"{n}.csv", "content": b64(ROWS)}, number=n) for n in ("7001", "7002")]
    number = _taken(desk, json.dumps(two).encode(), admin)
    with desk.work() as session:
        row = session.scalars(select(TicketAttachment).order_by(TicketAttachment.id)).first()
        assert row is not None
        remove_attachment(session.get_one(Ticket, row.ticket_id), row, by=make_helper())
        operations.undo(queries.get_import(number, admin), by=admin)
    with desk.app.app_context():
        jobs.go_on()
    with desk.look() as session:
        counts = queries.counts_of(queries.get_import(number, admin))
        assert (counts[Outcome.UNDONE], counts[Outcome.KEPT]) == (1, 1)
        assert session.scalar(select(func.count(StoredFile.id))) == 0


def test_the_command_line_takes_files_in_nobodys_name(desk: Desk) -> None:
    raw = json.dumps([ticket_of({"filename": "rows.csv", "content": b64(ROWS)})]).encode()
    _taken(desk, raw, SYSTEM)
    with desk.look() as session:
        (row,) = session.scalars(select(TicketAttachment))
        assert session.get_one(User, row.added_by_id).username.startswith("import.")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"attachments/a.csv": ROWS}, "There is no table"),
        ({"a.csv": ROWS, "b.json": b"[]"}, "There are several tables"),
        ({}, "There is no table"),
    ],
)
def test_an_archive_holds_one_table(files: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        read(zipped(files))


def test_broken_and_swelling_archives_are_refused() -> None:
    good = zipped({"tickets.csv": b"Number,Created\n1,2025-01-01\n", "attachments/large.txt": b"0" * 3_000_000})
    with pytest.raises(Invalid, match="can't be opened"):
        read(good[: len(good) // 2])
    archive = read(good).archive
    assert archive is not None
    assert len(good) < 10_000
    with pytest.raises(Invalid, match="larger than"):
        archive.read("attachments/large.txt", 1_000_000)
    with pytest.raises(Invalid, match="taken out"):
        archive.read("attachments/none.txt", 1_000)
    with pytest.raises(Invalid, match="larger than 50 MB"):
        read(zipped({"tickets.csv": b"a,b\n" + b"0" * 51_000_000}))


@pytest.mark.parametrize(
    ("said", "files"),
    [
        ({}, ()),
        ({"attachments": 2}, ()),
        ({"files": [1, None, {}, {"id": 1}]}, ()),
        ({"files": ["a/b.pdf", " "]}, (Carried("b.pdf", path="a/b.pdf"),)),
        ({"attachments": [{"name": "b.pdf", "body": "QQ=="}]}, (Carried("b.pdf", packed="QQ=="),)),
        ({"attachments": [{"path": "x/b.pdf"}]}, (Carried("b.pdf", path="x/b.pdf"),)),
    ],
)
def test_files_are_read_off_what_desks_write(said: dict[str, object], files: tuple[Carried, ...]) -> None:
    assert carried_in(said) == files


def test_names_and_contents_are_read() -> None:
    assert [each.name for each in named_in("a.pdf; x/b.png | 3;")] == ["a.pdf", "b.png"]
    assert unpacked("data:text/plain;base64,QUJD") == b"ABC"
    assert unpacked(" QU\nJD ") == b"ABC"
    with pytest.raises(Invalid):
        unpacked("%%%")


def test_a_path_that_two_files_bear_finds_none() -> None:
    archive = read(
        zipped({"t.csv": b"Number,Created\n1,2025-01-01\n", "attachments/1/a.txt": b"1", "attachments/2/a.txt": b"2"})
    ).archive
    assert archive is not None
    assert archive.find(Carried("a.txt"), "3") is None
    assert archive.find(Carried("a.txt"), "2") == "attachments/2/a.txt"
    assert archive.find(Carried("passwd", path="../../etc/passwd"), "1") is None
