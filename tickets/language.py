"""The language of the filter bar, read without a database: `is:open agency:"Harbor House" due:<2d -tag:vendor printer`.

A query is a row of terms that must all hold. A term is a word, a "phrase", or `field:value`; `a,b` is either of the
two, a minus in front turns a term round. `parse` refuses what it does not understand with a sentence, `write` gives
the text back, `complete` offers how to go on. What the terms mean for tickets stands in `tickets/filters.py`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from enum import Enum
from zoneinfo import ZoneInfo

from adminops.errors import Invalid

LONGEST = 500
MOST_TERMS = 20
NONE = "none"
OFFERS = 16


class Kind(Enum):
    """What a field compares with."""

    CHOICE = "choice"
    NAME = "name"
    MOMENT = "moment"


@dataclass(frozen=True)
class Field:
    """A field of the language: `values` are all there are (CHOICE) or the special ones beside names and times."""

    name: str
    kind: Kind
    help: str
    values: tuple[str, ...] = ()
    ranked: bool = False
    """Whether the values have an order, the lowest first, so that `>=` makes sense."""
    ahead: bool = False
    """Whether a span counts from now into the future instead of back."""


FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field(
            "is",
            Kind.CHOICE,
            "How it stands",
            (
                "open", "done", "new", "waiting", "resolved", "closed",
                "late", "due-soon", "mine", "unassigned", "unanswered", "reopened", "merged", "project",
            ),
        ),
        Field("status", Kind.CHOICE, "Its exact status", ("new", "open", "waiting", "resolved", "closed")),
        Field("waiting", Kind.CHOICE, "On whom it waits", ("user", "agency", "vendor", "approval", "project")),
        Field("priority", Kind.CHOICE, "How much it presses", ("low", "normal", "high", "urgent"), ranked=True),
        Field("type", Kind.NAME, "Its topic"),
        Field("queue", Kind.NAME, "The queue its topic belongs to", (NONE,)),
        Field("agency", Kind.NAME, "The agency it is about", (NONE,)),
        Field("assignee", Kind.NAME, "Who works on it", ("me", NONE)),
        Field("requester", Kind.NAME, "Who asked", ("me",)),
        Field("tag", Kind.NAME, "A tag of the team", (NONE,)),
        Field("rated", Kind.CHOICE, "What its requester said", ("good", "fair", "bad")),
        Field("problem", Kind.NAME, "A known problem that it is about, by its number"),
        Field("case", Kind.NAME, "A case at the vendor that it waits for, by the number of its page"),
        Field("due", Kind.MOMENT, "When it is due: <2d is within two days", (NONE,), ahead=True),
        Field("created", Kind.MOMENT, "When it was filed: <2d is in the last two days"),
        Field("updated", Kind.MOMENT, "When something last happened: >1w is over a week ago"),
        Field("resolved", Kind.MOMENT, "When it was resolved", (NONE,)),
        Field(
            "goal",
            Kind.CHOICE,
            "How its clocks did",
            ("reply-met", "reply-missed", "solution-met", "solution-missed"),
        ),
    )
}  # fmt: skip
ALIASES = {"state": "status", "topic": "type", "owner": "assignee", "from": "requester", "filed": "created"}
VALUE_ALIASES = {"nobody": NONE, "nothing": NONE, "due_soon": "due-soon", "requester": "user"}

COMPARISONS = ("<=", ">=", "<", ">")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}

_TERM = re.compile(r'(?P<minus>-?)(?:(?P<field>[A-Za-z_]+):)?(?P<rest>(?:"[^"]*"|[^\s"])*)')
_VALUE = re.compile(r'"([^"]*)"|([^,"]+)|(,)')
_SPAN = re.compile(r"(\d{1,4})([a-z]+)")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"'})


@dataclass(frozen=True)
class Term:
    """One condition. `field` is "" for words; one of `values` has to fit."""

    field: str
    values: tuple[str, ...]
    compare: str = ""
    negated: bool = False

    @property
    def is_phrase(self) -> bool:
        """Whether it is several words that have to follow each other."""
        return not self.field and len(self.values[0].split()) > 1


Query = tuple[Term, ...]


@dataclass(frozen=True)
class Between:
    """From `start` on and before `end`; None is open."""

    start: datetime | None
    end: datetime | None


class Wrong(Invalid):
    """A query that can't be understood; its sentence says what to write instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, field="q")


# Reading


