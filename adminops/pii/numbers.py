"""Numbers that lead to somebody: Social Security numbers in all spellings, US phones, identity cards.

A number grouped 3-2-4 is an SSN; nine digits in another grouping are one after "SSN" or "social security", and nine
spelled out ("two one nine …") always; nine bare digits are one unless they stand in the address of a page or a word
such as "client ID" or "grant" stands beside them; four digits are one after "last four of the SSN" or behind a mask
(xxx-xx-1234). Numbers that were never given out (area 000 or 666, group 00, serial 0000) are not, nor is what people
type who have none (999-99-9999). A phone is a client's unless it is a toll-free one or the writer's own ("call me at").
"""

import re
from collections.abc import Iterator

from adminops.pii.findings import Finding, PiiKind

# Social Security numbers

_BETWEEN = r"[ \-./_~]"
_WORD = (
    r"(?:\bssns?\b|\bs\.s\.n\.?|\bss\s?#|\bsocial\s+sec(?:urity)?\b|\bsoc(?:\.|\b)?\s*sec(?:\.|\b)"
    r"|\b(?:his|her|their|full|client'?s)\s+social\b|\bsocial(?=\s*(?:(?:is|was)\b|[:=#\d]))|\bsoc(?:\.|(?=\s*[:=#]))"
    r"|\bs\.?s\.?(?=\s*(?:#|(?:numbers?|no)\b))|\bseguro\s+social\b)"
    r"(?:\s*(?:numbers?|nums?|no)\b\.?|\s*#)?"
)
_BETWEEN_GROUPS = rf"(?:{_BETWEEN}{{1,3}}|-\n(?:>\s?)?)"
_GROUPED = re.compile(rf"(?<!\d)(?<!\d[-./])(\d{{3}}){_BETWEEN_GROUPS}(\d{{2}}){_BETWEEN_GROUPS}(\d{{4}})(?!\d)")
_TO_NUMBER = r"(?P<between>[^\d\n]{0,35}?|\s*[:=]?\s*?\n[\s>]*)"
_ANY_GROUPING = re.compile(rf"{_WORD}{_TO_NUMBER}(?P<ssn>(?:\d[^\w:$%]{{0,3}}_?){{8}}\d)(?!\d)")
_SPOKEN = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_SPOKEN_OUT = re.compile(rf"\b{_SPOKEN}(?:[\s,-]{{1,3}}{_SPOKEN}\b){{8,}}")
_ODDLY_GROUPED = re.compile(rf"{_WORD}{_TO_NUMBER}(?P<ssn>\d{{3}}\W{{1,3}}\d{{2}}\W{{1,3}}\d{{4}})(?!\d)")
_BARE = re.compile(r"(?<![\w#])(?<!\w[-.])(\d{3})(\d{2})(\d{4})(?![\w]|[-.]\w)")
_NINE_DIGITS = re.compile(rf"(?<!\d)(?:\d{_BETWEEN}{{0,3}}){{8}}\d(?!\d)")
_MASKED = re.compile(
    rf"(?<![a-z\d])(?:[x*#]{{3}}{_BETWEEN}?[x*#]{{2}}{_BETWEEN}?|\.{{3}}[ -]\.{{2}}[ -])(?P<ssn>\d{{4}})(?!\d)"
)
_OTHER_LAST = r"(?:days|weeks|months|years|quarters|rows|lines|reports|records|exports|nights|entries|clients|times)\b"
_LAST_FOUR_OF_A_WORD = (
    re.compile(
        rf"{_WORD}[^\d\n]{{0,30}}?\b(?:last|ending|ends|final|terminan?)\b[^\d\n]{{0,20}}?"
        rf"(?:4\b(?!\s*{_OTHER_LAST})[^\d\n]{{0,15}}?)?(\d{{4}})\b"
    ),
    re.compile(rf"\b(?:last|final)\s*(?:4|four)\b[^\d\n]{{0,30}}?{_WORD}[^\d\n]{{0,20}}?(\d{{4}})\b"),
    re.compile(rf"{_WORD}\s*(?:is|was|partial|:|=)?\s*[.…*x#-]{{0,6}}\s?(\d{{4}})\b(?![-/.]\d)"),
    re.compile(rf"\bend(?:s|ing)\s+(?:in|with)\s+(\d{{4}})[\s,(]{{1,3}}(?:of\s+)?(?:(?:the|his|her|their)\s+)?{_WORD}"),
)
_LAST_FOUR = (
    re.compile(
        r"\blast[\s-]*(?:4|four)(?:\s+digits)?(?:\s+on\s+(?:the|his|her|their)\s+(?:\w+\s+)?(?:card|id|file|paper|form))?"
        r"\s*(?:(?:is|are|was|were|:|=)\s*|,\s*(?!19|20))(\d{4})\b(?![-/.]\d)"
    ),
    re.compile(r"\b(?:last-|l)(?:4|four)\s+(\d{4})\b(?![-/.]\d)"),
    re.compile(r"\blast\s+(?:4|four)\s+((?!19|20)\d{4})(?=\s*[?.,;!)]\D|\s*[?.]?$)", re.M),
    re.compile(r"\b[uú]ltimos\s+(?:4|cuatro)\b[^\d\n]{0,40}?(\d{4})\b(?![-/.]\d)"),
    re.compile(rf"\b(?:last|final)[\s-]*(?:4|four)\b[^\d\n]{{0,30}}?({_SPOKEN}(?:[\s,-]{{1,2}}{_SPOKEN}\b){{3}})"),
)
_SPEAKS_OF_SSNS = re.compile(_WORD)
_THINGS = (
    r"(?:ids?|[a-z]{2,12}ids?|clients?|enrol?lments?|households?|tickets?|cases?|grants?|awards?|contracts?|invoices?"
    r"|projects?|programs?|exports?|imports?|jobs?|errors?|orders?|references?|ref|confirmations?|tracking|batch|eins?"
    r"|duns|ueis?|p\.?o\.?s?|funders?|services?|records?|rows?|vouchers?|stays?|intakes?|admissions?|entries|exits?|accounts?|assessments?|referrals?|version|build)"
)
_ID_BEFORE = re.compile(
    rf"(?:\b{_THINGS}|#)(?:\s*(?:ids?|numbers?|codes?|no)\b\.?|\s*#)?\W{{0,3}}"
    r"(?:(?:is|are|was|were|of|called)\W+)?(?:\d{5,10}[^\d\n.]{1,30})*$"
)
_ID_AFTER = re.compile(rf"\s{{0,2}}\(?(?:is\s+)?(?:the\s+|an?\s+|our\s+)?{_THINGS}\b\s*(?:ids?|numbers?|no)?\b")
_SENTENCE_ENDS = re.compile(r"[.;!?]\s")
_IN_A_LINK = re.compile(r"(?:https?://|www\.)\S*$")
LOOK_BACK = 80
DIGITS = 9


