"""Further acts: how a ticket stands to others, who takes part in it, its checklist, its files."""

from adminops.api.shapes import number, record, text, word
from adminops.db import db
from adminops.errors import Invalid, NotFound
from adminops.identity.models import User
from adminops.identity.operations import find_user, find_users_by_email
from adminops.web.navigation import registry
from tickets import attaching, merging, operations, policies, queries, relations, sharing
from tickets.api.acts import BODY, OUTLOOK, WRITING, Sent, act
from tickets.attached import get_attachment
from tickets.catalogue import all_types
from tickets.checklist import operations as checklists
from tickets.models import Ticket, TicketMessage
from tickets.relations import Kind
from tickets.silence import operations as silence
from tickets.silence.models import ContactWay

_OTHER = number("The other ticket")
_STEP = record("A step", {"place": number("Which one, from 1 on")})


@act("PUT", "take", "Take a ticket")
def take(ticket: Ticket, _sent: Sent, user: User) -> None:
    """Assign the ticket to the owner of the token."""
    operations.assign(ticket, user, by=user)


@act("POST", "merge", "Merge a ticket into another one", body=record("Into which", {"into": _OTHER}))
def merge(ticket: Ticket, sent: Sent, user: User) -> None:
    """Merge; the answer tells how the merged ticket stands."""
    policies.check_is_team(ticket, by=user)
    merging.merge(ticket, into=_other(sent["into"], "into", user), by=user)


@act("POST", "merge/undo", "Undo the merge of a ticket")
def undo_merge(ticket: Ticket, _sent: Sent, user: User) -> None:
    """Bring a merged ticket back to where it stood."""
    merging.undo_merge(ticket, by=user)


@act(
    "POST",
    "split",
    "Make a ticket of its own from a message",
    body=record(
        "The new ticket",
        {
            "message_id": number("The message that asks for something else"),
            "request_type": text("Key of what is asked for", least=1, most=60),
            "subject": text("What it is about, in a few words", least=1),
            "body": BODY,
            **WRITING,
        },
        optional=OUTLOOK,
    ),
)
def split(ticket: Ticket, sent: Sent, user: User) -> Ticket:
    """Split off; the answer tells how the new ticket stands."""
    policies.check_is_team(ticket, by=user)
    message = db.session.get(TicketMessage, sent["message_id"])
    if message is None or message.ticket_id not in (ticket.id, *relations.sources_of(ticket)):
        raise Invalid("There is no such message on this ticket.", field="message_id")
    kinds = {kind.key: kind for kind in all_types(registry().features) if not kind.start}
    if (kind := kinds.get(sent["request_type"])) is None:
        raise Invalid("There is no such request type.", field="request_type")
    written = {name: sent.get(name, False) for name in OUTLOOK}
    return merging.split_off(ticket, message, kind=kind, subject=sent["subject"], body=sent["body"], **written, by=user)


@act(
    "POST",
    "relations",
    "Say how a ticket stands to another one",
    body=record(
        "A relation",
        {"other": _OTHER, "kind": word("How this one stands to it", [kind for kind in Kind if kind != "split_from"])},
    ),
)
def relate(ticket: Ticket, sent: Sent, user: User) -> None:
    """Relate."""
    policies.check_is_team(ticket, by=user)
    merging.relate(ticket, _other(sent["other"], "other", user), Kind(sent["kind"]), by=user)


@act("POST", "relations/remove", "Take a relation of a ticket off", body=record("Which", {"relation_id": number("It")}))
def unrelate(ticket: Ticket, sent: Sent, user: User) -> None:
    """Take a relation off."""
    policies.check_is_team(ticket, by=user)
    merging.unrelate(ticket, relations.get_relation(ticket, sent["relation_id"]), by=user)


@act(
    "POST",
    "participants",
    "Let somebody take part in a ticket",
    body=record("Whom", {"person": text("User name or address", least=1)}),
)
def add_participant(ticket: Ticket, sent: Sent, user: User) -> None:
    """Add a participant; only the team finds people of other agencies."""
    named = find_user(sent["person"])
    found = [named] if named else find_users_by_email(sent["person"])
    if not policies.is_team(user, ticket):
        found = [person for person in found if person.agency_id == user.agency_id]
    if len(found) != 1:
        raise Invalid("There is nobody whom you could add with that user name or address.", field="person")
    sharing.add_participant(ticket, found[0], by=user)


@act("POST", "participants/remove", "Take somebody off a ticket", body=record("Whom", {"user_id": number("Who")}))
def remove_participant(ticket: Ticket, sent: Sent, user: User) -> None:
    """Take a participant off, or leave."""
    person = db.session.get(User, sent["user_id"])
    if person is None:
        raise NotFound("There is no such person.")
    sharing.remove_participant(ticket, person, by=user)


@act("PUT", "private", "Make a ticket private")
def make_private(ticket: Ticket, _sent: Sent, user: User) -> None:
    """Hide it from all but those named on it and security officers."""
    sharing.make_private(ticket, by=user)


@act("PUT", "public", "Make a ticket no longer private")
def open_up(ticket: Ticket, _sent: Sent, user: User) -> None:
    """Let everybody see it again who sees others of its agency."""
    sharing.open_up(ticket, by=user)


@act("POST", "checklist/tick", "Tick a step of a ticket's checklist", body=_STEP)
def tick(ticket: Ticket, sent: Sent, user: User) -> None:
    """Tick a step."""
    checklists.tick(ticket, sent["place"], by=user)


@act("POST", "checklist/untick", "Take back that a step is done", body=_STEP)
def untick(ticket: Ticket, sent: Sent, user: User) -> None:
    """Untick a step."""
    checklists.untick(ticket, sent["place"], by=user)


@act(
    "POST",
    "attempts",
    "Note that the requester could not be reached",
    body=record("How", {"way": word("How it was tried", ContactWay)}),
)
def note_attempt(ticket: Ticket, sent: Sent, user: User) -> None:
    """Note an attempt."""
    silence.note_attempt(ticket, way=ContactWay(sent["way"]), by=user)


@act("DELETE", "files/<int:file_id>", "Remove a file for good")
def remove_file(ticket: Ticket, sent: Sent, user: User) -> None:
    """Remove a file; the conversation goes on saying that there was one."""
    attaching.remove_attachment(ticket, get_attachment(ticket, sent["file_id"], user), by=user)


def _other(number_: int, field: str, user: User) -> Ticket:
    try:
        return queries.get_ticket(number_, user)
    except NotFound as missing:
        raise Invalid(missing.sentence, field=field) from None