def parse(text: str) -> Query:
    """Return the terms of `text`. Raises `Wrong` for what is none."""
    if len(text) > LONGEST:
        raise Wrong(f"This search is too long: {LONGEST} characters are the most.")
    text = text.translate(_QUOTES).replace("\x00", "")
    if text.count('"') % 2:
        raise Wrong('A quotation mark is open: write a second " where the phrase ends.')
    terms = tuple(_terms(text))
    if len(terms) > MOST_TERMS:
        raise Wrong(f"This search has {len(terms)} parts: {MOST_TERMS} are the most.")
    return terms


def _terms(text: str) -> Iterator[Term]:
    for found in _TERM.finditer(text):
        if found[0]:
            name, rest, negated = found["field"], found["rest"], bool(found["minus"])
            yield _field_term(name, rest, negated) if name else _words(rest, negated)


def _words(rest: str, negated: bool) -> Term:
    words = " ".join(rest.replace('"', " ").split())
    if not words:
        raise Wrong("A minus needs something behind it, as in -tag:vendor." if negated else "There is nothing in “”.")
    if rest in ("OR", "AND", "NOT"):
        raise Wrong(
            f"{rest} is no word of this search. All parts hold together; write a,b for either of two values and a "
            f'minus for “not”. To look for the word, put it in quotes: "{rest.lower()}".'
        )
    return Term("", (words,), negated=negated)


def _field_term(name: str, rest: str, negated: bool) -> Term:
    field = find_field(name)
    compare, values = _split(rest)
    if not values:
        raise Wrong(f"Say what follows “{field.name}:”, for example {_example(field)}.")
    if compare and field.kind is not Kind.MOMENT and not field.ranked:
        raise Wrong(f"“{field.name}:” knows no {compare}: write {_example(field)}.")
    if compare and len(values) > 1:
        raise Wrong(f"Only one value can follow “{field.name}:{compare}”.")
    return Term(field.name, tuple(_checked(field, value, compare) for value in values), compare, negated)


def find_field(name: str) -> Field:
    """Return the field of that name. Raises `Wrong` for an unknown one, with the nearest."""
    name = name.lower()
    name = ALIASES.get(name, name)
    if name in FIELDS:
        return FIELDS[name]
    near = get_close_matches(name, [*FIELDS, *ALIASES], 1, 0.6)
    hint = f"Did you mean “{near[0]}:”?" if near else f"There are {_listed([*FIELDS])}."
    raise Wrong(f"There is no “{name[:40]}:” to filter by. {hint} To look for the words, put them in quotes.")


def _split(rest: str) -> tuple[str, list[str]]:
    compare, rest = _compared(rest)
    values, ended = [], True
    for quoted, plain, comma in _VALUE.findall(rest):
        if comma:
            ended = True
        elif ended:
            values.append(quoted or plain)
            ended = False
        else:
            values[-1] += quoted or plain
    return compare, [value.strip() for value in values if value.strip()]


def _compared(rest: str) -> tuple[str, str]:
    sign = next((sign for sign in COMPARISONS if rest.startswith(sign)), "")
    return sign, rest.removeprefix(sign)


def _checked(field: Field, value: str, compare: str) -> str:
    special = VALUE_ALIASES.get(value.lower(), value.lower())
    if special in field.values:
        if compare and not field.ranked:
            raise Wrong(f"“{field.name}:{value}” stands alone, without {compare}.")
        return special
    if field.kind is Kind.NAME:
        return value[:200]
    if field.kind is Kind.MOMENT:
        _check_moment(field, value.lower(), compare)
        return value.lower()
    near = get_close_matches(special, field.values, 1, 0.6)
    hint = f"Did you mean {field.name}:{near[0]}?" if near else f"It may be {_listed(field.values)}."
    raise Wrong(f"“{value[:40]}” is nothing that “{field.name}:” can be. {hint}")


def _example(field: Field) -> str:
    if field.kind is Kind.MOMENT:
        return f"{field.name}:<2d or {field.name}:2026-01-31"
    return f"{field.name}:{field.values[0]}" if field.values else f'{field.name}:"Some name"'


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


# Times


def _check_moment(field: Field, value: str, compare: str) -> None:
    if ".." in value:
        first, last = _range(field, value)
        if compare:
            raise Wrong(f"A span of days stands without {compare}: {field.name}:{value[:40]}.")
        if first and last and first > last:
            raise Wrong(f"The first day of “{value[:40]}” comes after the last one.")
    elif _span(field, value) is None and value not in DAYS:
        _day(field, value)


