"""The people served (Client.csv)."""

from datetime import date

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adminops.db import Model
from adminops.hmis.models.columns import Hash, HudTime, SearchKey, SourceRow, Text32, Text50, Text64, Text100


class Client(SourceRow, Model):
    """A client record: one person as one source knows it (3.01 to 3.07, 4.21, V1).

    Which records stand for the same person is said by `person_id` and never by changing HUD's columns. The SSN is not
    here in clear: it is sealed, with one blind index for a full valid number and one for its last four digits.
    """

    __tablename__ = "hmis_client"
    __table_args__ = (
        UniqueConstraint("source_id", "personal_id", name="uq_hmis_client_key"),
        Index("ix_hmis_client_last_key", "last_key", "first_key"),
        Index("ix_hmis_client_first_key", "first_key", "last_key"),
        Index("ix_hmis_client_dob", "dob"),
        Index("ix_hmis_client_ssn_index", "ssn_index"),
        Index("ix_hmis_client_ssn_last4_index", "ssn_last4_index"),
        Index("ix_hmis_client_person_id", "person_id"),
    )

    personal_id: Mapped[Text32]
    first_name: Mapped[Text64 | None]
    middle_name: Mapped[Text64 | None]
    last_name: Mapped[Text64 | None]
    name_suffix: Mapped[Text50 | None]
    name_data_quality: Mapped[int | None]
    ssn_sealed: Mapped[bytes | None]
    ssn_index: Mapped[Hash | None]
    ssn_last4_index: Mapped[Hash | None]
    ssn_data_quality: Mapped[int | None]
    dob: Mapped[date | None]
    dob_data_quality: Mapped[int | None]
    sex: Mapped[int | None]
    am_ind_ak_native: Mapped[int | None]
    asian: Mapped[int | None]
    black_af_american: Mapped[int | None]
    hispanic_latinao: Mapped[int | None]
    mid_east_n_african: Mapped[int | None]
    native_hi_pacific: Mapped[int | None]
    white: Mapped[int | None]
    race_none: Mapped[int | None]
    additional_race_ethnicity: Mapped[Text100 | None]
    veteran_status: Mapped[int | None]
    year_entered_service: Mapped[int | None]
    year_separated: Mapped[int | None]
    world_war_ii: Mapped[int | None]
    korean_war: Mapped[int | None]
    vietnam_war: Mapped[int | None]
    desert_storm: Mapped[int | None]
    afghanistan_oef: Mapped[int | None]
    iraq_oif: Mapped[int | None]
    iraq_ond: Mapped[int | None]
    other_theater: Mapped[int | None]
    military_branch: Mapped[int | None]
    discharge_status: Mapped[int | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]

    person_id: Mapped[int | None] = mapped_column(ForeignKey("hmis_person.id"))
    first_key: Mapped[SearchKey]
    last_key: Mapped[SearchKey]
