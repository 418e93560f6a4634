"""What who asked for a merge reads on the ticket: what came of it, and that it was taken back. On both databases."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, select

from adminops import clock
from adminops.db import db
from adminops.facts import ExportImported, publish
from adminops.hmis.models import Client, Enrollment, HmisSource, Merge
from adminops.identity.models import SYSTEM, AgencyOrganization, User
from adminops.identity.permissions import Role
from adminops.identity.tokens import TokenScope
from dedupe import jobs
from dedupe.models import Pair, PairState
from dedupe.operations import (
    defer_pair,
    keep_apart,
    merge_pair,
    pair_for_request,
    reopen_pair,
    tick_merge,
    undo_merge,
    untick_merge,
)
from dedupe.scanning import scan_store
from tests.api.asking import program_of
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_dedupe import make_client, make_pair, make_project, make_source, make_stay
from tests.make_tickets import make_ticket
from tickets import merging
from tickets.models import Ticket, TicketState
from tickets.notices.models import Notice
from tickets.notices.occasions import Occasion

S = TicketState
NOON = datetime(2026, 11, 3, 17, tzinfo=UTC)


class House:
    """A lead who asks to merge C-1 and C-2, clients of their agency. C-3 is one, too; nobody asks for it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        with desk.work() as session:
            source, agency = make_source(), make_agency()
            project = make_project(source)
            there = {"source_id": source.id, "organization_id": project.organization_id}
            session.add(AgencyOrganization(agency_id=agency.id, **there))
            clients = [make_client(source, f"C-{number}") for number in (1, 2, 3)]
            for client in clients:
                make_stay(client, project)
            make_pair(*clients[:2])
            self.reviewer, self.lead = make_admin(name="Rita"), make_user(Role.AGENCY_LEAD, agency=agency)
            self.outsider = make_user(Role.AGENCY_LEAD, agency=make_agency())
        self.ticket = self.ask()

    def ask(self, one: int = 1, other: int = 2) -> int:
        """File a ticket and open its pair; return its number."""
        with self.desk.work() as session:
            answers = {"first_client": f"C-{one}", "second_client": f"C-{other}"}
            number = make_ticket(session.get_one(User, self.lead.id), answers=answers).id
            self.compares(number, one, other)
        return number

    def compares(self, ticket: int, one: int, other: int) -> None:
        """Let the reviewer open a pair for a ticket."""
        pair_for_request(client(one), client(other), ticket_id=ticket, by=self.rita())

    def rita(self) -> User:
        return db.session.get_one(User, self.reviewer.id)

    def does(self, verb: Callable[..., Any], what: Callable[[], Any], **said: Any) -> None:
        """Let the reviewer carry a verb out."""
        with self.desk.work():
            verb(what(), **said, by=self.rita())

    def merges(self, one: int = 1, other: int = 2) -> None:
        """Let the reviewer merge the record with the first number into the other one."""
        with self.desk.work():
            source, kept = client(one), client(other)
            merge_pair(pair_of(source, kept), destination_client_id=kept.id, choices={}, by=self.rita())

    def reads(self, ticket: int | None = None, *, as_: User | None = None) -> str:
        """Return what the requester, or another one, reads on a ticket."""
        page = self.desk.signed_in(as_ or self.lead).get(f"/tickets/{ticket or self.ticket}")
        return re.sub(r"\s+", " ", page.words)

    def state(self, ticket: int | None = None) -> TicketState:
        with self.desk.look() as session:
            return session.get_one(Ticket, ticket or self.ticket).state


def client(number: int) -> Client:
    return db.session.scalars(select(Client).where(Client.personal_id == f"C-{number}")).one()


def pair_of(one: Client, other: Client) -> Pair:
    low, high = sorted((one.id, other.id))
    found = db.session.scalar(select(Pair).where(Pair.low_client_id == low, Pair.high_client_id == high))
    return found or make_pair(one, other)


def asked_for() -> Pair:
    return pair_of(client(1), client(2))


def last_merge() -> Merge:
    return db.session.scalars(select(Merge).order_by(Merge.id.desc()).limit(1)).one()


@pytest.fixture
def house(desk: Desk) -> House:
    """A house in which a lead has asked for a merge."""
    return House(desk)


