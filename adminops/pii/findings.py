"""What a finding is, and what is known to be staff's."""

from dataclasses import dataclass, field
from enum import StrEnum


class PiiKind(StrEnum):
    """What was found, by the words that a sentence uses for it."""

    SSN = "a Social Security number"
    BIRTH_DATE = "a birth date"
    NAME = "a client's name"
    PHONE = "a phone number"
    EMAIL = "a private e-mail address"
    ADDRESS = "a street address"
    ID_CARD = "an identity card"

    @property
    def key(self) -> str:
        """What a form and a table call it."""
        return self.name.lower()


@dataclass(frozen=True, order=True)
class Finding:
    """A place in a text: `start` and `end` are offsets as of a slice."""

    start: int
    end: int
    kind: PiiKind
    reference: str = field(default="", compare=False)
    """What may stand there instead, where the store knows it: "client 48213"."""


@dataclass(frozen=True)
class Staff:
    """What belongs to agencies and the team, and so is no client's: it may stand in a text."""

    names: frozenset[str] = frozenset()
    """Words of names in lower case, without anything but letters: "benturner", "turner"."""
    phones: frozenset[str] = frozenset()
    """Ten digits each."""
    addresses: frozenset[str] = frozenset()
    """House number and street without anything but letters and digits: "120harborstreet"."""


def squeezed(text: str) -> str:
    """Return the letters and digits of `text` in lower case, as `Staff` holds them."""
    return "".join(filter(str.isalnum, text.lower()))