def ssns(text: str) -> Iterator[Finding]:
    """Yield the SSNs in a plain `text`."""
    for found in _by_themselves(text):
        yield Finding(found.start(), found.end(), PiiKind.SSN)
    for pattern in (_MASKED, *_LAST_FOUR):
        yield from _fours(pattern, text)
    if _SPEAKS_OF_SSNS.search(text):
        yield from _after_a_word(text)


def _by_themselves(text: str) -> Iterator[re.Match[str]]:
    yield from (found for found in _GROUPED.finditer(text) if _was_given_out(*found.groups()))
    bare = (found for found in _BARE.finditer(text) if found[1] < "900" and _was_given_out(*found.groups()))
    yield from (found for found in bare if not _is_an_id(text, found))
    yield from (found for found in _SPOKEN_OUT.finditer(text) if len(re.findall(_SPOKEN, found[0])) == DIGITS)


def _after_a_word(text: str) -> Iterator[Finding]:
    for pattern in (_ANY_GROUPING, _ODDLY_GROUPED):
        for found in pattern.finditer(text):
            of_a_thing = _SENTENCE_ENDS.search(found["between"]) and _ID_BEFORE.search(found["between"])
            if not (of_a_thing or _stands_for_none(re.sub(r"\D", "", found["ssn"]))):
                yield Finding(found.start("ssn"), found.end("ssn"), PiiKind.SSN)
    for pattern in _LAST_FOUR_OF_A_WORD:
        yield from _fours(pattern, text)