def test_the_requester_reads_which_id_stays(house: House) -> None:
    house.merges()
    said = house.reads()
    assert "merged Client C-1 into Client C-2, whose ID stays" in said
    assert "resolved this: the work is done" in said
    assert "client record" not in said
    assert house.state() is S.RESOLVED


def test_who_may_not_see_the_clients_reads_no_id(house: House) -> None:
    with house.desk.work() as session:
        session.get_one(Ticket, house.ticket).requester_id = house.outsider.id
    house.merges()
    said = house.reads(as_=house.outsider)
    assert "merged the client into the client, whose ID stays" in said


def test_programs_read_of_both_clients_by_their_numbers(house: House) -> None:
    house.merges()
    with house.desk.look():
        one, other = client(1).id, client(2).id
    program = program_of(house.desk, house.lead, [TokenScope.READ_TICKETS])
    told = program.ask("GET", f"/tickets/{house.ticket}/timeline")["timeline"]
    assert f"merged client:{one} into client:{other}, whose ID stays" in [each["text"] for each in told]


def test_the_requester_reads_when_the_vendor_has_merged_them_too(house: House) -> None:
    house.merges()
    house.does(tick_merge, last_merge)
    assert "noted that Client C-1 is merged into Client C-2 in the vendor’s system, too" in house.reads()
    house.does(untick_merge, last_merge)
    assert "noted that Client C-1 is not merged into Client C-2 in the vendor’s system yet" in house.reads()
    assert house.state() is S.RESOLVED


def test_who_asks_for_what_is_merged_already_reads_when_and_which_id_stays(house: House) -> None:
    with clock.frozen_at(NOON):
        house.merges()
    late = house.ask()
    said = house.reads(late)
    assert "found Client C-1 merged into Client C-2 already on 3 Nov 2026; the ID of the latter stays" in said
    assert house.state(late) is S.RESOLVED
    assert "found" not in house.reads()


def test_who_asks_for_two_who_are_kept_apart_already_reads_when(house: House) -> None:
    with clock.frozen_at(NOON):
        house.does(keep_apart, asked_for)
    assert "kept Client C-1 and Client C-2 apart: they are two people" in house.reads()
    late = house.ask()
    said = house.reads(late)
    assert "found Client C-1 and Client C-2 kept apart already on 3 Nov 2026: they are two people" in said


def test_an_undone_merge_opens_the_request_again_until_the_next_decision(house: House) -> None:
    late = [house.ticket, house.ask()]
    house.merges()
    house.does(undo_merge, last_merge, reason="Two people")
    for ticket in late:
        said = house.reads(ticket)
        assert "took the merge of Client C-1 into Client C-2 back" in said
        assert "opened this again: what answered it no longer holds" in said
        assert "Two people" not in said
        assert house.state(ticket) is S.OPEN
    with house.desk.look() as session:
        told = select(Notice.ticket_id).where(Notice.user_id == house.lead.id, Notice.occasion == Occasion.REOPENED)
        assert sorted(session.scalars(told)) == late
    house.does(keep_apart, asked_for)
    assert {house.state(ticket) for ticket in late} == {S.RESOLVED}


def test_a_pair_kept_apart_that_is_reopened_opens_the_request_again(house: House) -> None:
    house.does(keep_apart, asked_for)
    house.does(reopen_pair, asked_for)
    assert "took the decision on Client C-1 and Client C-2 back" in house.reads()
    assert house.state() is S.OPEN


def test_what_others_settled_is_answered_and_taken_back_with_them(house: House) -> None:
    house.merges(1, 3)
    house.merges(2, 3)
    assert "found Client C-1 and Client C-2 merged already, by way of other records" in house.reads()
    assert house.state() is S.RESOLVED
    house.does(undo_merge, last_merge)
    assert "took the decision on Client C-1 and Client C-2 back" in house.reads()
    assert house.state() is S.OPEN


def test_who_asks_for_what_others_keep_apart_reads_that_it_is_looked_at_again(house: House) -> None:
    house.merges(2, 3)
    house.does(keep_apart, lambda: pair_of(client(1), client(3)))
    assert "kept apart already, by way of other records" in house.reads()
    late = [house.ask()]
    with house.desk.work():
        asked_again = pair_of(client(1), client(3))
        asked_again.state, asked_again.changes = PairState.OPEN, ["SSN: was 1 digit differs, is now same."]
    late.append(house.ask())
    again = "by way of other records; whether that is right is looked at again now"
    assert [again in house.reads(ticket) for ticket in (house.ticket, *late)] == [False, False, True]


