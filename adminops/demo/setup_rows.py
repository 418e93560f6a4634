"""Rows of the project descriptor files: organizations, users, projects, where, with whose money, how many beds."""

from collections.abc import Iterator
from datetime import date, timedelta

from adminops.demo.agencies import AGENCIES, COC_CODE, WORKER_IDS, WORKERS
from adminops.demo.programs import (
    CE,
    ES,
    NBN,
    OTHER,
    PROJECT,
    PROJECTS,
    RESIDENTIAL,
    SO,
    SSO,
    Grant,
    Project,
)
from adminops.demo.rows import Fault, Ledger, Lines, Row

_STREETS = ("Beacon St", "Causeway Ln", "Dune Ridge Rd", "Estuary Way", "Ferry Landing", "Gull Point Dr", "Hammock Ct")
_TERM = 365
_HOPWA_FUNDERS = frozenset({13, 14, 15, 16, 17, 18, 19})
_DEDICATED = (
    "CHVetBedInventory", "YouthVetBedInventory", "VetBedInventory", "CHYouthBedInventory", "YouthBedInventory",
    "CHBedInventory", "OtherBedInventory",
)  # fmt: skip
# Set-up faults that a data-quality check must find; every other program is set up right.
_NO_INVENTORY, _MORE_UNITS, _WRONG_SUM, _NO_ADDRESS = (
    "lakeview-elder", "lakeview-homes", "anchor-aftercare", "clay-shelter",
)  # fmt: skip


def setup_lines(ledger: Ledger) -> Lines:
    """Yield every row that describes agencies, staff and programs."""
    today = ledger.today
    for agency in AGENCIES:
        yield (
            "Organization",
            {
                "OrganizationID": agency.id,
                "OrganizationName": agency.name,
                "VictimServiceProvider": int(agency.victim_services),
                "OrganizationCommonName": agency.short,
                **_audit(today - timedelta(days=3650), WORKER_IDS[agency.key][0]),
            },
        )
    yield from _user_lines(today)
    for project in PROJECTS:
        yield from _project_lines(ledger, project)


def _user_lines(today: date) -> Lines:
    for worker in WORKERS:
        row: Row = {
            "UserID": worker.id,
            "UserFirstName": worker.first,
            "UserLastName": worker.last,
            "UserPhone": worker.phone,
            "UserEmail": worker.email,
        }
        stamps = _audit(today - timedelta(days=1500 - int(worker.id)), worker.id)
        del stamps["UserID"]
        yield "User", row | stamps


def _audit(day: date, user: str) -> Row:
    stamp = f"{day} 09:00:00"
    return {"DateCreated": stamp, "DateUpdated": stamp, "UserID": user}


def _project_lines(ledger: Ledger, project: Project) -> Lines:
    today, opened = ledger.today, project.opening(ledger.today)
    audit = _audit(opened, WORKER_IDS["county-ce"][0])
    yield "Project", _project(project, today) | audit
    yield "ProjectCoC", _place(ledger, project) | audit
    for number, grant in enumerate(project.grants, start=1):
        for row in _funders(project, grant, number, today):
            yield "Funder", row | audit
    for number, (household_type, beds) in enumerate(project.beds, start=1):
        row = _inventory(ledger, project, f"{project.id}{number}", household_type, beds)
        if row:
            yield "Inventory", row | audit
    yield from _participation_lines(project, today, audit)
    for number, key in enumerate(project.affiliated, start=1):
        affiliation: Row = {"AffiliationID": f"{project.id}{number}", "ProjectID": project.id}
        yield "Affiliation", affiliation | {"ResProjectID": PROJECT[key].id} | audit


def _project(project: Project, today: date) -> Row:
    row: Row = {
        "ProjectID": project.id,
        "OrganizationID": project.owner.id,
        "ProjectName": f"{project.owner.short} - {project.name}",
        "ProjectCommonName": project.name,
        "OperatingStartDate": project.opening(today),
        "OperatingEndDate": project.closing(today),
        "ContinuumProject": project.in_continuum,
        "ProjectType": project.type,
        "HousingType": project.housing,
        "RRHSubType": project.rrh_subtype,
        "TargetPopulation": project.target,
        "HOPWAMedAssistedLivingFac": 0 if project.funders & _HOPWA_FUNDERS else 2,
    }
    if project.type == SSO or project.rrh_subtype == 1:
        row["ResidentialAffiliation"] = int(bool(project.affiliated))
    if project.type in RESIDENTIAL and project.takes_clients:
        row["PITCount"] = int(sum(beds for _, beds in project.beds) * 0.86)
    return row


