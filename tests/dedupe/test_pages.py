"""The pages of the merge desk, on both databases."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import delete, func, select, update

from adminops import clock
from adminops.audit.models import AuditEntry
from adminops.hmis.models import Client, Enrollment, HmisSource, Merge, Organization
from adminops.identity.models import User
from adminops.identity.permissions import Role
from dedupe.models import Pair, PairState, PairTicket, Scan, ScanState
from dedupe.operations import keep_apart, keep_clients_apart, merge_pair, reopen_pair, undo_merge
from dedupe.policies import version_of
from dedupe.scanning import begin_scan, begin_waiting_scan, fail_scan, scan_store
from tests.browsing import Desk, Page, Visitor
from tests.dedupe.test_dividing import entered_later, merged
from tests.dedupe.test_seconds import seen_on, to_copy
from tests.make import make_admin, make_agency, make_user
from tests.make_dedupe import (
    make_client,
    make_clients,
    make_pair,
    make_project,
    make_service,
    make_source,
    make_stay,
)
from tests.make_tickets import make_ticket
from tickets import merging
from tickets.models import Ticket, TicketState
from tickets.operations import resolve


class Queue:
    """A merge desk with a reviewer who browses it and three pairs, strongest first: AB, CD, EF."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        with desk.work():
            source = make_source("Coast HMIS")
            project = make_project(source, project_name="Harbor Shelter")
            self.clients = [
                make_client(source, letter, ssn=f"{known}0100")
                for at, letter in enumerate("ABCDEF")
                for known in ("21945" if at % 2 == 0 else "xxxxx",)
            ]
            make_service(make_stay(self.clients[1], project))
            self.pairs = [make_pair(self.clients[at], self.clients[at + 1], score=95 - at) for at in range(0, 6, 2)]
            self.reviewer, self.colleague = make_admin(name="Rita Reviewer"), make_admin(name="Carl Colleague")
        self.visitor = desk.signed_in(self.reviewer)

    def url(self, at: int = 0) -> str:
        return f"/duplicates/pairs/{self.pairs[at].id}"

    def decide(self, act: str, at: int = 0, *, by: Visitor | None = None, status: int = 302, **over: Any) -> Page:
        data = {"act": act, "keep": self.clients[2 * at].id, "seen": self.mark(at), **over}
        return (by or self.visitor).post(self.url(at), data, status=status)

    def mark(self, at: int = 0) -> str:
        """Return the mark of what a page of the pair shows now."""
        with self.desk.look() as session:
            return version_of(session.get_one(Pair, self.pairs[at].id))

    def undo(self, merge_id: int = 1, **over: Any) -> Page:
        url = f"/duplicates/merges/{merge_id}"
        return self.visitor.post(url, {"seen": seen_on(self.visitor.get(url)), **over}, follow=True)

    def pair(self, at: int = 0) -> Pair:
        with self.desk.look() as session:
            return session.get_one(Pair, self.pairs[at].id)

    def merges(self) -> int:
        with self.desk.look() as session:
            return session.scalar(select(func.count(Merge.id))) or 0


@pytest.fixture
def queue(desk: Desk) -> Queue:
    """A merge desk with three pairs."""
    return Queue(desk)


# The page of a pair


def test_a_pair_whose_client_is_protected_since_shows_nothing_and_holds_nobody_up(queue: Queue) -> None:
    with queue.desk.work() as session:
        source = session.get_one(HmisSource, queue.clients[0].source_id)
        make_stay(session.get_one(Client, queue.clients[0].id), make_project(source, victim_services=True))
    refused = queue.decide("", status=422)
    assert refused.says("One of these clients stays with a victim service provider only.")
    assert not refused.says("Lopez")
    page = queue.visitor.get(queue.url())
    assert page.says("No longer proposed.")
    assert not page.says("•••-••-0100")
    assert queue.visitor.get("/duplicates", status=302).goal == queue.url(1)


@pytest.mark.parametrize("decision", ["merge", "apart", ""])
def test_a_decided_pair_whose_client_is_protected_tells_nothing_of_the_records(queue: Queue, decision: str) -> None:
    if decision:
        queue.decide(decision, reason="Seen together on Monday")
        assert queue.visitor.get(queue.url()).says("Seen together on Monday")
    with queue.desk.work() as session:
        source = session.get_one(HmisSource, queue.clients[0].source_id)
        make_stay(session.get_one(Client, queue.clients[0].id), make_project(source, victim_services=True))
    queue.visitor.get(queue.url())
    page = queue.visitor.get(queue.url())
    assert page.says("One of the two stays with a victim service provider only.")
    for words in ("Client A", "Client B", "Very likely the same person", "Last name same", "Seen together"):
        assert not page.says(words), words
    addresses = {url for url, _ in page.reader.links}
    assert addresses.isdisjoint(f"/clients/{client.id}" for client in queue.clients[:2])
    assert "Reopen this pair" not in page.html
    assert ("See the merge" in page.html) == (decision == "merge"), "it can still be undone"


def test_the_queue_opens_at_the_strongest_pair(queue: Queue) -> None:
    assert queue.visitor.get("/duplicates", status=302).goal == queue.url()


def test_a_pair_shows_who_why_and_what_will_move(queue: Queue) -> None:
    page = queue.visitor.get(queue.url())
    assert page.heading == "Merge queue"
    for words in (
        "Pair 1 of 3 to review, most worth deciding first",
        "Very likely the same person",
        "Client A",
        "Kept record",
        "Merged into it",
        "1 enrollment and 1 service of client B read under client A",
        "Harbor Shelter",
        "Merge client B into A?",
        "Still to be done by hand",
    ):
        assert page.says(words), words
    assert "219450100" not in page.html
    assert page.says("•••-••-0100")


def test_the_other_record_can_be_kept_instead(queue: Queue) -> None:
    page = queue.visitor.get(queue.visitor.get(queue.url()).link("Keep client B instead"))
    assert page.says("0 enrollments and 0 services of client A read under client B")
    merged = queue.decide("merge", keep=queue.clients[1].id)
    assert merged.goal == queue.url(1)
    with queue.desk.look() as session:
        assert session.scalars(select(Merge)).one().destination_client_id == queue.clients[1].id


