"""Everything that stands in a text and should not, and what is said about it."""

from collections.abc import Iterable

from adminops.errors import Invalid
from adminops.keyboard import as_typed
from adminops.pii.dates import birth_dates
from adminops.pii.findings import Finding, PiiKind, Staff, squeezed
from adminops.pii.names import announced_names
from adminops.pii.numbers import identity_cards, nine_digits, phones, ssns
from adminops.pii.places import private_emails, street_addresses
from adminops.pii.reading import plain, plain_in_its_case


def find_pii(text: str) -> list[Finding]:
    """Return what stands in `text` and should not, in order, without overlaps, as far as it is told without a store."""
    return find_in(plain(text), plain_in_its_case(text))


def find_in(bare: str, written: str) -> list[Finding]:
    """Return what `find_pii` does, of a text that was read already: plain, and plain in its case."""
    return merged(
        (
            *ssns(bare),
            *birth_dates(bare),
            *identity_cards(bare),
            *phones(bare),
            *private_emails(bare),
            *street_addresses(bare, written),
            *announced_names(written),
        )
    )


_WEIGHT = {kind: place for place, kind in enumerate(PiiKind)}


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Return `findings` in order, of two that overlap the more telling kind, of one kind the longer one."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda each: (_WEIGHT[each.kind], not each.reference, each.start - each.end)):
        if not any(other.start < finding.end and finding.start < other.end for other in kept):
            kept.append(finding)
    return sorted(kept)


def but_for_staff(text: str, findings: Iterable[Finding], staff: Staff) -> list[Finding]:
    """Return `findings` without what belongs to `staff`: that may stand in a text."""
    return [each for each in findings if not _is_staffs(squeezed(text[each.start : each.end]), each.kind, staff)]


def _is_staffs(words: str, kind: PiiKind, staff: Staff) -> bool:
    if kind is PiiKind.PHONE:
        return words[-10:] in staff.phones
    if kind is PiiKind.ADDRESS:
        return any(words.startswith(address) for address in staff.addresses)
    return kind is PiiKind.NAME and words in staff.names


def kinds_in_words(findings: Iterable[Finding]) -> str:
    """Return what was found as the middle of a sentence: "a birth date and a phone number"."""
    there = {finding.kind for finding in findings}
    kinds = [kind.value for kind in PiiKind if kind in there]
    return " and ".join(filter(None, (", ".join(kinds[:-1]), *kinds[-1:])))


def holds_ssn(text: str) -> bool:
    """Say whether an SSN stands in `text`, or nine digits that may be one: then it is not written on a page again.

    It is read as the look-up of clients reads it, too, and with commas between the groups.
    """
    typed = as_typed(text)
    readings = [plain(reading) for reading in (text, typed, typed.replace(",", " "))]
    return any(nine_digits(bare) or any(True for _ in ssns(bare)) for bare in readings)


def check_clean(text: str, *, field: str | None = None) -> None:
    """Raise `Invalid` with a sentence (at form field `field`) when `text` holds personal data of a client."""
    refuse(text, find_pii(text), field=field)


def refuse(text: str, findings: list[Finding], *, field: str | None = None) -> None:
    """Raise `Invalid` that names kinds and lines of `findings` in `text`, and never the values."""
    if not findings:
        return
    lines = sorted({text.count("\n", 0, finding.start) + 1 for finding in findings})
    place = f" (line {', '.join(map(str, lines))})" if "\n" in text.strip() else ""
    kinds = kinds_in_words(findings)
    raise Invalid(f"This seems to hold {kinds}{place}. Please take it out: the client ID is enough.", field=field)
