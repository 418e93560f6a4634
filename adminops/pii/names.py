"""Names: after a word that announces one, and the pairs of words that may be somebody's in the store.

A name can't be told from another word by its looks. What announces one is: "client name:", "her name is", "Ms.",
"a client named". Whoever is greeted, thanked or introduced with a job is staff.
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from adminops.pii.findings import Finding, PiiKind
from adminops.pii.words import NEVER, NO_NAMES, ORDINARY, PARTICLES

# After a word that announces one

_CAP = r"[A-ZÀ-ÖØ-Þ][\w]*(?:['-][\w]+)*"
_CAPS = rf"{_CAP}(?:\s+(?:[A-Z]\.\s*)?(?:(?:de|la|del|van|von|der|da|dos|di|le|st\.?)\s+){{0,2}}{_CAP}){{0,3}}"
_ANYCASE = r"[^\W\d_][\w]*(?:['-][\w]+)*(?:\s+[^\W\d_][\w]*(?:['-][\w]+)*){0,2}"
_WHO = (
    r"(?:[Cc]lient|[Pp]atient|[Tt]enant|[Rr]esident|[Gg]uest|[Pp]articipant|[Cc]onsumer|[Vv]eteran|[Mm]other|[Ff]ather"
    r"|[Ss]on|[Dd]aughter|[Ss]pouse|[Hh]usband|[Ww]ife|[Cc]hild|[Hh]ead\s+of\s+household)"
)
_TITLED = re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Mx)\.?\s+({_CAPS})")
_NAMED = re.compile(
    r"\b(?:named|goes\s+by|known\s+as|a\.?k\.?a\.?|maiden\s+name(?:\s+is|\s+was|:)?|[Nn]icknamed?|called)"
    rf"[^\S\n]+[\"'“]?({_CAPS})"
)
_WHO_IS = re.compile(rf"\b{_WHO}(?:'s)?,?[^\S\n]+(?:is\s+)?[\"“]?({_CAP}\s+(?:[A-Z]\.?\s+)?{_CAPS})")
_WHOSE = rf"(?:{_WHO}(?:'s)?|[Hh]is|[Hh]er|[Tt]heir)"
_LABEL = (
    r"(?:(?:first|last|full|legal|middle|real|new|old|First|Last|Full|Legal|Middle)\s+){0,2}(?:and\s+last\s+)?[Nn]ames?\s*"
    rf"(?::|=|\bis\b|\bwas\b|\bshould\s+be\b|\bspelled\b|\s-)\s*(?:spelled\s+|really\s+|actually\s+)?[\"'“]?({_ANYCASE})"
)
_LABELLED = re.compile(rf"\b{_WHOSE}\s+{_LABEL}")
_LABEL_OF_A_LINE = re.compile(rf"^\s*{_LABEL}", re.M)
_PART = re.compile(rf"\b(?:[Ff]irst|[Ll]ast|[Mm]iddle|[Mm]aiden)\s+[Nn]ame\s*(?::|=|\bis\b)\s*[\"'“]?({_CAPS})")
_IS_NAME = re.compile(rf"({_CAPS})\s+(?:is|was)\s+(?:his|her|their|the\s+client's)\s+(?:\w+\s+){{0,2}}name\b")

_BOTH_PARTS = re.compile(
    rf"\b(?:[Ff]irst|[Ll]ast|FIRST|LAST)\s*[:=]\s*({_CAP})[\s,;|/]+(?:[Ff]irst|[Ll]ast|FIRST|LAST)\s*[:=]\s*({_CAP})"
)

_GREETED = re.compile(
    r"(?:\b(?:dear|hi|hello|thanks?|thank\s+you|cc|regards|sincerely|best|attn|attention),?:?\s*)$", re.I
)
_JOB = (
    r"(?:case\s*managers?|case\s*workers?|director|supervisor|manager|staff|colleague|coworker|co-worker|trainer|officer"
    r"|coordinator|administrator|admin|intern|volunteer|navigator|specialist|user|account|login|employee|hire|counselor"
    r"|social\s+worker|lead|liaison|analyst|assistant|vendor|program|project|agency|report|training|board)"
)
_JOB_BEFORE = re.compile(rf"\b{_JOB}\b[^\n.;]{{0,30}}$", re.I)
_JOB_AFTER = re.compile(
    rf"[\s,(]+(?:(?:is|was|who\s+is|as)\s+)?(?:(?:our|the|a|an|my|your|new)\s+)*(?:\w+\s+)?{_JOB}\b"
    r"|\s+(?:from|at|of)\s+(?:the\s+|our\s+)?(?:[A-Z]|county|city|state|vendor|help)",
    re.I,
)
_STOP = re.compile(r"\b(?:and|or|but|with|in|on|is|was|has|not|as|at|for|the|who|instead)\b", re.I)


def announced_names(written: str) -> Iterator[Finding]:
    """Yield the names that a word before them announces (`written`: a plain text with its large letters)."""
    for pattern in (_TITLED, _NAMED, _WHO_IS, _LABELLED, _LABEL_OF_A_LINE, _PART, _IS_NAME):
        for found in pattern.finditer(written):
            start, end = found.span(1)
            end = _end_of_name(written, start, end)
            if end > start and not _is_staff(written, found.start(), end):
                yield Finding(start, end, PiiKind.NAME)
    for found in _BOTH_PARTS.finditer(written):
        yield from (Finding(*found.span(part), PiiKind.NAME) for part in (1, 2))


def _end_of_name(written: str, start: int, end: int) -> int:
    """Return where the name ends that begins at `start`: before a word that no name has; `start` when it is none."""
    first = re.match(r"[\w'-]+", written[start:end])
    if first is None or first[0].lower() in NO_NAMES or "\n" in written[start:end].strip():
        end = start if first is None or first[0].lower() in NO_NAMES else start + written[start:end].index("\n")
    stop = _STOP.search(written, start, end)
    return start + len(written[start : stop.start() if stop else end].rstrip())


def _is_staff(written: str, announced: int, end: int) -> bool:
    before = written[max(0, announced - 60) : announced]
    return bool(_GREETED.search(before) or _JOB_BEFORE.search(before) or _JOB_AFTER.match(written, end))


# Pairs of words

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_NICKNAME = re.compile(rf"[(\"“]{_WORD.pattern}[)\"”],?\s({_WORD.pattern}(?:\.?[^\S\n]{_WORD.pattern}){{0,2}})")
_WORDS_BEFORE = re.compile(rf"(?:{_WORD.pattern}\s){{1,2}}$")
_TOGETHER = re.compile(r"[\"”]?\s{1,3}|\s?[,;|/]\s{0,3}|\.\s{0,2}|_")
_ORGANIZATION = re.compile(
    r"\s?(?:Shelter|Program|Center|House|Home|Church|Mission|Ministr|Communit|Apartments|Foundation|Clinic|Services|Project|Inc)"
)


class Mention(NamedTuple):
    """Two words (or a few) of a text that may be the first and the last name of somebody."""

    first: str
    last: str
    start: int
    end: int


def mentions(written: str) -> list[Mention]:
    """Return every run of words in `written` (a plain text with its large letters) that may be somebody's name."""
    found: list[Mention] = []
    for stretch in _stretches(written):
        for place in range(len(stretch) - 1):
            found += _ways(written, stretch[place : place + LONGEST], stretch[place][1])
    found += _with_nicknames(written)
    return found


