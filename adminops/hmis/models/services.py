"""What was done for a client during a stay, and where the client was met (two files)."""

from datetime import date

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from adminops.db import Model
from adminops.hmis.models.columns import HudTime, Money, SourceRow, Text32, Text50, Text200, Text250


class Services(SourceRow, Model):
    """A service, bed night, referral or financial help; what `type_provided` means depends on `record_type`."""

    __tablename__ = "hmis_services"
    __table_args__ = (
        UniqueConstraint("source_id", "services_id", name="uq_hmis_services_key"),
        Index("ix_hmis_services_enrollment", "source_id", "enrollment_id"),
    )

    services_id: Mapped[Text32]
    enrollment_id: Mapped[Text32 | None]
    personal_id: Mapped[Text32 | None]
    date_provided: Mapped[date | None]
    record_type: Mapped[int | None]
    type_provided: Mapped[int | None]
    other_type_provided: Mapped[Text50 | None]
    moving_on_other_type: Mapped[Text50 | None]
    sub_type_provided: Mapped[int | None]
    fa_amount: Mapped[Money | None]
    fa_start_date: Mapped[date | None]
    fa_end_date: Mapped[date | None]
    referral_outcome: Mapped[int | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]


class CurrentLivingSituation(SourceRow, Model):
    """A contact, and where the client lived then (4.12)."""

    __tablename__ = "hmis_current_living_situation"
    __table_args__ = (
        UniqueConstraint("source_id", "current_living_sit_id", name="uq_hmis_current_living_situation_key"),
        Index("ix_hmis_current_living_situation_enrollment", "source_id", "enrollment_id"),
    )

    current_living_sit_id: Mapped[Text32]
    enrollment_id: Mapped[Text32 | None]
    personal_id: Mapped[Text32 | None]
    information_date: Mapped[date | None]
    current_living_situation: Mapped[int | None]
    cls_subsidy_type: Mapped[int | None]
    verified_by: Mapped[Text200 | None]
    leave_situation14_days: Mapped[int | None]
    subsequent_residence: Mapped[int | None]
    resources_to_obtain: Mapped[int | None]
    lease_own60_day: Mapped[int | None]
    moved_two_or_more: Mapped[int | None]
    location_details: Mapped[Text250 | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]
