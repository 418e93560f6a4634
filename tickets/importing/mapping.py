"""Which column of a file is what, and what its words mean: guesses, and the mapping that somebody settles. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adminops.errors import Invalid
from tickets.importing.records import Sheet
from tickets.models import Priority, TicketState, WaitingOn

LONGEST_SOURCE = 60
MOST_WORDS = 60
LONGEST_WORD = 60


@dataclass(frozen=True)
class Known:
    """Something of a ticket or a message that a column may hold, and the headers that it usually has."""

    title: str
    headers: tuple[str, ...]
    needed: bool = False
    hint: str = ""


TICKET: dict[str, Known] = {
    "number": Known(
        "Number",
        ("number", "ticketnumber", "ticketno", "ticketid", "ticket", "id", "no", "nr"),
        needed=True,
        hint="The ticket keeps it and is found by it. Imported again, the same number changes nothing.",
    ),
    "subject": Known("Subject", ("subject", "title", "summary"), needed=True),
    "created": Known(
        "Opened on",
        ("created", "createdat", "datecreated", "createddate", "opened", "openedat", "createtime", "submitted"),
        needed=True,
    ),
    "updated": Known("Last activity", ("updated", "updatedat", "lastupdate", "lastactivity", "lastmodified")),
    "closed": Known("Closed on", ("closed", "closedat", "closeat", "resolved", "resolvedat", "closedate")),
    "state": Known("Status", ("state", "status", "status.name", "state.name", "currentstatus")),
    "priority": Known("Priority", ("priority", "priority.name", "urgency")),
    "type": Known("Topic", ("type", "topic", "helptopic", "topic.name", "category", "group", "queue", "department")),
    "requester": Known(
        "Requester’s e-mail",
        ("customer", "customer.email", "requester", "requesteremail", "customeremail", "user.email", "useremail",
         "from", "fromemail", "email", "customer.login"),
        hint="Finds the account. Somebody without one is named in the first message.",
    ),
    "requester_name": Known(
        "Requester’s name",
        ("requestername", "customername", "user.name", "fromname", "name", "customer.name", "customer.fullname"),
    ),
    "assignee": Known(
        "Assignee’s e-mail", ("owner", "owner.email", "assignee", "assigneeemail", "assignedto", "agent", "staff.email")
    ),
    "agency": Known("Agency", ("organization", "organization.name", "agency", "company", "organisation")),
    "tags": Known("Tags", ("tags", "tag", "labels")),
}  # fmt: skip

MESSAGE: dict[str, Known] = {
    "body": Known("Text", ("body", "text", "message", "description", "content", "details", "comment")),
    "written": Known("Written on", ("createdat", "created", "date", "written", "timestamp")),
    "author": Known(
        "Author’s e-mail",
        ("from", "createdby", "author", "createdby.email", "author.email", "user.email", "staff.email", "poster.email"),
    ),
    "author_name": Known("Author’s name", ("poster", "authorname", "fromname", "author.name", "poster.name")),
    "direction": Known("Who wrote", ("sender", "direction", "type"), hint="Customer or agent; M, R or N."),
    "internal": Known("Internal note", ("internal", "isinternal", "private", "note")),
}
LINE_PREFIXES = ("", "message", "article", "post", "comment")
"""In a CSV a column of messages stands beside those of tickets, and says so in its name; the text need not."""

STATES: dict[str, str] = {
    "new": "new",
    "open": "open", "opened": "open", "reopened": "open", "in progress": "open", "assigned": "open", "active": "open",
    "pending": "waiting", "pending reminder": "waiting", "pending close": "waiting", "waiting": "waiting",
    "on hold": "waiting", "answered": "waiting", "waiting for customer": "waiting", "waiting on customer": "waiting",
    "resolved": "resolved", "solved": "resolved", "done": "resolved", "completed": "resolved",
    "closed": "closed", "closed successful": "closed", "closed unsuccessful": "closed", "archived": "closed",
    "merged": "closed", "removed": "closed", "deleted": "closed", "rejected": "closed",
}  # fmt: skip
PRIORITIES: dict[str, str] = {
    "urgent": "urgent", "emergency": "urgent", "critical": "urgent", "4 urgent": "urgent", "highest": "urgent",
    "high": "high", "3 high": "high", "major": "high",
    "normal": "normal", "medium": "normal", "2 normal": "normal", "default": "normal",
    "low": "low", "1 low": "low", "minor": "low", "lowest": "low",
}  # fmt: skip
WAITS = {f"waiting:{whom.value}": whom for whom in WaitingOn if whom is not WaitingOn.APPROVAL}
STATE_WORDS = ("new", "open", *WAITS, "resolved", "closed")
DATES = {"month-first": "Month first: 3/14/2025", "day-first": "Day first: 14/3/2025"}


@dataclass(frozen=True)
class Plan:
    """What somebody settled about a file."""

    source: str
    """What the other desk is called: its numbers are unique within it."""
    ticket: Mapping[str, str]
    message: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    priorities: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    dates: str = "month-first"
    zone: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it fit for JSON."""
        return asdict(self)


def word(text: str) -> str:
    """Return a word of a file as mappings know it: small letters, single blanks."""
    return " ".join(text.casefold().split())


