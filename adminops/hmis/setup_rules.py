"""HUD's rules for the rows that describe a new project (HMIS Data Standards FY2026, 2.01 to 2.09), as plain checks.

What is to be set up comes as values; each check raises `Invalid` with a sentence and the field it is about.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from adminops.errors import Invalid
from adminops.hmis.codes import (
    LOCAL_OR_OTHER_FUNDER,
    HMISParticipationType,
    NoYes,
    ProjectType,
    RRHSubType,
    TargetPopulation,
)
from adminops.hmis.spec import coc_codes, current

EMERGENCY_SHELTERS = (ProjectType.ES_ENTRY_EXIT, ProjectType.ES_NIGHT_BY_NIGHT)


@dataclass(frozen=True, kw_only=True)
class NewProject:
    """A project to set up (2.02). Codes are HUD's; dates are calendar days."""

    organization_id: str
    name: str
    operating_start: date
    project_type: int | None
    operating_end: date | None = None
    common_name: str = ""
    continuum_project: int = NoYes.YES.value
    housing_type: int | None = None
    rrh_sub_type: int | None = None
    residential_affiliation: int | None = None
    target_population: int = TargetPopulation.NOT_APPLICABLE.value
    hopwa_med_assisted: int | None = None

    @property
    def has_beds(self) -> bool:
        """Whether it houses people, so that it has an inventory."""
        if self.project_type is None or self.project_type not in set(ProjectType):
            return False
        pays_no_housing = self.rrh_sub_type == RRHSubType.SERVICES_ONLY.value
        return ProjectType(self.project_type).has_beds and not pays_no_housing


@dataclass(frozen=True, kw_only=True)
class NewLocation:
    """A Continuum of Care that the project works in, and where (2.03)."""

    coc_code: str
    geocode: str
    geography_type: int | None = None
    address1: str = ""
    address2: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""


@dataclass(frozen=True, kw_only=True)
class NewFunder:
    """A funding source (2.06)."""

    funder: int
    grant_id: str
    start: date
    end: date | None = None
    other_funder: str = ""


@dataclass(frozen=True, kw_only=True)
class NewInventory:
    """Beds and units for one kind of household (2.07). Dedicated beds are among `beds`."""

    coc_code: str
    household_type: int
    beds: int
    units: int
    start: date
    end: date | None = None
    availability: int | None = None
    es_bed_type: int | None = None
    ch_vet_beds: int = 0
    youth_vet_beds: int = 0
    vet_beds: int = 0
    ch_youth_beds: int = 0
    youth_beds: int = 0
    ch_beds: int = 0

    @property
    def dedicated_beds(self) -> int:
        """Beds that are kept for some group."""
        return (
            self.ch_vet_beds + self.youth_vet_beds + self.vet_beds + self.ch_youth_beds + self.youth_beds + self.ch_beds
        )


@dataclass(frozen=True, kw_only=True)
class NewCEParticipation:
    """How the project takes part in coordinated entry (2.09)."""

    start: date
    access_point: int
    receives_referrals: int
    prevention_assessment: int | None = None
    crisis_assessment: int | None = None
    housing_assessment: int | None = None
    direct_services: int | None = None


def check_project(new: NewProject) -> None:
    """Check a project: name, dates, type and what depends on the type."""
    _check_text(new.name, 200, "project name", "name")
    _check_text(new.common_name, 200, "common name", "common_name", required=False)
    _check_dates(new.operating_start, new.operating_end, "operating_end")
    _check_code("1.10", new.continuum_project, "continuum_project")
    if new.project_type is None and new.continuum_project == NoYes.YES.value:
        raise Invalid("A continuum project needs a project type.", field="project_type")
    _check_code("2.02.6", new.project_type, "project_type")
    _check_code("2.02.7", new.target_population, "target_population")
    _check_code("2.02.8", new.hopwa_med_assisted, "hopwa_med_assisted")
    _check_rapid_rehousing(new)
    _check_code("2.02.D", new.housing_type, "housing_type")
    if new.has_beds and new.housing_type is None:
        raise Invalid("A project that houses people needs a housing type.", field="housing_type")


def _check_rapid_rehousing(new: NewProject) -> None:
    is_rrh = new.project_type == ProjectType.RAPID_REHOUSING.value
    if is_rrh and new.rrh_sub_type is None:
        raise Invalid("Rapid re-housing needs a subtype: services only, or housing.", field="rrh_sub_type")
    if not is_rrh and new.rrh_sub_type is not None:
        raise Invalid("Only rapid re-housing has a subtype.", field="rrh_sub_type")
    _check_code("2.02.A", new.rrh_sub_type, "rrh_sub_type")
    _check_code("1.10", new.residential_affiliation, "residential_affiliation")
    serves_others = new.project_type == ProjectType.SERVICES_ONLY.value or (is_rrh and not new.has_beds)
    if serves_others and new.residential_affiliation is None:
        raise Invalid("Say whether it is affiliated with a residential project.", field="residential_affiliation")


