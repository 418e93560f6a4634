"""What somebody who looks for a client typed: a PersonalID, an SSN, a birth date, a name, or a name with a birth date.

Nobody has to say which: "123-45-6789" is an SSN, "5/17/1985" a birth date, "Lopez, Maria 1985-05-17" a name with one.
What may be two things is taken as both (nine digits are a PersonalID in some systems).
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from adminops import clock
from adminops.hmis.names import name_key
from adminops.keyboard import as_typed

LONGEST_ID = 32
EARLIEST_YEAR = 1880
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_MONTH = rf"(?P<month>{'|'.join(_MONTH_NAMES)})[a-z]*\.?"
_DATES = tuple(
    re.compile(rf"(?<![\w/.-]){pattern}(?![\w/-])", re.IGNORECASE | re.ASCII)
    for pattern in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?P<month>\d{1,2})(?P<mark>[-/.])(?P<day>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})",
        rf"{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ -]{_MONTH}[ -](?P<year>\d{{4}})",
    )
)
_DIGITS_OF_A_DATE = (
    re.compile(r"(?P<month>\d\d)(?P<day>\d\d)(?P<year>\d{4})", re.ASCII),
    re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)", re.ASCII),
)
_SSN = re.compile(r"(?:ssn:?\s*)?(\d{3})([- ]?)(\d{2})\2(\d{4})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Question:
    """What is looked for. An empty field asks for nothing; a birth date beside a name narrows the name."""

    personal_id: str = ""
    ssn: str = ""
    """Nine digits."""
    birth_date: date | None = None
    last: str = ""
    """Search key of the last name, from "Last, First"."""
    first: str = ""
    words: tuple[str, ...] = ()
    """Search keys of the words of a name whose order nobody knows."""

    @property
    def has_name(self) -> bool:
        """Whether a name is asked for."""
        return bool(self.last or self.words)

    @property
    def is_surely_an_id(self) -> bool:
        """Whether a record with this PersonalID answers the question: there is a digit in it, as in no name.

        A birth date has digits, too, and what has one asks for a person.
        """
        return self.birth_date is None and any(letter.isdigit() for letter in self.personal_id)


def understand(text: str, *, birth_date: date | None = None) -> Question:
    """Return what `text` asks for; `birth_date` from a field of its own narrows it, or stands alone."""
    wanted = " ".join(text.split())
    asked = Question(personal_id=wanted if _may_be_an_id(wanted) else "", ssn=ssn_in(wanted), birth_date=birth_date)
    if asked.ssn:
        return asked
    found, rest = _date_in(as_typed(wanted))
    asked = replace(asked, birth_date=birth_date or found)
    return _with_name(asked, rest)


def ssn_in(text: str) -> str:
    """Return the nine digits if `text` is an SSN, with or without dashes; else an empty text."""
    found = _SSN.fullmatch(as_typed(text))
    return f"{found[1]}{found[3]}{found[4]}" if found else ""


def date_in(text: str) -> date | None:
    """Return the date that `text` is, in one of the usual forms of the United States or of ISO 8601; else None."""
    found, rest = _date_in(as_typed(text))
    return None if rest else found


def _may_be_an_id(text: str) -> bool:
    return 0 < len(text) <= LONGEST_ID and "," not in text


def _date_in(text: str) -> tuple[date | None, str]:
    """Return the birth date in `text` and what is left of it."""
    for pattern in _DIGITS_OF_A_DATE:
        if (whole := pattern.fullmatch(text)) and (found := _date(whole)):
            return found, ""
    for pattern in _DATES:
        if (part := pattern.search(text)) and (found := _date(part)):
            return found, f"{text[: part.start()]} {text[part.end() :]}".strip(" ,")
    return None, text


def _date(found: re.Match[str]) -> date | None:
    month = found["month"]
    year, number = int(found["year"]), int(month) if month.isdecimal() else _MONTHS[month.lower()]
    today, day = clock.today(), int(found["day"])
    if len(found["year"]) == 2:
        year += 2000 if year <= today.year % 100 else 1900
    if number > 12 >= day:  # 17/5/1985 can only be one day
        number, day = day, number
    try:
        read = date(year, number, day)
    except ValueError:
        return None
    return read if read.year >= EARLIEST_YEAR and read <= today else None


def _with_name(asked: Question, text: str) -> Question:
    if "," in text:
        last, first = (name_key(part) for part in text.split(",", 1))
        return replace(asked, last=last, first=first if last else "")
    words = tuple(key for word in text.split() if (key := name_key(word)))
    return replace(asked, words=words if len("".join(words)) > 1 else ())
