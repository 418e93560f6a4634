"""Telling people: a row of the list in the app, a place in the next digest, a mail of its own.

Part of the verb that did it: what is undone with it was never told. Mails keep quiet hours; they lie in the outbox
until these are over.
"""

from collections.abc import Collection, Iterable

from adminops import clock
from adminops.db import db
from adminops.facts import TicketAssigned, TicketFact, TicketMoved, TicketPrioritised
from adminops.identity.models import User
from adminops.outbox.messages import enqueue_mail
from tickets.models import Ticket, TicketMessage, TicketState, Voice
from tickets.notices.models import Notice
from tickets.notices.occasions import Occasion
from tickets.notices.recipients import Told, audience_of, recipients, told_of_message
from tickets.notices.wishes import digest_at, leaves_at, wishes_of


def tell(
    ticket: Ticket,
    occasion: Occasion,
    *,
    mine: Collection[User] | None = None,
    but: Iterable[User] = (),
    by: User,
    **ids: int | str,
) -> list[User]:
    """Tell everybody who is to be told of `occasion` and return them; `but` are told otherwise already.

    `mine` are those whom it concerns themselves (None: all who are named on the ticket). `ids` tell this time from
    the next: the mail of the same is sent once.
    """
    others = {person.id for person in but}
    told = [each for each in recipients(ticket, occasion, mine=mine, by=by) if each.person.id not in others]
    for each in told:
        _tell(ticket, occasion, each, by, ids)
    db.session.flush()
    return [each.person for each in told]


def tell_of_message(
    ticket: Ticket, message: TicketMessage, *, mentioned: Collection[User], resolves: bool, by: User
) -> None:
    """Tell of a reply or a note, and of the mentions in it. That it resolves is told when it does."""
    audience = audience_of(ticket, mine=mentioned)
    note = message.voice is Voice.NOTE
    told = told_of_message(audience, note=note, resolves=resolves, mentioned=mentioned, by=by)
    for occasion, people in told.items():
        for each in people if occasion is not Occasion.RESOLVED else ():
            _tell(ticket, occasion, each, by, {"message_id": message.id})
    db.session.flush()


def tell_of_change(fact: TicketFact, by: User) -> None:
    """Tell of what happened to the ticket itself. What was undone nobody has to look at."""
    ticket = db.session.get_one(Ticket, fact.ticket_id)
    match fact:
        case TicketAssigned(assignee_id=int()) if ticket.assignee is not None:
            tell(ticket, Occasion.ASSIGNED, mine=[ticket.assignee], at=_now(), by=by)
        case TicketPrioritised():
            tell(ticket, Occasion.PRIORITISED, at=_now(), by=by)
        case TicketMoved(because="undone" | "merged"):
            pass
        case TicketMoved(new=TicketState.RESOLVED):
            tell(ticket, Occasion.RESOLVED, round=ticket.times_reopened, by=by)
        case TicketMoved(because="reopened" | "taken back"):
            tell(ticket, Occasion.REOPENED, round=ticket.times_reopened, by=by)


def mail_quietly(kind: str, *, to: User, about: Ticket, **ids: int | str) -> None:
    """Ask for a mail that everybody gets, in quiet hours after them."""
    enqueue_mail(kind, to=to, after=leaves_at(wishes_of(to), about, clock.now()), ticket_id=about.id, **ids)


def _tell(ticket: Ticket, occasion: Occasion, told: Told, by: User, ids: dict[str, int | str]) -> None:
    now, way = clock.now(), told.way
    if way.in_app or way.in_digest:
        row = Notice(user_id=told.person.id, ticket_id=ticket.id, occasion=occasion, actor_id=by.id, at=now)
        row.in_app, row.digest_at = way.in_app, digest_at(told.wishes, now) if way.in_digest else None
        db.session.add(row)
    if way.by_mail:
        kind, named = _mail(ticket, occasion, told.person, ids)
        after = leaves_at(told.wishes, ticket, now)
        enqueue_mail(kind, to=told.person, after=after, ticket_id=ticket.id, **named)


def _mail(ticket: Ticket, occasion: Occasion, to: User, ids: dict[str, int | str]) -> tuple[str, dict[str, int | str]]:
    """Return which mail says it, with the ids of that mail."""
    if occasion in (Occasion.REPLIED, Occasion.MENTIONED):
        return f"tickets.{occasion.value}", ids
    if occasion is Occasion.WARNED:
        return "tickets.goal", ids
    if occasion is Occasion.ASSIGNED and to.id == ticket.assignee_id:
        return "tickets.assigned", ids
    if occasion is Occasion.RESOLVED and to.id == ticket.requester_id:
        return "tickets.resolved", ids
    return "tickets.happened", {"occasion": occasion.value, **ids}


def _now() -> int:
    return int(clock.now().timestamp())
