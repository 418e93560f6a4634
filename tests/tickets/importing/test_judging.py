"""What becomes of the tickets of a file, and what is wrong where: without a database."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from tests.make_tickets import make_kind
from tickets.importing.judging import NO_WORDS, Judged, Person, World, judge_all
from tickets.importing.mapping import Plan
from tickets.importing.records import Fields, Record, Sheet, read
from tickets.importing.storing import history
from tickets.importing.values import read_moment, read_person
from tickets.models import Happening, Priority, TicketState, Voice, WaitingOn

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
PLAN = Plan(
    source="Old desk",
    ticket={name: name for name in ("number", "subject", "created", "closed", "state", "priority", "type", "requester",
                                    "requester_name", "assignee", "agency", "tags")},
    message={name: name for name in ("body", "written", "author", "direction", "internal")},
    states={"in limbo": "waiting:vendor"},
    zone="America/New_York",
)  # fmt: skip
WORLD = World(
    people={
        "jo@harbor.example": Person(5, 3, False),
        "maya@team.example": Person(6, None, True),
        "two@x.example": None,
    },
    agencies={"harbor house": 3, "ymca": 4},
    kinds={"locked out": make_kind(key="locked_out"), "something_else": make_kind()},
    usual=make_kind(),
    now=NOW,
)
GOOD = {"number": "1", "subject": "Report", "created": "2025-03-01 10:00", "state": "open",
        "requester": "jo@harbor.example"}  # fmt: skip


def _judged(fields: Fields, messages: Iterable[Fields] = ({"body": "It stops."},)) -> Judged:
    record = Record(2, {**GOOD, **fields}, tuple(messages))
    return next(judge_all(Sheet("json", (), (), (record,)), PLAN, WORLD))


def _rules(judged: Judged) -> list[tuple[str, str]]:
    return [(problem.rule, problem.column) for problem in judged.problems]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-03-01T10:00:00Z", datetime(2025, 3, 1, 10, tzinfo=UTC)),
        ("2025-03-01 10:00:00 UTC", datetime(2025, 3, 1, 10, tzinfo=UTC)),
        ("2025-03-01 10:00", datetime(2025, 3, 1, 15, tzinfo=UTC)),
        ("3/1/2025 3:04 PM", datetime(2025, 3, 1, 20, 4, tzinfo=UTC)),
        ("3/1/25 12:00 am", datetime(2025, 3, 1, 5, tzinfo=UTC)),
        ("3/1/2025", datetime(2025, 3, 1, 5, tzinfo=UTC)),
        ("1740823200", datetime(2025, 3, 1, 10, tzinfo=UTC)),
        ("2/30/2025", None),
        ("13:00 PM", None),
        ("3/1/2025 13:00 PM", None),
        ("yesterday", None),
        ("99999999999999", None),
        ("", None),
    ],
)
def test_times_are_read_as_desks_write_them(text: str, moment: datetime | None) -> None:
    assert read_moment(text, day_first=False, zone="America/New_York") == moment


def test_day_is_read_first_where_somebody_said_so() -> None:
    assert read_moment("13.2.2025", day_first=True, zone="UTC") == datetime(2025, 2, 13, tzinfo=UTC)
    assert read_moment("2025/2/13", day_first=True, zone="UTC") == datetime(2025, 2, 13, tzinfo=UTC)


def test_people_are_read_with_and_without_a_name() -> None:
    assert read_person("Jo Doe <JO@Harbor.Example>") == ("Jo Doe", "jo@harbor.example")
    assert read_person("jo@harbor.example") == ("", "jo@harbor.example")
    assert read_person("Jo Doe") == ("Jo Doe", "")


def test_good_ticket_keeps_all_that_it_says() -> None:
    judged = _judged(
        {"state": "In  Limbo", "priority": "3 high", "type": "Locked out", "assignee": "Maya <maya@team.example>",
         "agency": "YMCA", "tags": "Year End; vendor, vendor"},
        [
            {"body": "<p>It stops<br>here.</p><script>x()</script>", "direction": "Customer"},
            {"body": "Ours to know.", "written": "2025-03-01 12:00", "author": "maya@team.example", "internal": "true"},
            {"body": "Which one?", "written": "2025-03-01 11:00", "author": "maya@team.example"},
        ],
    )  # fmt: skip
    ticket = judged.ticket
    assert ticket is not None
    assert judged.problems == []
    assert (ticket.state, ticket.waiting_on, ticket.priority) == (TicketState.WAITING, WaitingOn.VENDOR, Priority.HIGH)
    assert (ticket.kind.key, ticket.requester_id, ticket.assignee_id, ticket.agency_id) == ("locked_out", 5, 6, 4)
    assert ticket.tags == ("year-end", "vendor")
    assert [(said.voice, said.author_id, said.body) for said in ticket.messages] == [
        (Voice.REQUESTER, 5, "It stops\nhere."),
        (Voice.TEAM, 6, "Which one?"),
        (Voice.NOTE, 6, "Ours to know."),
    ]
    assert ticket.updated == datetime(2025, 3, 1, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "rule", "column"),
    [
        ({"number": ""}, "no-number", "number"),
        ({"number": "one ticket"}, "odd-number", "number"),
        ({"number": "219-09-1234"}, "odd-number", "number"),
        ({"number": "3/14/1980"}, "odd-number", "number"),
        ({"created": ""}, "no-date", "created"),
        ({"created": "soon"}, "bad-date", "created"),
        ({"created": "1/1/1970"}, "bad-date", "created"),
        ({"created": "2031-01-01"}, "future-date", "created"),
        ({"state": "asleep"}, "unknown-state", "state"),
    ],
)
def test_wrong_ticket_is_named_and_left_out(fields: Fields, rule: str, column: str) -> None:
    judged = _judged(fields)
    assert judged.ticket is None
    assert _rules(judged) == [(rule, column)]


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"subject": ""}, "no-subject"),
        ({"priority": "blue"}, "unknown-priority"),
        ({"type": "Gardening"}, "unknown-topic"),
        ({"requester": "nobody@x.example"}, "unknown-person"),
        ({"requester": "two@x.example"}, "several-people"),
        ({"assignee": "jo@harbor.example"}, "unknown-assignee"),
        ({"agency": "Nowhere"}, "unknown-agency"),
        ({"tags": "!!!"}, "odd-tag"),
        ({"closed": "someday"}, "odd-date"),
    ],
)
def test_smaller_faults_are_named_and_the_ticket_is_taken(fields: Fields, rule: str) -> None:
    judged = _judged(fields)
    assert judged.ticket is not None
    assert [name for name, _ in _rules(judged)] == [rule]


def test_people_without_an_account_are_named_in_the_texts() -> None:
    judged = _judged(
        {"requester": "Ann Other <ann@x.example>"},
        [{"body": "Help.", "author": "ann@x.example"}, {"body": "Done.", "author": "Bo Gone <bo@y.example>"}],
    )
    assert judged.ticket is not None
    assert judged.stranger == "ann@x.example"
    first, second = judged.ticket.messages
    assert (first.author_id, first.body) == (None, "Asked by Ann Other, who has no account here.\n\nHelp.")
    assert (second.voice, second.body) == (Voice.TEAM, "Written by Bo Gone, who has no account here.\n\nDone.")
    assert "x.example" not in first.body + second.body


def test_files_that_stay_behind_are_said() -> None:
    record = {"number": "1", "title": "x", "articles": [{"body": "See.", "attachments": [{"id": 1}, {"id": 2}]}]}
    message = read(json.dumps(record).encode()).records[0].messages[0]
    judged = _judged({}, [message])
    assert judged.ticket is not None
    assert judged.ticket.messages[0].body == "See.\n\n(Files came with this message and did not come along: 2.)"
    assert _rules(judged) == [("files-left", "attachments")]
    assert _rules(_judged({}, [{"body": "See.", "attachments": "0"}])) == []


def test_ticket_without_a_text_says_so_and_a_long_one_is_cut() -> None:
    empty, long = _judged({}, []), _judged({}, [{"body": "x" * 100_001}])
    assert empty.ticket is not None
    assert long.ticket is not None
    assert (empty.ticket.messages[0].body, len(long.ticket.messages[0].body)) == (NO_WORDS, 100_000)
    assert (_rules(empty), _rules(long)) == ([("no-text", "body")], [("cut-text", "body")])


def test_lines_of_one_number_are_messages_of_one_ticket() -> None:
    lines = [
        Record(2, {**GOOD, "body": "It stops.", "written": "2025-03-01 10:00"}),
        Record(3, {**GOOD, "body": "Which one?", "written": "2025-03-01 11:00", "direction": "agent"}),
        Record(4, {**GOOD, "number": "2", "body": "Else."}),
        Record(5, {**GOOD, "body": "It stops."}),
        Record(6, {}, fault="too-many-cells"),
    ]
    judged = list(judge_all(Sheet("csv", (), (), tuple(lines)), PLAN, WORLD))
    assert [(each.place, each.number, len(each.ticket.messages) if each.ticket else 0) for each in judged] == [
        (2, "1", 2),
        (4, "2", 1),
        (5, "1", 0),
        (6, "", 0),
    ]
    assert [problem.rule for each in judged for problem in each.problems] == ["number-twice", "too-many-cells"]


def test_what_was_resolved_long_ago_is_closed_as_it_would_be_here() -> None:
    old, new = (_judged({"state": "resolved", "closed": day}) for day in ("2025-03-02", "2026-02-27"))
    assert old.ticket is not None
    assert new.ticket is not None
    assert (old.ticket.state, new.ticket.state) == (TicketState.CLOSED, TicketState.RESOLVED)


def test_history_says_what_the_clocks_should_hear() -> None:
    judged = _judged(
        {"state": "closed", "closed": "2025-03-03 09:00"},
        [
            {"body": "It stops.", "written": "2025-03-01 10:00"},
            {"body": "Try this.", "written": "2025-03-02 10:00", "direction": "agent"},
            {"body": "Thanks!", "written": "2025-03-04 10:00", "direction": "customer"},
        ],
    )
    assert judged.ticket is not None
    told = [(event.happening, event.state, event.at.day) for event in history(judged.ticket)]
    assert told == [
        (Happening.FILED, TicketState.NEW, 1),
        (Happening.MOVED, TicketState.OPEN, 1),
        (Happening.ANSWERED, TicketState.OPEN, 2),
        (Happening.MOVED, TicketState.CLOSED, 3),
    ]
