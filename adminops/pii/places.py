"""Where somebody is reached: private e-mail addresses and streets.

An address at a provider of free mail is private, one at an agency's own domain is not. A street is where a client
lives unless words before it speak of a program, an office or a meeting.
"""

import re
from collections.abc import Iterator

from adminops.pii.findings import Finding, PiiKind

_PRIVATE = (
    r"(?:gmail|googlemail|yahoo|ymail|rocketmail|hotmail|outlook|live|msn|aol|aim|icloud|me|mac|proton|protonmail|pm"
    r"|gmx|mail|email|zoho|comcast|att|sbcglobal|bellsouth|verizon|cox|charter|earthlink|juno|mailinator|tutanota)"
)
_EMAIL = re.compile(
    rf"(?<![\w.+-])[a-z0-9][\w.+%-]{{0,63}}\s?(?:@|\(at\)|\[at\]|\s+at\s+)\s?{_PRIVATE}"
    r"\s?(?:\.|\(dot\)|\[dot\]|\s+dot\s+)\s?(?:com|net|org|me|us|co\.uk|ch)\b"
)


def private_emails(text: str) -> Iterator[Finding]:
    """Yield the e-mail addresses in a plain `text` that are somebody's own."""
    for found in _EMAIL.finditer(text):
        yield Finding(found.start(), found.end(), PiiKind.EMAIL)


_STRONG = r"(?:street|st|avenue|ave|av|road|rd|boulevard|blvd|lane|ln)"
_ANY = (
    r"(?:street|st|avenue|ave|av|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl|circle|cir|terrace|ter|way"
    r"|parkway|pkwy|highway|hwy|trail|trl|square|sq|loop|alley)"
)
_SIDE = r"(?:(?:n|s|e|w|ne|nw|se|sw|north|south|east|west)\.?\s+)?"
_FLAT = r"(?:\.?,?\s*(?:apt|apartment|unit|suite|ste|room|rm|lot|#)\.?\s*#?\s*\w{1,5}\b)?"
_NEXT = r"(?:[^\S\n]+|[^\S\n]*\n)"
_NUMBER = r"(?<![\w/.,#:-])\d{1,5}[a-z]?(?:-\d{1,3})?[^\S\n]+"
_STREET = re.compile(rf"({_NUMBER}{_SIDE}(?:[a-z0-9][\w.']*{_NEXT}){{1,3}}?{_ANY}\b){_FLAT}")
_NUMBERED = re.compile(rf"({_NUMBER}(?:county\s+road|state\s+road|highway|hwy|us)\s+\d{{1,4}}\b){_FLAT}")
_BOX = re.compile(r"(\bp\.?\s?o\.?\s+box\s+\d{1,6}\b)")
_IS_STRONG = re.compile(rf"\b{_STRONG}$")
_NO_STREETS = re.compile(
    r"\b(?:a|an|the|of|in|on|at|for|to|from|and|or|by|is|are|was|were|has|have|per|with|people|persons?|clients?|members?|days?"
    r"|nights?|hours?|minutes?|weeks?|months?|years?|rows?|records?|units?|beds?|households?|files?|times?|of them|who"
    r"|that|this|more|other|out|off|am|pm|percent|users?|tickets?|programs?|agencies|staff|pages?|errors?|steps?)\b"
)
_PLACE_OF_WORK = re.compile(
    r"\b(?:programs?|projects?|agency|agencies|offices?|shelters?|sites?|facilit(?:y|ies)|locations?|our|building|clinic"
    r"|organization|headquarters|training|meeting|class|we|hub|center|centre|warehouse|church|library|courthouse|venue)\b"
)
_DWELLING = re.compile(
    r"\b(?:clients?|his|her|their|he|she|they|lives?|lived|living|resid\w+|tenants?|home|mailing|family|households?)\b"
)


def street_addresses(text: str, written: str) -> Iterator[Finding]:
    """Yield the streets in a plain `text` (`written`: with its large letters) where a client may live."""
    for pattern in (_STREET, _NUMBERED, _BOX):
        for found in pattern.finditer(text):
            street = found[1]
            if pattern is _STREET and not _looks_like_one(street, written[found.start(1) : found.end(1)]):
                continue
            if _is_of_work(text[max(0, found.start() - 60) : found.start()]):
                continue
            yield Finding(found.start(), found.end(), PiiKind.ADDRESS)


def _looks_like_one(street: str, written: str) -> bool:
    name = street.split(maxsplit=1)[1]
    if _NO_STREETS.search(name):
        return False
    words = written.split()[1:]
    return all(word[0].isupper() or word[0].isdigit() for word in words) or _IS_STRONG.search(street) is not None


def _is_of_work(before: str) -> bool:
    works = [found.end() for found in _PLACE_OF_WORK.finditer(before)]
    return bool(works) and not _DWELLING.search(before, works[-1])