def test_what_must_be_checked_stands_above_the_records(queue: Queue) -> None:
    with queue.desk.work() as session:
        session.get_one(Pair, queue.pairs[0].id).warnings = ["These may be twins."]
        session.get_one(Pair, queue.pairs[0].id).changes = ["SSN: was different, is now same."]
        session.get_one(Pair, queue.pairs[1].id).warnings = ["These may be twins.", "Two full SSNs."]
    page = queue.visitor.get(queue.url(0))
    assert page.says("Kept apart before, and changed since. SSN: was different, is now same.")
    assert page.says("Check before merging. These may be twins.")
    assert queue.visitor.get(queue.url(1)).says("Check before merging. These may be twins. Two full SSNs.")


def test_merging_goes_to_the_next_pair_and_can_be_undone(queue: Queue) -> None:
    assert queue.decide("merge").goal == queue.url(1)
    following = queue.visitor.get(queue.url(1))
    assert following.says("Merged. You can undo it at any time.")
    merge = queue.visitor.get(following.link("See the merge"))
    assert merge.says("Client B into A")
    assert merge.says("Rita Reviewer")
    url = following.link("See the merge")
    assert queue.undo(reason="a twin").says("The merge is undone")
    undone = queue.visitor.get(url)
    assert undone.says("Undone by Rita Reviewer")
    assert undone.says("“a twin”")
    assert "Undo merge" not in undone.html
    assert queue.pair().state is PairState.OPEN


def test_the_choices_of_fields_are_kept(queue: Queue) -> None:
    with queue.desk.work() as session:
        session.get_one(Client, queue.clients[1].id).first_name = "Mariella"
    page = queue.visitor.get(queue.url())
    assert re.search(r'name="name" value="left" checked', page.html)
    queue.decide("merge", name="right", ssn="left")
    shown = queue.visitor.get(f"/clients/{queue.clients[0].id}")
    assert shown.heading.startswith("Mariella Lopez")
    assert queue.visitor.get("/duplicates/merges/1").says("Name from B")


def test_a_browser_without_scripts_is_asked_on_a_page_of_its_own(queue: Queue) -> None:
    asked = queue.decide("", status=200, ssn="right")
    assert asked.heading == "Merge client B into A?"
    assert asked.says("SSN from client B")
    assert 'name="ssn" value="right"' in asked.html
    assert asked.link("Go back") == f"{queue.url()}?keep={queue.clients[0].id}"
    assert queue.merges() == 0
    assert queue.decide("merge", ssn="right", reason="same person").goal == queue.url(1)


def test_keeping_apart_and_putting_off_go_on(queue: Queue) -> None:
    assert queue.decide("apart").goal == queue.url(1)
    assert queue.visitor.get(queue.url(1)).link("See the pair") == queue.url()
    assert queue.decide("later", 1).goal == queue.url(2)
    page = queue.visitor.get(queue.url(2))
    assert page.says("Pair 1 of 1 to review, most worth deciding first, 1 put off")
    assert re.search(r'href="/duplicates"[^>]*>(?:(?!</a>).)*Merge queue(?:(?!</a>).)*>1<', page.html, re.DOTALL)
    assert queue.visitor.get(queue.url(1)).says("Pair 1 of 1 put off, the longest put off first, 1 to review")
    assert queue.decide("later", 2).goal == queue.url(1), "what was put off first comes back first"
    assert queue.decide("merge", 1).goal == queue.url(2)
    assert queue.decide("merge", 2).goal == "/duplicates"


@pytest.mark.parametrize(("act", "words"), [("merge", "See the merge, or undo it"), ("apart", "Reopen this pair")])
def test_a_decided_pair_shows_the_decision_and_the_ways_on(queue: Queue, act: str, words: str) -> None:
    queue.decide(act, reason="looked at the papers")
    page = queue.visitor.get(queue.url())
    assert page.says("Rita Reviewer")
    assert page.says("“looked at the papers”")
    assert page.says(words)
    assert page.link("Client A") == f"/clients/{queue.clients[0].id}"
    assert page.link("Next pair") == "/duplicates"
    assert "data-comparison" not in page.html


def test_a_pair_kept_apart_is_reopened(queue: Queue) -> None:
    queue.decide("apart")
    assert queue.visitor.post(f"{queue.url()}/reopen", follow=True).says("The pair is in the queue again.")
    assert queue.pair().state is PairState.OPEN
    again = queue.visitor.post(f"{queue.url()}/reopen", status=422)
    assert again.says("This pair is open already.")


def test_a_pair_that_a_colleague_kept_apart_is_reopened_with_a_reason(queue: Queue) -> None:
    queue.decide("apart")
    assert "Why they are asked about again" not in queue.visitor.get(queue.url()).html, "one's own needs none"
    visitor = queue.desk.signed_in(queue.colleague)
    assert visitor.get(queue.url()).says("Why they are asked about again")
    refused = visitor.post(f"{queue.url()}/reopen", status=422)
    assert refused.says("A colleague kept these two apart. Say why that is taken back.")
    assert queue.pair().state is PairState.APART
    told = visitor.post(f"{queue.url()}/reopen", {"reason": "One ID card"}, follow=True)
    assert told.says("The pair is in the queue again.")


def test_a_merged_pair_can_not_be_reopened_beside_its_merge(queue: Queue) -> None:
    queue.decide("merge")
    assert queue.visitor.post(f"{queue.url()}/reopen", status=422).says("Undo the merge to take that back.")
    assert queue.pair().state is PairState.MERGED


def test_pairs_that_others_settled_or_that_are_gone_say_so(queue: Queue) -> None:
    with queue.desk.work() as session:
        session.get_one(Pair, queue.pairs[0].id).move(PairState.GONE)
        session.get_one(Pair, queue.pairs[1].id).move(PairState.SETTLED)
        session.get_one(Client, queue.clients[0].id).removed_at = clock.now()
    gone = queue.visitor.get(queue.url())
    assert gone.says("No longer proposed.")
    assert gone.says("Client A has left its source.")
    settled = queue.visitor.get(queue.url(1))
    assert settled.says("Settled by other decisions.")
    assert "Reopen" not in settled.html


