"""What programs do to a ticket. An act is a function of the ticket, what was sent, and who does it.

Adding one is adding a function under `@act`: access, scope, the ticket's lookup and the answer are here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from werkzeug.wrappers import Response

from adminops.api.routes import Answer, Asked, Route
from adminops.api.shapes import Shape, number, or_null, record, text, truth, word
from adminops.db import db, savepoint
from adminops.errors import DomainError, Invalid, NotFound
from adminops.guard.looking import look_at
from adminops.guard.operations import note_stopped
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.identity.tokens import TokenScope
from adminops.refs import Ref
from adminops.web.navigation import link_to
from adminops.web.problem_json import PERSONAL_DATA, problem_json
from tickets import deciding, linking, operations, policies, queries, tagging
from tickets.api import telling
from tickets.api.asking import CONFIRMED, HELD
from tickets.api.papers import FILES, attach_to
from tickets.forms import LONGEST_TEXT
from tickets.models import Priority, Resolution, Then, Ticket, TicketMessage, TicketState, WaitingOn
from tickets.resolving import operations as evidence
from tickets.resolving.choices import resolution_named
from tickets.side import side_of
from tickets.tagged import get_tag, tags_of

Sent = Mapping[str, Any]
Act = Callable[[Ticket, Sent, User], TicketMessage | Ticket | None]

ACTS: list[Route] = []
BODY = text("What is written", least=1, most=LONGEST_TEXT)
ENDING = word("Of a resolved ticket: how it ended", Resolution)
DESPITE = truth("Whether it is resolved although parts of it are open")
OUTLOOK = ("confirmed_clean", "to_redactors")
WRITING = {"confirmed_clean": CONFIRMED, "to_redactors": HELD}


def act(
    method: Literal["POST", "PUT", "DELETE"], path: str, summary: str, *, body: Shape | None = None
) -> Callable[[Act], Act]:
    """Offer the function as an act on `/tickets/<ticket_id>` followed by `path`; its parts join what is sent.

    It returns the message that was written, if any, or another ticket that the answer is to be about.
    """

    def offer(do: Act) -> Act:
        route = Route(
            name=do.__name__,
            method=method,
            path=f"/tickets/<int:ticket_id>/{path}",
            summary=summary,
            run=lambda asked: _done(do, asked),
            scope=TokenScope.WRITE_TICKETS,
            needs=Permission.ASK_FOR_HELP,
            body=body,
            answer=telling.STANDING,
        )
        ACTS.append(route)
        return do

    return offer


def _done(do: Act, asked: Asked) -> Answer | Response:
    ticket = queries.get_ticket(asked.path["ticket_id"], asked.user)
    try:
        with savepoint():
            done = do(ticket, {**asked.path, **asked.body}, asked.user)
    except DomainError as refusal:
        return refused_by(refusal, asked, ticket.agency_id)
    if isinstance(done, Ticket):
        return Answer(telling.standing(done))
    return Answer(telling.standing(ticket, done.id if done else None))


def refused_by(refusal: DomainError, asked: Asked, agency_id: int | None) -> Response:
    """Return a refusal, with what the guard found in the texts that came: kind and place, never the words."""
    errors = [(refusal.field, refusal.sentence)] if refusal.field else []
    texts = {name: value for name, value in asked.body.items() if isinstance(value, str)}
    found = {name: look_at(said, agency_id=agency_id, by=asked.user) for name, said in texts.items()}
    findings = [each for several in found.values() for each in several]
    if not (findings and isinstance(refusal, Invalid)):
        return problem_json(refusal.status, refusal.sentence, errors=errors)
    note_stopped(findings, agency_id=agency_id, by=asked.user)
    places = [
        {"field": name, "kind": each.kind.value, "start": each.start, "end": each.end}
        for name, several in found.items()
        for each in several
    ]
    return problem_json(refusal.status, refusal.sentence, kind=PERSONAL_DATA, errors=errors, findings=places)


def _written(sent: Sent) -> dict[str, Any]:
    return {"body": sent["body"], **{name: sent.get(name, False) for name in OUTLOOK}}


@act(
    "POST",
    "replies",
    "Answer on a ticket",
    body=record(
        "An answer",
        {
            "body": BODY,
            "then": word("The team: what happens with it", [then for then in Then if then]),
            "resolution": ENDING,
            "despite_parts": DESPITE,
            **WRITING,
            "files": FILES,
        },
        optional=("then", "resolution", "despite_parts", "files", *OUTLOOK),
    ),
)
def reply(ticket: Ticket, sent: Sent, user: User) -> TicketMessage:
    """Write where the requester reads it."""
    then, ending = Then(sent.get("then", "")), resolution_named(sent.get("resolution"))
    if ending and then is not Then.RESOLVE:
        raise Invalid("Only what is resolved has ended.", field="resolution")
    despite = sent.get("despite_parts", False)
    message = operations.reply(ticket, **_written(sent), then=then, resolution=ending, despite_parts=despite, by=user)
    attach_to(message, ticket, sent, user)
    return message


@act(
    "POST",
    "notes",
    "Write a note for the team",
    body=record("A note", {"body": BODY, **WRITING, "files": FILES}, optional=("files", *OUTLOOK)),
)
def write_note(ticket: Ticket, sent: Sent, user: User) -> TicketMessage:
    """Write what only the team reads."""
    message = operations.write_note(ticket, **_written(sent), by=user)
    attach_to(message, ticket, sent, user)
    return message


@act(
    "PUT",
    "assignee",
    "Give a ticket to somebody, or back to the queue",
    body=record("Whom", {"user_id": or_null(number("Who shall work on it; nothing: nobody yet"))}),
)
def assign(ticket: Ticket, sent: Sent, user: User) -> None:
    """Assign, to a member of the team or to nobody."""
    person = db.session.get(User, sent["user_id"]) if sent["user_id"] else None
    if sent["user_id"] and person is None:
        raise Invalid("There is nobody with this number in the team.", field="user_id")
    operations.assign(ticket, person, by=user)


@act(
    "PUT",
    "state",
    "Change where a ticket stands",
    body=record(
        "A state",
        {
            "state": word("Where it shall stand", [state for state in TicketState if state is not TicketState.NEW]),
            "waiting_on": word("Of a waiting ticket: whose turn it is", WaitingOn),
            "resolution": ENDING,
            "despite_parts": DESPITE,
        },
        optional=("waiting_on", "resolution", "despite_parts"),
    ),
)
def set_state(ticket: Ticket, sent: Sent, user: User) -> None:
    """Take up, let wait, resolve, close or reopen; a requester resolves and reopens their own."""
    state = TicketState(sent["state"])
    if "waiting_on" in sent and state is not TicketState.WAITING:
        raise Invalid("Only a waiting ticket waits on somebody.", field="waiting_on")
    if "resolution" in sent and state is not TicketState.RESOLVED:
        raise Invalid("Only what is resolved has ended.", field="resolution")
    whom, ending = sent.get("waiting_on"), resolution_named(sent.get("resolution"))
    despite = sent.get("despite_parts", False)
    operations.bring_to(
        ticket, state, WaitingOn(whom) if whom else None, resolution=ending, despite_parts=despite, by=user
    )


@act(
    "POST",
    "evidence",
    "Say what shows that a ticket's work was done",
    body=record("What shows it", {"body": BODY, "confirmed_clean": CONFIRMED, "to_redactors": HELD}, optional=OUTLOOK),
)
def show_evidence(ticket: Ticket, sent: Sent, user: User) -> TicketMessage:
    """Write a note for the team that types which ask for evidence are resolved with."""
    return evidence.show_evidence(ticket, **_written(sent), by=user)


@act(
    "PUT",
    "priority",
    "Change how much a ticket presses",
    body=record("A priority", {"priority": word("How much it presses", Priority)}),
)
def set_priority(ticket: Ticket, sent: Sent, user: User) -> None:
    """Change the priority."""
    operations.set_priority(ticket, Priority(sent["priority"]), by=user)


_TAG = record("A tag", {"name": text("Its name", least=1, most=60)})


@act("POST", "tags", "Put a tag on a ticket", body=_TAG)
def add_tag(ticket: Ticket, sent: Sent, user: User) -> None:
    """Tag."""
    tagging.tag(ticket, name=sent["name"], by=user)


@act("POST", "tags/remove", "Take a tag off a ticket", body=_TAG)
def remove_tag(ticket: Ticket, sent: Sent, user: User) -> None:
    """Untag."""
    name = tagging.read_tag(sent["name"])
    chosen = next((tag for tag in tags_of([ticket.id]).get(ticket.id, []) if tag.name == name), None)
    if chosen is not None:
        tagging.untag(ticket, get_tag(chosen.id), by=user)
    else:
        policies.check_may_work(ticket, by=user)


_LINK = record("A thing", {"ref": text("Kind and number, like client:12", least=3, most=120)})


@act("POST", "links", "Link something to a ticket", body=_LINK)
def add_link(ticket: Ticket, sent: Sent, user: User) -> None:
    """Link what the owner may see."""
    ref = Ref.parse(sent["ref"])
    if ref is None or link_to(ref, user) is None:
        raise NotFound("There is no such thing to link.")
    linking.link(ticket, ref, by=user)


@act("POST", "links/remove", "Take a link off a ticket", body=_LINK)
def remove_link(ticket: Ticket, sent: Sent, user: User) -> None:
    """Take a link off."""
    linked = next((link for link in side_of(ticket).linked if str(link.ref) == sent["ref"]), None)
    if linked is None:
        raise NotFound("That is not linked to this ticket.")
    linking.unlink(ticket, queries.get_link(ticket, linked.id), by=user)


@act("POST", "approve", "Say yes to what a ticket asks for")
def approve(ticket: Ticket, _sent: Sent, user: User) -> None:
    """Approve."""
    deciding.approve(ticket, by=user)


@act("POST", "refuse", "Say no to what a ticket asks for", body=record("Why", {"body": BODY}))
def refuse(ticket: Ticket, sent: Sent, user: User) -> None:
    """Refuse, with a reason that the requester reads."""
    deciding.refuse(ticket, reason=sent["body"], by=user)
