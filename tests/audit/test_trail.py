"""The audit trail: every fact leaves a row, and only those who may read it do."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.audit.models import AuditEntry
from adminops.identity.operations import add_agency
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_admin, make_user


def test_a_verb_leaves_one_row_with_ids_only(session: Session) -> None:
    admin = make_admin()
    agency = add_agency(name="Secret Garden House", by=admin)
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.fact == "AgencyAdded"))
    assert (entry.actor_id, entry.about_id, entry.sentence) == (admin.id, str(agency.id), f"added agency {agency.id}")
    assert "Secret" not in str(entry.detail)


def test_the_manager_reads_the_trail_and_an_administrator_does_not(desk: Desk) -> None:
    with desk.work():
        manager, admin = make_user(Role.MANAGER), make_admin()
        add_agency(name="Pelican Point", by=admin)
    visitor = desk.signed_in(manager)
    page = visitor.get("/audit")
    assert page.says("added agency")
    assert visitor.get(page.link("added agency")).says("AgencyAdded")
    assert visitor.get("/audit?fact=AgencyChanged").says("No entries match")
    visitor.get("/audit/999999", status=404)
    desk.signed_in(admin).get("/audit", status=403)


def test_odd_filters_are_not_a_failure(desk: Desk) -> None:
    with desk.work():
        manager = make_user(Role.MANAGER)
    visitor = desk.signed_in(manager)
    visitor.get("/audit?about=::&actor=%F0%28&after=garbage&fact=%27")
    visitor.get("/audit?actor=%00", status=400)
    visitor.get("/audit/99999999999999999999", status=404)