def test_a_decision_taken_back_leaves_the_request_answered_where_others_settle_it(house: House) -> None:
    house.does(keep_apart, asked_for)
    house.does(keep_apart, lambda: pair_of(client(1), client(3)))
    house.merges(2, 3)
    house.does(reopen_pair, asked_for)
    assert "found Client C-1 and Client C-2 kept apart already, by way of other records" in house.reads()
    assert house.state() is S.RESOLVED


def test_tickets_that_were_made_one_are_answered_when_none_of_their_pairs_waits(house: House) -> None:
    further = house.ask(1, 3)
    with house.desk.work() as session:
        merging.merge(session.get_one(Ticket, further), into=session.get_one(Ticket, house.ticket), by=house.rita())
    house.does(keep_apart, asked_for)
    assert "kept Client C-1 and Client C-2 apart" in house.reads()
    assert house.state() is S.NEW, "the other pair waits"
    house.does(defer_pair, lambda: pair_of(client(1), client(3)))
    assert house.state() is S.NEW
    house.does(keep_apart, lambda: pair_of(client(1), client(3)))
    assert house.state() is S.RESOLVED
    house.does(reopen_pair, asked_for)
    assert house.state() is S.OPEN


def test_a_ticket_of_two_pairs_is_answered_with_the_last_of_them(house: House) -> None:
    with house.desk.work():
        house.compares(house.ticket, 1, 3)
    house.merges()
    assert "merged Client C-1 into Client C-2" in house.reads()
    assert house.state() is S.NEW
    house.merges(2, 3)
    assert "found Client C-1 and Client C-3 merged already, by way of other records" in house.reads()
    assert house.state() is S.RESOLVED


def leaves() -> None:
    client(2).removed_at = clock.now()


def becomes_protected() -> None:
    one = client(2)
    source = db.session.get_one(HmisSource, one.source_id)
    db.session.execute(delete(Enrollment).where(Enrollment.personal_id == one.personal_id))
    make_stay(one, make_project(source, victim_services=True))


@pytest.mark.parametrize("happens", [leaves, becomes_protected])
def test_the_team_reads_that_a_pair_can_no_longer_be_compared_and_not_why(
    house: House, happens: Callable[[], None]
) -> None:
    ended = house.ask()
    with house.desk.work() as session:
        session.get_one(Ticket, house.ticket).assignee_id = house.reviewer.id
        session.get_one(Ticket, ended).state = S.RESOLVED
    with house.desk.work():
        happens()
        scan_store()
    with house.desk.look() as session:
        told = select(Notice.user_id, Notice.ticket_id).where(Notice.occasion == Occasion.HELD_UP)
        assert session.execute(told).all() == [(house.reviewer.id, house.ticket)]
        said = f"found that Pair {asked_for().id} can no longer be compared, so that nobody decides on it: ask here"
    assert said in house.reads(as_=house.reviewer)
    assert "can no longer be compared" not in house.reads()
    assert house.state() is S.NEW


def test_an_import_does_not_wait_for_who_writes_on_the_ticket_of_a_pair(house: House) -> None:
    with house.desk.work():
        becomes_protected()
        publish(ExportImported(import_id=1, outcome="applied"), by=SYSTEM)
        assert asked_for().state is PairState.OPEN
    with house.desk.app.app_context():
        jobs.run_waiting_scan()
    with house.desk.look():
        assert asked_for().state is PairState.GONE


def test_a_request_that_ended_otherwise_stays_as_it_is(house: House) -> None:
    house.does(defer_pair, asked_for)
    with house.desk.work() as session:
        session.get_one(Ticket, house.ticket).state = S.RESOLVED
    house.does(reopen_pair, asked_for)
    assert house.state() is S.RESOLVED, "a pair that was put off had answered nothing"
    house.merges()
    house.does(undo_merge, last_merge)
    assert house.state() is S.RESOLVED, "nobody said that it was done"