def _span(field: Field, value: str) -> timedelta | None:
    found = _SPAN.fullmatch(value)
    if found is None:
        return None
    if found[2] not in UNITS:
        raise Wrong(f"“{found[2][:20]}” is no unit of time: write h, d or w, as in {field.name}:<2d.")
    return int(found[1]) * UNITS[found[2]]


def _day(field: Field, value: str) -> date:
    try:
        day = date.fromisoformat(value) if len(value) == len("2026-01-31") else None
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2200:
        raise Wrong(
            f"“{value[:40]}” is no time that “{field.name}:” understands. "
            f"Write {field.name}:<2d, {field.name}:today, {field.name}:2026-01-31 or 2026-01-01..2026-01-31."
        )
    return day


def _range(field: Field, value: str) -> tuple[date | None, date | None]:
    first, _, last = value.partition("..")
    if not first and not last:
        raise Wrong(f"Say from or until when: {field.name}:2026-01-01..2026-01-31.")
    return _day(field, first) if first else None, _day(field, last) if last else None


def between(term: Term, value: str, *, now: datetime, zone: str) -> Between:
    """Return the time that `value` of a term about time means, seen from `now`; days are those of `zone`."""
    field, local = FIELDS[term.field], ZoneInfo(zone)
    span = _span(field, value)
    if span is not None:
        point = now + span if field.ahead else now - span
        before = term.compare.startswith(">") != field.ahead  # more than so long ago, or less than so far ahead
        return Between(None, point) if before else Between(point, None)
    if ".." in value:
        first, last = _range(field, value)
        return Between(_start(first, local) if first else None, _start(last, local, 1) if last else None)
    today = now.astimezone(local).date()
    day = today + timedelta(days=DAYS[value]) if value in DAYS else _day(field, value)
    start, end = _start(day, local), _start(day, local, 1)
    return {
        "": Between(start, end),
        "<": Between(None, start),
        "<=": Between(None, end),
        ">": Between(end, None),
        ">=": Between(start, None),
    }[term.compare]


def _start(day: date, zone: ZoneInfo, later: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=later), time(), zone).astimezone(UTC)


# Writing


def write(query: Query) -> str:
    """Return `query` as text; reading that gives the same terms."""
    return " ".join(f"{'-' * term.negated}{_written(term)}" for term in query)


def _written(term: Term) -> str:
    values = ",".join(_quoted(value, bool(term.field)) for value in term.values)
    return f"{term.field}:{term.compare}{values}" if term.field else values


def _quoted(value: str, after_field: bool) -> str:
    plain = re.fullmatch(r"[^\s\",:<>-][^\s\",:]*", value) and (after_field or value not in ("OR", "AND", "NOT"))
    return value if plain else f'"{value}"'


def without(query: Query, *fields: str) -> Query:
    """Return `query` without its terms about `fields`."""
    return tuple(term for term in query if term.field not in fields)


# Completing


def complete(text: str, names: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return how the last part of `text` may go on, as (the whole text then, what it means).

    `names` are the known values of the fields that stand for names.
    """
    text = text.translate(_QUOTES)
    begin = _last_part(text)
    before, part = text[:begin], text[begin:]
    minus, part = ("-", part[1:]) if part.startswith("-") else ("", part)
    name, colon, rest = part.partition(":")
    if colon:
        return _values_for(f"{before}{minus}", ALIASES.get(name.lower(), name.lower()), rest, names)
    start = name.lower()
    fields = [field for field in FIELDS.values() if field.name.startswith(start)] if '"' not in part else []
    return [(f"{before}{minus}{field.name}:", field.help) for field in fields]


def _values_for(before: str, name: str, rest: str, names: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    if name not in FIELDS:
        return []
    earlier, comma, last = rest.rpartition(",")
    compare, typed = _compared(last)
    typed = typed.strip('"').lower()
    field = FIELDS[name]
    special = field.values if field.ranked or not compare else ()
    known = [*special, *names.get(name, ())]
    if field.kind is Kind.MOMENT and not typed:
        known += ["today", "2d", "1w"]
    starts = [value for value in known if value.lower().startswith(typed)]
    holds = [value for value in known if typed in value.lower() and value not in starts]
    head = f"{before}{name}:{earlier}{comma}{compare}"
    return [(head + _quoted(value, True), value) for value in (*starts, *holds)][:OFFERS]


def _last_part(text: str) -> int:
    """Return where the last part of `text` begins: after the last blank that stands in no quotes."""
    begin, quoted = 0, False
    for at, sign in enumerate(text):
        quoted ^= sign == '"'
        if sign.isspace() and not quoted:
            begin = at + 1
    return begin