def test_a_decision_that_does_not_say_what_was_seen_is_refused(queue: Queue) -> None:
    for act, mark in (("merge", ""), ("apart", ""), ("later", ""), ("merge", "-")):
        assert queue.decide(act, seen=mark, status=422).says("have changed since you opened this page.")
    assert queue.pair().state is PairState.OPEN


# Twice, and two at once


def test_a_second_click_on_merge_does_it_once(queue: Queue) -> None:
    queue.decide("merge")
    again = queue.decide("merge", status=422)
    assert again.says("These two records are merged already.")
    assert queue.merges() == 1


def test_a_second_click_on_undo_does_it_once(queue: Queue) -> None:
    queue.decide("merge")
    queue.undo()
    assert queue.visitor.post("/duplicates/merges/1", {}, status=422).says("This merge was undone already.")


def test_a_pair_under_review_is_shown_but_not_decided_by_a_colleague(queue: Queue) -> None:
    queue.visitor.get(queue.url())
    other = queue.desk.signed_in(queue.colleague)
    assert other.get("/duplicates", status=302).goal == queue.url(1)
    page = other.get(queue.url())
    assert page.says("Rita Reviewer is looking at this pair. Take the next one.")
    assert 'name="act"' not in page.html
    assert page.link("Next pair") == "/duplicates"
    refused = queue.decide("merge", by=other, status=422)
    assert refused.says("Rita Reviewer is looking at this pair. Take the next one.")
    assert queue.merges() == 0
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        assert queue.decide("merge", by=queue.desk.signed_in(queue.colleague)).status == 302


def test_a_pair_is_left_to_a_colleague(queue: Queue) -> None:
    other = queue.desk.signed_in(queue.colleague)
    queue.visitor.get(queue.url())
    for visitor, holder in ((other, queue.reviewer.id), (queue.visitor, None)):
        page = visitor.post(f"{queue.url()}/let-go", follow=True)
        assert page.says(f"Pair {queue.pairs[0].id} is free for others") == (holder is None)
        assert queue.pair().claimed_by_id == holder
    assert not other.get(queue.url()).says("is looking at this pair")
    assert queue.pair().claimed_by_id == queue.colleague.id


def test_a_refused_decision_keeps_what_was_chosen(queue: Queue) -> None:
    page = queue.decide("merge", status=422, ssn="right", reason="her SSN is 219-45-0817")
    assert page.says("Please take it out")
    assert re.search(r'name="ssn" value="right" checked', page.html)
    (offered,) = page.reader.tree.css("button[name=replace]")
    assert offered.attributes["form"] == "comparison", "it stands outside of the form that it sends"
    place = offered.attributes["value"]
    asked = {"keep": queue.clients[0].id, "ssn": "right", "reason": "her SSN is 219-45-0817", "replace": place}
    page = queue.visitor.post(queue.url(), asked, status=200)
    assert page.says("It is taken out.")
    assert "219-45-0817" not in page.html
    assert re.search(r'name="ssn" value="right" checked', page.html)
    assert queue.merges() == 0


def test_who_is_shown_both_records_by_posting_holds_the_pair_and_has_looked(queue: Queue) -> None:
    other = queue.desk.signed_in(queue.colleague)
    for at, act, status in ((0, "unknown", 422), (1, "", 200)):
        for _again in range(2):
            queue.decide(act, at, status=status)
        assert queue.pair(at).claimed_by_id == queue.reviewer.id
        assert other.get(queue.url(at)).says("Rita Reviewer is looking at this pair")
    with queue.desk.look() as session:
        looked = select(AuditEntry.about_id).where(
            AuditEntry.fact == "ClientViewed", AuditEntry.actor_id == queue.reviewer.id
        )
        assert sorted(map(int, session.scalars(looked))) == [client.id for client in queue.clients[:4]]


@pytest.mark.parametrize("act", ["merge", "apart", "later"])
@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [
        ("later", ["Put off: Carl Colleague"]),
        ("merge", ["Merged: Carl Colleague", "The merge was undone: Third Person", "“Two birth certificates”"]),
        ("apart", ["Kept apart: Carl Colleague", "Taken back: Third Person", "“One ID card”"]),
    ],
)
def test_who_decides_on_top_of_others_is_told_of_it_first(
    queue: Queue, meanwhile: str, told: list[str], act: str
) -> None:
    old = seen_on(queue.visitor.get(queue.url()))
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        queue.decide(meanwhile, by=queue.desk.signed_in(queue.colleague))
        with queue.desk.work() as session:
            third, pair = make_admin(name="Third Person"), session.get_one(Pair, queue.pairs[0].id)
            if meanwhile == "merge":
                undo_merge(session.get_one(Merge, pair.merge_id), reason="Two birth certificates", by=third)
            elif meanwhile == "apart":
                reopen_pair(pair, reason="One ID card", by=third)
        before = queue.pair().state
        page = queue.decide(act, seen=old, status=422)
        assert page.says("Your decision was not taken")
        assert page.says("have changed since you opened this page.")
        assert [words for words in told if not page.says(words)] == []
        assert queue.pair().state is before
        assert queue.decide(act, seen=seen_on(page)).goal == queue.url(1), "now it was seen"


def test_a_page_stays_good_as_long_as_nobody_decides(queue: Queue) -> None:
    old = seen_on(queue.visitor.get(queue.url()))
    assert seen_on(queue.visitor.get(queue.url())) == old
    queue.desk.signed_in(queue.colleague).get(queue.url())
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        assert queue.decide("merge", seen=old).goal == queue.url(1)


def test_a_reason_is_not_lost_when_a_colleague_holds_the_pair_by_now(queue: Queue) -> None:
    old = seen_on(queue.visitor.get(queue.url()))
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        queue.desk.signed_in(queue.colleague).get(queue.url())
        page = queue.decide("merge", seen=old, reason="One card", status=422)
    assert page.says("Carl Colleague is looking at this pair.")
    assert to_copy(page) == "One card"


