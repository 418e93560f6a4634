"""What is asked at the start, during and at the end of a stay (five files)."""

from datetime import date

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from adminops.db import Model
from adminops.hmis.models.columns import HudTime, Money, SourceRow, Text32, Text50


class IncomeBenefits(SourceRow, Model):
    """Income, non-cash benefits and health insurance on a date (4.02 to 4.04, W3, P4)."""

    __tablename__ = "hmis_income_benefits"
    __table_args__ = (
        UniqueConstraint("source_id", "income_benefits_id", name="uq_hmis_income_benefits_key"),
        Index("ix_hmis_income_benefits_enrollment", "source_id", "enrollment_id"),
    )

    income_benefits_id: Mapped[Text32]
    enrollment_id: Mapped[Text32 | None]
    personal_id: Mapped[Text32 | None]
    information_date: Mapped[date | None]
    income_from_any_source: Mapped[int | None]
    total_monthly_income: Mapped[Money | None]
    earned: Mapped[int | None]
    earned_amount: Mapped[Money | None]
    unemployment: Mapped[int | None]
    unemployment_amount: Mapped[Money | None]
    ssi: Mapped[int | None]
    ssi_amount: Mapped[Money | None]
    ssdi: Mapped[int | None]
    ssdi_amount: Mapped[Money | None]
    va_disability_service: Mapped[int | None]
    va_disability_service_amount: Mapped[Money | None]
    va_disability_non_service: Mapped[int | None]
    va_disability_non_service_amount: Mapped[Money | None]
    private_disability: Mapped[int | None]
    private_disability_amount: Mapped[Money | None]
    workers_comp: Mapped[int | None]
    workers_comp_amount: Mapped[Money | None]
    tanf: Mapped[int | None]
    tanf_amount: Mapped[Money | None]
    ga: Mapped[int | None]
    ga_amount: Mapped[Money | None]
    soc_sec_retirement: Mapped[int | None]
    soc_sec_retirement_amount: Mapped[Money | None]
    pension: Mapped[int | None]
    pension_amount: Mapped[Money | None]
    child_support: Mapped[int | None]
    child_support_amount: Mapped[Money | None]
    alimony: Mapped[int | None]
    alimony_amount: Mapped[Money | None]
    other_income_source: Mapped[int | None]
    other_income_amount: Mapped[Money | None]
    other_income_source_identify: Mapped[Text50 | None]
    benefits_from_any_source: Mapped[int | None]
    snap: Mapped[int | None]
    wic: Mapped[int | None]
    tanf_child_care: Mapped[int | None]
    tanf_transportation: Mapped[int | None]
    other_tanf: Mapped[int | None]
    other_benefits_source: Mapped[int | None]
    other_benefits_source_identify: Mapped[Text50 | None]
    insurance_from_any_source: Mapped[int | None]
    medicaid: Mapped[int | None]
    no_medicaid_reason: Mapped[int | None]
    medicare: Mapped[int | None]
    no_medicare_reason: Mapped[int | None]
    schip: Mapped[int | None]
    no_schip_reason: Mapped[int | None]
    vha_services: Mapped[int | None]
    no_vha_reason: Mapped[int | None]
    employer_provided: Mapped[int | None]
    no_employer_provided_reason: Mapped[int | None]
    cobra: Mapped[int | None]
    no_cobra_reason: Mapped[int | None]
    private_pay: Mapped[int | None]
    no_private_pay_reason: Mapped[int | None]
    state_health_ins: Mapped[int | None]
    no_state_health_ins_reason: Mapped[int | None]
    indian_health_services: Mapped[int | None]
    no_indian_health_services_reason: Mapped[int | None]
    other_insurance: Mapped[int | None]
    other_insurance_identify: Mapped[Text50 | None]
    adap: Mapped[int | None]
    no_adap_reason: Mapped[int | None]
    ryan_white_med_dent: Mapped[int | None]
    no_ryan_white_reason: Mapped[int | None]
    connection_with_soar: Mapped[int | None]
    data_collection_stage: Mapped[int | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class HealthAndDV(SourceRow, Model):
    """Domestic violence and general health on a date (4.11, R7 to R10)."""

    __tablename__ = "hmis_health_and_dv"
    __table_args__ = (
        UniqueConstraint("source_id", "health_and_dv_id", name="uq_hmis_health_and_dv_key"),
        Index("ix_hmis_health_and_dv_enrollment", "source_id", "enrollment_id"),
    )

    health_and_dv_id: Mapped[Text32]
    enrollment_id: Mapped[Text32 | None]
    personal_id: Mapped[Text32 | None]
    information_date: Mapped[date | None]
    domestic_violence_survivor: Mapped[int | None]
    when_occurred: Mapped[int | None]
    currently_fleeing: Mapped[int | None]
    general_health_status: Mapped[int | None]
    dental_health_status: Mapped[int | None]
    mental_health_status: Mapped[int | None]
    pregnancy_status: Mapped[int | None]
    due_date: Mapped[date | None]
    data_collection_stage: Mapped[int | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class EmploymentEducation(SourceRow, Model):
    """Last grade, school and work on a date (R4 to R6)."""

    __tablename__ = "hmis_employment_education"
    __table_args__ = (
        UniqueConstraint("source_id", "employment_education_id", name="uq_hmis_employment_education_key"),
        Index("ix_hmis_employment_education_enrollment", "source_id", "enrollment_id"),
    )

    employment_education_id: Mapped[Text32]
    enrollment_id: Mapped[Text32 | None]
    personal_id: Mapped[Text32 | None]
    information_date: Mapped[date | None]
    last_grade_completed: Mapped[int | None]
    school_status: Mapped[int | None]
    employed: Mapped[int | None]
    employment_type: Mapped[int | None]
    not_employed_reason: Mapped[int | None]
    data_collection_stage: Mapped[int | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class Disabilities(SourceRow, Model):
    """One answer about one kind of disability on a date (4.05 to 4.10, W4, W6)."""

    __tablename__ = "hmis_disabilities"
    __table_args__ = (
        UniqueConstraint("source_id", "disabilities_id", name="uq_hmis_disabilities_key"),
        Index("ix_hmis_disabilities_enrollment", "source_id", "enrollment_id"),
    )

    disabilities_id: Mapped[Text32]
    enrollment_id: Mapped[Text32 | None]
    personal_id: Mapped[Text32 | None]
    information_date: Mapped[date | None]
    disability_type: Mapped[int | None]
    disability_response: Mapped[int | None]
    indefinite_and_impairs: Mapped[int | None]
    t_cell_count_available: Mapped[int | None]
    t_cell_count: Mapped[int | None]
    t_cell_source: Mapped[int | None]
    viral_load_available: Mapped[int | None]
    viral_load: Mapped[int | None]
    viral_load_source: Mapped[int | None]
    anti_retroviral: Mapped[int | None]
    data_collection_stage: Mapped[int | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class YouthEducationStatus(SourceRow, Model):
    """School attendance of a youth on a date (C3)."""

    __tablename__ = "hmis_youth_education_status"
    __table_args__ = (
        UniqueConstraint("source_id", "youth_education_status_id", name="uq_hmis_youth_education_status_key"),
        Index("ix_hmis_youth_education_status_enrollment", "source_id", "enrollment_id"),
    )

    youth_education_status_id: Mapped[Text32]
    enrollment_id: Mapped[Text32 | None]
    personal_id: Mapped[Text32 | None]
    information_date: Mapped[date | None]
    current_school_attend: Mapped[int | None]
    most_recent_ed_status: Mapped[int | None]
    current_ed_status: Mapped[int | None]
    data_collection_stage: Mapped[int | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]
