"""What an agency has signed: its agreement to take part, and the others that are kept beside it."""

from datetime import date, datetime, timedelta

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Key, Model, Name
from adminops.files import StoredFile
from adminops.identity.models import Agency, User
from adminops.titled import Titled

SOON = timedelta(days=60)
"""From when on an agreement is said to run out."""


class AgreementKind(Titled):
    """What was agreed on, with the words for screens."""

    MOU = "mou", "Agency agreement (MOU)"
    SHARING = "sharing", "Data-sharing agreement"
    OTHER = "other", "Another agreement"


class AgencyAgreement(Model):
    """One signed paper: who signed, from when to when it holds, and where it is. A renewal is a row of its own."""

    __tablename__ = "agency_agreement"
    __table_args__ = (Index(None, "agency_id", "kind"), Index(None, "expires_on"))

    id: Mapped[Key]
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    kind: Mapped[AgreementKind]
    signer: Mapped[Name]
    """Who signed for the agency, as on the paper."""
    signed_on: Mapped[date]
    begins_on: Mapped[date]
    expires_on: Mapped[date | None]
    """The last day on which it holds; None: until somebody ends it."""
    ended_on: Mapped[date | None]
    """The last day, where it was ended before its time."""
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    agency: Mapped[Agency] = relationship()
    file: Mapped[StoredFile | None] = relationship()
    recorded_by: Mapped[User | None] = relationship()

    @property
    def last_on(self) -> date | None:
        """The last day on which it holds; None: no end is known."""
        known = [day for day in (self.expires_on, self.ended_on) if day]
        return min(known, default=None)

    def holds_on(self, day: date) -> bool:
        """Say whether it holds on `day`."""
        return self.begins_on <= day and (self.last_on is None or day <= self.last_on)

    def standing_on(self, day: date) -> str:
        """Return one word: coming, valid, soon (it runs out), expired or ended."""
        if self.ended_on is not None and self.ended_on < day:
            return "ended"
        if self.expires_on is not None and self.expires_on < day:
            return "expired"
        if self.begins_on > day:
            return "coming"
        return "soon" if self.last_on is not None and self.last_on - day <= SOON else "valid"