@pytest.mark.parametrize("state", [PairState.MERGED, PairState.APART, PairState.GONE])
def test_a_reason_is_not_lost_when_the_pair_was_decided_or_is_gone(queue: Queue, state: PairState) -> None:
    old = seen_on(queue.visitor.get(queue.url()))
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        if state is PairState.GONE:
            with queue.desk.work() as session:
                session.get_one(Pair, queue.pairs[0].id).move(state)
        else:
            queue.decide("merge" if state is PairState.MERGED else "apart", by=queue.desk.signed_in(queue.colleague))
        page = queue.decide("merge", seen=old, reason="One card", status=422)
    assert page.says("Your decision was not taken")
    assert to_copy(page) == "One card"
    assert page.html.count("One card") == 1, "it is not why the pair is asked about again"


def test_why_a_pair_is_reopened_is_not_lost_when_it_is_open_by_now(queue: Queue) -> None:
    page = queue.visitor.post(f"{queue.url()}/reopen", {"reason": "One card"}, status=422)
    assert page.says("This pair is open already.")
    assert to_copy(page) == "One card"


# Hostile input


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"act": "unknown"}, "Choose what to do."),
        ({"act": "merge", "name": "both"}, "Keep the left or the right value."),
        ({"act": "merge", "ssn": "219450817"}, "Keep the left or the right value."),
        ({"act": "merge", "keep": "0"}, "Choose which of the two records is kept."),
        ({"act": "merge", "keep": ""}, "Choose which of the two records is kept."),
        ({"act": "merge", "keep": "-1"}, "Choose which of the two records is kept."),
        ({"act": "merge", "keep": "9" * 40}, "Choose which of the two records is kept."),
        ({"act": "merge", "keep": "²"}, "Choose which of the two records is kept."),
        ({"act": "merge", "keep": "OTHER"}, "Choose which of the two records is kept."),
        ({"act": "", "keep": "OTHER"}, "Choose which of the two records is kept."),
        ({"act": "merge", "reason": "x" * 2001}, "2000"),
    ],
)
def test_hostile_decisions_are_refused_with_a_sentence(queue: Queue, data: dict[str, str], says: str) -> None:
    if data.get("keep") == "OTHER":
        data = {**data, "keep": str(queue.clients[4].id)}
    page = queue.visitor.post(queue.url(), {"keep": queue.clients[0].id, "seen": queue.mark(), **data}, status=422)
    assert page.says(says)
    assert queue.merges() == 0
    assert queue.pair().state is PairState.OPEN


def test_choices_that_do_not_exist_are_not_looked_at(queue: Queue) -> None:
    queue.decide("merge", shoe_size="left", race="")
    with queue.desk.look() as session:
        assert session.scalars(select(Merge)).one().choices == []


@pytest.mark.parametrize("keep", ["", "0", "x", "9" * 40, "1;drop", "²"])
def test_a_hostile_address_shows_the_usual_side_first(queue: Queue, keep: str) -> None:
    assert queue.visitor.get(queue.url(), query_string={"keep": keep}).says("Merge client B into A?")


def test_null_characters_and_wrong_cursors_are_no_failure(queue: Queue) -> None:
    queue.decide("merge", reason="a\x00b")
    assert queue.visitor.get("/duplicates/merges?after=rubbish").says("Client B into A")


def test_nothing_happens_without_a_token(queue: Queue) -> None:
    queue.visitor.post(queue.url(), {"act": "merge", "keep": queue.clients[0].id}, token=False, status=400)
    for url in (f"{queue.url()}/reopen", "/duplicates/scan", "/duplicates/merges/1"):
        queue.visitor.post(url, {}, token=False, status=400)
    assert queue.merges() == 0
    with queue.desk.look() as session:
        assert session.scalar(select(func.count(Scan.id))) == 0


# Others


ADDRESSES = (
    ("get", "/duplicates"),
    ("get", "/duplicates/queue"),
    ("get", "/duplicates/pairs/1"),
    ("post", "/duplicates/pairs/1"),
    ("post", "/duplicates/pairs/1/let-go"),
    ("post", "/duplicates/pairs/1/reopen"),
    ("post", "/duplicates/pairs/1/answer"),
    ("get", "/duplicates/seconds"),
    ("get", "/duplicates/batch"),
    ("post", "/duplicates/batch"),
    ("get", "/duplicates/figures"),
    ("get", "/duplicates/follow-ups"),
    ("post", "/duplicates/follow-ups/1/to_do"),
    ("get", "/duplicates/requested/1/A/B"),
    ("post", "/duplicates/requested/1/A/B"),
    ("get", "/duplicates/apart"),
    ("post", "/duplicates/score/hide"),
    ("get", "/duplicates/merges"),
    ("get", "/duplicates/merges/1"),
    ("post", "/duplicates/merges/1"),
    ("get", "/duplicates/scan"),
    ("post", "/duplicates/scan"),
    ("get", "/duplicates/conflicts"),
    ("get", "/duplicates/exact"),
    ("post", "/duplicates/exact"),
    ("post", "/duplicates/exact/1/active"),
    ("get", "/duplicates/model"),
    ("post", "/duplicates/model/learn"),
    ("get", "/duplicates/model/versions/1"),
    ("post", "/duplicates/model/versions/1/activate"),
    ("get", "/duplicates/scan/left-out/<word>"),
    ("get", "/duplicates/vendor"),
    ("get", "/duplicates/vendor.csv"),
    ("post", "/duplicates/vendor/1/done"),
    ("post", "/duplicates/vendor/1/not-done"),
)


@pytest.mark.parametrize("role", [Role.END_USER, Role.AGENCY_LEAD, Role.HELP_DESK, Role.VIEWER])
def test_nobody_else_gets_in(queue: Queue, role: Role) -> None:
    with queue.desk.work():
        stranger = make_user(role, agency=make_agency())
    queue.decide("merge")
    visitor = queue.desk.signed_in(stranger)
    for method, url in ADDRESSES:
        getattr(visitor, method)(url, status=403)
    with queue.desk.look() as session:
        assert session.get_one(Merge, 1).is_active


def test_every_address_is_asked_for_above(queue: Queue) -> None:
    rules = [rule for rule in queue.desk.app.url_map.iter_rules() if rule.endpoint.startswith("dedupe.")]
    offered = {
        (method.lower(), _filled(rule.rule))
        for rule in rules
        for method in rule.methods or ()
        if method in ("GET", "POST")
    }
    assert offered == set(ADDRESSES)


