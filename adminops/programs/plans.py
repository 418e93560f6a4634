"""From a form's answers to HUD's rows of a new project: what the request says, in the words of the store."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from adminops.errors import Invalid
from adminops.hmis.setup_rules import (
    NewFunder,
    NewInventory,
    NewLocation,
    NewProject,
    check_funders,
    check_inventories,
    check_locations,
    check_project,
)

DATES = ("operating_start", "grant_start", "grant_end")
#: Field of the form by the field that HUD's rules name where the two differ.
FORM_FIELDS = {"end": "grant_end", "address1": "address"}


NEEDED = {
    "name": "Give the program a name.",
    "project_type": "Choose the project type.",
    "operating_start": "Enter the operating start date.",
    "funder": "Choose the funding source.",
    "grant_start": "Enter the start of the grant.",
}


@dataclass(frozen=True)
class Plan:
    """All rows that a request asks for."""

    project: NewProject
    location: NewLocation
    funder: NewFunder
    inventory: NewInventory | None


def to_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return form values fit for JSON: dates as ISO text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def from_json(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `to_json` was given."""
    return {name: date.fromisoformat(value) if name in DATES and value else value for name, value in wanted.items()}


def plan_of(wanted: Mapping[str, Any], *, organization_id: str) -> Plan:
    """Return the rows that a request's answers ask for. What HUD's rules say of them is checked when they are made."""
    given = from_json(wanted)
    project = NewProject(
        organization_id=organization_id,
        name=given["name"],
        operating_start=given["operating_start"],
        project_type=given["project_type"],
        rrh_sub_type=given["rrh_sub_type"],
        housing_type=given["housing_type"],
        residential_affiliation=given["residential_affiliation"],
        continuum_project=1 if given["continuum_project"] else 0,
    )
    location = NewLocation(
        coc_code=given["coc_code"],
        geocode=given["geocode"],
        geography_type=given["geography_type"],
        address1=given["address"] or "",
        city=given["city"] or "",
        state=given["state"] or "",
        zip=given["zip"] or "",
    )
    funder = NewFunder(
        funder=given["funder"],
        grant_id=given["grant_id"],
        start=given["grant_start"],
        end=given["grant_end"],
        other_funder=given["other_funder"] or "",
    )
    return Plan(project, location, funder, _inventory(given, project))


def _inventory(given: Mapping[str, Any], project: NewProject) -> NewInventory | None:
    if not project.has_beds or given["household_type"] is None:
        return None
    return NewInventory(
        coc_code=given["coc_code"],
        household_type=given["household_type"],
        beds=given["beds"] or 0,
        units=given["units"] or 0,
        start=project.operating_start,
        availability=given["availability"],
        es_bed_type=given["bed_type"],
    )


def check_plan(wanted: Mapping[str, Any], *, known_cocs: Collection[str]) -> None:
    """Check a request's answers by HUD's rules. Raises `Invalid` naming the form's field."""
    for field, sentence in NEEDED.items():
        if wanted.get(field) in (None, ""):
            raise Invalid(sentence, field=field)
    plan = plan_of(wanted, organization_id="")
    try:
        check_project(plan.project)
        check_locations([plan.location], known_cocs)
        check_funders([plan.funder], plan.project)
        check_inventories([plan.inventory] if plan.inventory else [], plan.project, [plan.location])
    except Invalid as wrong:
        raise Invalid(wrong.sentence, field=FORM_FIELDS.get(wrong.field or "", wrong.field)) from None
    if plan.project.has_beds and plan.inventory is None:
        raise Invalid("Say for which households the beds are, and how many there are.", field="household_type")