def check_locations(locations: Sequence[NewLocation], known_cocs: Collection[str]) -> None:
    """Check the places of a project. `known_cocs` are codes that the source uses, besides HUD's list."""
    if not locations:
        raise Invalid("A project needs at least one Continuum of Care.", field="coc_code")
    codes = [location.coc_code for location in locations]
    if len(set(codes)) < len(codes):
        raise Invalid("A Continuum of Care is named twice.", field="coc_code")
    for location in locations:
        if location.coc_code not in coc_codes() and location.coc_code not in known_cocs:
            raise Invalid(f"{location.coc_code} is no Continuum of Care.", field="coc_code")
        _check_shape(location.geocode, r"\d{6}", "The geocode has six digits.", "geocode")
        _check_code("2.03.4", location.geography_type, "geography_type")
        if location.state:
            _check_shape(location.state, r"[A-Za-z]{2}", "The state is its two letters.", "state")
        if location.zip:
            _check_shape(location.zip, r"\d{5}", "The ZIP code has five digits.", "zip")
        for text, length, field in (
            (location.address1, 100, "address1"),
            (location.address2, 100, "address2"),
            (location.city, 50, "city"),
        ):
            _check_text(text, length, field, field, required=False)


def check_funders(funders: Sequence[NewFunder], project: NewProject) -> None:
    """Check the funding sources of `project`: at least one, each in force during some of its time."""
    if not funders:
        raise Invalid("A project needs at least one funding source; one without has the source N/A.", field="funder")
    if len({(new.funder, new.grant_id, new.start) for new in funders}) < len(funders):
        raise Invalid("A funding source is named twice with the same grant and start.", field="funder")
    for new in funders:
        _check_code("2.06.1", new.funder, "funder")
        _check_text(new.grant_id, 100, "grant identifier", "grant_id")
        _check_dates(new.start, new.end, "end")
        if new.end and new.end < project.operating_start:
            raise Invalid("A grant ends before the project begins.", field="end")
        is_other = new.funder == LOCAL_OR_OTHER_FUNDER
        if is_other:
            _check_text(new.other_funder, 100, "name of the other funding source", "other_funder")
        elif new.other_funder:
            raise Invalid("Only a local or other funding source is written out.", field="other_funder")


def check_inventories(
    inventories: Sequence[NewInventory], project: NewProject, locations: Sequence[NewLocation]
) -> None:
    """Check beds and units: only where people are housed, in a CoC of the project, dedicated beds among all beds."""
    if inventories and not project.has_beds:
        raise Invalid("A project of this type has no beds.", field="beds")
    for new in inventories:
        if new.coc_code not in {location.coc_code for location in locations}:
            raise Invalid("Beds are in a Continuum of Care that the project does not name.", field="coc_code")
        _check_code("2.07.4", new.household_type, "household_type")
        _check_dates(new.start, new.end, "end")
        if new.beds < 0 or new.units < 0:
            raise Invalid("Beds and units can't be fewer than none.", field="beds")
        if new.dedicated_beds > new.beds:
            raise Invalid("More beds are dedicated than there are.", field="beds")
        _check_shelter(new, project)


def _check_shelter(new: NewInventory, project: NewProject) -> None:
    is_shelter = project.project_type in EMERGENCY_SHELTERS
    for value, list_id, field, what in (
        (new.availability, "2.07.6", "availability", "the availability of its beds"),
        (new.es_bed_type, "2.07.5", "es_bed_type", "a bed type"),
    ):
        if is_shelter and value is None:
            raise Invalid(f"An emergency shelter needs {what}.", field=field)
        if not is_shelter and value is not None:
            raise Invalid(f"Only an emergency shelter has {what}.", field=field)
        _check_code(list_id, value, field)


def check_hmis_participation(participation: int | None, *, is_victim_service_provider: bool) -> None:
    """Check the kind of HMIS participation: a victim service provider must not enter clients into an HMIS."""
    _check_code("2.08.1", participation, "hmis_participation")
    if is_victim_service_provider and participation == HMISParticipationType.HMIS.value:
        raise Invalid("A victim service provider uses a comparable database, not the HMIS.", field="hmis_participation")


def check_ce_participation(new: NewCEParticipation) -> None:
    """Check coordinated entry: an access point says which assessments it does, another project says nothing."""
    _check_code("1.10", new.access_point, "access_point")
    _check_code("1.10", new.receives_referrals, "receives_referrals")
    answers = (new.prevention_assessment, new.crisis_assessment, new.housing_assessment, new.direct_services)
    if new.access_point == NoYes.YES.value and None in answers:
        raise Invalid("An access point says which assessments and services it provides.", field="access_point")
    if new.access_point == NoYes.NO.value and set(answers) != {None}:
        raise Invalid("Only an access point provides assessments of coordinated entry.", field="access_point")
    for answer in answers:
        _check_code("1.10", answer, "access_point")


def _check_text(text: str, length: int, what: str, field: str, *, required: bool = True) -> None:
    if required and not text.strip():
        raise Invalid(f"The {what} is missing.", field=field)
    if len(text) > length:
        raise Invalid(f"The {what} is longer than {length} characters.", field=field)


def _check_shape(text: str, pattern: str, sentence: str, field: str) -> None:
    if not re.fullmatch(pattern, text, re.ASCII):
        raise Invalid(sentence, field=field)


def _check_dates(start: date, end: date | None, field: str) -> None:
    if end is not None and end < start:
        raise Invalid("The end is before the start.", field=field)


def _check_code(list_id: str, code: int | None, field: str) -> None:
    found = current().lists[list_id]
    if code is not None and str(code) not in found.codes:
        raise Invalid(f"{code} is no code of HUD's list {list_id} ({found.name}).", field=field)
