"""An agency lead asks for a program; it is approved, set up, and comes out in an export."""

import csv
import io
import zipfile

from adminops.hmis.sources import add_source
from adminops.identity.permissions import Role
from tests.journeys.conftest import House
from tests.programs.test_requests import WANTED


def test_request_approve_set_up_export(house: House) -> None:
    with house.desk.work():
        add_source("Coast HMIS")
    lead, manager = house.person(Role.AGENCY_LEAD), house.person(Role.MANAGER)
    asking = house.walker(lead)
    asking.go("/programs")
    asking.follow("Request a program")
    asking.look()
    for name, value in WANTED.items():
        box = asking.page.locator(f"[name={name}]")
        if name in ("project_type", "rrh_sub_type", "housing_type", "geography_type", "funder", "household_type"):
            box.select_option(value)
        elif name != "continuum_project":
            box.fill(value)
    asking.press("Send request")
    asking.sees("Your request is with the team.")
    asking.look()
    path = asking.page.url.removeprefix(house.url).partition("?")[0]

    deciding = house.walker(manager)
    deciding.go("/programs/requests")
    deciding.go(path)
    deciding.press("Approve")
    deciding.sees("Approved. Set the program up next.")
    deciding.follow("Set up program")
    deciding.look()
    deciding.page.locator("[name=source]").select_option(label="Coast HMIS")
    deciding.press("Set up program")
    deciding.sees("FL0001L4H102500")
    deciding.look()

    deciding.go("/imports/export")
    deciding.press("Write export")
    deciding.sees("It is ready", within=30)  # a job writes it
    deciding.look()
    with deciding.page.expect_download() as started:
        deciding.press("Download")
    with zipfile.ZipFile(started.value.path()) as archive:
        tables = {
            name: list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode())))
            for name in ("Project", "ProjectCoC", "Funder")
        }
    assert tables["Project"][0]["ProjectName"] == WANTED["name"]
    assert tables["ProjectCoC"][0]["CoCCode"] == "FL-510"
    assert [row["GrantID"] for row in tables["Funder"]] == ["FL0001L4H102500"]
