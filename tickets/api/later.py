"""Answers that leave later, who will get one, and who else is at the ticket."""

from typing import Any

from adminops.api.routes import Answer, Asked
from adminops.api.shapes import moment, number, or_null, read_moment, record, several, text, truth, word
from adminops.errors import Invalid
from adminops.identity.models import User
from adminops.web.navigation import registry
from tickets import attaching, policies, presence, queries, sending
from tickets.api import telling
from tickets.api.acts import BODY, DESPITE, ENDING, Sent, act
from tickets.api.asking import CONFIRMED
from tickets.api.offering import ASK, TICKET, does, reads
from tickets.api.papers import FILES, uploads_in
from tickets.catalogue import filed_as
from tickets.forms import LONGEST_TEXT
from tickets.models import Then, Ticket, TicketMessage
from tickets.notices.preview import preview
from tickets.relations import root_of
from tickets.resolving.choices import resolution_named
from tickets.sending import Words
from tickets.unsent import TicketSending

_UNSENT = record(
    "An answer that has not left",
    {
        "id": number("Its number"),
        "author_id": number("Who wrote it"),
        "sends_at": or_null(moment("When it leaves; nothing: it was taken back, or could not be sent")),
        "problem": text("Why it could not be sent"),
        "then": word("What happens with it", Then),
        "body": text("What is written", most=telling.ANY_LENGTH),
        "files": number("How many files come with it", least=0),
    },
)


@reads(
    f"{TICKET}/unsent",
    "List the answers that have not left",
    record("Answers", {"unsent": several(_UNSENT, "They")}),
    needs=ASK,
)
def list_unsent(asked: Asked) -> Answer:
    """Return what is still to be sent on a ticket, and what was taken back; to the team."""
    ticket = _of_team(asked)
    return Answer({"unsent": [_told(row) for row in sending.waiting_on(ticket)]})


@act(
    "POST",
    "unsent",
    "Plan an answer that leaves later",
    body=record(
        "An answer",
        {
            "body": BODY,
            "sends_at": moment("When it shall leave, within 90 days"),
            "then": word("What happens with it", [then for then in Then if then]),
            "resolution": ENDING,
            "despite_parts": DESPITE,
            "confirmed_clean": CONFIRMED,
            "files": FILES,
        },
        optional=("then", "resolution", "despite_parts", "confirmed_clean", "files"),
    ),
)
def plan_reply(ticket: Ticket, sent: Sent, user: User) -> None:
    """Keep an answer of the team; `list_unsent` has its number."""
    ending, then = resolution_named(sent.get("resolution")), Then(sent.get("then", ""))
    if ending and then is not Then.RESOLVE:
        raise Invalid("Only what is resolved has ended.", field="resolution")
    clean = bool(sent.get("confirmed_clean", False))
    words = Words(
        body=sent["body"],
        then=then,
        resolution=ending,
        despite_parts=bool(sent.get("despite_parts", False)),
        confirmed_clean=clean,
    )
    row = sending.plan_reply(ticket, words, at=read_moment(sent["sends_at"]), by=user)
    root = root_of(ticket)
    kind = filed_as(root.request_type, root.type_version, registry().features)
    files = attaching.keep(root, uploads_in(sent.get("files", ())), kind=kind, confirmed_clean=clean, by=user)
    row.files = [str(file.id) for file in files]


@act("POST", "unsent/<int:sending_id>/take-back", "Take an answer back before it leaves")
def take_back(ticket: Ticket, sent: Sent, user: User) -> None:
    """Stop one's own answer; it stays until it is sent or thrown away."""
    sending.take_back(sending.get_sending(ticket, sent["sending_id"]), by=user)


@act("POST", "unsent/<int:sending_id>/send", "Send a planned answer now")
def send_now(ticket: Ticket, sent: Sent, user: User) -> TicketMessage:
    """Send one's own answer at once."""
    return sending.send_now(sending.get_sending(ticket, sent["sending_id"]), by=user)


@act("DELETE", "unsent/<int:sending_id>", "Throw an answer away that was taken back")
def throw_away(ticket: Ticket, sent: Sent, user: User) -> None:
    """Forget one's own answer with its files."""
    attaching.drop(sending.throw_away(sending.get_sending(ticket, sent["sending_id"]), by=user), by=user)


_EXPECTED = record(
    "Somebody who will be told",
    {
        "user_id": number("Who"),
        "name": text("The name"),
        "what": text("What of"),
        "way": text("On which way"),
        "mail_at": or_null(moment("When quiet hours let the mail leave; nothing: at once, or there is none")),
        "digest_at": or_null(moment("When the digest leaves that holds it")),
    },
)


@reads(
    f"{TICKET}/told",
    "Say who will get a text",
    record("Who will be told", {"told": several(_EXPECTED, "They, by name")}),
    needs=ASK,
    body=record(
        "A text that is not sent yet",
        {"body": text("What would be written", most=LONGEST_TEXT), "note": truth("Whether it would be a note")},
        optional=("note",),
    ),
    about="Nothing is sent.",
)
def show_told(asked: Asked) -> Answer:
    """Return whom a message would reach as it stands."""
    ticket = queries.get_ticket(asked.path["ticket_id"], asked.user)
    policies.check_may_work(ticket, by=asked.user)
    found = preview(ticket, asked.body["body"], note=asked.body.get("note", False), by=asked.user)
    told = [
        {
            "user_id": each.id,
            "name": each.name,
            "what": each.what,
            "way": each.way,
            "mail_at": telling.said(each.mail_at),
            "digest_at": telling.said(each.digest_at),
        }
        for each in found.people
    ]
    return Answer({"told": told})


_PRESENT = record(
    "Somebody at a ticket",
    {"user_id": number("Who"), "name": text("The name"), "writes": truth("Whether they are writing")},
)
_OTHERS = record("Who else is there", {"others": several(_PRESENT, "They, those who write first")})


@reads(f"{TICKET}/here", "Say who else has a ticket open", _OTHERS, needs=ASK)
def list_present(asked: Asked) -> Answer:
    """Return who of the team has the ticket open now."""
    return _others(_of_team(asked), asked.user)


@does(
    "PUT",
    f"{TICKET}/here",
    "Note that a ticket is open before somebody",
    record(
        "The ticket", {"ticket_id": number("Its number"), "others": number("How many others have it open", least=0)}
    ),
    needs=ASK,
    body=record("What they do", {"writes": truth("Whether they are writing")}),
    about="It warns others and locks nobody out; it is forgotten after a minute.",
)
def note_presence(asked: Asked) -> Answer:
    """Note that the owner of the token has a ticket open."""
    ticket = _of_team(asked)
    presence.note_presence(ticket, writes=asked.body["writes"], by=asked.user)
    return Answer({"ticket_id": ticket.id, "others": len(presence.others_at(ticket, but=asked.user))})


def _of_team(asked: Asked) -> Ticket:
    ticket = queries.get_ticket(asked.path["ticket_id"], asked.user)
    policies.check_is_team(ticket, by=asked.user)
    return ticket


def _others(ticket: Ticket, user: User) -> Answer:
    found = presence.others_at(ticket, but=user)
    return Answer({"others": [{"user_id": each.id, "name": each.name, "writes": each.writes} for each in found]})


def _told(row: TicketSending) -> dict[str, Any]:
    return {
        "id": row.id,
        "author_id": row.author_id,
        "sends_at": telling.said(row.sends_at),
        "problem": row.problem,
        "then": row.then.value,
        "body": row.body,
        "files": len(row.files),
    }
