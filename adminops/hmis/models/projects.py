"""Projects and what belongs to them: where, funded by whom, with how many beds (seven files)."""

from datetime import date

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from adminops.db import Model
from adminops.hmis.models.columns import HudTime, SourceRow, Text2, Text5, Text6, Text32, Text50, Text100, Text200


class Project(SourceRow, Model):
    """A project (2.02). Screens say program. `project_type` is list 2.02.6."""

    __tablename__ = "hmis_project"
    __table_args__ = (
        UniqueConstraint("source_id", "project_id", name="uq_hmis_project_key"),
        Index("ix_hmis_project_organization", "source_id", "organization_id"),
    )

    project_id: Mapped[Text32]
    organization_id: Mapped[Text32 | None]
    project_name: Mapped[Text200 | None]
    project_common_name: Mapped[Text200 | None]
    operating_start_date: Mapped[date | None]
    operating_end_date: Mapped[date | None]
    continuum_project: Mapped[int | None]
    project_type: Mapped[int | None]
    housing_type: Mapped[int | None]
    rrh_sub_type: Mapped[int | None]
    residential_affiliation: Mapped[int | None]
    target_population: Mapped[int | None]
    hopwa_med_assisted_living_fac: Mapped[int | None]
    pit_count: Mapped[int | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class ProjectCoC(SourceRow, Model):
    """A Continuum of Care that a project works in, with its address there (2.03)."""

    __tablename__ = "hmis_project_coc"
    __table_args__ = (
        UniqueConstraint("source_id", "project_coc_id", name="uq_hmis_project_coc_key"),
        Index("ix_hmis_project_coc_project", "source_id", "project_id"),
    )

    project_coc_id: Mapped[Text32]
    project_id: Mapped[Text32 | None]
    coc_code: Mapped[Text6 | None]
    geocode: Mapped[Text6 | None]
    address1: Mapped[Text100 | None]
    address2: Mapped[Text100 | None]
    city: Mapped[Text50 | None]
    state: Mapped[Text2 | None]
    zip: Mapped[Text5 | None]
    geography_type: Mapped[int | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class Funder(SourceRow, Model):
    """A federal program that pays for a project during some time (2.06); `funder` is list 2.06.1."""

    __tablename__ = "hmis_funder"
    __table_args__ = (
        UniqueConstraint("source_id", "funder_id", name="uq_hmis_funder_key"),
        Index("ix_hmis_funder_project", "source_id", "project_id"),
    )

    funder_id: Mapped[Text32]
    project_id: Mapped[Text32 | None]
    funder: Mapped[int | None]
    other_funder: Mapped[Text100 | None]
    grant_id: Mapped[Text100 | None]
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class Inventory(SourceRow, Model):
    """Beds and units that a project has during some time, for one kind of household (2.07)."""

    __tablename__ = "hmis_inventory"
    __table_args__ = (
        UniqueConstraint("source_id", "inventory_id", name="uq_hmis_inventory_key"),
        Index("ix_hmis_inventory_project", "source_id", "project_id"),
    )

    inventory_id: Mapped[Text32]
    project_id: Mapped[Text32 | None]
    coc_code: Mapped[Text6 | None]
    household_type: Mapped[int | None]
    availability: Mapped[int | None]
    unit_inventory: Mapped[int | None]
    bed_inventory: Mapped[int | None]
    ch_vet_bed_inventory: Mapped[int | None]
    youth_vet_bed_inventory: Mapped[int | None]
    vet_bed_inventory: Mapped[int | None]
    ch_youth_bed_inventory: Mapped[int | None]
    youth_bed_inventory: Mapped[int | None]
    ch_bed_inventory: Mapped[int | None]
    other_bed_inventory: Mapped[int | None]
    es_bed_type: Mapped[int | None]
    inventory_start_date: Mapped[date | None]
    inventory_end_date: Mapped[date | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class Affiliation(SourceRow, Model):
    """A services-only project and the residential project that it serves (2.02.C, 2.02.D)."""

    __tablename__ = "hmis_affiliation"
    __table_args__ = (
        UniqueConstraint("source_id", "affiliation_id", name="uq_hmis_affiliation_key"),
        Index("ix_hmis_affiliation_project", "source_id", "project_id"),
    )

    affiliation_id: Mapped[Text32]
    project_id: Mapped[Text32 | None]
    res_project_id: Mapped[Text32 | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class HMISParticipation(SourceRow, Model):
    """Whether a project took part in the HMIS or a comparable database during some time (2.08)."""

    __tablename__ = "hmis_hmis_participation"
    __table_args__ = (
        UniqueConstraint("source_id", "hmis_participation_id", name="uq_hmis_hmis_participation_key"),
        Index("ix_hmis_hmis_participation_project", "source_id", "project_id"),
    )

    hmis_participation_id: Mapped[Text32]
    project_id: Mapped[Text32 | None]
    hmis_participation_type: Mapped[int | None]
    hmis_participation_status_start_date: Mapped[date | None]
    hmis_participation_status_end_date: Mapped[date | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class CEParticipation(SourceRow, Model):
    """How a project took part in coordinated entry during some time (2.09)."""

    __tablename__ = "hmis_ce_participation"
    __table_args__ = (
        UniqueConstraint("source_id", "ce_participation_id", name="uq_hmis_ce_participation_key"),
        Index("ix_hmis_ce_participation_project", "source_id", "project_id"),
    )

    ce_participation_id: Mapped[Text32]
    project_id: Mapped[Text32 | None]
    access_point: Mapped[int | None]
    prevention_assessment: Mapped[int | None]
    crisis_assessment: Mapped[int | None]
    housing_assessment: Mapped[int | None]
    direct_services: Mapped[int | None]
    receives_referrals: Mapped[int | None]
    ce_participation_status_start_date: Mapped[date | None]
    ce_participation_status_end_date: Mapped[date | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]
