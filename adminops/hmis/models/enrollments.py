"""Stays of clients in projects, and their ends (Enrollment.csv, Exit.csv)."""

from datetime import date

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from adminops.db import Model
from adminops.hmis.models.columns import HudTime, SourceRow, Text5, Text6, Text32, Text50


class Enrollment(SourceRow, Model):
    """A stay of a client in a project. `household_id` joins the members of one household."""

    __tablename__ = "hmis_enrollment"
    __table_args__ = (
        UniqueConstraint("source_id", "enrollment_id", name="uq_hmis_enrollment_key"),
        # The last two so that who may see a client is answered by the index alone.
        Index("ix_hmis_enrollment_personal", "source_id", "personal_id", "project_id", "removed_at"),
        Index("ix_hmis_enrollment_project", "source_id", "project_id", "entry_date"),
        Index("ix_hmis_enrollment_household", "source_id", "household_id"),
    )

    enrollment_id: Mapped[Text32]
    personal_id: Mapped[Text32 | None]
    project_id: Mapped[Text32 | None]
    entry_date: Mapped[date | None]
    household_id: Mapped[Text32 | None]
    relationship_to_hoh: Mapped[int | None]
    enrollment_coc: Mapped[Text6 | None]
    living_situation: Mapped[int | None]
    rental_subsidy_type: Mapped[int | None]
    length_of_stay: Mapped[int | None]
    los_under_threshold: Mapped[int | None]
    previous_street_essh: Mapped[int | None]
    date_to_street_essh: Mapped[date | None]
    times_homeless_past_three_years: Mapped[int | None]
    months_homeless_past_three_years: Mapped[int | None]
    disabling_condition: Mapped[int | None]
    date_of_engagement: Mapped[date | None]
    move_in_date: Mapped[date | None]
    date_of_path_status: Mapped[date | None]
    client_enrolled_in_path: Mapped[int | None]
    reason_not_enrolled: Mapped[int | None]
    percent_ami: Mapped[int | None]
    referral_source: Mapped[int | None]
    count_outreach_referral_approaches: Mapped[int | None]
    date_of_bcp_status: Mapped[date | None]
    eligible_for_rhy: Mapped[int | None]
    reason_no_services: Mapped[int | None]
    runaway_youth: Mapped[int | None]
    former_ward_child_welfare: Mapped[int | None]
    child_welfare_years: Mapped[int | None]
    child_welfare_months: Mapped[int | None]
    former_ward_juvenile_justice: Mapped[int | None]
    juvenile_justice_years: Mapped[int | None]
    juvenile_justice_months: Mapped[int | None]
    unemployment_fam: Mapped[int | None]
    mental_health_disorder_fam: Mapped[int | None]
    physical_disability_fam: Mapped[int | None]
    alcohol_drug_use_disorder_fam: Mapped[int | None]
    insufficient_income: Mapped[int | None]
    incarcerated_parent: Mapped[int | None]
    vamc_station: Mapped[Text5 | None]
    target_screen_reqd: Mapped[int | None]
    time_to_housing_loss: Mapped[int | None]
    annual_percent_ami: Mapped[int | None]
    literal_homeless_history: Mapped[int | None]
    client_leaseholder: Mapped[int | None]
    hoh_leaseholder: Mapped[int | None]
    subsidy_at_risk: Mapped[int | None]
    eviction_history: Mapped[int | None]
    criminal_record: Mapped[int | None]
    incarcerated_adult: Mapped[int | None]
    prison_discharge: Mapped[int | None]
    sex_offender: Mapped[int | None]
    disabled_hoh: Mapped[int | None]
    current_pregnant: Mapped[int | None]
    single_parent: Mapped[int | None]
    dependent_under6: Mapped[int | None]
    hh5_plus: Mapped[int | None]
    coc_prioritized: Mapped[int | None]
    hp_screening_score: Mapped[int | None]
    threshold_score: Mapped[int | None]
    mental_health_consultation: Mapped[int | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class Exit(SourceRow, Model):
    """The end of a stay; at most one for each enrollment."""

    __tablename__ = "hmis_exit"
    __table_args__ = (
        UniqueConstraint("source_id", "exit_id", name="uq_hmis_exit_key"),
        Index("ix_hmis_exit_enrollment", "source_id", "enrollment_id"),
    )

    exit_id: Mapped[Text32]
    enrollment_id: Mapped[Text32 | None]
    personal_id: Mapped[Text32 | None]
    exit_date: Mapped[date | None]
    destination: Mapped[int | None]
    destination_subsidy_type: Mapped[int | None]
    other_destination: Mapped[Text50 | None]
    housing_assessment: Mapped[int | None]
    subsidy_information: Mapped[int | None]
    project_completion_status: Mapped[int | None]
    early_exit_reason: Mapped[int | None]
    exchange_for_sex: Mapped[int | None]
    exchange_for_sex_past_three_months: Mapped[int | None]
    count_of_exchange_for_sex: Mapped[int | None]
    asked_or_forced_to_exchange_for_sex: Mapped[int | None]
    asked_or_forced_to_exchange_for_sex_past_three_months: Mapped[int | None]
    workplace_violence_threats: Mapped[int | None]
    workplace_promise_difference: Mapped[int | None]
    coerced_to_continue_work: Mapped[int | None]
    labor_exploit_past_three_months: Mapped[int | None]
    counseling_received: Mapped[int | None]
    individual_counseling: Mapped[int | None]
    family_counseling: Mapped[int | None]
    group_counseling: Mapped[int | None]
    session_count_at_exit: Mapped[int | None]
    post_exit_counseling_plan: Mapped[int | None]
    sessions_in_plan: Mapped[int | None]
    destination_safe_client: Mapped[int | None]
    destination_safe_worker: Mapped[int | None]
    pos_adult_connections: Mapped[int | None]
    pos_peer_connections: Mapped[int | None]
    pos_community_connections: Mapped[int | None]
    aftercare_date: Mapped[date | None]
    aftercare_provided: Mapped[int | None]
    email_social_media: Mapped[int | None]
    telephone: Mapped[int | None]
    in_person_individual: Mapped[int | None]
    in_person_group: Mapped[int | None]
    cm_exit_reason: Mapped[int | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]
