"""How to say it without saying it: the phrase-book, and what may stand in the place of a finding."""

from collections.abc import Iterable
from dataclasses import dataclass

from adminops.pii.findings import Finding, PiiKind


@dataclass(frozen=True)
class Phrase:
    """A way to write of something that must not be written: for which kind, and the words."""

    kind: PiiKind
    words: str


PHRASES = (
    Phrase(PiiKind.NAME, "Client 48213 (the ID alone: we look the name up)"),
    Phrase(PiiKind.NAME, "The record with the lower ID has the right spelling of the name."),
    Phrase(PiiKind.NAME, "The last name of the newer record is right."),
    Phrase(PiiKind.SSN, "The SSN of the older record is right."),
    Phrase(PiiKind.SSN, "Both records have the same SSN, one digit is off."),
    Phrase(PiiKind.SSN, "The SSN should be blank: the client refused."),
    Phrase(PiiKind.BIRTH_DATE, "The older DOB is right."),
    Phrase(PiiKind.BIRTH_DATE, "Day and month of the birth date are swapped in the newer record."),
    Phrase(PiiKind.PHONE, "The phone number is in the client's record."),
    Phrase(PiiKind.EMAIL, "The e-mail address is in the client's record."),
    Phrase(PiiKind.ADDRESS, "The address is on the client's page under contact."),
    Phrase(PiiKind.ID_CARD, "I have seen the card; a copy is in the client's file in HMIS."),
)

_INSTEAD = {
    PiiKind.SSN: "[SSN left out]",
    PiiKind.BIRTH_DATE: "[birth date left out]",
    PiiKind.NAME: "[client, see the ID]",
    PiiKind.PHONE: "[phone left out]",
    PiiKind.EMAIL: "[e-mail left out]",
    PiiKind.ADDRESS: "[address left out]",
    PiiKind.ID_CARD: "[card left out]",
}


def phrases_for(findings: Iterable[Finding]) -> list[Phrase]:
    """Return the phrases that help with what was found."""
    kinds = {finding.kind for finding in findings}
    return [phrase for phrase in PHRASES if phrase.kind in kinds]


def instead_of(finding: Finding) -> str:
    """Return what may stand in its place: the client's ID where the store knows it."""
    return finding.reference or _INSTEAD[finding.kind]


def without(text: str, findings: Iterable[Finding]) -> str:
    """Return `text` with each of `findings` replaced by what may stand there."""
    for finding in sorted(findings, reverse=True):
        text = f"{text[: finding.start]}{instead_of(finding)}{text[finding.end :]}"
    return text
