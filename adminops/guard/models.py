"""What the guard remembers: that something was found (never what), and texts that are held back for redactors."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, Model
from adminops.errors import InvalidState
from adminops.identity.models import Agency, User
from adminops.refs import Ref


class Outcome(StrEnum):
    """What became of a finding."""

    STOPPED = "stopped"
    """Its writer saw it before it was stored."""
    CLEARED = "cleared"
    """The team said that it is no client's data."""
    HELD = "held"
    """It went to the redactors before it was stored."""
    FOUND = "found"
    """It was stored, and found later."""
    FALSE_ALARM = "false_alarm"
    """A redactor said that it is no client's data."""


class PiiEvent(Model):
    """A kind of personal data that was found in a text about an agency, for the counts."""

    __tablename__ = "pii_event"
    __table_args__ = (Index(None, "agency_id", "outcome", "at"), Index(None, "about", "outcome"))

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """Who wrote the text or spoke about it; None: AdminOps itself."""
    kind: Mapped[Code]
    outcome: Mapped[Outcome]
    about: Mapped[Code] = mapped_column(default="")
    """The text, as a reference, where it is stored."""


class IncidentState(StrEnum):
    """Where an incident stands."""

    HELD = "held"
    REDACTED = "redacted"
    """The text is back without what it should not hold."""
    FALSE_ALARM = "false_alarm"
    """The text is back as it was."""
    DROPPED = "dropped"
    """Nothing of the text is left."""

    @property
    def label(self) -> str:
        """The words of the badge."""
        return {"held": "Held back", "redacted": "Redacted", "false_alarm": "False alarm", "dropped": "Deleted"}[self]


S = IncidentState
TRANSITIONS: dict[IncidentState, Sequence[IncidentState]] = {
    S.HELD: (S.REDACTED, S.FALSE_ALARM, S.DROPPED),
    S.REDACTED: (),
    S.FALSE_ALARM: (),
    S.DROPPED: (),
}


class FoundBy(StrEnum):
    """How an incident came up."""

    WRITER = "writer"
    """Its writer sent it to the redactors; nobody else has seen it."""
    RESCAN = "rescan"
    """The nightly scan found it in what is stored."""
    IMPORT = "import"
    """It came with tickets of another desk; nobody here has seen it."""


class PiiIncident(Model):
    """A text that is held back: sealed, for redactors only. One for each message, however much is in it."""

    __tablename__ = "pii_incident"
    __table_args__ = (UniqueConstraint("kind", "ref_id"), Index(None, "state", "id"))

    id: Mapped[Key]
    kind: Mapped[Code]
    ref_id: Mapped[Code]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    found_at: Mapped[datetime] = mapped_column(default=clock.now)
    found_by: Mapped[FoundBy]
    found_kinds: Mapped[list[str]]
    """Keys of the kinds of personal data."""
    seen_by: Mapped[list[str]]
    """Numbers of the users who could have read the text before it was held back."""
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The texts by the names of their fields, as JSON; gone once the incident is settled."""
    state: Mapped[IncidentState] = mapped_column(default=S.HELD)
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))

    agency: Mapped[Agency | None] = relationship()
    author: Mapped[User | None] = relationship(foreign_keys=[author_id])
    settled_by: Mapped[User | None] = relationship(foreign_keys=[settled_by_id])

    @property
    def ref(self) -> Ref:
        """The text that is held back."""
        return Ref(self.kind, self.ref_id)


class PiiScan(Model):
    """How far the nightly scan has come in a kind of texts."""

    __tablename__ = "pii_scan"

    kind: Mapped[Code] = mapped_column(primary_key=True)
    last_id: Mapped[int] = mapped_column(default=0)


def move(incident: PiiIncident, to: IncidentState) -> None:
    """Bring `incident` into state `to`. Raises `InvalidState` when that move is not in `TRANSITIONS`."""
    if to not in TRANSITIONS[incident.state]:
        raise InvalidState("This incident is settled already.")
    incident.state = to
