"""What the merge desk does when others do something."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.hmis.models import Client, HmisSource, Organization
from adminops.identity import operations
from adminops.identity.models import SYSTEM, Agency, AgencyOrganization, User
from adminops.identity.permissions import Role
from adminops.programs.operations import approve_request, request_program, set_up_program
from dedupe import jobs
from dedupe.models import Pair, PairState
from dedupe.operations import review_pair
from dedupe.scanning import ask_for_scan, begin_scan, begin_waiting_scan, finish_scan, look_through_store, waiting_scan
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_dedupe import make_client, make_pair, make_project, make_source, make_stay
from tests.make_programs import make_wish


@pytest.fixture
def agency(session: Session) -> Agency:
    """An agency whose program two records stay in; a third stays nowhere."""
    source = make_source()
    project = make_project(source)
    agency = make_agency()
    agency.organizations.append(AgencyOrganization(source_id=source.id, organization_id=project.organization_id))
    for personal_id in ("A", "B", "C"):
        client = make_client(source, personal_id, ssn="219450817")
        if personal_id != "C":
            make_stay(client, project)
    session.flush()
    return agency


def change(agency: Agency, by: User, **over: object) -> None:
    now = {"name": agency.name, "phone": agency.phone, "is_victim_service_provider": agency.is_victim_service_provider}
    operations.change_agency(agency, **{**now, **over}, by=by)


def test_clients_are_out_of_the_queue_as_soon_as_their_agency_is_marked(
    session: Session, agency: Agency, reviewer: User
) -> None:
    one, other, _third = session.scalars(select(Client).order_by(Client.personal_id))
    free = make_pair(make_client(make_source(), "D"), make_client(make_source(), "E"))
    pair = make_pair(one, other)
    change(agency, reviewer, is_victim_service_provider=True)
    assert (pair.state, free.state) == (PairState.GONE, PairState.OPEN)
    assert waiting_scan() is not None


def test_clients_come_back_with_the_scan_that_follows(session: Session, agency: Agency, reviewer: User) -> None:
    change(agency, reviewer, is_victim_service_provider=True)
    _scan()
    assert session.scalars(select(Pair)).all() == []
    change(agency, reviewer, is_victim_service_provider=False)
    _scan()
    assert len(session.scalars(select(Pair).where(Pair.state == PairState.OPEN)).all()) == 3


def _scan() -> None:
    scan = begin_waiting_scan()
    assert scan is not None
    finish_scan(scan, look_through_store())


def test_clients_who_are_protected_since_a_scan_began_do_not_come_back_with_it(
    session: Session, agency: Agency, reviewer: User
) -> None:
    one, other, third = session.scalars(select(Client).order_by(Client.personal_id))
    asked_for = make_pair(one, other, ticket_id=7)
    held = make_pair(one, third)
    review_pair(held, by=reviewer)
    scan, found = begin_scan(by=SYSTEM), look_through_store()
    assert len(found.pairs) == 3
    change(agency, reviewer, is_victim_service_provider=True)
    finish_scan(scan, found)
    assert (asked_for.state, held.state) == (PairState.GONE, PairState.GONE)
    assert len(session.scalars(select(Pair)).all()) == 2, "the third pair is not proposed"
    assert scan.counts["new"] == 0


def test_a_scan_takes_out_the_pairs_that_were_passed_over_when_their_agency_was_marked(
    session: Session, agency: Agency, reviewer: User
) -> None:
    one, other, third = session.scalars(select(Client).order_by(Client.personal_id))
    free, held = make_pair(one, other), make_pair(one, third)
    review_pair(held, by=reviewer)
    scan, found = begin_scan(by=SYSTEM), look_through_store()
    agency.is_victim_service_provider = True
    finish_scan(scan, found)
    assert (free.state, held.state, scan.counts["gone"]) == (PairState.GONE, PairState.GONE, 2)


def test_what_was_passed_over_does_not_wait_for_the_scan_that_runs(desk: Desk) -> None:
    with desk.work():
        source = make_source()
        one, other = make_client(source, "A"), make_client(source, "B")
        make_stay(one, make_project(source, victim_services=True))
        pair_id = make_pair(one, other).id
        begin_scan(by=SYSTEM)
    with desk.app.app_context():
        jobs.run_waiting_scan()
    assert _state(desk, pair_id) is PairState.OPEN, "nothing was found out"
    with desk.work():
        ask_for_scan(by=SYSTEM)
    with desk.app.app_context():
        jobs.run_waiting_scan()
    assert _state(desk, pair_id) is PairState.GONE
    with desk.look():
        assert waiting_scan() is not None


def _state(desk: Desk, pair_id: int) -> PairState:
    with desk.look() as session:
        return session.get_one(Pair, pair_id).state


def test_clients_are_out_of_the_queue_when_a_marked_agency_turns_out_to_be_their_organization(
    session: Session, agency: Agency, reviewer: User
) -> None:
    one, other, _third = session.scalars(select(Client).order_by(Client.personal_id))
    pair = make_pair(one, other)
    session.delete(agency.organizations[0])
    session.flush()
    session.expire(agency)
    change(agency, reviewer, is_victim_service_provider=True)
    _scan()
    assert pair.state is PairState.OPEN, "nobody knows yet whose clients they are"
    agency.name = session.scalars(select(Organization.organization_name)).one()
    _set_up_a_program(session, agency)
    assert pair.state is PairState.GONE
    assert waiting_scan() is not None


def test_other_changes_of_agencies_ask_for_no_scan(session: Session, agency: Agency, reviewer: User) -> None:
    change(agency, reviewer, name="Another name", phone="555-0100")
    operations.add_agency(name="Second Step", by=reviewer)
    _set_up_a_program(session, agency)
    assert waiting_scan() is None


def _set_up_a_program(session: Session, agency: Agency) -> None:
    lead, manager = make_user(Role.AGENCY_LEAD, agency=agency), make_user(Role.MANAGER)
    wish = make_wish(lead)
    request_program(wish, by=lead)
    approve_request(wish, by=manager)
    set_up_program(wish, session.scalars(select(HmisSource)).one(), by=make_admin())