def _with_nicknames(written: str) -> Iterator[Mention]:
    """Yield the names with another one in brackets between: Juan Carlos (Chago) del Toro."""
    for found in _NICKNAME.finditer(written):
        near = max(0, found.start() - 40)
        if before := _WORDS_BEFORE.search(written[near : found.start()]):
            firsts, lasts = before[0].split(), [_bare(word) for word in found[1].split()]
            place = (near + before.start(), found.end())
            for first, last in product(range(len(firsts)), range(1, len(lasts) + 1)):
                one, other = "".join(firsts[first:]), "".join(lasts[:last])
                yield from (Mention(one, other, *place), Mention(other, one, *place))


LONGEST = 5
"""Words of a name, with an initial between."""
Words = list[tuple[str, int, int]]


def _stretches(written: str) -> Iterator[Words]:
    """Yield the words that stand together, where no word is among them that is part of no name."""
    stretch: Words = []
    for found in _WORD.finditer(written):
        word, start, end = _bare(found[0]), found.start(), found.end()
        is_never = word.lower() in NEVER and not (stretch and len(word) == 1 and word.isupper())  # "Jose A. Ruidiaz"
        is_apart = stretch and not _stand_together(written, stretch[-1][1] + len(stretch[-1][0]), start)
        if stretch and (is_never or is_apart):
            yield stretch
            stretch = []
        if not is_never:
            stretch.append((word, start, end))
    yield stretch


