"""Names: after a word that announces one, and the pairs of words that may be somebody's in the store.

A name can't be told from another word by its looks. What announces one is: "client name:", "her name is", "Ms.",
"a client named". Whoever is greeted, thanked or introduced with a job is staff.
"""

import re
from collections.abc import Iterator
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
    rf"\b(?:named|goes\s+by|known\s+as|a\.?k\.?a\.?|maiden\s+name(?:\s+is|\s+was|:)?|[Nn]icknamed?|called)\s+[\"'“]?({_CAPS})"
)
_WHO_IS = re.compile(rf"\b{_WHO}(?:'s)?,?\s+(?:is\s+)?[\"“]?({_CAP}\s+(?:[A-Z]\.?\s+)?{_CAPS})")
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
_NICKNAME = re.compile(rf"[(\"“]{_WORD.pattern}[)\"”],?\s({_WORD.pattern})")
_WORD_BEFORE = re.compile(rf"({_WORD.pattern})\s$")
_TOGETHER = re.compile(r"[\"”]?\s{1,3}|,\s{0,3}|\.\s{1,2}")


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
            found += _ways(stretch[place : place + LONGEST], stretch[place][1])
    found += _with_nicknames(written)
    return found


def _with_nicknames(written: str) -> Iterator[Mention]:
    """Yield the names with another one in brackets between: Marisol (Mari) Quintavera."""
    for found in _NICKNAME.finditer(written):
        start = max(0, found.start() - 40)
        if before := _WORD_BEFORE.search(written[start : found.start()]):
            one, last, place = before[1], _bare(found[1]), (start + before.start(1), found.end())
            yield from (Mention(one, last, *place), Mention(last, one, *place))


LONGEST = 4
"""Words of a name."""
Words = list[tuple[str, int, int]]


def _stretches(written: str) -> Iterator[Words]:
    """Yield the words that stand together, where no word is among them that is part of no name."""
    stretch: Words = []
    for found in _WORD.finditer(written):
        word, start, end = _bare(found[0]), found.start(), found.end()
        is_never = word.lower() in NEVER and not (stretch and len(word) == 1 and word.isupper())  # "Jose A. Ruidiaz"
        if stretch and (is_never or not _stand_together(written, stretch[-1][2], start)):
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


def _ways(run: Words, start: int) -> Iterator[Mention]:
    """Yield how a run of words can be cut into a first and a last name."""
    texts = [word for word, _, _ in run]
    one, two = texts[0], texts[1]
    if not (one.islower() and two.islower() and one in ORDINARY and two in ORDINARY):
        yield Mention(one, two, start, run[1][1] + len(two))
        yield Mention(two, one, start, run[1][1] + len(two))
    for size in range(3, len(run) + 1):
        yield from _longer(texts[:size], start, run[size - 1][1] + len(texts[size - 1]))


def _longer(part: list[str], start: int, end: int) -> Iterator[Mention]:
    one, last, between = part[0], part[-1], part[1:-1]
    with_particles = all(word in PARTICLES for word in between)
    if last in PARTICLES or not (with_particles or one in PARTICLES or all(word[0].isupper() for word in part)):
        if len(part) == 3 and last not in PARTICLES and not ORDINARY.intersection(part):
            yield Mention("".join(part[:2]), last, start, end)  # mary ann cruz
        return
    yield Mention(one, "".join(part[1:]), start, end)  # Ana de la Cruz
    yield Mention(one, last, start, end)  # Ana Maria Cruz
    yield Mention("".join(part[:-1]), last, start, end)  # Mary Ann Cruz
    yield Mention(part[1], one, start, end)  # Cruz, Ana Maria
    yield Mention("".join(part[1:]), one, start, end)  # Cruz, Mary Ann
    yield Mention(last, "".join(part[:-1]), start, end)  # de la Cruz, Ana
    if len(part) > 3:
        yield Mention("".join(part[:2]), "".join(part[2:]), start, end)
