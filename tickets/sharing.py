"""The verbs of who sees a ticket: add a participant, take one off, make it private, open it up."""

from sqlalchemy import select, update

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.facts import ParticipantAdded, ParticipantRemoved, TicketMadePrivate, TicketOpenedUp, publish
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.outbox.messages import enqueue_mail
from tickets import policies
from tickets.models import Ticket
from tickets.notices.telling import mail_quietly
from tickets.relations import root_of, sources_of
from tickets.sight import TicketParticipant, Why, is_named, officers_for, sees

MOST_PARTICIPANTS = 30


def begin(ticket: Ticket, *, private: bool, by: User) -> None:
    """Let who filed `ticket` for somebody else see it, and make it private when its type says so."""
    if by.id != ticket.requester_id and not by.is_system:
        _check_may_join(by)
        _admit(ticket, by, Why.FILED, by)
    if private:
        close_off(ticket, by=by)


def add_participant(ticket: Ticket, person: User, *, why: Why = Why.ADDED, by: User) -> TicketParticipant | None:
    """Let `person` see `ticket` and answer on it; None (and nothing happens) for who is named on it already.

    Rules in the order checked: `by` answers on it (`NotAllowed`, `InvalidState`), and adds only colleagues of its
    agency unless of the team (`NotAllowed`); an active person, not too many (`Invalid`). Publishes `ParticipantAdded`;
    mails the person.
    """
    _lock(ticket)
    check_may_share(ticket, person, by=by)
    if is_named(person, ticket):
        stays(ticket, person)
        return None
    return join(ticket, person, why=why, by=by)


def stays(ticket: Ticket, person: User) -> None:
    """Let who takes part by a merge alone go on to do so when that is undone."""
    mine = (TicketParticipant.ticket_id == ticket.id, TicketParticipant.user_id == person.id)
    db.session.execute(
        update(TicketParticipant).where(*mine, TicketParticipant.why == Why.MERGED).values(why=Why.ADDED)
    )


def join(ticket: Ticket, person: User, *, why: Why, by: User) -> TicketParticipant | None:
    """Make `person` a participant as part of another verb, which has checked that `by` may; else as above."""
    _check_may_join(person)
    there = list(db.session.scalars(select(TicketParticipant).where(TicketParticipant.ticket_id == ticket.id)))
    if any(row.user_id == person.id for row in there):
        return None
    if len(there) >= MOST_PARTICIPANTS:
        raise Invalid(f"A ticket has at most {MOST_PARTICIPANTS} participants. Take one off first.", field="person")
    row = _admit(ticket, person, why, by)
    if person.id != by.id and why is Why.ADDED:
        mail_quietly("tickets.added", to=person, about=ticket, participant_id=row.id)
    return row


def _check_may_join(person: User) -> None:
    if not may_join(person):
        raise Invalid("This person can't sign in at present, so could not read it.", field="person")


def _admit(ticket: Ticket, person: User, why: Why, by: User) -> TicketParticipant:
    row = TicketParticipant(ticket_id=ticket.id, user_id=person.id, why=why, added_by_id=by.id)
    db.session.add(row)
    db.session.flush()
    fact = ParticipantAdded(ticket_id=ticket.id, agency_id=ticket.agency_id, user_id=person.id, why=why.value)
    publish(fact, by=by)
    return row


def may_join(person: User) -> bool:
    """Say whether `person` could read a ticket at all."""
    return person.may_sign_in and person.may(Permission.ASK_FOR_HELP)


def remove_participant(ticket: Ticket, person: User, *, by: User) -> None:
    """Take `person` off `ticket`; who does not take part stays where they are. Everybody may leave by themselves.

    Raises as `add_participant`. Publishes `ParticipantRemoved`.
    """
    _lock(ticket)
    if person.id != by.id:
        check_may_share(ticket, person, by=by)
    mine = (TicketParticipant.ticket_id == ticket.id, TicketParticipant.user_id == person.id)
    row = db.session.scalar(select(TicketParticipant).where(*mine))
    if row is None:
        return
    db.session.delete(row)
    db.session.flush()
    publish(ParticipantRemoved(ticket_id=ticket.id, agency_id=ticket.agency_id, user_id=person.id), by=by)


def leave_tickets_of(agency_id: int, person_id: int, *, by: User) -> None:
    """Take somebody who works elsewhere now off the tickets of an agency; what they asked for stays theirs.

    Publishes `ParticipantRemoved` for each.
    """
    there = (TicketParticipant.user_id == person_id, Ticket.agency_id == agency_id)
    chosen = select(TicketParticipant).join(Ticket, Ticket.id == TicketParticipant.ticket_id).where(*there)
    for row in db.session.scalars(chosen.order_by(TicketParticipant.id)).all():
        db.session.delete(row)
        db.session.flush()
        publish(ParticipantRemoved(ticket_id=row.ticket_id, agency_id=agency_id, user_id=person_id), by=by)


