"""Mentions: `@maya` in a message lets a colleague take part, and tells them."""

import re

from adminops.errors import Invalid
from adminops.identity.models import User
from adminops.identity.operations import find_user
from tickets import policies, sharing
from tickets.models import Ticket, TicketMessage, Voice
from tickets.sight import Why, is_named

MOST_MENTIONS = 10
_MENTION = re.compile(r"(?<![\w@./-])@([a-z0-9][\w.-]{0,58}\w|[a-z0-9])(?![\w@])", re.IGNORECASE)


def names_in(text: str) -> list[str]:
    """Return the user names that `text` mentions, each once, in order. An e-mail address mentions nobody."""
    return list(dict.fromkeys(name.lower() for name in _MENTION.findall(text)))[:MOST_MENTIONS]


def mention(ticket: Ticket, message: TicketMessage, *, by: User) -> list[User]:
    """Let everybody whom `message` mentions take part in `ticket`, and return them, for telling them.

    The team mentions anybody; others mention colleagues of the agency, and anything else is just a word. Raises
    `Invalid` (at the field "body") for a note that mentions who does not read notes.
    """
    people = [person for name in names_in(message.body) if (person := find_user(name)) and person.id != by.id]
    noted = message.voice is Voice.NOTE
    if noted and (outside := [person for person in people if not policies.works_on(person, ticket)]):
        sentence = f"{outside[0].name} does not read team notes. Write a reply instead, or leave the @ out."
        raise Invalid(sentence, field="body")
    named = [person for person in people if _may_name(ticket, person, by)]
    for person in named:
        if not is_named(person, ticket):
            sharing.join(ticket, person, why=Why.MENTIONED, by=by)
    return named


def who_is_mentioned(ticket: Ticket, text: str, *, by: User) -> list[User]:
    """Return whom `text` would let take part in `ticket`, and be told."""
    people = [person for name in names_in(text) if (person := find_user(name)) and person.id != by.id]
    return [person for person in people if _may_name(ticket, person, by)]


def _may_name(ticket: Ticket, person: User, by: User) -> bool:
    return person.may_sign_in and policies.passes(sharing.check_may_share, ticket, person, by=by)