def _filled(rule: str) -> str:
    rule = re.sub(r"<any\(\W*([\w-]+).*?\):\w+>", r"\1", rule)
    return re.sub(r"<int:\w+>", "1", rule).replace("<first>", "A").replace("<second>", "B")


@pytest.mark.parametrize("url", ["/duplicates/pairs/999", "/duplicates/merges/999"])
def test_an_unknown_number_is_an_unknown_page(queue: Queue, url: str) -> None:
    queue.visitor.get(url, status=404)
    queue.visitor.post(url, {"act": "merge"}, status=404)
    queue.visitor.get(f"{url}9999999999", status=404)


# Requests


@pytest.fixture
def asked(queue: Queue) -> tuple[Queue, int]:
    """The merge desk, and the number of a ticket that asks for the pair CD."""
    return queue, ticket_for(queue, "C", "D")


def ticket_for(queue: Queue, first: str, second: str) -> int:
    """File a ticket that asks for two clients; return its number."""
    with queue.desk.work():
        answers = {"first_client": first, "second_client": second, "right_record": "second", "agrees": "close"}
        return make_ticket(make_user(agency=make_agency()), answers=answers).id


def opened(queue: Queue, address: str) -> str:
    """Press the only button on the page to which a ticket leads; return where that goes."""
    (records,) = re.findall(r'name="records" value="([\d-]+)"', queue.visitor.get(address).html)
    return queue.visitor.post(address, {"records": records}, status=302).goal


def test_a_ticket_opens_its_pair_and_the_decision_answers_it(
    asked: tuple[Queue, int], facts: Callable[[], list[Any]]
) -> None:
    queue, ticket = asked
    address = f"/duplicates/requested/{ticket}/C/D?right=second"
    goal = opened(queue, address)
    assert goal == f"{queue.url(1)}?keep={queue.clients[3].id}"
    shown = queue.visitor.get(goal)
    assert shown.says("what you decide here answers it")
    says = "Who asked says what agrees: two of them; the third is nearly the same."
    assert shown.says(says)
    assert queue.visitor.get(queue.url(1)).says(says), "also from the queue"
    assert queue.decide("merge", 1, seen="-", status=422).says(says), "also when it was refused"
    facts()
    stays = queue.decide("merge", 1)
    assert stays.goal == queue.url(1), "the way back to the ticket is here"
    (merged,) = [fact for fact in facts() if fact.name == "ClientsMerged"]
    assert str(merged.request) == f"ticket:{ticket}"
    assert f'<a href="/tickets/{ticket}">' in queue.visitor.get(queue.url(1)).html


def test_a_second_person_reads_what_who_asked_says_agrees(asked: tuple[Queue, int]) -> None:
    queue, ticket = asked
    opened(queue, f"/duplicates/requested/{ticket}/C/D")
    with queue.desk.work() as session:
        session.get_one(Pair, queue.pairs[1].id).has_conflict = True
    queue.decide("merge", 1, reason="One card")
    page = queue.desk.signed_in(queue.colleague).get(queue.url(1))
    assert page.says("A second person has to agree.")
    assert page.says("Who asked says what agrees: two of them; the third is nearly the same.")


def test_a_ticket_opens_no_pair_that_it_does_not_name(asked: tuple[Queue, int]) -> None:
    queue, ticket = asked
    for ids in ("A/B", "C/B", "D/D"):
        for ask in (queue.visitor.get, queue.visitor.post):
            page = ask(f"/duplicates/requested/{ticket}/{ids}", status=404)
            assert page.says("This ticket asks for other clients.")
    assert queue.pair(0).ticket_id is None
    assert opened(queue, f"/duplicates/requested/{ticket}/D/C") == queue.url(1)


def test_following_a_link_from_a_ticket_stores_nothing(asked: tuple[Queue, int]) -> None:
    queue, _ticket = asked
    ticket = ticket_for(queue, "A", "F")
    address = f"/duplicates/requested/{ticket}/A/F?right=second"
    page = queue.visitor.get(address)
    assert page.says("Client A of Coast HMIS and client F of Coast HMIS")
    assert f'<a href="/tickets/{ticket}">' in page.html
    assert queue.visitor.post(address, {"records": "0-0"}, status=302).goal == address
    with queue.desk.look() as session:
        assert session.scalar(select(func.count(Pair.id))) == 3
        assert session.scalar(select(func.count()).select_from(PairTicket)) == 0
        assert session.scalar(select(func.count(Pair.id)).where(Pair.claimed_by_id.is_not(None))) == 0


def test_every_ticket_that_asks_for_a_pair_is_named_and_resolved(asked: tuple[Queue, int]) -> None:
    queue, first = asked
    second, late = ticket_for(queue, "D", "C"), ticket_for(queue, "C", "D")
    opened(queue, f"/duplicates/requested/{first}/C/D")
    opened(queue, f"/duplicates/requested/{second}/D/C")
    shown = queue.visitor.get(queue.url(1))
    assert [f'<a href="/tickets/{ticket}">' in shown.html for ticket in (first, second, late)] == [True, True, False]
    queue.decide("merge", 1)
    assert opened(queue, f"/duplicates/requested/{late}/C/D") == queue.url(1)
    with queue.desk.look() as session:
        states = [session.get_one(Ticket, ticket).state for ticket in (first, second, late)]
    assert states == [TicketState.RESOLVED] * 3


def test_a_pair_says_which_of_its_tickets_have_ended(asked: tuple[Queue, int]) -> None:
    queue, first = asked
    second = ticket_for(queue, "C", "D")
    for ticket in (first, second):
        opened(queue, f"/duplicates/requested/{ticket}/C/D")
    end(queue, first)
    shown = queue.visitor.get(queue.url(1))
    assert shown.says(f"#{first} Report stops at 10,000 rows (ended) and #{second}")
    assert shown.says("what you decide here answers it")
    end(queue, second)
    shown = queue.visitor.get(queue.url(1))
    assert shown.says("(ended): nobody waits for an answer there any more.")
    assert not shown.says("what you decide here answers it")
    queue.decide("merge", 1)
    assert not queue.visitor.get(queue.url(1)).says("(ended)")