def make_private(ticket: Ticket, *, by: User) -> None:
    """Let only security officers and who is named on `ticket` see it; `by` is named on it from then on.

    So it is with all that was merged into it: each holds a part of the same conversation.
    Raises `NotAllowed` for others than the team and security officers, `InvalidState` when it is private already or
    part of another ticket, or when nobody is there who would see it. Publishes `TicketMadePrivate`, once for each;
    mails the security officers.
    """
    check_may_close_off(ticket, by=by)
    parts = _whole(ticket)
    if ticket.is_private:
        raise InvalidState("This ticket is private already.")
    for part in parts:
        if not sees_private(part, by) and not is_named(by, part):
            join(part, by, why=Why.CLOSED_OFF, by=by)
    if not close_off(ticket, by=by):
        raise InvalidState("There is no security officer who would see it. Name one first.")
    for part in parts[1:]:
        _set_private(part, private=True, by=by)


def close_off(ticket: Ticket, *, by: User) -> bool:
    """Make `ticket` private unless no security officer is there for it: better seen by many than missed by all."""
    officers = officers_for(ticket)
    if not officers:
        return False
    _set_private(ticket, private=True, by=by)
    for officer in officers:
        if officer.id != by.id:
            enqueue_mail("tickets.private", to=officer, ticket_id=ticket.id, at=int(clock.now().timestamp()))
    return True


def open_up(ticket: Ticket, *, by: User) -> None:
    """Let everybody see a private ticket again, and what was merged into it, who sees others of its agency.

    Raises `NotAllowed` for others than security officers, `InvalidState` when it is not private or part of another
    ticket. Publishes `TicketOpenedUp`, once for each.
    """
    if not sees_private(ticket, by):
        raise NotAllowed("Only a security officer can open a private ticket up.")
    parts = _whole(ticket)
    if not ticket.is_private:
        raise InvalidState("This ticket is not private.")
    for part in parts:
        _set_private(part, private=False, by=by)


def _whole(ticket: Ticket) -> list[Ticket]:
    """Return `ticket` and what was merged into it, locked: a merge at this moment comes before or after.

    Raises `InvalidState` for a part of another one, whose messages are shown there.
    """
    _lock(ticket)
    if ticket.merged_into_id is not None:
        raise InvalidState(f"This is part of #{root_of(ticket).id} now, which shows all of it. Change that one.")
    merged = select(Ticket).where(Ticket.id.in_(sources_of(ticket))).order_by(Ticket.id)
    return [ticket, *db.session.scalars(merged.with_for_update(key_share=True))]


def _lock(ticket: Ticket) -> None:
    """Do what `operations.lock` does, which is above this: two clicks act one after the other."""
    db.session.flush()
    alone = select(Ticket).where(Ticket.id == ticket.id).with_for_update(key_share=True)
    db.session.execute(alone.execution_options(populate_existing=True)).one()


def _set_private(ticket: Ticket, *, private: bool, by: User) -> None:
    if ticket.is_private is not private:
        ticket.is_private = private
        db.session.flush()
        kind = TicketMadePrivate if private else TicketOpenedUp
        publish(kind(ticket_id=ticket.id, agency_id=ticket.agency_id), by=by)


def sees_private(ticket: Ticket, user: User) -> bool:
    """Say whether `user` is a security officer for `ticket`."""
    return user.reach(Permission.READ_PRIVATE_TICKETS).covers(ticket.agency_id)


def check_may_share(ticket: Ticket, person: User, *, by: User) -> None:
    """Raise `NotAllowed` unless `by` answers on `ticket`, and is of the team for people of elsewhere."""
    if not sees(by, ticket):
        raise NotAllowed("Only who sees a ticket can say who else does.")
    policies.check_may_reply(ticket, by=by)
    colleagues = ticket.agency_id is not None and person.agency_id == by.agency_id == ticket.agency_id
    if not colleagues and not policies.is_team(by, ticket):
        raise NotAllowed("You can add colleagues of your agency. For anybody else, ask the Systems Team.")


def check_may_close_off(ticket: Ticket, *, by: User) -> None:
    """Raise `NotAllowed` unless `by` is of the team or a security officer, and sees `ticket`."""
    if not (policies.is_team(by, ticket) or sees_private(ticket, by)) or not sees(by, ticket):
        raise NotAllowed("Only the Systems Team and security officers can make a ticket private.")


def may_share(ticket: Ticket, *, by: User) -> bool:
    """Say whether `by` may add people to `ticket` now."""
    return policies.passes(check_may_share, ticket, by, by=by)


def may_close_off(ticket: Ticket, *, by: User) -> bool:
    """Say whether `by` may make `ticket` private."""
    return policies.passes(check_may_close_off, ticket, by=by)
