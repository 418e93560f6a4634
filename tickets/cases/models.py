"""Cases at the vendor as rows. The tickets that wait for one are linked to it (`TicketLink`)."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adminops import clock
from adminops.db import Code, Key, Model, Name
from adminops.refs import Ref

KIND = "vendor_case"


class CaseState(StrEnum):
    """Where a case stands."""

    WITH_VENDOR = "with_vendor"
    PROMISED = "promised"
    RELEASED = "released"
    """The vendor says that it is done."""
    VERIFIED = "verified"
    """Somebody has looked, and it is."""

    @property
    def label(self) -> str:
        """The words of the badge."""
        return {"with_vendor": "With the vendor", "promised": "Fix promised", "released": "Released"}.get(
            self.value, "Verified"
        )


C = CaseState
WAITED_FOR = (C.WITH_VENDOR, C.PROMISED)
OPEN = (*WAITED_FOR, C.RELEASED)
TRANSITIONS = {
    C.WITH_VENDOR: (C.PROMISED, C.RELEASED),
    C.PROMISED: (C.WITH_VENDOR, C.RELEASED),
    C.RELEASED: (C.VERIFIED, C.WITH_VENDOR),
    C.VERIFIED: (C.WITH_VENDOR,),
}


class VendorCase(Model):
    """Something that a vendor has to do, under the number that the vendor gave it."""

    __tablename__ = "vendor_case"
    __table_args__ = (UniqueConstraint("vendor", "number"), Index(None, "state", "promised_on"))

    id: Mapped[Key]
    vendor: Mapped[Name]
    number: Mapped[Code]
    title: Mapped[Name]
    state: Mapped[CaseState] = mapped_column(default=C.WITH_VENDOR)
    promised_on: Mapped[date | None]
    told_of: Mapped[date | None]
    """The promised day of which it was told that it is over."""
    release: Mapped[Code] = mapped_column(default="")
    """In which version of the vendor's program it is, or will be."""
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def ref(self) -> Ref:
        """The reference to this case."""
        return Ref.to(KIND, self.id)

    @property
    def named(self) -> str:
        """How people call it: "Eccovia 48213"."""
        return f"{self.vendor} {self.number}"

    def is_late(self, today: date) -> bool:
        """Say whether the promised day is over and nothing has come."""
        return self.state in WAITED_FOR and self.promised_on is not None and self.promised_on < today