def test_a_ticket_that_goes_on_in_another_one_has_not_ended(asked: tuple[Queue, int]) -> None:
    queue, ticket = asked
    opened(queue, f"/duplicates/requested/{ticket}/C/D")
    with queue.desk.work() as session:
        source = session.get_one(Ticket, ticket)
        by = session.get_one(User, queue.reviewer.id)
        merging.merge(source, into=make_ticket(session.get_one(User, source.requester_id)), by=by)
    assert queue.visitor.get(queue.url(1)).says("rows: what you decide here answers it.")


def end(queue: Queue, ticket: int) -> None:
    """Let who asked say that it is over."""
    with queue.desk.work() as session:
        found = session.get_one(Ticket, ticket)
        resolve(found, by=session.get_one(User, found.requester_id))


def test_a_request_that_is_put_off_goes_on(asked: tuple[Queue, int]) -> None:
    queue, ticket = asked
    opened(queue, f"/duplicates/requested/{ticket}/C/D")
    assert queue.decide("later", 1).goal == queue.url(2)


def test_a_request_of_no_ticket_is_an_unknown_page(queue: Queue) -> None:
    assert queue.visitor.get("/duplicates/requested/99/C/D", status=404).says("There is no such ticket.")
    assert queue.pair(1).ticket_id is None


@pytest.mark.parametrize(
    ("ids", "status", "says"),
    [
        ("C/Z", 404, "There is no client Z here whose record can be compared."),
        ("C/C", 422, "Both client IDs are the same record."),
        ("%3Cscript%3E/C", 404, "There is no client <script> here whose record can be compared."),
        ("C%27--/D", 404, "There is no client C'-- here whose record can be compared."),
    ],
)
def test_wrong_client_ids_are_said(queue: Queue, ids: str, status: int, says: str) -> None:
    first, second = unquote(ids).split("/")
    ticket = ticket_for(queue, first, second)
    page = queue.visitor.get(f"/duplicates/requested/{ticket}/{ids}", status=status)
    assert page.says(says)
    assert page.says("Answer there: say so, or ask which two records are meant.")
    assert f'<a href="/tickets/{ticket}">' in page.html
    assert 'name="records"' not in page.html


def test_a_client_of_victim_services_alone_is_answered_like_one_that_is_not_there(asked: tuple[Queue, int]) -> None:
    queue, ticket = asked
    address = f"/duplicates/requested/{ticket}/C/D"
    (records,) = re.findall(r'name="records" value="([\d-]+)"', queue.visitor.get(address).html)
    with queue.desk.work() as session:
        protected = session.get_one(Client, queue.clients[3].id)
        make_stay(protected, make_project(session.get_one(HmisSource, protected.source_id), victim_services=True))
    for page in (
        queue.visitor.get(address, status=404),
        queue.visitor.post(address, {"records": records}, status=404),
    ):
        assert page.says("There is no client D here whose record can be compared.")
        assert f'<a href="/tickets/{ticket}">' in page.html
        assert "Coast HMIS" not in page.html
        assert "victim" not in page.html
    with queue.desk.look() as session:
        assert session.scalar(select(func.count()).select_from(PairTicket)) == 0


@pytest.mark.parametrize(("left", "how", "kept"), [("C", "into", "D"), ("D", "with", "C")])
def test_a_record_that_left_its_source_when_it_was_merged_is_said_to_be(
    asked: tuple[Queue, int], left: str, how: str, kept: str
) -> None:
    queue, ticket = asked
    with clock.frozen_at(datetime(2026, 11, 3, 17, tzinfo=UTC)), queue.desk.work() as session:
        pair, by = session.get_one(Pair, queue.pairs[1].id), session.get_one(User, queue.reviewer.id)
        merge_pair(pair, destination_client_id=queue.clients[3].id, choices={}, by=by)
    address = f"/duplicates/requested/{ticket}/C/D"
    with queue.desk.work() as session:
        session.get_one(Client, queue.clients["ABCDEF".index(left)].id).removed_at = clock.now()
    page = queue.visitor.get(address, status=404)
    assert page.says(f"Client {left} was merged {how} client {kept} on 3 Nov 2026")
    assert f'<a href="/tickets/{ticket}">' in page.html
    with queue.desk.work() as session:
        here = session.get_one(Client, queue.clients["ABCDEF".index(kept)].id)
        make_stay(here, make_project(session.get_one(HmisSource, here.source_id), victim_services=True))
    assert queue.visitor.get(address, status=404).says("There is no client C here")


def test_records_with_hashed_names_are_refused_with_the_way_back(asked: tuple[Queue, int]) -> None:
    queue, ticket = asked
    with queue.desk.work() as session:
        session.get_one(HmisSource, queue.clients[2].source_id).names_hashed = True
    address = f"/duplicates/requested/{ticket}/C/D"
    (records,) = re.findall(r'name="records" value="([\d-]+)"', queue.visitor.get(address).html)
    page = queue.visitor.post(address, {"records": records}, status=422)
    assert page.says("The names of these records are hashed")
    assert f'<a href="/tickets/{ticket}">' in page.html


def test_client_ids_of_two_sources_are_asked_about(asked: tuple[Queue, int]) -> None:
    queue, ticket = asked
    with queue.desk.work():
        make_clients(make_source("Valley HMIS"), 4)
    url = f"/duplicates/requested/{ticket}/C/D"
    page = queue.visitor.get(url)
    assert page.heading == "Which records are meant?"
    for hostile in ("0-0", "x", f"{queue.clients[0].id}-{queue.clients[1].id}"):
        assert queue.visitor.post(url, {"records": hostile}, follow=True).heading == page.heading
    assert page.says("Client C of Coast HMIS and client D of Coast HMIS")
    records = f"{queue.clients[2].id}-{queue.clients[3].id}"
    assert queue.visitor.post(url, {"records": records}, status=302).goal == queue.url(1)


# Merges


def test_merges_are_listed_newest_first(queue: Queue) -> None:
    assert queue.visitor.get("/duplicates/merges").says("Nothing was merged yet")
    for at in (0, 1):
        queue.decide("merge", at)
    queue.undo()
    page = queue.visitor.get("/duplicates/merges")
    assert page.words.index("Client D into C") < page.words.index("Client B into A")
    assert page.says("Undone")


