"""From the agency's request to the rows in the store, and out again in an export."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.hmis.export import write_export
from adminops.hmis.models import Funder, HmisSource, Project, ProjectCoC
from adminops.hmis.sources import add_source
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.programs.models import RequestState
from adminops.programs.operations import (
    approve_request,
    ask_back,
    refuse_request,
    request_program,
    set_up_program,
    withdraw_request,
)
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_programs import WANTED, make_wish


def test_a_request_becomes_rows_and_comes_out_in_an_export(session: Session, tmp_path: Path) -> None:
    admin, manager, lead = make_admin(), make_user(Role.MANAGER), make_user(Role.AGENCY_LEAD)
    source = add_source("Test HMIS")
    wish = make_wish(lead)
    request_program(wish, by=lead)
    approve_request(wish, by=manager)
    project_id = set_up_program(wish, source, by=admin)
    assert wish.state is RequestState.SET_UP
    for model in (Project, ProjectCoC, Funder):
        assert session.scalars(select(model).where(model.project_id == project_id)).one()
    write_export(tmp_path / "out.zip", source=source)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("Funder.csv").decode())))
    assert [(row["ProjectID"], row["GrantID"], row["Funder"]) for row in rows] == [(project_id, "FL0001L4H102500", "3")]


def test_what_breaks_huds_rules_is_said_at_the_field_and_stays_a_draft(session: Session) -> None:
    lead = make_user(Role.AGENCY_LEAD)
    for over, field in (
        ({"rrh_sub_type": None}, "rrh_sub_type"),
        ({"geocode": "12"}, "geocode"),
        ({"coc_code": "ZZ-999"}, "coc_code"),
        ({"grant_end": date(2020, 1, 1)}, "grant_end"),
        ({"household_type": None}, "household_type"),
        ({"name": ""}, "name"),
        ({"operating_start": None}, "operating_start"),
        ({"funder": None}, "funder"),
    ):
        wish = make_wish(lead, **over)
        with pytest.raises(Invalid) as refused:
            request_program(wish, by=lead)
        assert (refused.value.field, wish.state) == (field, RequestState.DRAFT), over


def test_nobody_approves_their_own_request(session: Session) -> None:
    manager = make_user(Role.MANAGER)
    manager.agency = make_agency()
    wish = make_wish(manager)
    request_program(wish, by=manager)
    with pytest.raises(NotAllowed):
        approve_request(wish, by=manager)


def test_an_end_user_does_not_ask_for_programs(session: Session) -> None:
    with pytest.raises(NotAllowed):
        make_wish(make_user(Role.END_USER))


def test_setting_up_twice_does_it_once(session: Session) -> None:
    admin, manager, lead = make_admin(), make_user(Role.MANAGER), make_user(Role.AGENCY_LEAD)
    source = add_source("Test HMIS")
    wish = make_wish(lead)
    request_program(wish, by=lead)
    with pytest.raises(InvalidState):
        set_up_program(wish, source, by=admin)
    approve_request(wish, by=manager)
    set_up_program(wish, source, by=admin)
    with pytest.raises(InvalidState):
        set_up_program(wish, source, by=admin)
    assert len(list(session.scalars(select(Project)))) == 1


def test_a_question_goes_back_and_forth(session: Session) -> None:
    manager, lead = make_user(Role.MANAGER), make_user(Role.AGENCY_LEAD)
    wish = make_wish(lead)
    request_program(wish, by=lead)
    with pytest.raises(Invalid):
        ask_back(wish, "  ", by=manager)
    ask_back(wish, "From when on?", by=manager)
    request_program(wish, by=lead)
    refuse_request(wish, "Not this year.", by=manager)
    assert [remark.text for remark in wish.remarks] == ["From when on?", "Not this year."]
    with pytest.raises(InvalidState):
        withdraw_request(wish, by=lead)


def _people(desk: Desk) -> tuple[User, User, User]:
    with desk.work():
        add_source("Test HMIS")
        return make_user(Role.AGENCY_LEAD), make_admin(), make_user(Role.MANAGER)


def test_the_whole_way_through_the_pages(desk: Desk) -> None:
    lead, admin, manager = _people(desk)
    leads = desk.signed_in(lead)
    sent = leads.post("/programs/requests/new", WANTED | {"agency": str(lead.agency_id), "send": "1"}, follow=True)
    assert sent.says("Your request is with the team.")
    url = sent.response.request.path
    managers, admins = desk.signed_in(manager), desk.signed_in(admin)
    assert managers.get("/programs/requests").says("New Dawn")
    managers.post(f"{url}/approve", follow=True)
    assert admins.get(f"{url}/set-up").says("FL0001L4H102500")
    shown = admins.post(f"{url}/set-up", {"source": "1"}, follow=True)
    assert shown.says("FL0001L4H102500")
    admins.post(f"{url}/set-up", {"source": "1"}, status=422)
    assert leads.get(url).says("Set up")


def test_a_program_is_made_in_the_source_of_its_agency_unless_somebody_says_otherwise(desk: Desk) -> None:
    """The first of several by name would be the HMIS of others."""
    lead, admin, manager = _people(desk)
    with desk.work() as session:
        add_source("Another HMIS")
        for name in ("Winter Beds", "Summer Beds"):
            wish = make_wish(session.merge(lead), name=name)
            request_program(wish, by=session.merge(lead))
            approve_request(wish, by=session.merge(manager))
    admins = desk.signed_in(admin)
    assert "Choose…" in admins.get("/programs/requests/1/set-up").html
    assert admins.post("/programs/requests/1/set-up", {"source": ""}, status=422).says("Choose a source.")
    admins.post("/programs/requests/1/set-up", {"source": "1"}, follow=True)
    offered = admins.get("/programs/requests/2/set-up").html.partition("<select")[2].partition("</select>")[0]
    assert "Choose…" not in offered
    assert offered.index("Test HMIS") < offered.index("Another HMIS")


def test_a_faulty_request_keeps_everything_and_says_what_is_wrong(desk: Desk) -> None:
    lead, _admin, _manager = _people(desk)
    visitor = desk.signed_in(lead)
    sent = WANTED | {"agency": str(lead.agency_id), "geocode": "12", "send": "1"}
    page = visitor.post("/programs/requests/new", sent, status=422)
    assert page.says("The geocode has six digits.")
    assert "New Dawn" in page.html
    fixed = visitor.post(
        "/programs/requests/1/edit", WANTED | {"agency": str(lead.agency_id), "send": "1"}, follow=True
    )
    assert fixed.says("Your request is with the team.")


def test_a_draft_without_beds_takes_them_later(desk: Desk) -> None:
    lead, _admin, _manager = _people(desk)
    visitor = desk.signed_in(lead)
    visitor.post("/programs/requests/new", {"agency": str(lead.agency_id), "send": "1"}, status=422)
    assert "None" not in visitor.get("/programs/requests/1/edit").html
    sent = WANTED | {"agency": str(lead.agency_id), "send": "1"}
    assert visitor.post("/programs/requests/1/edit", sent, follow=True).says("Your request is with the team.")
    assert visitor.get("/programs/requests/1").says("10")


def test_hostile_and_missing_fields_are_no_failure(desk: Desk) -> None:
    lead, _admin, _manager = _people(desk)
    visitor = desk.signed_in(lead)
    visitor.post("/programs/requests/new", {}, status=422)
    hostile = dict.fromkeys(WANTED, "\x00<script>'\"" * 3) | {"agency": str(lead.agency_id), "send": "1"}
    visitor.post("/programs/requests/new", hostile, status=422)
    for field, value in (("beds", "-1"), ("beds", "9" * 30), ("operating_start", "99999-01-01"), ("funder", "77")):
        sent = WANTED | {"agency": str(lead.agency_id), "send": "1", field: value}
        visitor.post("/programs/requests/new", sent, status=422)


def test_a_draft_needs_nothing_but_an_agency(desk: Desk) -> None:
    lead, admin, _manager = _people(desk)
    visitor = desk.signed_in(lead)
    kept = visitor.post("/programs/requests/new", {"agency": str(lead.agency_id), "keep": "1"}, follow=True)
    assert kept.says("Unnamed program")
    desk.signed_in(admin).get("/programs/requests/1", status=404)


def test_another_agency_sees_nothing_of_a_request(desk: Desk) -> None:
    lead, _admin, _manager = _people(desk)
    with desk.work():
        other = make_user(Role.AGENCY_LEAD)
    desk.signed_in(lead).post("/programs/requests/new", WANTED | {"agency": str(lead.agency_id), "send": "1"})
    stranger = desk.signed_in(other)
    for path in ("", "/edit"):
        stranger.get(f"/programs/requests/1{path}", status=404)
    stranger.post("/programs/requests/1/withdraw", status=404)
    stranger.post("/programs/requests/1/approve", status=403)
    stranger.get("/programs/requests/1/set-up", status=403)
    assert not stranger.get("/programs/requests").says("New Dawn")
    stranger.post("/programs/requests/new", WANTED | {"agency": str(lead.agency_id), "send": "1"}, status=422)


def test_another_agency_sees_no_program_of_ours(desk: Desk) -> None:
    lead, admin, manager = _people(desk)
    desk.signed_in(lead).post("/programs/requests/new", WANTED | {"agency": str(lead.agency_id), "send": "1"})
    desk.signed_in(manager).post("/programs/requests/1/approve")
    desk.signed_in(admin).post("/programs/requests/1/set-up", {"source": "1"})
    with desk.work() as session:
        other = make_user(Role.AGENCY_LEAD)
        project = session.scalars(select(Project)).one()
        assert session.get(HmisSource, project.source_id)
    url = f"/programs/{project.source_id}/{project.project_id}"
    assert desk.signed_in(lead).get(url).says("New Dawn")
    desk.signed_in(other).get(url, status=404)
    desk.signed_in(admin).get("/programs/1/unknown", status=404)
    assert desk.signed_in(admin).get("/search?q=new+dawn").link("New Dawn") == url


def test_programs_are_shown_page_by_page(desk: Desk) -> None:
    with desk.work():
        admin, source = make_admin(), add_source("Test HMIS")
        for number in range(30):
            db.session.add(Project(source_id=source.id, project_id=f"P{number}", project_name=f"Program {number:02}"))
    visitor = desk.signed_in(admin)
    first = visitor.get("/programs")
    assert (first.says("30 programs"), first.says("Program 24"), first.says("Program 25")) == (True, True, False)
    (more,) = {url for url, _ in first.reader.links if "after=" in url}
    second = visitor.get(more)
    assert (second.says("Program 24"), second.says("Program 25"), second.says("Program 29")) == (False, True, True)
    visitor.get("/programs?after=nonsense")


def test_pages_cost_few_statements(desk: Desk, counted: Callable[[], int]) -> None:
    lead, admin, _manager = _people(desk)
    desk.signed_in(lead).post("/programs/requests/new", WANTED | {"agency": str(lead.agency_id), "send": "1"})
    visitor = desk.signed_in(admin)
    for url in ("/programs", "/programs/requests", "/programs/requests/1"):
        counted()
        visitor.get(url)
        assert counted() <= 12, url
