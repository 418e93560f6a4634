"""Facts about what the guard of free texts found. They say of which kinds it was, never what."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact
from adminops.facts.people import UserFact


@dataclass(frozen=True, kw_only=True)
class TextStopped(UserFact):
    """Somebody was about to send personal data of a client, and saw it before it was stored."""

    says: ClassVar[str] = "was stopped from sending {kinds}"
    kinds: str


@dataclass(frozen=True, kw_only=True)
class TextCleared(UserFact):
    """A member of the team said that what was found in a text is no client's data."""

    says: ClassVar[str] = "said that {kinds} in {text} is no client's"
    kinds: str
    text: str


@dataclass(frozen=True, kw_only=True)
class IncidentFact(Fact):
    """Something about a text that is held back."""

    about_kind: ClassVar[str] = "pii_incident"
    about_field: ClassVar[str] = "incident_id"
    says: ClassVar[str] = "changed incident {incident_id}"
    incident_id: int


@dataclass(frozen=True, kw_only=True)
class TextHeld(IncidentFact):
    """A text went to the redactors."""

    says: ClassVar[str] = "held a text back as incident {incident_id} ({kinds})"
    kinds: str


@dataclass(frozen=True, kw_only=True)
class HeldTextOpened(IncidentFact):
    """A redactor read a text that is held back."""

    says: ClassVar[str] = "read the text of incident {incident_id}"


@dataclass(frozen=True, kw_only=True)
class IncidentSettled(IncidentFact):
    """A redactor decided: `how` is redacted, false_alarm or dropped."""

    says: ClassVar[str] = "settled incident {incident_id} ({how})"
    how: str
