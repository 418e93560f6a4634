"""The demo's program requests: one in each state that somebody has to do something about."""

from datetime import date, timedelta
from typing import Any

from adminops import clock
from adminops.demo.cast import Cast
from adminops.hmis.sources import get_source
from adminops.programs import operations


def _wish(name: str, project_type: int, funder: int, grant: str, start: date) -> dict[str, Any]:
    return {
        "name": name,
        "project_type": project_type,
        "rrh_sub_type": 2 if project_type == 13 else None,
        "housing_type": 3 if project_type == 13 else 1,
        "residential_affiliation": None,
        "continuum_project": True,
        "operating_start": start,
        "coc_code": "FL-510",
        "geocode": "121278",
        "geography_type": 1,
        "address": "18 Lantern St",
        "city": "Jacksonville",
        "state": "FL",
        "zip": "32202",
        "funder": funder,
        "other_funder": "",
        "grant_id": grant,
        "grant_start": start,
        "grant_end": start + timedelta(days=364),
        "household_type": 1,
        "beds": 24,
        "units": 12,
        "availability": None,
        "bed_type": None,
    }


def fill(cast: Cast) -> None:
    """Ask for four programs: one set up, one approved, one waiting, one with a question."""
    day = cast.now.date()
    wishes = (
        (1, "Open Door - Fresh Start (RRH)", 13, 3, "FL0913L4H102500", 40),
        (3, "Lakeview - Heron Point (PSH)", 3, 2, "FL0788L4H102501", 21),
        (5, "Northside - Family Bridge (RRH)", 13, 3, "FL0655L4H102502", 4),
        (4, "Youth Compass - Next Step (TH)", 2, 5, "FL0541L4H102503", 9),
    )
    requests = []
    for index, name, project_type, funder, grant, days in wishes:
        agency = cast.agencies[index]
        lead = cast.lead_of(agency)
        with clock.frozen_at(cast.days_ago(days)):
            wanted = _wish(name, project_type, funder, grant, day - timedelta(days=days - 45))
            request = operations.save_draft(agency, wanted, by=lead)
            operations.request_program(request, by=lead)
        requests.append((request, days))
    done, approved, _waiting, questioned = (request for request, _days in requests)
    with clock.frozen_at(cast.days_ago(30)):
        operations.approve_request(done, by=cast["desmond"])
        operations.set_up_program(done, get_source(cast.source_id), by=cast["maya"])
    with clock.frozen_at(cast.days_ago(15)):
        operations.approve_request(approved, by=cast["desmond"])
    with clock.frozen_at(cast.days_ago(7)):
        operations.ask_back(questioned, "Does the grant cover the whole year, or from January on?", by=cast["maya"])
