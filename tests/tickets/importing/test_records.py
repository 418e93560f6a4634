"""Reading files of other desks: delimiters, encodings, shapes, and what is refused."""

import json

import pytest

from adminops.errors import Invalid
from tickets.importing.mapping import guess, guess_dates, settle, words_in
from tickets.importing.records import MOST_COLUMNS, Sheet, read

LINES = "Number,Title,State,Created\n1001,Café printer,open,2025-03-01 10:00\n1002,Report,closed,2025-03-02 11:00\n"
ZAMMAD = {
    "id": 7,
    "number": "31007",
    "title": "Report stops",
    "state": "pending reminder",
    "priority": "2 normal",
    "customer": "jo@harbor.example",
    "owner": "-",
    "organization": None,
    "created_at": "2025-02-03T14:05:00.000Z",
    "close_at": None,
    "tags": ["year end", "vendor"],
    "articles": [
        {"id": 1, "from": "Jo Doe <jo@harbor.example>", "body": "<p>It stops.</p>", "sender": "Customer",
         "internal": False, "created_at": "2025-02-03T14:05:00.000Z"},
        {"id": 2, "from": "Tomas", "body": "Which one?", "sender": "Agent", "internal": True,
         "created_at": "2025-02-03T15:00:00.000Z"},
    ],
}  # fmt: skip
OSTICKET = {
    "number": "284711",
    "subject": "Locked out",
    "status": {"name": "Resolved", "state": "closed"},
    "user": {"name": "Jo Doe", "email": "jo@harbor.example"},
    "created": "2024-11-05 09:12:00",
    "closed": "2024-11-05 10:00:00",
    "thread": {
        "entries": [{"type": "M", "poster": "Jo Doe", "body": "I am locked out.", "created": "2024-11-05 09:12:00"}]
    },
}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "mac_roman"])
def test_csv_is_read_whatever_parts_its_cells_and_in_whatever_letters(delimiter: str, codec: str) -> None:
    sheet = read(LINES.replace(",", delimiter).encode(codec))
    assert sheet.columns == ("Number", "Title", "State", "Created")
    assert [(record.place, record.fields["Title"]) for record in sheet.records] == [(2, "Café printer"), (3, "Report")]


def test_lines_are_counted_through_line_breaks_in_cells_and_blank_lines() -> None:
    raw = b'No,Subject\r\n1,"two\r\nlines, one cell"\r\n\r\n2,plain\r\n3,one,too many\r\n4\r\n'
    records = read(raw).records
    assert [(record.place, record.fields["No"], record.fault) for record in records] == [
        (2, "1", ""),
        (5, "2", ""),
        (6, "3", "too-many-cells"),
        (7, "4", ""),
    ]
    assert records[0].fields["Subject"].splitlines() == ["two", "lines, one cell"]
    assert records[3].fields["Subject"] == ""


def test_cell_of_any_size_costs_its_line_at_most() -> None:
    records = read(b"No,Text\n1," + b"x" * 200_000 + b"\n2,short\n").records
    assert [(record.place, record.fault) for record in records] == [(2, "long-cell"), (3, "")]
    assert records[1].fields == {"No": "2", "Text": "short"}


def test_columns_of_one_name_or_none_are_told_apart() -> None:
    assert read(b"Date,Date,,Text\n1,2,3,4\n").columns == ("Date", "Date (2)", "Column 3", "Text")


