"""Coordinated entry: assessments with their questions and results, and events (four files)."""

from datetime import date

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from adminops.db import Model
from adminops.hmis.models.columns import HudTime, SourceRow, Text32, Text250, Text500


class Assessment(SourceRow, Model):
    """An assessment of coordinated entry (4.19)."""

    __tablename__ = "hmis_assessment"
    __table_args__ = (
        UniqueConstraint("source_id", "assessment_id", name="uq_hmis_assessment_key"),
        Index("ix_hmis_assessment_enrollment", "source_id", "enrollment_id"),
    )

    assessment_id: Mapped[Text32]
    enrollment_id: Mapped[Text32 | None]
    personal_id: Mapped[Text32 | None]
    assessment_date: Mapped[date | None]
    assessment_location: Mapped[Text250 | None]
    assessment_type: Mapped[int | None]
    assessment_level: Mapped[int | None]
    prioritization_status: Mapped[int | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class AssessmentQuestions(SourceRow, Model):
    """A question of an assessment with its answer (4.19.5)."""

    __tablename__ = "hmis_assessment_questions"
    __table_args__ = (
        UniqueConstraint("source_id", "assessment_question_id", name="uq_hmis_assessment_questions_key"),
        Index("ix_hmis_assessment_questions_enrollment", "source_id", "enrollment_id"),
    )

    assessment_question_id: Mapped[Text32]
    assessment_id: Mapped[Text32 | None]
    enrollment_id: Mapped[Text32 | None]
    personal_id: Mapped[Text32 | None]
    assessment_question_group: Mapped[Text250 | None]
    assessment_question_order: Mapped[int | None]
    assessment_question: Mapped[Text250 | None]
    assessment_answer: Mapped[Text500 | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class AssessmentResults(SourceRow, Model):
    """A result of an assessment (4.19.6)."""

    __tablename__ = "hmis_assessment_results"
    __table_args__ = (
        UniqueConstraint("source_id", "assessment_result_id", name="uq_hmis_assessment_results_key"),
        Index("ix_hmis_assessment_results_enrollment", "source_id", "enrollment_id"),
    )

    assessment_result_id: Mapped[Text32]
    assessment_id: Mapped[Text32 | None]
    enrollment_id: Mapped[Text32 | None]
    personal_id: Mapped[Text32 | None]
    assessment_result_type: Mapped[Text250 | None]
    assessment_result: Mapped[Text250 | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class Event(SourceRow, Model):
    """A referral or another event of coordinated entry (4.20)."""

    __tablename__ = "hmis_event"
    __table_args__ = (
        UniqueConstraint("source_id", "event_id", name="uq_hmis_event_key"),
        Index("ix_hmis_event_enrollment", "source_id", "enrollment_id"),
    )

    event_id: Mapped[Text32]
    enrollment_id: Mapped[Text32 | None]
    personal_id: Mapped[Text32 | None]
    event_date: Mapped[date | None]
    event: Mapped[int | None]
    prob_sol_div_rr_result: Mapped[int | None]
    referral_case_manage_after: Mapped[int | None]
    location_crisis_or_ph_housing: Mapped[Text250 | None]
    referral_result: Mapped[int | None]
    result_date: Mapped[date | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]