def _fours(pattern: re.Pattern[str], text: str) -> Iterator[Finding]:
    return (Finding(*found.span(1), PiiKind.SSN) for found in pattern.finditer(text) if found[1] != "0000")


def nine_digits(text: str) -> bool:
    """Say whether nine digits stand in a plain `text` that may be an SSN, whatever stands beside them."""
    return _NINE_DIGITS.search(text) is not None


def _is_an_id(text: str, found: re.Match[str]) -> bool:
    before = text[max(0, found.start() - LOOK_BACK) : found.start()]
    return any((_ID_BEFORE.search(before), _IN_A_LINK.search(before), _ID_AFTER.match(text, found.end())))


def _was_given_out(area: str, group: str, serial: str) -> bool:
    """Say whether the number can be somebody's (Social Security Administration: never 000, 666, 00, 0000).

    An area of 900 and more is a taxpayer number: personal too, where it is written in three groups.
    """
    is_possible = area not in ("000", "666") and group != "00" and serial != "0000"
    return is_possible and not _stands_for_none(f"{area}{group}{serial}")


def _stands_for_none(digits: str) -> bool:
    """Say whether nine digits are what people type where they have none: 999-99-9999."""
    return len(set(digits)) == 1


# Phones

_AREA, _EXCHANGE = r"[2-9]\d{2}", r"[2-9]\d{2}"
_GAP = r"(?:\s?[-./]\s?|\s)"
_PHONE = re.compile(
    rf"(?<![\w])(?<!\d[-./])(?:\+?1{_GAP}?)?"
    rf"(?:\(\s?{_AREA}\s?\)\s?[-.]?\s?{_EXCHANGE}{_GAP}?|{_AREA}{_GAP}{_EXCHANGE}{_GAP})\d{{4}}"
    r"(?![\w]|[-/.]\d)"
)
_PHONE_WORD = (
    r"\b(?:ph|phones?|cells?|cellphones?|mobiles?|tel|telephones?|tel[eé]fonos?|celular(?:es)?|calls?|called|calling|text"
    r"|texted|texting|reach|reached|answers?|tried|reachable|ring|rang|dial|contact|voicemail|whatsapp|landline|number)\b\.?"
)
_HIS_PHONE = (
    r"(?:his|her|their|the\s+client'?s|the\s+tenant'?s)\s+(?:\w+\s+)?"
    r"(?:phone|cell|cellphone|mobile|landline|number|voicemail)\b"
)
_BARE_PHONE = re.compile(
    rf"{_PHONE_WORD}[^\d\n]{{0,30}}?(?<![\w#])(?:\+?1{_GAP}?)?"
    rf"({_AREA}[ .-]?{_EXCHANGE}[ .-]?\d{{4}}|{_EXCHANGE}[-. ]\d{{4}})(?![\w]|[-/.]\d)"
)
_WHOSE_PHONE = re.compile(
    rf"(?<![\w#])(?<![-./]){_AREA}[ .-]?{_EXCHANGE}[ .-]?\d{{4}}(?=\s*[,(]?\s*(?:(?:is|was)\s+)?{_HIS_PHONE})"
    rf"|(?<![\w#])(?<![-./]){_EXCHANGE}[-. ]\d{{4}}(?=\s*[,(]?\s*(?:(?:is|was)\s+)?{_HIS_PHONE})"
)
_TOLL_FREE = ("800", "833", "844", "855", "866", "877", "888")
_WRITERS_OWN = re.compile(
    r"\b(?:call|reach|text|phone|ring|contact|fax|dial)\s+(?:me|us|our|my)\b|\b(?:i am|i'm|we are|we're)\s+(?:at|on)\b"
    r"|\b(?:my|our)\s+(?:\w+\s+){0,2}(?:phone|number|line|cell|desk|extension|office|fax|mobile)\b"
    r"|\b(?:main|office|crisis|front\s+desk|help\s?desk|hotline|fax|support|reception|vendor|intake|switchboard)\b"
)
_ANOTHERS = re.compile(
    r"\b(?:client|his|her|their|him|them|tenant|resident|guest|participant|mother|father|sister|brother)\b"
)