def test_a_merge_that_others_stand_on_says_what_becomes_of_them(queue: Queue) -> None:
    a, b, c = queue.clients[:3]
    with queue.desk.work() as session:
        by = session.get_one(User, queue.reviewer.id)
        first = merge_pair(session.get_one(Pair, queue.pairs[0].id), destination_client_id=a.id, choices={}, by=by)
        later = make_pair(session.get_one(Client, b.id), session.get_one(Client, c.id))
        second = merge_pair(later, destination_client_id=b.id, choices={}, by=by)
    page = queue.visitor.get(f"/duplicates/merges/{first.id}")
    assert page.says("a record that was merged into one of these two stays with it")
    assert page.link(f"Merge {second.id}") == f"/duplicates/merges/{second.id}"
    queue.undo(first.id)
    with queue.desk.look() as session:
        assert [session.get_one(Client, client.id).person_id for client in (a, b, c)] == [a.id, b.id, b.id]
    assert not queue.visitor.get(f"/duplicates/merges/{second.id}").says("stays with it")


def test_a_merge_that_came_after_the_page_was_opened_is_shown_before_anything_is_undone(queue: Queue) -> None:
    queue.decide("merge")
    url = "/duplicates/merges/1"
    seen = seen_on(queue.visitor.get(url))
    with queue.desk.work() as session:
        by, (b, c) = (
            session.get_one(User, queue.reviewer.id),
            (session.get_one(Client, each.id) for each in queue.clients[1:3]),
        )
        later = merge_pair(make_pair(b, c), destination_client_id=b.id, choices={}, by=by)
    for mark in (seen, "", "-"):
        refused = queue.visitor.post(url, {"seen": mark}, status=422)
        assert refused.says("This merge has changed since you opened this page.")
        assert refused.says(f"Merge {later.id}: client C into B")
    kept = queue.visitor.post(url, {"seen": seen, "also": str(later.id)}, status=422)
    assert kept.reader.tree.css_matches(f"[name=also][value='{later.id}'][checked]"), "what was ticked stays ticked"
    for strange in ("99", "x", "1"):
        unknown = queue.visitor.post(url, {"seen": seen_on(refused), "also": strange}, status=422)
        assert unknown.says("is no other merge in force of the same person.")
    with queue.desk.look() as session:
        assert all(merge.is_active for merge in session.scalars(select(Merge)))
    assert queue.undo(also=str(later.id)).says("The merge is undone")


def test_a_merge_whose_client_is_protected_since_is_on_no_list_but_to_be_undone(queue: Queue) -> None:
    a, b, c = queue.clients[:3]
    with queue.desk.work() as session:
        source = session.get_one(HmisSource, a.source_id)
        haven = make_project(source, project_name="Haven", project_type=0)
        organization = haven.organization_id
        session.execute(delete(Enrollment))
        for client, project in ((a, make_project(source, project_type=0)), (b, haven)):
            make_stay(session.get_one(Client, client.id), project)
        by, kept = session.get_one(User, queue.reviewer.id), session.get_one(Client, a.id)
        merged(session.get_one(Pair, queue.pairs[0].id), by)
        merged(make_pair(kept, session.get_one(Client, c.id)), by)
        late = entered_later(kept, haven).id
    lists = ("/duplicates/vendor", "/duplicates/vendor.csv", "/duplicates/follow-ups")
    pages = ("/duplicates/merges", "/duplicates/merges/1", "/duplicates/merges/2")
    shown = {url: queue.visitor.get(url) for url in (*lists, *pages)}
    assert shown["/duplicates/follow-ups"].says("Haven")
    assert shown["/duplicates/merges/1"].says("to today, under client A")
    assert shown["/duplicates/merges/2"].says("Merge 1: client B into A")
    assert b"B,A" in shown["/duplicates/vendor.csv"].body or b"A,B" in shown["/duplicates/vendor.csv"].body
    with queue.desk.work() as session:
        chosen = update(Organization).where(Organization.organization_id == organization)
        session.execute(chosen.values(victim_service_provider=1))
    shown = {url: queue.visitor.get(url) for url in shown}
    for url, page in shown.items():
        told = page.body.decode() if url.endswith(".csv") else page.words
        for words in ("Haven", "Client A", "Client B", "client A", "client B", "client C", "A,B", "B,A"):
            assert words not in told, (url, words)
        assert f"/clients/{b.id}" not in page.html
    assert shown["/duplicates/merges"].says("A client of victim services")
    assert shown["/duplicates/merges"].says("To be undone")
    assert shown["/duplicates/merges/1"].says("A client of victim services is part of this person")
    assert queue.undo(**{f"stay-{late}": a.id}).says("The merge is undone")
    assert not queue.visitor.get("/duplicates/merges").says("To be undone")


def test_a_merge_of_a_record_that_left_its_source_is_shown(queue: Queue) -> None:
    queue.decide("merge")
    with queue.desk.work() as session:
        session.get_one(Client, queue.clients[1].id).removed_at = clock.now()
    page = queue.visitor.get("/duplicates/merges/1")
    assert page.says("Kept: client A")
    assert not page.says("Folded in: client B")
    queue.undo()


# Scans, and an empty queue


def test_an_empty_queue_offers_a_scan(desk: Desk) -> None:
    with desk.work():
        reviewer = make_admin()
    visitor = desk.signed_in(reviewer)
    page = visitor.get("/duplicates")
    assert page.says("No pairs to review")
    asked = visitor.post("/duplicates/scan", follow=True)
    assert asked.says("The scan starts within a minute.")
    assert asked.says("A scan is about to start.")
    assert visitor.post("/duplicates/scan", follow=True).says("A scan waits already.")
    assert 'hx-trigger="every 2s"' in visitor.get("/duplicates").html
    with desk.work():
        scan = begin_waiting_scan()
    assert visitor.get("/duplicates").says("A scan is running since")
    with desk.work() as session:
        fail_scan(session.get_one(Scan, scan.id if scan else 0))
    failed = visitor.get("/duplicates")
    assert failed.says("The last scan failed.")
    assert "every 2s" not in failed.html


