"""Birth dates: a date is one when "DOB", "born" or "birth date" stands beside it, and no other kind of date between."""

import contextlib
import re
from collections.abc import Iterator
from datetime import date

from adminops.pii.findings import Finding, PiiKind

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
    r"|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)\b\.?"
)
_SHORT_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_ORDINAL = r"(?:st|nd|rd|th)?"
_GAP = r"(?:\s+|\s?[-/.]\s?)"
_DATE = "|".join(
    (
        r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}",
        r"\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{2,4}",
        r"\d{1,2}/\d{1,2}",
        rf"\d{{1,2}}{_ORDINAL}{_GAP}(?:(?:of|de)\s+)?{_MONTH}(?:,?{_GAP}(?:del?\s+)?'?\d{{2,4}})?",
        rf"\d{{1,2}}{_SHORT_MONTH}(?:\d{{4}}|\d{{2}})",
        rf"{_MONTH}{_GAP}(?:the\s+)?\d{{1,2}}{_ORDINAL}\b(?:,?{_GAP}'?(?:\d{{4}}|\d{{2}})\b)?",
        r"(?:19|20)\d{6}",
        r"(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:19|20)\d{2}",
    )
)
#: What is a date near a word that says so, and may be anything elsewhere: "01 03 1987".
_DATE_BY_WORD = rf"{_DATE}|\d{{1,2}}[^\S\n]\d{{1,2}}[^\S\n](?:19|20)\d{{2}}"
#: And what is one right behind such a word only: "010387", "March 1987".
_LOOSE = rf"{_MONTH},?\s(?:(?:of|del?)\s)?(?:19|20)\d{{2}}|(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{{2}}"
#: A date is over where no letter or digit follows, but for the time of a timestamp.
_OVER = r"(?!(?!t\d\d:)\w|\.\d)"
#: And it is none where nobody was born: "00/00/0000".
_NOT_ZERO = r"(?!0+[-/.]0+\b)"
_BIRTH = (
    r"(?:\bd\.?o\.?b\.?s?\b\.?|\bd\s+o\s+b\b|\b(?:dates?|days?)\s+of\s+birth\b|\bbirth[\s-]?dates?\b|\bbirth[\s-]?days?\b|\bb-?day\b"
    r"|\bborn\b(?!\s+(?:out|of|from|as)\b)|\bf(?:ec(?:ha)?)?\.?\s*(?:de\s+)?nac(?:imiento\b|\.|\b)|\bnaci(?:[oó]|d[oa])\b)"
)
#: Another kind of date named between the two words: "the birth date is right, the exit on 3/4 is not".
_OTHER_DATE = re.compile(
    r"\b(?:move|moved|entry|entered(?!\s+as)|exit|exited|enrol|enroll|start|started|end|ended|report|updated|created|intake|admitted|came|arrived|applied|discharged"
    r"|dated|count|score|leave|assess|training|meeting|version|build|due|signed|housed|seen|corrected|stay|enrolled|since|until|quality|dq|party|as\s+of|effective|deadline|period|(?:program|fiscal)\s+year)"
    r"|%"
)
_BIRTH_THEN_DATE = re.compile(rf"{_BIRTH}(?P<between>[^\n]{{0,40}}?)(?<!\w){_NOT_ZERO}(?P<date>{_DATE_BY_WORD}){_OVER}")
_BIRTH_THEN_LOOSE = re.compile(
    rf"{_BIRTH}(?P<between>(?:[^\n\d]{{0,30}}?\b(?:is|was|as|reads|says|from|in)\b|\s*[:=#(?-]?)[\s>]*){_NOT_ZERO}(?P<date>{_DATE_BY_WORD}|{_LOOSE}){_OVER}"
)
_DATE_THEN_BIRTH = re.compile(rf"(?<!\w){_NOT_ZERO}(?P<date>{_DATE}){_OVER}(?P<between>[^\n\d]{{0,20}}?){_BIRTH}")
#: A sentence is over: what comes next speaks of something else.
_SENTENCE_ENDS = re.compile(r"[.;!?]\s")


#: "on the card" says where a birth date stands, "on" alone when something was.
_ON_PAPER = (
    r"(?:(?:the|his|her|their|our|an?)\s+)?(?:ids?|cards?|papers?|forms?|licen[cs]e|file|certificate|passport|records?|sheet"
    r"|scan|copy|other)\b"
)
_OTHER_NEXT = re.compile(
    rf"{_OTHER_DATE.pattern}|\bon\b(?!\s+{_ON_PAPER})|\bas\s+of\b|\bby\b(?!\s+(?:accident|mistake|phone))|\buntil\b|\bsince\b|\bfrom\b"
)
_ANOTHER = re.compile(
    r"(?P<between>[^\n\d]{0,40}?(?:\b(?:or|and|vs|versus|not|instead|rather|to|but|other|second|into|with|while|is|has|was|as|typed|reads)\b"
    rf"|[,;/(&+])[^\n\d]{{0,30}}?)(?<![\w/]){_NOT_ZERO}(?P<date>{_DATE_BY_WORD}){_OVER}"
)


