"""Finds in free text what must not stand there: Social Security numbers in all spellings, birth dates near their words.

Tickets, notes and manual pages name a client by ID. What slips through is found before it is stored, and the writer is
asked to take it out. A finding says where and what, never which: nothing of the text goes into a message or a log.

How it decides: a number grouped 3-2-4 is an SSN; nine digits in another grouping are one after "SSN" or "social
security"; nine bare digits are one unless a word such as "client ID" stands before them; four digits are one after
"last four of the SSN" or behind a mask (xxx-xx-1234). Numbers that were never given out (area 000 or 666, group 00,
serial 0000) are not. A date is a birth date when "DOB", "born" or "birth date" stands beside it.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from adminops.errors import Invalid
from adminops.keyboard import as_typed


class PiiKind(StrEnum):
    """What was found, by the words that a sentence uses for it."""

    SSN = "a Social Security number"
    BIRTH_DATE = "a birth date"


@dataclass(frozen=True, order=True)
class Finding:
    """A place in a text: `start` and `end` are offsets as of a slice."""

    start: int
    end: int
    kind: PiiKind


def find_pii(text: str) -> list[Finding]:
    """Return what stands in `text` and should not, in order, without overlaps of one kind."""
    plain = _plain(text)
    found = sorted({*_ssns(plain), *_birth_dates(plain)})
    return [
        finding
        for place, finding in enumerate(found)
        if not any(other.kind is finding.kind and other.end > finding.start for other in found[:place])
    ]


def holds_ssn(text: str) -> bool:
    """Say whether an SSN stands in `text`, or nine digits that may be one: then it is not written on a page again.

    It is read as the look-up of clients reads it, too, and with commas between the groups.
    """
    typed = as_typed(text)
    readings = (text, typed, typed.replace(",", " "))
    found = (finding for reading in readings for finding in find_pii(reading))
    return any(finding.kind is PiiKind.SSN for finding in found) or any(
        _NINE_DIGITS.search(_plain(reading)) for reading in (text, typed)
    )


def check_clean(text: str, *, field: str | None = None) -> None:
    """Raise `Invalid` with a sentence (at form field `field`) when `text` holds personal data of a client."""
    findings = find_pii(text)
    if not findings:
        return
    lines = sorted({text.count("\n", 0, finding.start) + 1 for finding in findings})
    place = f" (line {', '.join(map(str, lines))})" if "\n" in text.strip() else ""
    kinds = " and ".join(kind.value for kind in PiiKind if any(finding.kind is kind for finding in findings))
    raise Invalid(f"This seems to hold {kinds}{place}. Please take it out: the client ID is enough.", field=field)


# Reading: every character keeps its place, so that offsets hold for the text as it was written.

_DASHES = "‐‑‒–—―−﹘﹣－"
_DOTS = "·•․．"


def _plain(text: str) -> str:
    return "".join(map(_plain_letter, text))


def _plain_letter(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    if letter in _DASHES or letter in _DOTS:
        return "-" if letter in _DASHES else "."
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.digit(letter))
    if category in ("Zs", "Cf"):  # no-break and zero-width blanks
        return " "
    lower = letter.lower()
    return lower if len(lower) == 1 else letter


# Social Security numbers

_BETWEEN = r"[ \-./_]"
_WORD = (
    r"(?:\bssns?\b|\bs\.s\.n\.?|\bss\s?#|\bsocial\s+sec(?:urity)?\b|\bsoc(?:\.|\b)\s*sec(?:\.|\b)|\b(?:his|her|their)\s+social\b)"
    r"(?:\s*(?:numbers?|nums?|no)\b\.?|\s*#)?"
)
_GROUPED = re.compile(rf"(?<!\d)(?<!\d[-./])(\d{{3}}){_BETWEEN}{{1,3}}(\d{{2}}){_BETWEEN}{{1,3}}(\d{{4}})(?!\d)")
_ANY_GROUPING = re.compile(rf"{_WORD}[^\d\n]{{0,25}}?((?:\d{_BETWEEN}{{0,3}}){{8}}\d)(?!\d)")
_BARE = re.compile(r"(?<![\w#])(?<!\d[-.])(\d{3})(\d{2})(\d{4})(?![\w]|[-.]\d)")
_NINE_DIGITS = re.compile(rf"(?<!\d)(?:\d{_BETWEEN}{{0,3}}){{8}}\d(?!\d)")
_MASKED = re.compile(rf"(?<![a-z\d])[x*#]{{3}}{_BETWEEN}?[x*#]{{2}}{_BETWEEN}?(\d{{4}})(?!\d)")
_LAST_FOUR = (
    re.compile(
        rf"{_WORD}[^\d\n]{{0,30}}?\b(?:last|ending|ends|final)\b[^\d\n]{{0,20}}?(?:4\b[^\d\n]{{0,15}}?)?(\d{{4}})\b"
    ),
    re.compile(rf"\b(?:last|final)\s*(?:4|four)\b[^\d\n]{{0,30}}?{_WORD}[^\d\n]{{0,20}}?(\d{{4}})\b"),
    re.compile(rf"{_WORD}\s*(?:is|was|:|=)?\s*(\d{{4}})\b(?![-/.]\d)"),
)
_ID_BEFORE = re.compile(
    r"(?:\bids?|\bpersonalids?|\bclients?|\benrol?lments?|\bhouseholds?|\btickets?|\bcases?|#)"
    r"(?:\s*(?:ids?|numbers?|no)\b\.?)?\W{0,3}(?:(?:is|are|was|were)\W+)?(?:\d{9}\W+(?:and\W+|or\W+)?)*$"
)


def _ssns(text: str) -> Iterator[Finding]:
    for found in _GROUPED.finditer(text):
        if _was_given_out(*found.groups()):
            yield Finding(found.start(), found.end(), PiiKind.SSN)
    for found in _BARE.finditer(text):
        if _was_given_out(*found.groups()) and found[1] < "900" and not _ID_BEFORE.search(text, 0, found.start()):
            yield Finding(found.start(), found.end(), PiiKind.SSN)
    for pattern in (_ANY_GROUPING, _MASKED, *_LAST_FOUR):
        for found in pattern.finditer(text):
            yield Finding(found.start(1), found.end(1), PiiKind.SSN)


def _was_given_out(area: str, group: str, serial: str) -> bool:
    """Say whether the number can be somebody's (Social Security Administration: never 000, 666, 00, 0000).

    An area of 900 and more is a taxpayer number: personal too, where it is written in three groups.
    """
    return area not in ("000", "666") and group != "00" and serial != "0000"


# Birth dates

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_ORDINAL = r"(?:st|nd|rd|th)?"
_DATE = "|".join(
    (
        r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}",
        r"\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{2,4}",
        r"\d{1,2}/\d{1,2}",
        rf"\d{{1,2}}{_ORDINAL}\s+(?:of\s+)?{_MONTH}(?:,?\s+'?\d{{2,4}})?",
        rf"{_MONTH}\s+\d{{1,2}}{_ORDINAL}\b(?:,?\s+'?\d{{4}})?",
        r"(?:19|20)\d{6}",
        r"(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:19|20)\d{2}",
    )
)
_BIRTH = r"(?:\bd\.?o\.?b\b\.?|\bdates?\s+of\s+birth\b|\bbirth[\s-]?dates?\b|\bbirth[\s-]?days?\b|\bb-?day\b|\bborn\b)"
#: Another kind of date named between the two words: "the birth date is right, the exit on 3/4 is not".
_OTHER_DATE = re.compile(
    r"\b(?:move|moved|entry|entered|exit|exited|enrol|enroll|start|started|end|ended|report|updated|created)"
)
_BIRTH_THEN_DATE = re.compile(rf"{_BIRTH}(?P<between>[^\n]{{0,40}}?)(?<!\w)(?P<date>{_DATE})(?!\w)")
_DATE_THEN_BIRTH = re.compile(rf"(?<!\w)(?P<date>{_DATE})(?!\w)(?P<between>[^\n\d]{{0,20}}?){_BIRTH}")


def _birth_dates(text: str) -> Iterator[Finding]:
    for pattern in (_BIRTH_THEN_DATE, _DATE_THEN_BIRTH):
        for found in pattern.finditer(text):
            if not _OTHER_DATE.search(found["between"]):
                yield Finding(found.start("date"), found.end("date"), PiiKind.BIRTH_DATE)
