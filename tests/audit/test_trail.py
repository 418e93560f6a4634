"""The audit trail: every fact leaves a row, and only those who may read it do."""

import json
import shutil
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.audit.chain import add_links, anchor
from adminops.audit.jobs import anchors_folder
from adminops.audit.models import AuditEntry
from adminops.audit.operations import export_trail
from adminops.audit.queries import AuditFilter
from adminops.errors import Invalid
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


def test_the_chain_is_checked_on_its_page_and_anchors_are_compared(desk: Desk) -> None:
    with desk.work():
        manager = make_user(Role.MANAGER)
        add_agency(name="Pelican Point", by=make_admin())
        add_links()
        folder = anchors_folder()
        assert anchor(folder) is not None
        (folder / "2020-01-01.json").write_text('{"link": 999, "mark": "other"}')
    visitor = desk.signed_in(manager)
    page = visitor.get("/audit/chain")
    assert page.says("1 linked")
    assert page.says("2 anchors")
    assert page.words.count("Yes") == page.words.count(" 999 No") == 1
    assert visitor.post("/audit/chain", status=200).says("The end of the trail is gone: an anchor has link 999.")
    (folder / "2020-01-01.json").unlink()
    assert visitor.post("/audit/chain", status=200).says("The trail is in order.")
    shutil.rmtree(folder)


def test_entries_are_exported_by_day_person_and_kind_and_that_is_an_entry(desk: Desk) -> None:
    with desk.work():
        manager, admin = make_user(Role.MANAGER), make_admin()
        add_agency(name="Pelican Point", by=admin)
        name, today = admin.username, clock.now().date()
    visitor = desk.signed_in(manager)

    def export(**over: str) -> str:
        asked = {"kind": "csv", "since": "", "until": "", "actor": "", "fact": "", **over}
        return visitor.post("/audit/export", asked, status=200).response.get_data(as_text=True)

    lines = export().splitlines()
    assert lines[0].startswith("Entry,Link,At (UTC),Who")
    assert [json.loads(line)["what"] for line in export(kind="lines", actor=name).splitlines()] == ["AgencyAdded"]
    assert len(export(fact="AgencyChanged").splitlines()) == 1
    assert export(kind="lines", until=str(today - timedelta(days=2))) == ""
    assert "AuditExported" in export(since=str(today))
    wrong = {"kind": "csv", "since": "2026-02-02", "until": "2026-02-01", "actor": "", "fact": ""}
    assert visitor.post("/audit/export", wrong, status=422).says("The last day comes before the first one.")
    with desk.work():
        admin = make_admin()
    desk.signed_in(admin).get("/audit/export", status=403)


def test_more_than_a_page_gives_is_for_the_command(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    add_agency(name="Pelican Point", by=make_admin())
    monkeypatch.setattr("adminops.audit.operations.MOST", 0)
    with pytest.raises(Invalid, match="adminops audit export"):
        export_trail(AuditFilter(), as_lines=False, by=make_user(Role.MANAGER))
