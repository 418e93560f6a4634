"""Makers of program requests."""

from datetime import date
from typing import Any

from adminops.identity.models import User
from adminops.programs.models import ProgramRequest
from adminops.programs.operations import save_draft

#: What the form sends, as text.
WANTED = {
    "name": "Harbor House - New Dawn (RRH)",
    "project_type": "13",
    "rrh_sub_type": "2",
    "housing_type": "3",
    "continuum_project": "y",
    "operating_start": "2026-07-01",
    "coc_code": "fl-510",
    "geocode": "121278",
    "geography_type": "1",
    "address": "18 Lantern St",
    "city": "Jacksonville",
    "state": "FL",
    "zip": "32202",
    "funder": "3",
    "grant_id": "FL0001L4H102500",
    "grant_start": "2026-07-01",
    "grant_end": "2027-06-30",
    "household_type": "1",
    "beds": "10",
    "units": "10",
}


def make_wish(lead: User, **over: Any) -> ProgramRequest:
    """Make the draft of a request by the lead of an agency, complete unless the test says otherwise."""
    assert lead.agency is not None
    typed: dict[str, Any] = (
        dict.fromkeys(("other_funder", "availability", "bed_type", "residential_affiliation")) | WANTED
    )
    for name in ("operating_start", "grant_start", "grant_end"):
        typed[name] = date.fromisoformat(WANTED[name])
    for name in ("project_type", "rrh_sub_type", "housing_type", "geography_type", "funder", "household_type"):
        typed[name] = int(WANTED[name])
    return save_draft(lead.agency, typed | {"coc_code": "FL-510", "beds": 10, "units": 10} | over, by=lead)
