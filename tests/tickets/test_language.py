"""The language of the filter bar, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.language import FIELDS, LONGEST, Between, Kind, Term, Wrong, between, complete, parse, write

NOW = datetime(2026, 11, 9, 14, 30, tzinfo=UTC)  # half past nine in New York
ZONE = "America/New_York"


def test_a_query_is_read_into_its_terms() -> None:
    assert parse('is:open type:merge agency:"Harbor House" due:<2d -assignee:none printer "stops at night" #12') == (
        Term("is", ("open",)),
        Term("type", ("merge",)),
        Term("agency", ("Harbor House",)),
        Term("due", ("2d",), "<"),
        Term("assignee", ("none",), negated=True),
        Term("", ("printer",)),
        Term("", ("stops at night",)),
        Term("", ("#12",)),
    )


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("STATE:New", Term("status", ("new",))),
        ("topic:merge,wrong_number", Term("type", ("merge", "wrong_number"))),
        ('agency:"Harbor House","A, B"', Term("agency", ("Harbor House", "A, B"))),
        ("agency:“Harbor House”", Term("agency", ("Harbor House",))),
        ("owner:nobody", Term("assignee", ("none",))),
        ("is:due_soon", Term("is", ("due-soon",))),
        ("priority:>=high", Term("priority", ("high",), ">=")),
        ("created:2026-01-01..2026-01-31", Term("created", ("2026-01-01..2026-01-31",))),
        ("-word", Term("", ("word",), negated=True)),
        ("o'brien", Term("", ("o'brien",))),
        ('"is:open"', Term("", ("is:open",))),
        ("50%", Term("", ("50%",))),
    ],
)
def test_spellings(text: str, term: Term) -> None:
    assert parse(text) == (term,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("agncy:x", "Did you mean “agency:”?"),
        ("http://x", "put them in quotes"),
        ("zzz:1", "There are is, status"),
        ("type:", "Say what follows “type:”"),
        ("is:opne", "Did you mean is:open?"),
        ("status:zzzzz", "It may be new, open"),
        ("is:>open", "“is:” knows no >"),
        ("priority:>low,high", "Only one value"),
        ('"half', "A quotation mark is open"),
        ("-", "A minus needs something"),
        ('""', "nothing in “”"),
        ("a OR b", "write a,b for either"),
        ("due:<2m", "no unit of time"),
        ("due:<none", "stands alone"),
        ("due:soon", "no time that “due:” understands"),
        ("due:2026-02-30", "no time"),
        ("due:9999-01-01", "no time"),
        ("due:0001-01-01", "no time"),
        ("due:99999d", "no time"),
        ("due:..", "Say from or until when"),
        ("due:<2026-01-01..2026-01-02", "without <"),
        ("due:2026-01-02..2026-01-01", "comes after"),
        ("x " * 21, "20 are the most"),
        ("x" * (LONGEST + 1), "too long"),
    ],
)
def test_every_wrong_query_is_answered_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(Wrong) as refused:
        parse(text)
    assert says in refused.value.sentence
    assert refused.value.sentence.endswith((".", "?"))
    assert len(refused.value.sentence) < 300


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_and_what_was_read_can_be_written(text: str) -> None:
    try:
        query = parse(text)
    except Wrong:
        return
    assert parse(write(query)) == query


PARTS = st.sampled_from(
    ["is", "due", "agency", "x", ":", "<", ">=", ",", '"', "-", " ", "open", "2d", "..", "2026-01-31"]
)


@given(st.lists(PARTS, max_size=12).map("".join))
def test_nearly_right_queries_are_read_or_refused_too(text: str) -> None:
    try:
        query = parse(text)
    except Wrong:
        return
    assert parse(write(query)) == query
    for term in query:
        if term.field and FIELDS[term.field].kind is Kind.MOMENT:
            for value in term.values:
                if value != "none":
                    assert between(term, value, now=NOW, zone=ZONE) != Between(None, None)


def local(day: int, month: int = 11) -> datetime:
    """Return the beginning of a day in New York (winter)."""
    return datetime(2026, month, day, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("due:<2d", None, NOW + timedelta(days=2)),
        ("due:2d", None, NOW + timedelta(days=2)),
        ("due:>3h", NOW + timedelta(hours=3), None),
        ("updated:<1w", NOW - timedelta(weeks=1), None),
        ("updated:1w", NOW - timedelta(weeks=1), None),
        ("created:>2d", None, NOW - timedelta(days=2)),
        ("created:today", local(9), local(10)),
        ("created:yesterday", local(8), local(9)),
        ("due:tomorrow", local(10), local(11)),
        ("created:2026-11-05", local(5), local(6)),
        ("created:<2026-11-05", None, local(5)),
        ("created:<=2026-11-05", None, local(6)),
        ("created:>2026-11-05", local(6), None),
        ("created:>=2026-11-05", local(5), None),
        ("created:2026-11-02..2026-11-05", local(2), local(6)),
        ("created:..2026-11-05", None, local(6)),
        ("created:2026-11-05..", local(5), None),
        ("created:2026-11-01", datetime(2026, 11, 1, 4, tzinfo=UTC), local(2)),  # 25 hours: the clocks go back
    ],
)
def test_times(text: str, start: datetime | None, end: datetime | None) -> None:
    (term,) = parse(text)
    assert between(term, term.values[0], now=NOW, zone=ZONE) == Between(start, end)


NAMES = {"agency": ["Harbor House", "Old Harbor", "North"], "type": ["merge"]}


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("is:open ty", ["is:open type:"]),
        ("is:op", ["is:open", "is:reopened"]),
        ("-priority:ur", ["-priority:urgent"]),
        ("agency:har", ['agency:"Harbor House"', 'agency:"Old Harbor"']),
        ('is:open agency:"harbor h', ['is:open agency:"Harbor House"']),
        ("agency:North,ol", ['agency:North,"Old Harbor"']),
        ("priority:>=hi", ["priority:>=high"]),
        ("due:<", ["due:<today", "due:<2d", "due:<1w"]),
        ("zzz:1", []),
        ("zzz", []),
    ],
)
def test_completion_goes_on_with_the_last_part(text: str, offered: list[str]) -> None:
    assert [option for option, _ in complete(text, NAMES)] == offered


def test_completion_of_nothing_offers_the_fields() -> None:
    assert [option for option, _ in complete("", {})] == [f"{name}:" for name in FIELDS]


@given(st.text(max_size=60))
def test_completion_takes_any_text(text: str) -> None:
    for option, meaning in complete(text, NAMES):
        assert option
        assert meaning