def _place(ledger: Ledger, project: Project) -> Row:
    agency, position = project.owner, int(project.id)
    row: Row = {
        "ProjectCoCID": f"{project.id}1",
        "ProjectID": project.id,
        "CoCCode": COC_CODE,
        "Geocode": agency.geocode,
        "City": agency.city,
        "State": "FL",
        "ZIP": agency.zip,
        "GeographyType": agency.urban,
    }
    if project.key == _NO_ADDRESS:
        ledger.faults.append(Fault("address missing", "ProjectCoC", f"{project.id}1"))
    elif agency.victim_services or project.housing == 3 or project.type == SO:
        row["Address1"] = agency.street
    else:
        row["Address1"] = f"{100 + position * 37 % 4800} {_STREETS[position % len(_STREETS)]}"
    return row


def _funders(project: Project, grant: Grant, number: int, today: date) -> Iterator[Row]:
    """Yield the present term of a grant and, when it is a yearly one of an older program, the term before."""
    end = None if grant.ends_in is None else today + timedelta(days=grant.ends_in)
    start = project.opening(today) if end is None else end - timedelta(days=_TERM * (3 if project.closed else 1) - 1)
    row: Row = {"ProjectID": project.id, "Funder": grant.funder, "OtherFunder": grant.other}
    present: Row = {"FunderID": f"{project.id}{number}2", "GrantID": grant.number, "EndDate": end}
    yield row | present | {"StartDate": max(start, project.opening(today)) if end else start}
    if end is not None and project.opened > 3 * _TERM and project.closed is None:
        before: Row = {"FunderID": f"{project.id}{number}1", "GrantID": f"{grant.number}-P"}
        yield row | before | {"StartDate": start - timedelta(days=_TERM), "EndDate": start - timedelta(days=1)}


def _inventory(ledger: Ledger, project: Project, key: str, household_type: int, beds: int) -> Row:
    """Return the beds for one type of household, nothing for the program that forgot to report them."""
    if project.key == _NO_INVENTORY:
        ledger.faults.append(Fault("inventory missing", "Project", project.id))
        return {}
    units = beds if household_type != 3 else beds // 3
    row: Row = {
        "InventoryID": key,
        "ProjectID": project.id,
        "CoCCode": COC_CODE,
        "HouseholdType": household_type,
        "UnitInventory": units,
        "BedInventory": beds,
        "InventoryStartDate": project.opening(ledger.today),
        "InventoryEndDate": project.closing(ledger.today),
    }
    row |= dict.fromkeys(_DEDICATED, 0)
    row[project.dedicated] = beds
    if project.type in (ES, NBN):
        row |= {"Availability": project.availability, "ESBedType": 2 if project.housing == 3 else 1}
    if project.key == _MORE_UNITS and household_type == 1:
        row["UnitInventory"] = beds + 2
        ledger.faults.append(Fault("more units than beds", "Inventory", key))
    if project.key == _WRONG_SUM:
        row[project.dedicated] = beds - 1
        ledger.faults.append(Fault("dedicated beds do not add up", "Inventory", key))
    return row


def _participation_lines(project: Project, today: date, audit: Row) -> Lines:
    opened, closed = project.opening(today), project.closing(today)
    hmis: Row = {
        "HMISParticipationID": f"{project.id}1",
        "ProjectID": project.id,
        "HMISParticipationType": project.participation,
        "HMISParticipationStatusStartDate": opened,
        "HMISParticipationStatusEndDate": closed,
    }
    yield "HMISParticipation", hmis | audit
    coordination: Row = {
        "CEParticipationID": f"{project.id}1",
        "ProjectID": project.id,
        "AccessPoint": int(project.type in (CE, SO)),
        "ReceivesReferrals": int(project.type in RESIDENTIAL and project.takes_clients),
        "CEParticipationStatusStartDate": opened,
        "CEParticipationStatusEndDate": closed,
    }
    if coordination["AccessPoint"]:
        coordination |= {
            "PreventionAssessment": int(project.type == CE),
            "CrisisAssessment": 1,
            "HousingAssessment": 1,
            "DirectServices": int(project.type == SO),
        }
    if project.type != OTHER:
        yield "CEParticipation", coordination | audit
