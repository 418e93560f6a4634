"""Who sent an export, and who typed its rows (Export.csv, User.csv)."""

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from adminops.db import Model
from adminops.hmis.models.columns import HudTime, SourceRow, Text5, Text10, Text32, Text50, Text200, Text320, Text350


class Export(SourceRow, Model):
    """The one row that says what an export is: which source, which period, when it was made, hashed or not."""

    __tablename__ = "hmis_export"
    __table_args__ = (UniqueConstraint("source_id", "export_id", name="uq_hmis_export_key"),)

    export_id: Mapped[Text32]
    source_type: Mapped[int | None]
    hud_source_id: Mapped[Text350 | None]
    source_name: Mapped[Text50 | None]
    source_contact_first: Mapped[Text50 | None]
    source_contact_last: Mapped[Text50 | None]
    source_contact_phone: Mapped[Text10 | None]
    source_contact_extension: Mapped[Text5 | None]
    source_contact_email: Mapped[Text320 | None]
    export_date: Mapped[HudTime | None]
    export_start_date: Mapped[date | None]
    export_end_date: Mapped[date | None]
    software_name: Mapped[Text50 | None]
    software_version: Mapped[Text50 | None]
    csv_version: Mapped[Text50 | None]
    export_period_type: Mapped[int | None]
    export_directive: Mapped[int | None]
    hash_status: Mapped[int | None]
    implementation_id: Mapped[Text200 | None]


class HudUser(SourceRow, Model):
    """A person who typed data at the source. Not somebody who signs in here: that is `identity.User`."""

    __tablename__ = "hmis_user"
    __table_args__ = (UniqueConstraint("source_id", "user_id", name="uq_hmis_user_key"),)

    user_id: Mapped[Text32]
    user_first_name: Mapped[Text50 | None]
    user_last_name: Mapped[Text50 | None]
    user_phone: Mapped[Text10 | None]
    user_extension: Mapped[Text5 | None]
    user_email: Mapped[Text320 | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]
