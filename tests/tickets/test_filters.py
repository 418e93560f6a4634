"""What queries find, on both databases and for who looks."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from adminops import clock
from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.make import make_agency, make_user
from tests.make_tickets import make_helper, make_kind, make_ticket
from tickets import finding, fulltext, operations
from tickets.finding import Total
from tickets.language import Wrong, parse
from tickets.models import Ticket, WaitingOn
from tickets.queries import Order, TicketFilter, View, count_tickets, find_tickets, list_and_count, list_tickets
from tickets.sight import visible_to

pytestmark = pytest.mark.usefixtures("session")

MONDAY = datetime(2026, 11, 9, 14, 0, tzinfo=UTC)


def found(query: str, viewer: User) -> set[int]:
    """Return the numbers of the tickets that `query` finds among everything."""
    wanted = TicketFilter(view=View.ALL, query=parse(query))
    rows = list_tickets(wanted, viewer).rows
    assert count_tickets(wanted, viewer) == Total(len(rows))
    return {row.id for row in rows}


def test_a_query_and_its_opposite_share_the_list_out() -> None:
    helper, here = make_helper(name="Grace Whitfield"), make_agency(name="Harbor House")
    with clock.frozen_at(MONDAY):
        made = [make_ticket(agency=here), make_ticket(helper), make_ticket(kind=make_kind(priority="urgent"))]
        operations.assign(made[0], helper, by=helper)
        operations.wait_on(made[1], WaitingOn.VENDOR, by=helper)
        operations.resolve(made[2], by=helper)
        everything = {ticket.id for ticket in made}
        for query in (
            'agency:"harbor house"', "agency:none", "assignee:me", "assignee:none", "assignee:grace", "due:<3w",
            "due:none", "resolved:<1d", "resolved:none", "waiting:vendor", "is:late", "is:open", "is:done",
            "status:waiting,resolved", "priority:>=high", "type:something_else", "requester:me", "created:today",
            "is:unanswered", "is:reopened", "is:merged", "report", '"report stops"', "created:<2026-01-01",
        ):  # fmt: skip
            yes, no = found(query, helper), found(f"-{query}", helper)
            assert yes | no == everything, query
            assert not yes & no, query


def test_times_are_those_of_the_tickets() -> None:
    helper = make_helper()
    with clock.frozen_at(MONDAY):
        early = make_ticket(kind=make_kind(target_hours=9))
    with clock.frozen_at(MONDAY + timedelta(days=3)):
        late = make_ticket(kind=make_kind(target_hours=90))
        assert found("created:<1d", helper) == {late.id}
        assert found("created:>1d", helper) == {early.id}
        assert found("created:2026-11-09", helper) == {early.id}
        assert found("due:<1h", helper) == found("is:late", helper) == {early.id}
        assert found("due:>1h", helper) == {late.id}
        operations.write_note(early, body="Called them.", by=helper)
        assert found("updated:<1h", helper) == {early.id, late.id}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("agency:harbour", 'Did you mean "Harbor"?'),
        ("agency:zzzz", "No agency is called “zzzz”."),
        ("type:zzzz", "No topic is called “zzzz”."),
        ("assignee:zzzz", "Nobody here is called “zzzz”."),
        ("assignee:#99", "Nobody here is called “#99”."),
        ("agency:#0", "No agency is called “#0”."),
        ("requester:%", "Nobody here is called “%”."),
        ("%", "no letter and no digit"),
        ("-%", "no letter and no digit"),
    ],
)
def test_names_that_nobody_bears_are_answered_with_a_sentence(query: str, says: str) -> None:
    make_agency(name="Harbor")
    with pytest.raises(Wrong) as refused:
        found(query, make_helper())
    assert says in refused.value.sentence


def test_a_name_that_fits_too_many_people_is_answered_with_a_sentence() -> None:
    for number in range(fulltext.SHORTEST_BEGINNING + 50):
        make_user(name=f"Kim {number}")
    with pytest.raises(Wrong, match="more than 50 people"):
        found("requester:kim", make_helper())


def test_queries_find_nothing_beyond_what_the_viewer_may_see() -> None:
    here = make_agency()
    lead, person, helper = make_user(Role.AGENCY_LEAD, agency=here), make_user(agency=here), make_helper()
    stranger = make_user(name="Xavier Elsewhere", agency=make_agency(name="Other House"))
    own, foreign = make_ticket(person, subject="Printer"), make_ticket(stranger, subject="Printer")
    operations.write_note(own, body="A secret matter.", by=helper)
    assert found("printer", helper) == {own.id, foreign.id}
    for query in ("printer", "-nothing", "is:open", 'agency:none,"Other House",' + f'"{here.name}"', "-assignee:me"):
        assert found(query, lead) == {own.id}, query
    assert found("secret", helper) == {own.id}
    assert found("secret", lead) == set()
    assert found("-secret", lead) == {own.id}  # or the note would show by its absence
    with pytest.raises(Wrong):
        found("requester:xavier", lead)
    assert found(f"requester:{person.username}", lead) == {own.id}
    assert [row.id for row in find_tickets("printer", person, 5)] == [own.id]


# Words


def test_words_are_found_in_subject_number_and_messages_whatever_their_spelling() -> None:
    helper = make_helper()
    ticket = make_ticket(subject="Report 50% done_ for O'Brien's team", body="Ends at 10,000 rows. Ça va, José?")
    other = make_ticket(subject="Something else", body="Nothing.")
    operations.reply(ticket, body="The nightly job was stopped.", by=helper)
    for words in (
        "report", "REPORT team", "50%", "done_", "o'brien", f"#{ticket.id}", "rep TEAM", '"done for o brien"',
        "10,000", "jose", "ca", "ça", "nightly", "report nightly", '"nightly job"', "night", "-nothing",
    ):  # fmt: skip
        assert found(words, helper) == {ticket.id}, words
    for words in ("donex", "#999999999", "9" * 40, "²³¼x", '"job nightly"', "report -nightly", "ni", '"report job"'):
        assert ticket.id not in found(words, helper), words
    assert [row.id for row in find_tickets("else (something)", helper, 5)] == [other.id]
    assert find_tickets("%", helper, 5) == []


HOSTILE = ['"', "'", "(", "x* OR y", "NEAR(a b)", "said: x", "a:*", "& | !", "<->", "\\", "^a", "x\x00y", "💥", "{a}"]


@pytest.mark.parametrize("words", HOSTILE)
def test_signs_of_the_databases_own_languages_are_only_signs(words: str) -> None:
    ticket = make_ticket(subject=f"About {words.replace(chr(0), ' ')} end")
    helper = make_helper()
    assert [row.id for row in find_tickets(f"about {words}", helper, 5)] == [ticket.id]


def test_words_are_undone_with_the_change() -> None:
    helper, ticket = make_helper(), make_ticket()
    with db.session.begin_nested() as change:
        operations.reply(ticket, body="Unheard of.", by=helper)
        assert found("unheard", helper) == {ticket.id}
        change.rollback()
    assert found("unheard", helper) == set()


def test_a_very_long_ticket_is_still_kept_and_found() -> None:
    helper, ticket = make_helper(), make_ticket()
    for part in range(4):
        operations.write_note(ticket, body=" ".join(f"w{part}x{n}" for n in range(2500)), by=helper)
    operations.write_note(ticket, body="y" * 20_000, by=helper)
    assert found("w3x2499", helper) == {ticket.id}
    assert found("y" * 90, helper) == {ticket.id}


ALPHABET = "ab1é ß-_.,'\"(İ中٣ªﬁ²"


def test_words_are_found_as_a_plain_search_through_the_texts_would() -> None:
    helper, chance = make_helper(), Random(7)
    texts = {}
    for _ in range(20):
        words = "".join(chance.choice(ALPHABET) for _ in range(30))
        ticket = make_ticket(subject="x", body=f"q {words}")
        texts[ticket.id] = [str(ticket.id), "x", *fulltext.words_of(f"q {words}")]
    for _ in range(40):
        wanted = fulltext.words_of("".join(chance.choice(ALPHABET) for _ in range(3)))
        if wanted:
            expected = {id_ for id_, words in texts.items() if all(_holds(words, word) for word in wanted)}
            assert {row.id for row in find_tickets(" ".join(wanted), helper, 30)} == expected, wanted


def _holds(words: list[str], wanted: str) -> bool:
    begins = len(wanted) >= fulltext.SHORTEST_BEGINNING
    return any(word.startswith(wanted) if begins else word == wanted for word in words)


# The newest first


def test_a_search_that_looks_at_the_newest_first_finds_what_one_of_all_would(monkeypatch: pytest.MonkeyPatch) -> None:
    chance, helper, here = Random(11), make_helper(), make_agency()
    lead = make_user(Role.AGENCY_LEAD, agency=here)
    words = {}
    for _ in range(45):
        said = chance.choices(("common", "rare", "other"), (8, 1, 3), k=2)
        words[make_ticket(agency=here if chance.random() < 0.5 else None, body=" ".join(said)).id] = said
    for nearby, farther in ((2, 3), (7, 2), (100, 10)):
        monkeypatch.setattr(finding, "NEARBY", dict.fromkeys(finding.NEARBY, nearby))
        monkeypatch.setattr(finding, "FARTHER", farther)
        for query in ("common", "rare", "common -rare", f'other agency:"{here.name}"', "unheard", "rare common"):
            for viewer in (helper, lead):
                _agrees(query, viewer, words, here.id)


def _agrees(query: str, viewer: User, words: dict[int, list[str]], agency_id: int) -> None:
    """Page through a search, a few at a time, and compare it with a look at all texts."""
    wanted = TicketFilter(view=View.ALL, query=parse(query), order=Order.NEWEST)
    said = query.partition("agency:")[0].split()
    plain, absent = [word for word in said if word[0] != "-"], [word[1:] for word in said if word[0] == "-"]
    seen = visible_to(viewer) if "agency:" not in query else visible_to(viewer).where(Ticket.agency_id == agency_id)
    expected = [
        ticket.id
        for ticket in db.session.scalars(seen.order_by(Ticket.id.desc()))
        if all(word in words[ticket.id] for word in plain) and not any(word in words[ticket.id] for word in absent)
    ]
    shown, after = [], None
    while True:
        page = list_tickets(wanted, viewer, after=after, limit=4)
        assert page.first is (after is None)
        shown += [row.id for row in page.rows]
        if (after := page.after) is None:
            break
    assert shown == expected, query
    total = count_tickets(wanted, viewer)
    assert total.number < len(expected) if total.more else total.number == len(expected), query


def test_a_search_says_more_than_so_many_where_it_did_not_look_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    helper = make_helper()
    for _ in range(30):
        make_ticket(body="common")
    monkeypatch.setattr(finding, "NEARBY", dict.fromkeys(finding.NEARBY, 27))
    wanted = TicketFilter(view=View.ALL, query=parse("common"), order=Order.NEWEST)
    page, total = list_and_count(wanted, helper)
    assert (len(page.rows), total) == (25, Total(27, more=True))
    page, total = list_and_count(wanted, helper, after=page.after)
    assert (len(page.rows), page.after, total) == (5, None, Total(27, more=True))
    monkeypatch.setattr(finding, "MOST_COUNTED", 26)
    assert list_and_count(wanted, helper)[1] == Total(26, more=True)
    assert count_tickets(TicketFilter(view=View.ALL), helper) == Total(26, more=True)
