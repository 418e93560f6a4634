"""What the merge desk does when others do something."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.hmis.models import Client
from adminops.identity import operations
from adminops.identity.models import Agency, AgencyOrganization, User
from dedupe.models import Pair, PairState
from dedupe.scanning import begin_waiting_scan, finish_scan, look_through_store, waiting_scan
from tests.make import make_agency
from tests.make_dedupe import make_client, make_pair, make_project, make_source, make_stay


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


def test_other_changes_of_agencies_ask_for_no_scan(session: Session, agency: Agency, reviewer: User) -> None:
    change(agency, reviewer, name="Another name", phone="555-0100")
    operations.add_agency(name="Second Step", by=reviewer)
    assert waiting_scan() is None
    operations.add_agency(name="Safe Place", is_victim_service_provider=True, by=reviewer)
    assert waiting_scan() is not None
