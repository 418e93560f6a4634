"""Filing a ticket by a program: the portal's form checks it, field by field."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from adminops.api.routes import Answer, Asked, Route
from adminops.api.shapes import either, number, record, several, table, text, truth, word
from adminops.db import db
from adminops.errors import NotFound
from adminops.feature import RequestType
from adminops.identity.permissions import Permission
from adminops.identity.tokens import TokenScope
from adminops.web.guarding import GuardedForm
from adminops.web.navigation import registry
from adminops.web.problem_json import PERSONAL_DATA, problem_json
from tickets import catalogue
from tickets.api import telling
from tickets.api.papers import FILES, attach_to
from tickets.forms import LONGEST_TEXT, ticket_form
from tickets.models import Channel, Ticket, TicketMessage
from tickets.operations import file_ticket

CONFIRMED = truth("The team's word that what was found is no client's data")
HELD = truth("Let the redactors take out what is found; the text is held back until then")

ANSWER = either(
    text("A text", most=LONGEST_TEXT),
    truth("Yes or no"),
    number("A number", least=0),
    several(text("A choice"), "Choices", most=100),
    what="An answer",
)
REQUEST = record(
    "A request",
    {
        "request_type": text("Key of what is asked for", least=1, most=60),
        "subject": text("What it is about, in a few words", least=1),
        "body": text("What happened or what is needed", least=1, most=LONGEST_TEXT),
        "answers": table(ANSWER, "The fields of the request type, by their names"),
        "on_behalf_of": text("The team: user name or address of who asks"),
        "agency_id": number("The team: the agency, where it is not the person's own"),
        "channel": word("The team: how it came", (Channel.API, Channel.PHONE, Channel.WALK_IN)),
        "confirmed_clean": CONFIRMED,
        "to_redactors": HELD,
        "files": FILES,
    },
    optional=("files", "answers", "on_behalf_of", "agency_id", "channel", "confirmed_clean", "to_redactors"),
)


def file(asked: Asked) -> Answer | Response:
    """File a ticket as the portal does; drafts stay as they are."""
    sent, user = asked.body, asked.user
    kind = _kind(sent["request_type"], asked)
    form = ticket_form(kind, team=user.may(Permission.WORK_TICKETS), typed=_typed(sent), by_token=True)
    unknown = sorted(set(sent.get("answers", {})) - {field.name for field in form.own_fields})
    if unknown:
        return problem_json(
            422, "This request type has no such fields.", errors=[("answers", "Leave out what the type does not ask.")]
        )
    if form.submitted():
        with form.refusals():
            values = {**form.values(), "channel": Channel(sent.get("channel", Channel.API))}
            ticket = file_ticket(kind=kind, **values, by=user)
            attach_to(first_message(ticket), ticket, sent, user)
            where = {"Location": url_for("api.show_ticket", ticket_id=ticket.id)}
            return Answer(telling.standing(ticket), where)
    form.mark(form.agency_about(user), user)
    return refused(form, answers=[field.name for field in form.own_fields])


def first_message(ticket: Ticket) -> TicketMessage:
    """Return the text of a request."""
    written = select(TicketMessage).where(TicketMessage.ticket_id == ticket.id).order_by(TicketMessage.id)
    return db.session.scalars(written.limit(1)).one()


def refused(form: GuardedForm, answers: list[str] | None = None) -> Response:
    """Return what a form refuses: sentences by field, and findings by kind and place."""
    inner = answers or []
    named = {field.id: f"answers.{name}" if name in inner else name for name, field in form._fields.items()}
    errors = [(named.get(id_, ""), sentence) for id_, _, sentence in form.problems]
    findings = [_finding(each.place, each.kind, inner) for each in form.marked]
    kind = PERSONAL_DATA if findings else None
    sentence = errors[0][1] if errors else "Leave out what was found."
    return problem_json(
        form.status if form.status >= 400 else 422, sentence, kind=kind, errors=errors, findings=findings
    )


def _finding(place: str, kind: str, inner: list[str]) -> dict[str, Any]:
    field, _, span = place.rpartition(":")
    start, _, end = span.partition("-")
    return {
        "field": f"answers.{field}" if field in inner else field,
        "kind": f"{kind[0].lower()}{kind[1:]}",
        "start": int(start),
        "end": int(end),
    }


def _kind(key: str, asked: Asked) -> RequestType:
    offered = catalogue.offered_to(asked.user, registry().features)
    kind = next((kind for kind in offered if kind.key == key and not kind.start), None)
    if kind is None:
        raise NotFound("Nobody offers this request type here, or your role does not include it.")
    return kind


def _typed(sent: Mapping[str, Any]) -> MultiDict[str, str]:
    """Return what was sent as a browser would send it."""
    typed: MultiDict[str, str] = MultiDict()
    plain = {"about_agency": sent.get("agency_id", ""), **sent.get("answers", {})}
    plain |= {name: sent.get(name, "") for name in ("subject", "body", "on_behalf_of")}
    plain |= {name: sent.get(name, False) for name in ("confirmed_clean", "to_redactors")}
    for name, value in plain.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not False:
                typed.add(name, "y" if each is True else str(each))
    return typed


FILING = (
    Route(
        name="file_ticket",
        method="POST",
        path="/tickets",
        summary="File a ticket",
        about="The form of the request type checks it, as in the portal.",
        run=file,
        scope=TokenScope.WRITE_TICKETS,
        needs=Permission.ASK_FOR_HELP,
        body=REQUEST,
        answer=telling.STANDING,
        status=201,
    ),
)
