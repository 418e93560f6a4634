"""What becomes of the records of a file: tickets that could be stored, and what is wrong where. Pure.

A wrong record is named by line, column and rule, and never stops the others.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from adminops.errors import Invalid
from adminops.feature import RequestType
from tickets.importing.carried import KEYS, Carried
from tickets.importing.gathering import Line, gathered
from tickets.importing.mapping import Plan, priority_meant, state_meant, word
from tickets.importing.records import Record, Sheet
from tickets.importing.values import is_true, read_moment, read_person, read_tags
from tickets.mail.reading import as_words
from tickets.models import Priority, TicketState, Voice, WaitingOn
from tickets.policies import REOPEN_WITHIN
from tickets.tagging import MOST_TAGS, read_tag

LONGEST_TEXT = 100_000
LONGEST_SUBJECT = 200
AHEAD = timedelta(days=1)
"""So far a clock may be wrong, or a zone be mistaken."""
_NUMBER = re.compile(r"[A-Za-z0-9#][A-Za-z0-9._/#-]{0,39}")
_NO_NUMBER = re.compile(r"\d{3}-\d{2}-\d{4}|\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}|\d{3}[.-]\d{3}[.-]\d{4}")
"""An SSN, a date or a phone: the column is another one than somebody thought."""
ONLY_FILES = "(Files without a text.)"
NO_WORDS = "(No text came with this ticket.)"
SOMEBODY = "Somebody without an account"


@dataclass(frozen=True)
class Rule:
    """What may be wrong with a record. `refuses`: it is left out; else it is taken, with what the sentence says."""

    sentence: str
    refuses: bool = False


RULES: dict[str, Rule] = {
    "not-a-ticket": Rule("This is no ticket: an object with fields was expected.", refuses=True),
    "too-many-cells": Rule(
        "The line has more cells than the first one. A quotation mark may be missing.", refuses=True
    ),
    "long-cell": Rule(
        "The line has a cell of more than 131,072 characters, or a quotation mark is missing.", refuses=True
    ),
    "no-number": Rule("It has no number of the other desk, so it could not be known again.", refuses=True),
    "odd-number": Rule("This can be no number of a ticket: letters, digits and . _ / # - up to 40.", refuses=True),
    "number-twice": Rule("Another line of this file has the same number.", refuses=True),
    "no-date": Rule("It does not say when it was opened.", refuses=True),
    "bad-date": Rule("It was opened at a time that can't be read.", refuses=True),
    "future-date": Rule("It was opened in the future.", refuses=True),
    "unknown-state": Rule("Nobody has said what this status means.", refuses=True),
    "no-subject": Rule("It has no subject; the number stands in its place."),
    "odd-date": Rule("A time can't be read and is left out."),
    "unknown-priority": Rule("Nobody has said what this priority means; it is taken as normal."),
    "unknown-topic": Rule("There is no request type of this name; it is taken as something else."),
    "unknown-person": Rule("Nobody here has this address; the first message names who asked."),
    "several-people": Rule("Several accounts have this address; it is taken as that of nobody."),
    "unknown-assignee": Rule("Nobody of the team has this address; it is assigned to nobody."),
    "unknown-agency": Rule("There is no agency of this name."),
    "odd-tag": Rule("A tag is none that could be kept, or one too many; it is left out."),
    "no-text": Rule("It has no text."),
    "cut-text": Rule(f"A text is longer than {LONGEST_TEXT:,} letters; its end is left out."),
    "files-left": Rule("Files came with a text and are not in this export; the text says so."),
    "file-refused": Rule("A file is not taken, as it would not be from anybody; the text says so."),
    "held-back": Rule("A text seems to hold personal data of a client: it is held back for the redactors."),
    "tag-held": Rule("A tag seems to hold personal data of a client; it is left out."),
    "broken": Rule("It could not be stored. The log says why.", refuses=True),
}


@dataclass(frozen=True, order=True)
class Problem:
    """Something that is wrong in a line (or the ticket of that number in a list), and in which column."""

    line: int
    column: str
    rule: str

    @property
    def sentence(self) -> str:
        """What is wrong."""
        return RULES[self.rule].sentence

    @property
    def refuses(self) -> bool:
        """Whether the ticket is left out for it."""
        return RULES[self.rule].refuses


@dataclass(frozen=True)
class Person:
    """An account, as an address finds it."""

    id: int
    agency_id: int | None
    on_team: bool


@dataclass(frozen=True)
class World:
    """What is here: accounts by address (None: several), agencies by name, request types by key and title."""

    people: Mapping[str, Person | None]
    agencies: Mapping[str, int]
    kinds: Mapping[str, RequestType]
    usual: RequestType
    now: datetime


@dataclass(frozen=True)
class Said:
    """A message to be stored."""

    body: str
    written: datetime
    voice: Voice
    author_id: int | None
    """None: somebody without an account, whom the body names."""
    files: tuple[Carried, ...] = ()
    """What came with it, and is in the export."""
    line: int = 0


@dataclass(frozen=True)
class Taken:
    """A ticket to be stored."""

    number: str
    subject: str
    created: datetime
    updated: datetime
    ended: datetime | None
    state: TicketState
    waiting_on: WaitingOn | None
    priority: Priority
    kind: RequestType
    requester_id: int | None
    assignee_id: int | None
    agency_id: int | None
    tags: tuple[str, ...]
    messages: tuple[Said, ...]


@dataclass
class Judged:
    """What became of a record: a ticket unless something refuses it, and what is wrong."""

    place: int
    number: str = ""
    ticket: Taken | None = None
    problems: list[Problem] = field(default_factory=list)
    stranger: str = ""
    """Address of who asked and has no account."""


def judge_all(sheet: Sheet, mapping: Plan, world: World) -> Iterator[Judged]:
    """Yield what becomes of each ticket of a file, in its order."""
    seen: set[str] = set()
    for record, lines in gathered(sheet, mapping):
        judged = judge(record, lines, mapping, world)
        if judged.number and judged.number in seen:
            problem = Problem(record.place, mapping.ticket["number"], "number-twice")
            judged = Judged(record.place, judged.number, problems=[problem])
        seen.add(judged.number)
        yield judged


def judge(record: Record, lines: list[Line], mapping: Plan, world: World) -> Judged:
    """Return what becomes of one ticket with its messages."""
    return _Judge(record, mapping, world).judged(lines)


class _Judge:
    """Reads the fields of one record and notes what is wrong with them."""

    def __init__(self, record: Record, mapping: Plan, world: World) -> None:
        self.mapping, self.world, self.record = mapping, world, record
        self.out = Judged(record.place)

    def judged(self, lines: list[Line]) -> Judged:
        if self.record.fault:
            self._note("", self.record.fault)
            return self.out
        self.out.number = self._number()
        created = self._created()
        state = self._state()
        if created is not None and state is not None and not self._refused():
            self.out.ticket = self._ticket(created, state, lines)
        self.out.problems.sort()
        return self.out

    def _ticket(self, created: datetime, state: tuple[TicketState, WaitingOn | None], lines: list[Line]) -> Taken:
        name, address = self._requester()
        requester = self._person("requester", address) if address or name else None
        agency_id = self._agency() or (requester.agency_id if requester else None)
        messages = self._messages(lines, created, name, address, requester)
        updated = max([each.written for each in messages] + [self._moment("updated") or created, created])
        ended = self._moment("closed") or updated
        done = state[0] in (TicketState.RESOLVED, TicketState.CLOSED)
        if state[0] is TicketState.RESOLVED and ended < self.world.now - REOPEN_WITHIN:
            state = (TicketState.CLOSED, None)  # as it would be here by now
        return Taken(
            number=self.out.number,
            subject=self._subject(),
            created=created,
            updated=min(max(updated, ended) if done else updated, self.world.now),
            ended=min(max(ended, created), self.world.now) if done else None,
            state=state[0],
            waiting_on=state[1],
            priority=self._priority(),
            kind=self._kind(),
            requester_id=requester.id if requester else None,
            assignee_id=self._assignee(),
            agency_id=agency_id,
            tags=tuple(self._tags()),
            messages=tuple(messages),
        )

    # Fields of the ticket

    def _value(self, name: str) -> str:
        return self.record.fields.get(self.mapping.ticket.get(name, ""), "").strip()

    def _note(self, column: str, rule: str, line: int | None = None) -> None:
        problem = Problem(line or self.record.place, column, rule)
        if problem not in self.out.problems:
            self.out.problems.append(problem)

    def _of(self, name: str, rule: str) -> None:
        self._note(self.mapping.ticket.get(name, ""), rule)

    def _refused(self) -> bool:
        return any(problem.refuses for problem in self.out.problems)

    def _number(self) -> str:
        number = self._value("number")
        if not number:
            self._of("number", "no-number")
        elif not _NUMBER.fullmatch(number) or _NO_NUMBER.fullmatch(number):
            self._of("number", "odd-number")
            return ""
        return number

    def _created(self) -> datetime | None:
        if not self._value("created"):
            self._of("created", "no-date")
            return None
        moment = self._read(self._value("created"))
        if moment is None:
            self._of("created", "bad-date")
        elif moment > self.world.now + AHEAD:
            self._of("created", "future-date")
        return moment and min(moment, self.world.now)

    def _read(self, text: str) -> datetime | None:
        moment = read_moment(text, day_first=self.mapping.dates == "day-first", zone=self.mapping.zone)
        return moment if moment and moment.year >= 1990 else None

    def _moment(self, name: str) -> datetime | None:
        if not (text := self._value(name)):
            return None
        moment = self._read(text)
        if moment is None:
            self._of(name, "odd-date")
        return moment

    def _state(self) -> tuple[TicketState, WaitingOn | None] | None:
        if not (text := self._value("state")):
            return (TicketState.CLOSED, None) if self._value("closed") else (TicketState.OPEN, None)
        meant = state_meant(text, self.mapping)
        if meant is None:
            self._of("state", "unknown-state")
        return meant

    def _subject(self) -> str:
        subject = " ".join(self._value("subject").split())
        if not subject:
            self._of("subject", "no-subject")
            return f"Ticket {self.out.number}"
        return subject[:LONGEST_SUBJECT]

    def _priority(self) -> Priority:
        if not (text := self._value("priority")):
            return Priority.NORMAL
        meant = priority_meant(text, self.mapping)
        if meant is None:
            self._of("priority", "unknown-priority")
        return meant or Priority.NORMAL

    def _kind(self) -> RequestType:
        if not (text := self._value("type")):
            return self.world.usual
        kind = self.world.kinds.get(self.mapping.types.get(word(text), word(text)))
        if kind is None:
            self._of("type", "unknown-topic")
        return kind or self.world.usual

    def _requester(self) -> tuple[str, str]:
        name, address = read_person(self._value("requester"))
        return read_person(self._value("requester_name"))[0] or name, address

    def _person(self, field_name: str, address: str) -> Person | None:
        person = self.world.people.get(address)
        if person is None:
            self._of(field_name, "several-people" if address in self.world.people else "unknown-person")
            self.out.stranger = address
        return person

    def _assignee(self) -> int | None:
        if not (text := self._value("assignee")) or text == "-":
            return None
        person = self.world.people.get(read_person(text)[1])
        if person is None or not person.on_team:
            self._of("assignee", "unknown-assignee")
            return None
        return person.id

    def _agency(self) -> int | None:
        if not (text := self._value("agency")):
            return None
        agency_id = self.world.agencies.get(word(text))
        if agency_id is None:
            self._of("agency", "unknown-agency")
        return agency_id

    def _tags(self) -> list[str]:
        names: list[str] = []
        for text in read_tags(self._value("tags")):
            try:
                name = read_tag(text)
            except Invalid:
                name = ""
            if not name or len(names) == MOST_TAGS:
                self._of("tags", "odd-tag")
            elif name not in names:
                names.append(name)
        return names

    # Messages

    def _messages(
        self, lines: list[Line], created: datetime, name: str, address: str, requester: Person | None
    ) -> list[Said]:
        said = [each for line in lines if (each := self._message(line, created, address, requester))]
        said.sort(key=lambda each: each.written)
        if not said:
            self._note(self.mapping.message.get("body", ""), "no-text")
            said = [Said(NO_WORDS, created, Voice.REQUESTER, requester.id if requester else None)]
        if requester is None:
            asked = f"Asked by {name or SOMEBODY.lower()}, who has no account here."
            first = said[0]
            said[0] = replace(first, body=f"{asked}\n\n{first.body}")
        return said

    def _message(self, said: Line, created: datetime, address: str, requester: Person | None) -> Said | None:
        columns, line = self.mapping.message, said.place
        got = {name: said.fields.get(column, "") for name, column in columns.items()}
        body = "\n\n".join(filter(None, (_readable(got.get("body", "")), self._about_files(said))))
        if not body and not said.files:
            return None
        body = body or ONLY_FILES
        if len(body) > LONGEST_TEXT:
            self._note(columns["body"], "cut-text", line)
            body = body[:LONGEST_TEXT]
        written = self._read(got.get("written", "")) if got.get("written") else None
        if got.get("written") and written is None:
            self._note(columns["written"], "odd-date", line)
        name, from_ = read_person(got.get("author", ""))
        name = read_person(got.get("author_name", ""))[0] or name
        author = self.world.people.get(from_)
        voice = _voice(got, author, own=not (name or from_) or bool(from_ and from_ == address))
        if not (name or from_) and voice is Voice.REQUESTER:
            author = requester
        elif author is None and (name or voice is not Voice.REQUESTER) and from_ != address:
            body = f"Written by {name or SOMEBODY.lower()}, who has no account here.\n\n{body}"
        at, by = min(written or created, self.world.now), author.id if author else None
        return Said(body, at, voice, by, said.files, line)

    def _about_files(self, said: Line) -> str:
        """Return a line about files that came with a message and are not in the export."""
        name = next((name for name in KEYS if said.fields.get(name, "0").strip("0").isdecimal()), "")
        left = max(int(said.fields[name]) - len(said.files), 0) if name and len(said.fields[name]) < 5 else 0
        if not left:
            return ""
        self._note(name, "files-left", said.place)
        return files_left(left)


def files_left(count: int) -> str:
    """Return the line that stands for files in a text."""
    return f"(Files came with this message and did not come along: {count}.)"


def _voice(got: Mapping[str, str], author: Person | None, *, own: bool) -> Voice:
    """Return who speaks: what the file says of it counts more than who wrote it."""
    direction = got.get("direction", "").strip().casefold()
    if is_true(got.get("internal", "")) or direction in ("n", "note", "internal", "system"):
        return Voice.NOTE
    if direction in ("customer", "m", "requester", "user", "in", "inbound", "incoming", "end user", "end-user"):
        return Voice.REQUESTER
    if direction in ("agent", "r", "response", "staff", "out", "outbound", "outgoing", "team"):
        return Voice.TEAM
    return Voice.REQUESTER if own else Voice.TEAM if author is None or author.on_team else Voice.REQUESTER


def _readable(text: str) -> str:
    """Return a text without the marks of HTML, where it is written in it."""
    if re.search(r"<(p|br|div|span|html|body|table|ul|ol|b|i|a|strong|em|blockquote)\b[^>]*>", text, re.IGNORECASE):
        return as_words(text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