def birth_dates(text: str) -> Iterator[Finding]:
    """Yield the dates in a plain `text` that a word beside them, or beside the date before, makes birth dates."""
    for pattern in (_BIRTH_THEN_DATE, _BIRTH_THEN_LOOSE):
        for found in pattern.finditer(text):
            if not _OTHER_DATE.search(_NEAREST_BIRTH.split(found["between"])[-1]):
                yield Finding(found.start("date"), found.end("date"), PiiKind.BIRTH_DATE)
                yield from _more(text, found.end())
    for found in _DATE_THEN_BIRTH.finditer(text):
        if not (_OTHER_DATE.search(found["between"]) or _belongs_before(text, found)):
            yield Finding(found.start("date"), found.end("date"), PiiKind.BIRTH_DATE)


def _belongs_before(text: str, found: re.Match[str]) -> bool:
    """Say whether the date before a word of birth is explained by what stands before it: "until 11/22. DOB 3/4/84"."""
    if _SENTENCE_ENDS.search(found["between"]):
        return True
    own = _BIRTH_THEN_DATE.match(text, found.end("date") + len(found["between"]))
    return own is not None and _OTHER_BESIDE.search(_beside(text, found.start("date"))) is not None


_NEAREST_BIRTH = re.compile(_BIRTH)


def _more(text: str, end: int) -> Iterator[Finding]:
    """Yield the dates that go on from one: "DOB 3/17/1984, not 3/17/1985"."""
    found = _ANOTHER.match(text, end)
    while found is not None and not _OTHER_NEXT.search(found["between"]):
        yield Finding(found.start("date"), found.end("date"), PiiKind.BIRTH_DATE)
        found = _ANOTHER.match(text, found.end())


# Dates of any meaning, for the look-up in the store

_FULL_DATE = re.compile(rf"(?<![\w/.-])(?:{_DATE})(?![\w/]|[.-]\d)")
_OTHER_BESIDE = re.compile(
    r"\b(?:mov(?:e|ed|ing)|entr(?:y|ies)|entered|exit(?:s|ed)?|enroll?|enroll?ed|enrol?lments?|start(?:ed|s)?|end(?:ed|s)?"
    r"|reports?|reporting|updated?|created?|effective|deadline|exports?|exported|imports?|imported|quarter|period|range"
    r"|dated?|signed|expires?|expired|renewal|grants?|funding|class|training|meeting|session|last\s+login|assessment"
    r"|assessed|services?|beds?|nights?|stays?|stayed|certified|inspected|submitted|received|sent|version|intake|closes?d?"
    r"|due|today|yesterday|tomorrow|between)\b"
    r"|\b(?:on|from|until|till|through|thru|to|since|by|before|after|as\s+of|of|for)\s*$|-\s*$"
)
_IN_FIGURES = re.compile(r"(\d{1,4})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{2,4})")
_MONTHS = ("jan|ene", "feb", "mar", "apr|abr", "may", "jun", "jul", "aug|ago", "sep", "oct", "nov", "dec|dic")


def whole_dates(text: str, *, this_year: int) -> Iterator[tuple[int, int, date]]:
    """Yield the dates of a plain `text` that no word beside them explains otherwise, with their places.

    One without a year is no date here. Two digits of a year are of the last hundred years. Where day and month may
    stand the other way round, both days are given.
    """
    for found in _FULL_DATE.finditer(text):
        if not _OTHER_BESIDE.search(_beside(text, found.start())):
            for day in _as_dates(found[0], this_year):
                yield found.start(), found.end(), day


def _beside(text: str, start: int) -> str:
    """Return what stands before a place in its line and its sentence."""
    return _SENTENCE_ENDS.split(text[max(0, start - 30) : start].rpartition("\n")[2])[-1]


def _as_dates(written: str, this_year: int) -> Iterator[date]:
    year, month, day = _parts(written)
    if not year:
        return
    number = int(year) + (0 if len(year) > 2 else 2000 if 2000 + int(year) <= this_year else 1900)
    for one, other in dict.fromkeys(((month, day), (day, month))):
        with contextlib.suppress(ValueError):
            yield date(number, int(one), int(other))


def _parts(written: str) -> tuple[str, str, str]:
    """Return year, month and day of a date as `_DATE` finds it; an empty year where it has none."""
    if found := _IN_FIGURES.fullmatch(written):
        one, two, three = found.groups()
        return (one, two, three) if len(one) > 2 else (three, one, two)
    numbers = re.findall(r"\d+", written)
    if len(numbers) == 1 and len(numbers[0]) == len("20240131"):
        whole = numbers[0]
        return (whole[:4], whole[4:6], whole[6:]) if whole[:2] in ("19", "20") else (whole[4:], whole[:2], whole[2:4])
    month = next((place for place, name in enumerate(_MONTHS, 1) if re.search(name, written)), 0)
    return (numbers[1], str(month), numbers[0]) if month and len(numbers) == 2 else ("", "", "")
