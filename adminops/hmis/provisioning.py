"""Setting up a program: the rows that make a project exist in a source's data, with keys of their own.

The rows carry no import: they were made here. They come out in `write_export` like all others. An import leaves them
alone until the source's own export carries the same ProjectID. From then on the project is the source's: its row is
what the export says, and funding sources, beds and the like that the export does not have are removed as for any other
project in its scope.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, NotFound
from adminops.hmis.codes import HMISParticipationType, NoYes, label
from adminops.hmis.models import (
    FILE_MODELS,
    CEParticipation,
    Funder,
    HMISParticipation,
    HmisSource,
    HudUser,
    Inventory,
    LocalNumber,
    Organization,
    Project,
    ProjectCoC,
    SourceRow,
)
from adminops.hmis.names import name_key
from adminops.hmis.projects import find_organization, hold_organization, list_organizations
from adminops.hmis.setup_rules import (
    NewCEParticipation,
    NewFunder,
    NewInventory,
    NewLocation,
    NewProject,
    check_ce_participation,
    check_funders,
    check_hmis_participation,
    check_inventories,
    check_locations,
    check_project,
)
from adminops.hmis.spec import current, usual_project_types

OUR_KEYS = "AO-"
RowT = TypeVar("RowT", bound=SourceRow)


@dataclass(frozen=True)
class SetUpProject:
    """What was made: all rows of a new project."""

    project: Project
    locations: tuple[ProjectCoC, ...]
    funders: tuple[Funder, ...]
    inventory: tuple[Inventory, ...]
    hmis_participation: HMISParticipation | None
    ce_participation: CEParticipation | None


def set_up_project(
    source: HmisSource,
    new: NewProject,
    *,
    locations: Sequence[NewLocation],
    funders: Sequence[NewFunder],
    inventories: Sequence[NewInventory] = (),
    hmis_participation: int | None = HMISParticipationType.HMIS.value,
    ce_participation: NewCEParticipation | None = None,
    project_id: str | None = None,
    by_id: int | None,
) -> SetUpProject:
    """Make the rows of a new project in `source`: Project, ProjectCoC, Funder, Inventory and participations.

    `project_id` is the vendor's ProjectID if the project exists there already, else one of ours is given.
    Participation in the HMIS begins with the project.

    Raises `Invalid` for what breaks HUD's rules, `NotFound` for an unknown organization, and `Conflict` for a
    ProjectID that is taken, a project of the same name in the organization, or while the undo of an import takes the
    organization away.
    """
    organization = find_organization(source.id, new.organization_id)
    if organization is None:
        raise NotFound("There is no such organization in this source.")
    if not hold_organization(organization):
        raise Conflict("The import that brought this organization is being undone: wait until that is done.")
    check_project(new)
    check_locations(locations, _cocs_of(source))
    check_funders(funders, new)
    check_inventories(inventories, new, locations)
    is_vsp = organization.victim_service_provider == NoYes.YES.value
    check_hmis_participation(hmis_participation, is_victim_service_provider=is_vsp)
    if ce_participation:
        check_ce_participation(ce_participation)
    _check_is_new(source, new, project_id)
    clerk = _Clerk(source, by_id)
    project = clerk.make(Project, _project(new), key=project_id)
    of_project = {"project_id": project.project_id}
    made = SetUpProject(
        project=project,
        locations=tuple(clerk.make(ProjectCoC, of_project | _location(each)) for each in locations),
        funders=tuple(clerk.make(Funder, of_project | _funder(each)) for each in funders),
        inventory=tuple(clerk.make(Inventory, of_project | _inventory(each)) for each in inventories),
        hmis_participation=clerk.make(HMISParticipation, of_project | _hmis(new, hmis_participation))
        if hmis_participation is not None
        else None,
        ce_participation=clerk.make(CEParticipation, of_project | _ce(ce_participation)) if ce_participation else None,
    )
    db.session.flush()
    return made


def link_organization(
    source: HmisSource,
    *,
    name: str,
    organization_id: str | None = None,
    is_victim_service_provider: bool = False,
    by_id: int | None,
) -> Organization:
    """Return the organization of `source` that an agency is: by its id, else by its name, else made anew.

    Names are compared without case, accents and punctuation. Raises `NotFound` for an id that the source does not
    have, and `Invalid` for a blank or too long name.
    """
    if organization_id:
        found = find_organization(source.id, organization_id)
        if found is None:
            raise NotFound("There is no such organization in this source.")
        return found
    if not name_key(name) or len(name) > 200:
        raise Invalid("An organization needs a name of at most 200 characters.", field="name")
    for organization in list_organizations(source.id):
        if name_key(organization.organization_name) == name_key(name):
            return organization
    values = {
        "organization_name": name.strip(),
        "victim_service_provider": int(is_victim_service_provider),
    }
    made = _Clerk(source, by_id).make(Organization, values)
    db.session.flush()
    return made


def unusual_funding(project_type: int | None, funder: int) -> str | None:
    """Return a remark when `funder` does not usually pay for projects of this type; None when it may well do."""
    usual = usual_project_types().get(funder)
    if usual is None or project_type is None or project_type in usual:
        return None
    return f"{label('2.06.1', funder)} does not usually fund projects of type {label('2.02.6', project_type)}."


class _Clerk:
    """Makes rows of a source that no import brought: keys, dates and user as HUD wants them."""

    def __init__(self, source: HmisSource, by_id: int | None) -> None:
        self._source = source
        self._now = _wall_clock(source)
        self._user_id = f"{OUR_KEYS}{by_id or 0}"
        self._make_user()

    def make(self, model: type[RowT], values: Mapping[str, Any], *, key: str | None = None) -> RowT:
        """Make a row of `model` with HUD's `values`, under `key` or a new one."""
        file = next(name for name, each in FILE_MODELS.items() if each is model)
        key_name = current().by_name[file].key_column.attribute
        make: Any = model
        row: RowT = make(
            **{key_name: key or self._next_key(file, model, key_name)},
            source_id=self._source.id,
            date_created=self._now,
            date_updated=self._now,
            user_id=self._user_id,
            **values,
        )
        db.session.add(row)
        return row

    def _next_key(self, file: str, model: type[SourceRow], key_name: str) -> str:
        number = self._number_of(file)
        while True:
            number.last += 1
            key = f"{OUR_KEYS}{number.last}"
            taken = select(model.id).where(model.source_id == self._source.id, getattr(model, key_name) == key)
            if db.session.scalar(taken) is None:
                return key

    def _number_of(self, file: str) -> LocalNumber:
        reading = select(LocalNumber).where(LocalNumber.source_id == self._source.id, LocalNumber.file == file)
        number = db.session.scalar(reading.with_for_update())
        if number is None:
            number = LocalNumber(source_id=self._source.id, file=file, last=0)
            db.session.add(number)
        return number

    def _make_user(self) -> None:
        """Make the row of User.csv that the rows name: who it was is known by our own number only."""
        reading = select(HudUser).where(HudUser.source_id == self._source.id, HudUser.user_id == self._user_id)
        if db.session.scalar(reading) is None:
            db.session.add(
                HudUser(
                    source_id=self._source.id,
                    user_id=self._user_id,
                    user_first_name="AdminOps",
                    user_last_name=f"User {self._user_id}",
                    date_created=self._now,
                    date_updated=self._now,
                )
            )


