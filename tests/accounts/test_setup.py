"""The set-up sheet: opened with the approval, ticked off with evidence in the order of the vendor's screens."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.lists.models import ListPurpose
from accounts.lists.operations import take_list, upload_list
from accounts.models import AccountState
from accounts.setup.models import SetupSheet
from accounts.setup.operations import open_sheet, tick_step, untick_step
from accounts.setup.steps import SIGNED_IN, STEPS
from adminops import clock
from adminops.errors import Invalid, InvalidState, NotAllowed, NotFound
from adminops.facts import publish
from adminops.facts.opening import AccountApproved
from adminops.identity.models import SYSTEM
from adminops.identity.permissions import Role
from adminops.refs import Ref
from tests.browsing import Desk
from tests.make import make_admin, make_user
from tests.make_accounts import make_account


def test_sheet_opens_with_the_approval_and_ends_with_the_last_step_that_a_list_may_show(session: Session) -> None:
    account, admin = make_account(username="imani", state=AccountState.INVITED), make_admin()
    approved = AccountApproved(account_id=account.id, agency_id=account.agency_id, request=Ref.to("ticket", 7))
    publish(approved, by=SYSTEM)
    publish(approved, by=SYSTEM)
    [sheet] = session.scalars(select(SetupSheet)).all()
    assert sheet.ticket == Ref.to("ticket", 7)
    with pytest.raises(NotAllowed):
        tick_step(sheet, "title", by=make_user(Role.HELP_DESK))
    with pytest.raises(NotFound):
        tick_step(sheet, "nothing", by=admin)
    with pytest.raises(Invalid, match="which workgroups"):
        tick_step(sheet, "workgroups", evidence=" ", by=admin)
    for step in STEPS:
        if step.key != SIGNED_IN:
            tick_step(sheet, step.key, evidence="Harbor House, HMIS Users", by=admin)
    untick_step(sheet, "tools", by=admin)
    tick_step(sheet, "tools", evidence="None", by=admin)
    assert (len(sheet.ticks), sheet.finished_at) == (len(STEPS) - 1, None)
    raw = f"User Name,Last Login\nimani,{clock.now():%m/%d/%Y}\n".encode()
    record = upload_list(raw, name="u.csv", purpose=ListPurpose.LOGINS, source="ct", by=SYSTEM)
    take_list(record, by=SYSTEM)
    seen = sheet.tick(SIGNED_IN)
    assert seen is not None
    assert (seen.by_id, sheet.finished_at is not None) == (None, True)
    with pytest.raises(InvalidState, match="done"):
        untick_step(sheet, "tools", by=admin)
    assert open_sheet(account, by=admin).id != sheet.id, "an account that is set up again has a new one"


def test_sheet_is_worked_through_on_its_pages(desk: Desk) -> None:
    with desk.work():
        account, admin, lead = make_account(name="Imani Brooks"), make_admin(), make_user(Role.AGENCY_LEAD)
    visitor = desk.signed_in(admin)
    assert visitor.get("/accounts/setup").says("No sheet is open")
    page = visitor.post(f"/accounts/{account.id}/setup", follow=True)
    assert (page.heading, page.says("0 of 14")) == ("Set up Imani Brooks in the HMIS", True)
    assert page.words.index("Owning organization") < page.words.index("Workgroups") < page.words.index("Status")
    url = page.link("Entered: Workgroups")
    assert visitor.get(url).says("Which workgroups")
    visitor.post(url, {"evidence": ""}, status=422)
    assert visitor.post(url, {"evidence": "HMIS Users"}, follow=True).says("HMIS Users")
    sheet = url.rpartition("/")[0]
    visitor.post(f"{sheet}/title", {})
    visitor.post(f"{sheet}/title/undo", {})
    assert visitor.get("/accounts/setup").says("1 of 14")
    assert visitor.get(f"/accounts/{account.id}").link("Set-up sheet of the HMIS") == sheet
    visitor.get(f"{sheet}/nothing", status=404)
    visitor.get("/accounts/setup/99", status=404)
    desk.signed_in(lead).get(sheet, status=403)
