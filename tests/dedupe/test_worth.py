"""What deciding a pair is worth, and narrowing the queue, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.hmis.models import Client, HmisSource
from adminops.identity.models import AgencyOrganization, User
from dedupe.models import Evidence, Impact, Pair, PairPlace, PairState
from dedupe.narrowing import Narrowing
from dedupe.operations import review_pair
from dedupe.queue import list_pairs, next_pair, queue_around
from dedupe.worth import in_words, weigh, weigh_all
from tests.make import make_admin, make_agency
from tests.make_dedupe import make_client, make_exit, make_pair, make_project, make_stay


def long_ago(client: Client, source: HmisSource) -> None:
    """Let a client have left years ago."""
    begin = clock.today() - timedelta(days=900)
    make_exit(make_stay(client, make_project(source), entry=begin), begin + timedelta(days=9))


def test_what_is_worth_most_comes_first(clients: list[Client], source: HmisSource, reviewer: User) -> None:
    a, b, c = clients
    project, began = make_project(source), clock.today() - timedelta(days=20)
    likely = make_pair(make_client(source), make_client(source), score=99)
    both, one = make_pair(a, b, score=90), make_pair(a, c, score=90)
    for client in (a, b):
        make_stay(client, project, entry=began)
    long_ago(c, source)
    weigh([likely, both, one])
    assert [(pair.open_stays, pair.impact) for pair in (likely, both, one)] == [
        (0, Impact.LITTLE),
        (2, Impact.TWICE_IN_ONE_PROJECT),
        (1, Impact.LITTLE),
    ]
    assert [row.id for row in queue_around(both).rows] == [both.id, one.id, likely.id]
    assert next_pair(reviewer) == both.id
    assert in_words(both) == "Worth 8.1: 90% likely, 2 open stays, a project's own report counts them twice."
    assert in_words(one) == "Worth 1.8: 90% likely, 1 open stay, reports of the last year hardly change."


def test_two_who_were_in_two_places_are_counted_twice_by_reports_across_projects(
    pair: Pair, source: HmisSource
) -> None:
    for client in (pair.low_client, pair.high_client):
        begin = clock.today() - timedelta(days=200)
        make_exit(make_stay(client, make_project(source), entry=begin), begin + timedelta(days=2))
    weigh([pair])
    assert (pair.open_stays, pair.impact) == (0, Impact.COUNTED_TWICE)


def test_weighing_again_writes_what_is_new_and_forgets_what_is_gone(pair: Pair, source: HmisSource) -> None:
    here = make_project(source)
    stay = make_stay(pair.low_client, here)
    make_stay(pair.high_client, make_project(source, victim_services=True))
    make_stay(pair.high_client, make_project(source))
    places = select(PairPlace.project_id).where(PairPlace.pair_id == pair.id)
    weigh_all()
    before = set(db.session.scalars(places))
    assert here.id in before
    assert len(before) == 2, "a stay with a victim service provider is not spoken of"
    stay.removed_at = clock.now()
    db.session.flush()
    weigh_all({pair.low_client_id})
    assert set(db.session.scalars(places)) == before - {here.id}


@pytest.fixture
def agency_id(clients: list[Client], source: HmisSource) -> int:
    """An agency in whose project B stays."""
    project = make_project(source, project_type=13)
    make_stay(clients[1], project)
    agency = make_agency()
    agency.organizations.append(AgencyOrganization(source_id=source.id, organization_id=project.organization_id))
    db.session.flush()
    return agency.id


def test_the_queue_is_narrowed_by_what_one_asks_for(
    clients: list[Client], pair: Pair, agency_id: int, reviewer: User
) -> None:
    a, _, c = clients
    other = make_pair(a, c, score=80, evidence=Evidence.NUMBER, has_conflict=True, ticket_id=7)
    other.proposed_at = clock.now() - timedelta(days=31)
    weigh_all()
    review_pair(other, by=make_admin())

    def left(**args: str) -> set[int]:
        narrowing = Narrowing.read(args)
        assert narrowing.args == args
        return {row.pair.id for row in list_pairs(PairState.OPEN, narrowing.conditions(reviewer)).rows}

    assert left() == {pair.id, other.id}
    assert left(agency=str(agency_id)) == left(project_type="13") == {pair.id}
    assert left(evidence="number") == left(conflict="yes") == left(asked="yes") == left(age="30") == {other.id}
    assert left(held="others") == {other.id}
    assert left(conflict="no") == left(held="nobody") == {pair.id}
    assert left(held="me") == left(age="90") == left(project_type="1") == set()
    among = Narrowing(evidence="number").conditions(reviewer)
    assert next_pair(reviewer, among=among) is None, "a colleague holds the only one"


def test_what_an_address_says_wrongly_narrows_nothing(reviewer: User) -> None:
    wrong = {
        "agency": "x",
        "project_type": "²",
        "evidence": "e",
        "conflict": "1",
        "held": "?",
        "asked": "0",
        "age": "8",
    }
    assert Narrowing.read(wrong).args == {}
    assert Narrowing.read(wrong).conditions(reviewer) == []
