"""What the guard does with the texts of tickets: read them again, put other words in their place, say who reads them.

The subject and the answers of a request stand and fall with its first message.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from adminops.db import db
from adminops.errors import Invalid, NotFound
from adminops.feature import GuardedTexts, WrittenText
from adminops.guard.looking import look_at
from adminops.guard.operations import HELD_BACK, hold, note_cleared
from adminops.identity.models import User
from adminops.refs import Ref
from tickets import policies
from tickets.fulltext import index_ticket
from tickets.models import Ticket, TicketMessage, Voice
from tickets.relations import ever_part_of
from tickets.sight import readers_of

ANSWER = "answers."


def texts_of_request(subject: str, body: str, answers: Mapping[str, object]) -> dict[str, str]:
    """Return the texts of a request by the names under which they are held back."""
    said = {f"{ANSWER}{name}": value for name, value in answers.items() if isinstance(value, str)}
    return {"subject": subject, "body": body, **said}


def texts_in(answers: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts among the answers of a request."""
    return {name: value for name, value in answers.items() if isinstance(value, str)}


def check_texts(texts: Mapping[str, str], agency_id: int | None, by: User, *, confirmed: bool, held: bool) -> None:
    """Raise `Invalid` for a subject or a text that is missing, or where one seems to hold personal data."""
    for field, words in (("subject", "Say in a few words what it is about."), ("body", "Write a message first.")):
        if texts.get(field) == "":
            raise Invalid(words, field=field)
    for field, text in () if held else texts.items():
        policies.check_text(text, field=field, agency_id=agency_id, confirmed=confirmed, by=by)


def settle_texts(
    message: TicketMessage, texts: Mapping[str, str], *, agency_id: int | None, to_redactors: bool, by: User
) -> None:
    """Hold back what is found in `texts`, those of `message`, or else count what the team's word let pass."""
    found = {name: look_at(text, agency_id=agency_id, by=by) for name, text in texts.items()}
    findings = [finding for each in found.values() for finding in each]
    about = Ref.to(MESSAGES.kind, message.id)
    held = {name: texts[name] for name, each in found.items() if each}
    if to_redactors and held:
        hold(about, held, findings, agency_id=agency_id, author_id=by.id, by=by)
        rewrite(about.id, dict.fromkeys(held, HELD_BACK))
    else:
        note_cleared(findings, about=about, agency_id=agency_id, by=by)


def written(after: int, limit: int) -> list[WrittenText]:
    """Return the next messages, the first one of a ticket with subject and answers."""
    chosen = select(TicketMessage, Ticket).join(Ticket, Ticket.id == TicketMessage.ticket_id)
    rows = db.session.execute(chosen.where(TicketMessage.id > after).order_by(TicketMessage.id).limit(limit)).all()
    firsts = _first_ones([ticket.id for _, ticket in rows])
    return [
        WrittenText(
            id=message.id,
            agency_id=ticket.agency_id,
            author_id=message.author_id,
            texts=texts_of_request(ticket.subject, message.body, ticket.answers)
            if message.id in firsts
            else {"body": message.body},
        )
        for message, ticket in rows
    ]


def _first_ones(ticket_ids: Sequence[int]) -> set[int]:
    first = select(func.min(TicketMessage.id)).where(TicketMessage.ticket_id.in_(set(ticket_ids)))
    return set(db.session.scalars(first.group_by(TicketMessage.ticket_id)))


def rewrite(message_id: str, texts: Mapping[str, str]) -> None:
    """Put `texts` into the fields of a message (and of its ticket)."""
    message = db.session.get(TicketMessage, int(message_id))
    if message is None:
        raise NotFound("There is no such message any more.")
    ticket = db.session.get_one(Ticket, message.ticket_id)
    message.body = texts.get("body", message.body)
    ticket.subject = texts.get("subject", ticket.subject)[:200]
    answers = {name.removeprefix(ANSWER): text for name, text in texts.items() if name.startswith(ANSWER)}
    ticket.answers = {**ticket.answers, **answers}
    db.session.flush()
    index_ticket(ticket.id)  # what is held back must not be found by its words either


def readers(message_id: int) -> list[int]:
    """Return who can read a message: who sees its ticket or one that showed it, but a note only the team."""
    message = db.session.get_one(TicketMessage, message_id)
    ticket = db.session.get_one(Ticket, message.ticket_id)
    people = {person.id: person for place in (ticket, *ever_part_of(ticket)) for person in readers_of(place)}
    noted = message.voice is Voice.NOTE
    return [id_ for id_, person in people.items() if not noted or policies.works_on(person, ticket)]


MESSAGES = GuardedTexts(
    kind="ticket_message", title="A message of a ticket", written=written, rewrite=rewrite, readers=readers
)