@pytest.mark.parametrize(
    "wrapped",
    [[ZAMMAD], {"tickets": [ZAMMAD]}, ZAMMAD, {"tickets": [{k: v for k, v in ZAMMAD.items() if k != "articles"}],
     "articles": [{**each, "ticket_id": 7} for each in ZAMMAD["articles"]]}],  # type: ignore[attr-defined]
)  # fmt: skip
def test_tickets_with_articles_are_found_in_every_wrapping(wrapped: object) -> None:
    sheet = read(json.dumps(wrapped).encode())
    assert [record.fields["number"] for record in sheet.records] == ["31007"]
    assert [message["sender"] for message in sheet.records[0].messages] == ["Customer", "Agent"]
    assert sheet.records[0].fields["tags"] == "year end, vendor"
    assert guess(sheet) == {
        "ticket": {
            "number": "number", "subject": "title", "created": "created_at", "closed": "close_at", "state": "state",
            "priority": "priority", "requester": "customer", "assignee": "owner", "agency": "organization",
            "tags": "tags",
        },
        "message": {"body": "body", "written": "created_at", "author": "from", "direction": "sender",
                    "internal": "internal"},
    }  # fmt: skip


def test_tickets_with_threads_and_a_ticket_a_line_are_read() -> None:
    sheet = read(f"{json.dumps(OSTICKET)}\n{json.dumps({**OSTICKET, 'number': '284712'})}\n".encode())
    assert [record.fields["number"] for record in sheet.records] == ["284711", "284712"]
    assert sheet.records[0].messages[0]["body"] == "I am locked out."
    guessed = guess(sheet)
    assert guessed["ticket"]["state"] == "status.name"
    assert guessed["ticket"]["requester"] == "user.email"
    assert guessed["message"] == {
        "body": "body", "written": "created", "author_name": "poster", "direction": "type",
    }  # fmt: skip


def test_what_is_no_ticket_in_a_list_is_marked_and_stops_no_other() -> None:
    assert [record.fault for record in read(json.dumps(["words", ZAMMAD, None]).encode()).records] == [
        "not-a-ticket",
        "",
        "not-a-ticket",
    ]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"Number\n1\n", "first line"),
        (b"1,2\n3,4\n", "first line"),
        (b"Number,Subject\n", "no ticket"),
        (b"[]", "no ticket"),
        (b'{"number": ', "can't be read"),
        (b"[" * 100_000, "nested too deeply|can't be read"),
        (",".join(f"c{n}" for n in range(MOST_COLUMNS + 1)).encode() + b"\n1\n", "columns"),
    ],
)
def test_file_that_holds_no_tickets_is_refused_with_a_sentence(raw: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        read(raw)


def test_half_letters_and_nul_are_left_out() -> None:
    record = read(b'[{"number": "1", "title": "a\\u0000b\\ud800c"}]').records[0]
    assert record.fields["title"] == "abc"


def test_day_comes_first_where_a_first_number_can_be_no_month() -> None:
    assert guess_dates(["3/4/2025", "12/12/2024"]) == "month-first"
    assert guess_dates(["3/4/2025", "13.12.2024"]) == "day-first"


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"nonsense": 1},
        {"source": ""},
        {"source": "Old", "ticket": {"number": "Number"}},
        {"source": "Old", "ticket": {"number": "Number", "subject": "Title", "created": "Nowhere"}},
        {"source": "Old", "ticket": {"number": "Number", "subject": "Title", "created": "Created", "x": "State"}},
        {"source": "Old", "ticket": "Number"},
        {"states": {"a": "asleep"}},
        {"dates": "year-last"},
        {"zone": "Mars/Olympus"},
        {"message": {"body": 7}},
    ],
)
def test_mapping_that_fits_nothing_is_refused(said: object) -> None:
    whole = {"source": "Old", "ticket": {"number": "Number", "subject": "Title", "created": "Created"}}
    given = {**whole, **said} if isinstance(said, dict) else said
    with pytest.raises(Invalid):
        settle(given, read(LINES.encode()), {"something_else"}, "UTC")


def test_column_of_free_text_is_no_column_of_words() -> None:
    rows = "".join(f"{n},Ticket {n}\n" for n in range(100))
    sheet: Sheet = read(f"Number,Title\n{rows}".encode())
    with pytest.raises(Invalid, match="Title"):
        words_in(sheet, "Title")
    assert words_in(read(LINES.encode()), "State") == ["open", "closed"]
