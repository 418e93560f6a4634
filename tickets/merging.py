"""The verbs between tickets: merge, undo a merge, relate, take a relation off, split a message off."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState
from adminops.facts import TicketMerged, TicketSplit, TicketsRelated, TicketsUnrelated, TicketUnmerged, publish
from adminops.feature import RequestType
from adminops.identity.models import Agency, User
from tickets import policies, sharing
from tickets.approvals import asked_now
from tickets.goals import keeping
from tickets.locking import lock_all
from tickets.models import OPEN_STATES, Channel, Ticket, TicketMessage, TicketState, Voice
from tickets.notices.telling import mail_quietly
from tickets.operations import file_ticket
from tickets.relations import (
    LADDERS,
    Kind,
    TicketMerge,
    TicketRelation,
    get_relation,
    leads_to,
    root_of,
    standing_merge,
)
from tickets.sight import TicketParticipant, Why, participants_of


def merge(source: Ticket, *, into: Ticket, by: User) -> Ticket:
    """Make `source` part of the conversation on `into` (or of what that is part of), and return that ticket.

    No row moves: the source points to the target and is closed; its messages are shown there, and what is written on
    it goes there. Who asked for it, and its participants, take part in the target from then on.
    Rules in the order checked: `by` works on both (`NotAllowed`, `InvalidState`); two tickets, neither within the
    other; nothing open ends with what is over; of one agency and equally private, for the people of both read all
    of it; no approval is waited for (`InvalidState`). Publishes `TicketMerged`; mails who asked for the source.
    """
    target = root_of(into)
    lock_all([source.id, target.id])
    policies.check_is_team(source, by=by)
    policies.check_may_work(target, by=by)
    _check_may_merge(source, target)
    merged = TicketMerge(
        source_id=source.id,
        target_id=target.id,
        merged_by_id=by.id,
        was_state=source.state,
        was_waiting_on=source.waiting_on,
        was_resolved_at=source.resolved_at,
        joined=[str(id_) for id_ in _let_in(source, target, by)],
    )
    db.session.add(merged)
    _stand(source, TicketState.CLOSED, merged_into=target.id)
    target.updated_at = clock.now()
    db.session.flush()
    publish(TicketMerged(ticket_id=source.id, agency_id=source.agency_id, other_id=target.id), by=by)
    if source.requester_id not in (by.id, target.requester_id):
        mail_quietly("tickets.merged", to=source.requester, about=target, source_id=source.id, merge_id=merged.id)
    return target


def undo_merge(source: Ticket, *, by: User) -> None:
    """Bring `source` back to where it stood before it was merged; what was written since stays with the target.

    Who took part in the target by the merge alone no longer does. Raises `NotAllowed` unless `by` works on it,
    `InvalidState` when it is merged into nothing. Publishes `TicketUnmerged`.
    """
    target_id = source.merged_into_id
    target = db.session.get_one(Ticket, target_id) if target_id else source
    lock_all([source.id, target.id])
    policies.check_is_team(source, by=by)
    merged = standing_merge(source)
    merged.undone_at, merged.undone_by_id = clock.now(), by.id
    source.waiting_on, source.resolved_at = merged.was_waiting_on, merged.was_resolved_at
    _stand(source, merged.was_state, waiting_on=merged.was_waiting_on, merged_into=None)
    source.updated_at = clock.now()
    _let_out(merged)
    db.session.flush()
    publish(TicketUnmerged(ticket_id=source.id, agency_id=source.agency_id, other_id=merged.target_id), by=by)


def relate(ticket: Ticket, other: Ticket, kind: Kind, *, by: User) -> TicketRelation:
    """Note that `ticket` stands to `other` in that way; noting it again changes nothing.

    Rules in the order checked: `by` works on both (`NotAllowed`, `InvalidState`); two tickets; no way leads back; no
    second ticket that this is part of (`Invalid`). Publishes `TicketsRelated`.
    """
    lock_all([ticket.id, other.id])
    policies.check_may_work(ticket, by=by)
    policies.check_is_team(other, by=by)
    if ticket.id == other.id:
        raise Invalid("A ticket can't be related to itself.", field="other")
    ends = [(ticket.id, other.id), *([(other.id, ticket.id)] if kind is Kind.RELATES else [])]
    for one, two in ends:
        known = select(TicketRelation).where(TicketRelation.ticket_id == one, TicketRelation.other_id == two)
        if (found := db.session.scalar(known.where(TicketRelation.kind == kind))) is not None:
            return found
    _check_ladder(ticket, other, kind)
    relation = TicketRelation(ticket_id=ticket.id, other_id=other.id, kind=kind, related_by_id=by.id)
    db.session.add(relation)
    db.session.flush()
    fact = TicketsRelated(ticket_id=ticket.id, agency_id=ticket.agency_id, other_id=other.id, kind=kind.value)
    publish(fact, by=by)
    return relation


def unrelate(ticket: Ticket, relation: TicketRelation, *, by: User) -> None:
    """Take a relation of `ticket` off. Publishes `TicketsUnrelated`.

    Raises as `check_may_work`, and `NotFound` when somebody else has taken it off meanwhile.
    """
    relation_id = relation.id
    other_id = relation.other_id if relation.ticket_id == ticket.id else relation.ticket_id
    lock_all([ticket.id, other_id])
    policies.check_may_work(ticket, by=by)
    relation = get_relation(ticket, relation_id)
    kind = relation.kind
    db.session.delete(relation)
    db.session.flush()
    fact = TicketsUnrelated(ticket_id=ticket.id, agency_id=ticket.agency_id, other_id=other_id, kind=kind.value)
    publish(fact, by=by)


def split_off(
    ticket: Ticket,
    message: TicketMessage,
    *,
    kind: RequestType,
    subject: str,
    body: str,
    by: User,
    **writing: Any,
) -> Ticket:
    """File what `message` asks for beside the rest as a ticket of its own, and return it. The message stays.

    It is its author's request where they wrote as requester, else that of who asked for `ticket`; as private as that.
    `writing` is what `file_ticket` wants of a form. Raises as `check_may_work` and `file_ticket`, and `Invalid` for a
    team note: who asked would read it. Publishes `TicketFiled` and `TicketSplit`.
    """
    policies.check_may_work(ticket, by=by)
    if message.voice is Voice.NOTE:
        raise Invalid("A team note is not for who asked, and they read their new request. Take another message.")
    theirs = message.voice is Voice.REQUESTER
    requester = db.session.get_one(User, message.author_id) if theirs else ticket.requester
    agency = db.session.get(Agency, ticket.agency_id) if ticket.agency_id else None
    new = file_ticket(
        kind=kind,
        subject=subject,
        body=body,
        requester=requester,
        agency=agency,
        channel=Channel(ticket.channel),
        by=by,
        **_fit(writing),
    )
    if ticket.is_private and not new.is_private:
        sharing.close_off(new, by=by)
    known = select(TicketRelation.id).where(TicketRelation.ticket_id == new.id, TicketRelation.other_id == ticket.id)
    if db.session.scalar(known) is None:
        db.session.add(TicketRelation(ticket_id=new.id, other_id=ticket.id, kind=Kind.SPLIT_FROM, related_by_id=by.id))
        db.session.flush()
        fact = TicketSplit(ticket_id=new.id, agency_id=new.agency_id, other_id=ticket.id, message_id=message.id)
        publish(fact, by=by)
    return new


def _fit(writing: Mapping[str, Any]) -> dict[str, Any]:
    return {name: writing[name] for name in ("nonce", "confirmed_clean", "to_redactors") if name in writing}


def _check_may_merge(source: Ticket, target: Ticket) -> None:
    if source.merged_into_id is not None:
        raise InvalidState(f"#{source.id} is part of #{source.merged_into_id} already. Undo that merge first.")
    if source.id == target.id:
        raise InvalidState("A ticket can't be merged into itself, or into one that is part of it.")
    if target.merged_into_id is not None:  # since it was looked up
        raise InvalidState(f"#{target.id} was merged into another ticket just now. Please look again.")
    if target.state not in OPEN_STATES and source.state in OPEN_STATES:
        raise InvalidState(
            f"#{target.id} is {target.state.value}, and this would end with it unanswered. Reopen it first."
        )
    if source.agency_id != target.agency_id:
        raise InvalidState("These are of two agencies, and each would read the other's messages. Relate them instead.")
    if source.is_private != target.is_private:
        raise InvalidState("One of them is private and the other is not. Relate them instead.")
    if asked_now(source) is not None:
        raise InvalidState(f"#{source.id} waits for an approval. It can be merged when that is given or refused.")


def _stand(source: Ticket, state: TicketState, *, waiting_on: Any = None, merged_into: int | None) -> None:
    """Put the source where the merge, or its undo, leaves it: `move` is for what people do with an open matter."""
    source.state, source.waiting_on, source.merged_into_id = state, waiting_on, merged_into
    if merged_into is not None:
        source.resolved_at = None  # it was not solved here
    db.session.flush()
    if merged_into is None:
        keeping.take_up_again(source)
    else:
        keeping.put_aside(source)


def _let_in(source: Ticket, target: Ticket, by: User) -> list[int]:
    """Let the people of `source` take part in `target`; return the numbers of those who did not before."""
    people = [source.requester, *(row.user for row in participants_of(source))]
    there = {target.requester_id, *(row.user_id for row in participants_of(target))}
    new = {person.id: person for person in people if person.id not in there and sharing.may_join(person)}
    return [id_ for id_, person in new.items() if sharing.join(target, person, why=Why.MERGED, by=by)]


def _let_out(merged: TicketMerge) -> None:
    """Take those off the target who take part by the merge alone; and off what the target was merged into since."""
    leaving = merged.joined
    above: TicketMerge | None = merged
    while above is not None and leaving:
        gone = (
            TicketParticipant.ticket_id == above.target_id,
            TicketParticipant.why == Why.MERGED,
            TicketParticipant.user_id.in_([int(id_) for id_ in leaving]),
        )
        db.session.execute(delete(TicketParticipant).where(*gone))
        following = (TicketMerge.source_id == above.target_id, TicketMerge.undone_at.is_(None))
        above = db.session.scalar(select(TicketMerge).where(*following))
        if above is not None:
            leaving = [id_ for id_ in leaving if id_ in above.joined]
            above.joined = [id_ for id_ in above.joined if id_ not in leaving]


def _check_ladder(ticket: Ticket, other: Ticket, kind: Kind) -> None:
    if kind in LADDERS and leads_to(other, ticket, kind):
        raise Invalid(
            "That would lead in a circle: the other ticket stands to this one in the same way.", field="other"
        )
    if kind is Kind.CHILD_OF:
        above = select(TicketRelation.other_id).where(TicketRelation.ticket_id == ticket.id)
        if (parent := db.session.scalar(above.where(TicketRelation.kind == kind))) is not None:
            raise Invalid(f"#{ticket.id} is part of #{parent} already. Take that off first.", field="kind")
