"""Looking clients up: who finds whom, what is shown, what is kept on the record."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from adminops import clock
from adminops.audit.models import AuditEntry
from adminops.db import db
from adminops.demo import write_export
from adminops.hmis.intake import import_export
from adminops.hmis.models import Client, Enrollment, HmisSource, Project
from adminops.identity.models import Agency, AgencyOrganization
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user


@pytest.fixture
def store(desk: Desk, tmp_path: Path) -> Desk:
    """A desk whose store holds a small invented export."""
    export = tmp_path / "export.zip"
    write_export(export, clients=60, seed=3, today=date(2026, 11, 1))
    with desk.work():
        source = HmisSource(name="Test HMIS", created_at=clock.now())
        db.session.add(source)
        db.session.flush()
        import_export(export, source=source, by_id=None)
    return desk


def _agency_of(client: Client) -> tuple[str, Agency]:
    """Make the agency that serves `client`."""
    organization_id = db.session.scalars(
        select(Project.organization_id)
        .join(Enrollment, (Enrollment.project_id == Project.project_id) & (Enrollment.source_id == Project.source_id))
        .where(Enrollment.personal_id == client.personal_id)
    ).first()
    agency = make_agency()
    db.session.add(AgencyOrganization(agency=agency, source_id=client.source_id, organization_id=organization_id))
    return str(organization_id), agency


def _some_client() -> Client:
    client = db.session.scalars(
        select(Client)
        .join(Enrollment, (Enrollment.personal_id == Client.personal_id) & (Enrollment.source_id == Client.source_id))
        .where(Client.last_name.is_not(None), Client.first_name.is_not(None))
        .order_by(Client.id)
    ).first()
    assert client is not None
    return client


def test_an_administrator_finds_a_client_by_id_and_by_name(store: Desk) -> None:
    with store.work():
        admin, client = make_admin(), _some_client()
    visitor = store.signed_in(admin)
    for words in (client.personal_id, f"{client.last_name}, {client.first_name}", str(client.last_name).upper()):
        found = visitor.post("/clients", {"words": words}, status=200)
        assert any(url == f"/clients/{client.id}" for url, _ in found.reader.links), words
    for words in (client.personal_id, f"{client.last_name}, {client.first_name}"):
        hits = visitor.post("/search", {"q": words}, status=200)
        assert any(url == f"/clients/{client.id}" for url, _ in hits.reader.links), words


def test_names_of_clients_stay_out_of_addresses(store: Desk) -> None:
    with store.work():
        admin, client = make_admin(), _some_client()
    visitor = store.signed_in(admin)
    assert not visitor.get(f"/search?q={client.last_name}").says(str(client.personal_id))
    page = visitor.get(f"/clients/{client.id}")
    assert not [url for url, _ in page.reader.links if str(client.last_name) in url]


def test_looking_at_a_record_is_on_the_audit_trail(store: Desk) -> None:
    with store.work():
        admin, client = make_admin(), _some_client()
    store.signed_in(admin).get(f"/clients/{client.id}")
    with store.look() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.fact == "ClientViewed"))
        assert (entry.actor_id, entry.about_id) == (admin.id, str(client.id))


def test_agency_staff_find_only_clients_of_their_programs(store: Desk) -> None:
    with store.work():
        client = _some_client()
        _, agency = _agency_of(client)
        mine, other = make_user(Role.END_USER, agency=agency), make_user(Role.END_USER)
    assert store.signed_in(mine).get(f"/clients/{client.id}").says(str(client.last_name))
    stranger = store.signed_in(other)
    stranger.get(f"/clients/{client.id}", status=404)
    assert stranger.post("/clients", {"words": client.personal_id}, status=200).says("Nobody found")


def test_a_whole_ssn_needs_the_right_and_a_reason_and_leaves_a_trace(store: Desk) -> None:
    with store.work():
        admin, agent = make_admin(), make_user(Role.HELP_DESK)
        client = db.session.scalars(select(Client).where(Client.ssn_index.is_not(None))).first()
        assert client is not None
    visitor = store.signed_in(admin)
    masked = visitor.get(f"/clients/{client.id}").words
    without = visitor.post(f"/clients/{client.id}/ssn", {"reason": ""}, status=422)
    assert without.says("Choose why")
    shown = visitor.post(f"/clients/{client.id}/ssn", {"reason": "duplicate"}, status=200).words
    assert shown != masked
    store.signed_in(agent).post(f"/clients/{client.id}/ssn", {"reason": "duplicate"}, status=403)
    with store.look() as session:
        assert len(list(session.scalars(select(AuditEntry).where(AuditEntry.fact == "SsnRevealed")))) == 1


def test_unknown_clients_and_empty_words_are_no_failure(store: Desk) -> None:
    with store.work():
        admin = make_admin()
    visitor = store.signed_in(admin)
    visitor.get("/clients/999999", status=404)
    assert visitor.post("/clients", {"words": ""}, status=422).says("Type a name, a client ID or a birth date.")
    assert visitor.post("/clients", {"words": "%_\\'\x00"}, status=200).says("Nobody found")
    visitor.post("/clients", {"words": "a", "after": "99999999999999999999"}, status=200)


def test_pages_cost_few_statements(store: Desk, counted: Callable[[], int]) -> None:
    with store.work():
        admin, client = make_admin(), _some_client()
    visitor = store.signed_in(admin)
    visitor.get(f"/clients/{client.id}")
    counted()
    visitor.get(f"/clients/{client.id}")
    assert counted() <= 12
    visitor.post("/clients", {"words": "a"}, status=200)
    assert counted() <= 12