def test_the_last_scan_says_what_it_left_out_and_what_contradicts_a_decision(desk: Desk) -> None:
    with desk.work():
        reviewer, source = make_admin(), make_source()
        make_client(source, first_name=None, last_name=None, dob=None)
        make_stay(make_client(source), make_project(source, victim_services=True))
        make_client(make_source(names_hashed=True))
        for _ in range(2):
            make_client(source, ssn="219450817")
        three = [make_client(source, f"K-{at}", ssn="412734471", first_name="Keisha") for at in (1, 2, 3)]
        keep_clients_apart(three[0], three[2], by=reviewer)
        scan = scan_store(by=reviewer)
        assert scan.state is ScanState.DONE
    visitor = desk.signed_in(reviewer)
    page = visitor.get("/duplicates/scan")
    assert not page.says("The last scan failed.")
    with desk.work():
        fail_scan(begin_scan(by=reviewer))
    page = visitor.get("/duplicates/scan")
    for words in (
        "The last scan failed.",
        "What is told below is from the scan before.",
        "3 pairs proposed, 3 of them new, among 6 records.",
        "Client K-1, Client K-2, Client K-3 hang together, but K-1 and K-3 were kept apart. One of these is wrong.",
        "1 record: All stays are with victim service providers",
        "1 record: The names of the whole source are hashed.",
        "1 record: Name, birth date and social security number are all missing or made up.",
        "3 pairs to review",
    ):
        assert page.says(words), words


def test_a_queue_that_colleagues_hold_says_so(queue: Queue) -> None:
    with queue.desk.work() as session:
        for pair in session.scalars(select(Pair)):
            pair.claimed_by_id, pair.claimed_until = queue.colleague.id, clock.now() + timedelta(minutes=5)
    assert queue.visitor.get("/duplicates").says("Your colleagues hold every pair")


# Elsewhere


def test_the_page_of_a_client_shows_pairs_and_merges_of_the_whole_person(queue: Queue) -> None:
    with queue.desk.work() as session:
        make_pair(session.get_one(Client, queue.clients[1].id), session.get_one(Client, queue.clients[2].id))
    queue.decide("merge")
    page = queue.visitor.get(f"/clients/{queue.clients[0].id}")
    assert page.link("Merge 1") == "/duplicates/merges/1"
    assert page.link("Pair 4") == "/duplicates/pairs/4"
    with queue.desk.work():
        stranger = make_user(Role.MANAGER)
    assert "Merge 1" in queue.desk.signed_in(stranger).get(f"/clients/{queue.clients[0].id}").html


def _many_pairs(queue: Queue) -> None:
    """Fill the queue, keep CD apart, merge EF, and let A and B stand for two records each."""
    with queue.desk.work() as session:
        by, source = session.get_one(User, queue.reviewer.id), make_source()
        for number in range(40):
            make_pair(make_client(source), make_client(source), score=50 + number)
        for at in (0, 1):
            twin = make_pair(session.get_one(Client, queue.clients[at].id), make_client(source))
            merge_pair(twin, destination_client_id=queue.clients[at].id, choices={"name": "source"}, by=by)
        keep_apart(session.get_one(Pair, queue.pairs[1].id), by=by)
        kept = queue.clients[4].id
        merge_pair(session.get_one(Pair, queue.pairs[2].id), destination_client_id=kept, choices={}, by=by)


def test_pages_cost_few_statements(asked: tuple[Queue, int], counted: Callable[[], int]) -> None:
    queue, ticket = asked
    _many_pairs(queue)
    other = queue.desk.signed_in(queue.colleague)
    other.get("/duplicates/merges")
    costs = {}

    def count(name: str, url: str, *, by: Visitor = queue.visitor, status: int = 200) -> None:
        counted()
        by.get(url, status=status)
        costs[name] = counted()

    count("first look of two people of two records", queue.url())
    count("second look", queue.url())
    count("held by a colleague", queue.url(), by=other)
    count("kept apart", queue.url(1))
    count("merged", queue.url(2))
    queue.visitor.get(f"/duplicates/requested/{ticket}/A/B", status=404)
    opened(queue, f"/duplicates/requested/{ticket_for(queue, 'A', 'B')}/A/B")
    count("asked for by a ticket", queue.url())
    count("queue", "/duplicates", status=302)
    count("list", "/duplicates/queue?agency=1")
    count("figures", "/duplicates/figures")
    count("merges", "/duplicates/merges")
    count("merge", "/duplicates/merges/1")
    count("scan", "/duplicates/scan")
    assert {name: cost for name, cost in costs.items() if cost > 12} == {}, costs


def test_the_list_of_pairs_says_what_each_is_worth_and_its_filters_go_along(queue: Queue) -> None:
    with queue.desk.work() as session:
        session.get_one(Pair, queue.pairs[1].id).has_conflict = True
        session.get_one(Pair, queue.pairs[2].id).has_conflict = True
    page = queue.visitor.get("/duplicates/queue")
    assert page.says("3 pairs")
    assert page.says("95% likely, no open stay, reports of the last year hardly change.")
    narrowed = queue.visitor.get("/duplicates/queue?conflict=yes&agency=x")
    assert narrowed.says("2 pairs")
    assert queue.visitor.get(narrowed.link("Review these"), status=302).goal == f"{queue.url(1)}?conflict=yes"
    shown = queue.visitor.get(f"{queue.url(1)}?conflict=yes")
    assert shown.says("Pair 1 of 2 to review")
    data = {"act": "apart", "keep": queue.clients[2].id, "seen": queue.mark(1)}
    assert queue.visitor.post(f"{queue.url(1)}?conflict=yes", data, status=302).goal == f"{queue.url(2)}?conflict=yes"
    data = {"act": "later", "keep": queue.clients[4].id, "seen": queue.mark(2)}
    assert queue.visitor.post(f"{queue.url(2)}?conflict=yes", data, status=302).goal == f"{queue.url(2)}?conflict=yes"
    assert queue.visitor.get("/duplicates/queue?state=deferred").says("Longest put off first")
    assert queue.visitor.get("/duplicates?held=me&asked=yes").says("No such pair waits")