def _stand_together(written: str, end: int, start: int) -> bool:
    gap = written[end:start]
    return gap == " " or _TOGETHER.fullmatch(gap) is not None


def _bare(word: str) -> str:
    return word[:-2] if word[-2:].lower() == "'s" else word


def _are_words(written: str, one: str, two: str, end: int) -> bool:
    """Say whether two words that are names, too, are rather words: in small letters, or of an organization's name."""
    if not _are_two_words(one, two):
        return False
    return (one.islower() and two.islower()) or _ORGANIZATION.match(written, end) is not None


def _are_two_words(one: str, two: str) -> bool:
    return one.lower() in ORDINARY and two.lower() in ORDINARY


def _ways(written: str, run: Words, start: int) -> Iterator[Mention]:
    """Yield how a run of words can be cut into a first and a last name."""
    texts = [word for word, _, _ in run]
    one, two = texts[0], texts[1]
    if not _are_words(written, one, two, run[1][2]):
        yield Mention(one, two, start, run[1][1] + len(two))
        yield Mention(two, one, start, run[1][1] + len(two))
    for size in range(3, len(run) + 1):
        yield from _longer(texts[:size], start, run[size - 1][1] + len(texts[size - 1]))


def _longer(part: list[str], start: int, end: int) -> Iterator[Mention]:
    one, last, between = part[0], part[-1], part[1:-1]
    if len(part) > 3:
        between = [word for word in between if len(word) > 1]  # an initial
    whole = [one, *between, last]
    if not between or len(whole) > 4 + sum(word in PARTICLES for word in between):
        return
    if _are_two_words(one, part[1]) and _ORGANIZATION.match(last):
        return
    is_named = all(word in PARTICLES or word[0].isupper() for word in whole)
    if last not in PARTICLES and (is_named or one in PARTICLES or PARTICLES.issuperset(whole[1:-1])):
        yield from _cuts(whole, start, end)
    elif len(part) == 3 and last not in PARTICLES and not ORDINARY.intersection(part):
        yield Mention("".join(part[:2]), last, start, end)  # mary ann cruz
    elif len(part) > 3 and part[2] in PARTICLES:
        yield Mention("".join(part[:2]), "".join(part[2:]), start, end)  # mary ann de leon


def _cuts(part: list[str], start: int, end: int) -> Iterator[Mention]:
    for cut in range(1, len(part)):
        before, after = "".join(part[:cut]), "".join(part[cut:])
        yield Mention(before, after, start, end)  # Ana de la Cruz; Mary Ann Cruz
        yield Mention(after, before, start, end)  # de la Cruz, Ana; Cruz, Mary Ann
    yield Mention(part[0], part[-1], start, end)  # Ana Maria Cruz
    yield Mention(part[1], part[0], start, end)  # Cruz, Ana Maria
    if len(part) > 3:
        yield Mention(part[0], "".join(part[2:]), start, end)  # Ana Maria de Leon