#: The number that was announced, and the end of its line: what follows is another matter.
_NUMBER_AND_LINE = re.compile(r"\d{4}\b[^\n;]*[\n;]")
_NUMBER_OF_A_THING = re.compile(
    r"\b(?:[a-z]{0,12}ids?|grants?|awards?|invoices?|pos?|orders?|tracking|enrol?lments?|references?|exports?)\b"
    r"(?:\s*(?:numbers?|codes?|no)\b\.?|\s*#)?\W{0,3}$"
)


def phones(text: str) -> Iterator[Finding]:
    """Yield the phone numbers in a plain `text` that may be a client's."""
    for pattern in (_PHONE, _BARE_PHONE, _WHOSE_PHONE):
        for found in pattern.finditer(text):
            start = found.start(1) if pattern is _BARE_PHONE else found.start()
            digits = "".join(filter(str.isdigit, text[start : found.end()]))[-10:]
            if not (digits.startswith(_TOLL_FREE) or _is_own_or_id(text, start)):
                yield Finding(start, found.end(), PiiKind.PHONE)


def _is_own_or_id(text: str, start: int) -> bool:
    before = text[max(0, start - LOOK_BACK) : start]
    if _NUMBER_OF_A_THING.search(before):
        return True
    owns = [found.end() for found in _WRITERS_OWN.finditer(before)]
    return bool(owns) and not _ANOTHERS.search(before, owns[-1]) and not _NUMBER_AND_LINE.search(before, owns[-1])


# Identity cards

_CARD = (
    r"\b(?:driver'?s?'?\s+licen[cs]e|driving\s+licen[cs]e|dl\b|state\s+ids?\b|passport|green\s+card|alien\s+(?:registration"
    r"\s+)?number|a-number|medicaid|medicare|ebt(?:\s+card)?|identity\s+card|id\s+card|birth\s+certificate"
    r"|social\s+security\s+card|va\s+file)"
)
_CARD_NUMBER = re.compile(
    rf"{_CARD}(?:\s*(?:numbers?|no|ids?)\b\.?|\s*#)?(?:[^\d\n.]|\.(?!\s+[a-z])){{0,20}}?"
    r"(?<![\w/])([a-z]{0,3}-?\d[\d -]{4,20}[\da-z])(?![\w/])"
)
_CARD_SHOWN = re.compile(
    r"\b(?:scans?|cop(?:y|ies)|photos?|pictures?|images?|screenshots?)\s+of\s+(?:his|her|their|the\s+client'?s?'?|a\s+client'?s?)"
    rf"\s+(?:\w+\s+){{0,2}}?({_CARD})"
)


def identity_cards(text: str) -> Iterator[Finding]:
    """Yield numbers of identity cards in a plain `text`, and the words of a card that is shown."""
    for pattern in (_CARD_NUMBER, _CARD_SHOWN):
        for found in pattern.finditer(text):
            yield Finding(found.start(1), found.end(1), PiiKind.ID_CARD)