def guess(sheet: Sheet) -> dict[str, dict[str, str]]:
    """Return the columns that look like what is known: `{"ticket": {"number": "Ticket#", …}, "message": {…}}`."""
    names = {_bare(column): column for column in reversed(sheet.columns)}
    ticket = _guessed(TICKET, names, [""])
    if sheet.shape == "json":
        inner = {_bare(column): column for column in reversed(sheet.message_columns)}
        return {"ticket": ticket, "message": _guessed(MESSAGE, inner, [""])}
    free = {bare: column for bare, column in names.items() if column not in ticket.values()}
    body = _guessed({"body": MESSAGE["body"]}, free, LINE_PREFIXES)
    rest = {name: known for name, known in MESSAGE.items() if name != "body"}
    return {"ticket": ticket, "message": body | _guessed(rest, free, LINE_PREFIXES[1:])}


def _guessed(wanted: Mapping[str, Known], names: Mapping[str, str], prefixes: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for field_name, known in wanted.items():
        likely = (names.get(f"{prefix}{header}") for header in known.headers for prefix in prefixes)
        column = next((name for name in likely if name is not None and name not in found.values()), None)
        if column is not None:
            found[field_name] = column
    return found


def _bare(column: str) -> str:
    return re.sub(r"[^a-z0-9.]", "", column.casefold())


def guess_dates(values: Iterable[str]) -> str:
    """Return which comes first in dates like 3/14/2025: the day where some first number can be no month."""
    firsts = [int(match[1]) for value in values if (match := re.match(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d", value))]
    return "day-first" if any(first > 12 for first in firsts) else "month-first"


def words_in(sheet: Sheet, column: str) -> list[str]:
    """Return the different words of a column, as they were found. Raises `Invalid` for one that holds free text."""
    found = dict.fromkeys(word(record.fields.get(column, "")) for record in sheet.records)
    words = [each for each in found if each]
    if len(words) > MOST_WORDS or any(len(each) > LONGEST_WORD for each in words):
        raise Invalid(f"The column “{column}” holds other things than a few words. Choose another column.")
    return words


def settle(said: Any, sheet: Sheet, kinds: Collection[str], zone: str) -> Plan:
    """Return the mapping that `said` (a form, or a JSON file) describes. Raises `Invalid` with what is wrong."""
    if not isinstance(said, dict) or unknown(said):
        raise Invalid(f"A mapping is an object with: {', '.join(_PARTS)}.")
    source = " ".join(str(said.get("source", "")).split())
    if not 0 < len(source) <= LONGEST_SOURCE:
        raise Invalid(f"Name the desk that the tickets come from, in up to {LONGEST_SOURCE} letters.", field="source")
    ticket = _chosen(said, "ticket", TICKET, sheet.columns)
    missing = [known.title for name, known in TICKET.items() if known.needed and name not in ticket]
    if missing:
        raise Invalid(f"Choose a column for: {', '.join(missing)}.")
    return Plan(
        source=source,
        ticket=ticket,
        message=_chosen(said, "message", MESSAGE, sheet.message_columns),
        states=_words(said, "states", STATE_WORDS),
        priorities=_words(said, "priorities", [level.value for level in Priority]),
        types=_words(said, "types", kinds),
        dates=_one_of(said, "dates", DATES, "month-first"),
        zone=_zone(said.get("zone") or zone),
    )


_PARTS = ("source", "ticket", "message", "states", "priorities", "types", "dates", "zone")


def unknown(said: Mapping[str, Any]) -> list[str]:
    """Return the parts of a mapping that nobody knows."""
    return [name for name in said if name not in _PARTS]


def _table(said: Mapping[str, Any], part: str) -> dict[str, str]:
    table = said.get(part) or {}
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise Invalid(f"“{part}” has to be an object of texts.")
    return {name: value for name, value in table.items() if value}


def _chosen(said: Mapping[str, Any], part: str, known: Mapping[str, Known], columns: Sequence[str]) -> dict[str, str]:
    table = _table(said, part)
    for name, column in table.items():
        if name not in known:
            raise Invalid(f"“{part}” knows: {', '.join(known)}.")
        if column not in columns:
            raise Invalid(f"The file has no column for “{name}” of that name.")
    return table


def _words(said: Mapping[str, Any], part: str, meanings: Collection[str]) -> dict[str, str]:
    table = {word(name): value for name, value in _table(said, part).items()}
    if len(table) > MOST_WORDS or any(len(name) > LONGEST_WORD for name in table):
        raise Invalid(f"“{part}” holds other things than a few words.")
    if wrong := sorted(set(table.values()) - {*meanings, *(["waiting"] if part == "states" else [])}):
        raise Invalid(f"“{part}” may mean {', '.join(sorted(meanings))}, and not {wrong[0][:40]}.")
    return table


def _one_of(said: Mapping[str, Any], part: str, words: Collection[str], usual: str) -> str:
    value = said.get(part) or usual
    if value not in words:
        raise Invalid(f"“{part}” has to be one of: {', '.join(words)}.")
    return str(value)


def _zone(name: Any) -> str:
    try:
        return ZoneInfo(str(name)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("There is no such time zone.", field="zone") from None


def state_meant(text: str, mapping: Plan) -> tuple[TicketState, WaitingOn | None] | None:
    """Return which state a word of the file means; None where nobody said."""
    said = mapping.states.get(word(text)) or STATES.get(word(text)) or (word(text) in STATE_WORDS and word(text))
    if not said:
        return None
    state, _, whom = said.partition(":")
    if state == TicketState.WAITING:
        return TicketState.WAITING, WaitingOn(whom or WaitingOn.USER.value)
    return TicketState(state), None


def priority_meant(text: str, mapping: Plan) -> Priority | None:
    """Return which priority a word of the file means; None where nobody said."""
    said = mapping.priorities.get(word(text)) or PRIORITIES.get(word(text))
    return Priority(said) if said else None