def _wall_clock(source: HmisSource) -> datetime:
    """Return the time that a clock at the source shows, to the second: HUD's times have no zone."""
    return clock.now().astimezone(ZoneInfo(source.time_zone)).replace(tzinfo=None, microsecond=0)


def _cocs_of(source: HmisSource) -> set[str]:
    used = db.session.scalars(select(ProjectCoC.coc_code).where(ProjectCoC.source_id == source.id).distinct())
    return set(source.cocs) | {code for code in used if code}


def _check_is_new(source: HmisSource, new: NewProject, project_id: str | None) -> None:
    reading = select(Project).where(Project.source_id == source.id)
    if project_id is not None:
        if not project_id.strip() or len(project_id) > 32:
            raise Invalid("A ProjectID has 1 to 32 characters.", field="project_id")
        if db.session.scalar(reading.where(Project.project_id == project_id)) is not None:
            raise Conflict("There is a project with this ProjectID already.", field="project_id")
    of_organization = reading.where(Project.organization_id == new.organization_id, Project.removed_at.is_(None))
    if any(name_key(each.project_name) == name_key(new.name) for each in db.session.scalars(of_organization)):
        raise Conflict("The organization has a project of this name already.", field="name")


def _project(new: NewProject) -> dict[str, Any]:
    return {
        "organization_id": new.organization_id,
        "project_name": new.name.strip(),
        "project_common_name": new.common_name.strip() or None,
        "operating_start_date": new.operating_start,
        "operating_end_date": new.operating_end,
        "continuum_project": new.continuum_project,
        "project_type": new.project_type,
        "housing_type": new.housing_type,
        "rrh_sub_type": new.rrh_sub_type,
        "residential_affiliation": new.residential_affiliation,
        "target_population": new.target_population,
        "hopwa_med_assisted_living_fac": new.hopwa_med_assisted,
    }


def _location(new: NewLocation) -> dict[str, Any]:
    return {
        "coc_code": new.coc_code,
        "geocode": new.geocode,
        "address1": new.address1 or None,
        "address2": new.address2 or None,
        "city": new.city or None,
        "state": new.state.upper() or None,
        "zip": new.zip or None,
        "geography_type": new.geography_type,
    }


def _funder(new: NewFunder) -> dict[str, Any]:
    return {
        "funder": new.funder,
        "other_funder": new.other_funder.strip() or None,
        "grant_id": new.grant_id.strip(),
        "start_date": new.start,
        "end_date": new.end,
    }


def _inventory(new: NewInventory) -> dict[str, Any]:
    return {
        "coc_code": new.coc_code,
        "household_type": new.household_type,
        "availability": new.availability,
        "unit_inventory": new.units,
        "bed_inventory": new.beds,
        "ch_vet_bed_inventory": new.ch_vet_beds,
        "youth_vet_bed_inventory": new.youth_vet_beds,
        "vet_bed_inventory": new.vet_beds,
        "ch_youth_bed_inventory": new.ch_youth_beds,
        "youth_bed_inventory": new.youth_beds,
        "ch_bed_inventory": new.ch_beds,
        "other_bed_inventory": new.beds - new.dedicated_beds,
        "es_bed_type": new.es_bed_type,
        "inventory_start_date": new.start,
        "inventory_end_date": new.end,
    }


def _hmis(new: NewProject, participation: int) -> dict[str, Any]:
    return {
        "hmis_participation_type": participation,
        "hmis_participation_status_start_date": new.operating_start,
        "hmis_participation_status_end_date": new.operating_end,
    }


def _ce(new: NewCEParticipation) -> dict[str, Any]:
    return {
        "access_point": new.access_point,
        "prevention_assessment": new.prevention_assessment,
        "crisis_assessment": new.crisis_assessment,
        "housing_assessment": new.housing_assessment,
        "direct_services": new.direct_services,
        "receives_referrals": new.receives_referrals,
        "ce_participation_status_start_date": new.start,
    }
