"""Who will get what somebody is writing: what the sending would decide, shown before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adminops import clock
from adminops.identity.models import User
from tickets.mentioning import who_is_mentioned
from tickets.models import Ticket
from tickets.notices.recipients import Told, audience_of, told_of_message
from tickets.notices.wishes import digest_at, leaves_at


@dataclass(frozen=True, slots=True)
class Expected:
    """A person who will be told. `mail_at` is when quiet hours let the mail leave; None: at once, or there is none."""

    id: int
    name: str
    what: str
    way: str
    mail_at: datetime | None
    digest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """Who will get a message as it stands."""

    note: bool
    people: Sequence[Expected]


def preview(ticket: Ticket, text: str, *, note: bool, by: User, resolves: bool = False) -> Preview:
    """Return who will be told of `text` when `by` sends it now as a reply or a note, by name."""
    mentioned = who_is_mentioned(ticket, text, by=by)
    audience = audience_of(ticket, joining=mentioned)
    told = told_of_message(audience, note=note, resolves=resolves, mentioned=mentioned, by=by)
    found = [_expected(ticket, occasion.label, each) for occasion, people in told.items() for each in people]
    return Preview(note, sorted(found, key=lambda each: each.name))


def _expected(ticket: Ticket, what: str, told: Told) -> Expected:
    now, way = clock.now(), told.way
    return Expected(
        id=told.person.id,
        name=told.person.name,
        what=what,
        way=way.label,
        mail_at=leaves_at(told.wishes, ticket, now) if way.by_mail else None,
        digest_at=digest_at(told.wishes, now) if way.in_digest else None,
    )
