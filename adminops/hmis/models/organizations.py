"""The agencies that run projects, in HUD's words (Organization.csv)."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from adminops.db import Model
from adminops.hmis.models.columns import HudTime, SourceRow, Text32, Text200


class Organization(SourceRow, Model):
    """An organization that runs projects (2.01). Screens say agency."""

    __tablename__ = "hmis_organization"
    __table_args__ = (UniqueConstraint("source_id", "organization_id", name="uq_hmis_organization_key"),)

    organization_id: Mapped[Text32]
    organization_name: Mapped[Text200 | None]
    victim_service_provider: Mapped[int | None]
    organization_common_name: Mapped[Text200 | None]
    date_created: Mapped[HudTime | None]
    date_updated: Mapped[HudTime | None]
    user_id: Mapped[Text32 | None]
    date_deleted: Mapped[HudTime | None]
    export_id: Mapped[Text32 | None]
