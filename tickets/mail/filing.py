"""What becomes of a mail: a request, an answer, a line on a ticket, something to decide, or nothing."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import func, select

from adminops import clock
from adminops.db import db, savepoint
from adminops.errors import DomainError, InvalidState
from adminops.facts import TicketGotRobotMail, TicketMailCameBack, TicketReplied, publish
from adminops.identity.models import SYSTEM, User
from adminops.outbox.models import OutboxMessage
from adminops.outbox.signed_ids import ticket_of
from adminops.settings import current_settings
from adminops.web.navigation import registry
from tickets import policies
from tickets.catalogue import SOMETHING_ELSE, find_type
from tickets.fulltext import index_ticket
from tickets.guarded import settle_texts
from tickets.mail.models import IncomingMail, MailBounce, MailState
from tickets.mail.reading import Incoming
from tickets.mail.robots import Judged, Writer, bounce_of, judge
from tickets.mail.taking import take_files
from tickets.mail.threading import Thread, find_thread, is_ours, sent_as
from tickets.models import Channel, Ticket, TicketMessage, Voice
from tickets.operations import file_ticket, reply
from tickets.relations import root_of
from tickets.silence.queries import BY_ROBOT

MOST_NEW = 20
"""So many new requests of one person are taken within the hour; the rest waits for somebody's word."""
S = MailState


@dataclass(frozen=True)
class Ended:
    """What became of a mail."""

    state: MailState
    why: str = ""
    ticket_id: int | None = None
    sender_id: int | None = None


def file(mail: IncomingMail, said: Incoming) -> Ended:
    """Do what `mail`, which says `said`, asks for."""
    judged = judge(said, own_addresses=own_addresses(), is_ours=is_ours)
    if judged.writer is Writer.OURSELVES:
        return Ended(S.IGNORED, judged.sign)
    if judged.writer is Writer.SERVER:
        return _came_back(mail, said, judged)
    people = _people_at(said.sender)
    sender = people[0] if len(people) == 1 and people[0].may_sign_in else None
    thread = find_thread(said, sender)
    if judged.writer is Writer.ROBOT:
        return _of_robot(mail, said, judged, thread, sender)
    if sender is None:
        return Ended(S.HELD, _why_nobody(people))
    try:
        with savepoint():
            return _answer(mail, said, thread, sender) if thread else _ask(mail, said, sender)
    except DomainError as refused:
        return Ended(S.HELD, refused.sentence, sender_id=sender.id)


def file_new(mail: IncomingMail, said: Incoming, sender: User, *, before: str = "") -> Ended:
    """File `mail` as a new request of `sender`. What the guard finds in it is held back."""
    kind = find_type(SOMETHING_ELSE, registry().features)
    if kind is None:
        raise InvalidState("No request type takes requests that come by mail.")
    ticket = file_ticket(
        kind=kind,
        subject=said.subject or "Mail without a subject",
        body=before + _body(said),
        channel=Channel.MAIL,
        nonce=_nonce(mail),
        to_redactors=True,
        by=sender,
    )
    _take_files(mail, said, ticket, sender)
    return Ended(S.FILED, "A new request.", ticket.id, sender.id)


def _take_files(mail: IncomingMail, said: Incoming, ticket: Ticket, sender: User) -> None:
    first = select(TicketMessage).where(TicketMessage.ticket_id == ticket.id).order_by(TicketMessage.id).limit(1)
    take_files(mail, said, db.session.scalars(first).one(), ticket, by=sender)


def own_addresses() -> set[str]:
    """Return the addresses that mails of this desk come from and go to."""
    settings = current_settings()
    return {address.lower() for address in (settings.mail_from, settings.mail_reply_to) if address}


def digest(text: str) -> str:
    """Return the SHA-256 of a text."""
    return sha256(text.encode()).hexdigest()


def _people_at(address: str) -> list[User]:
    if not address:
        return []
    return list(db.session.scalars(select(User).where(func.lower(User.email) == address).limit(2)))


def _why_nobody(people: list[User]) -> str:
    if not people:
        return "Nobody here has the address that it came from."
    return "Several people have the address that it came from." if len(people) > 1 else "The account is not active."


def _ask(mail: IncomingMail, said: Incoming, sender: User) -> Ended:
    recent = select(func.count(IncomingMail.id)).where(
        IncomingMail.sender_id == sender.id, IncomingMail.filed_at > clock.now() - timedelta(hours=1)
    )
    if db.session.scalars(recent).one() >= MOST_NEW:
        return Ended(S.HELD, f"This person has sent {MOST_NEW} mails within the hour.")
    return file_new(mail, said, sender)


def _answer(mail: IncomingMail, said: Incoming, thread: Thread, sender: User) -> Ended:
    ticket = root_of(thread.ticket)
    of_team = policies.is_team(sender, ticket) and not policies.is_own(sender, ticket)
    if of_team and not thread.is_own_mail:
        return Ended(S.HELD, "It speaks for the team and does not answer a mail that its sender got.", None, sender.id)
    try:
        policies.check_may_reply(ticket, by=sender)
    except InvalidState:  # it is closed, and nobody reads it any more
        before = f"(This answers request #{ticket.id}, which is closed.)\n\n"
        return file_new(mail, said, sender, before=before)
    message = reply(ticket, body=_body(said), nonce=_nonce(mail), to_redactors=True, by=sender)
    take_files(mail, said, message, db.session.get_one(Ticket, message.ticket_id), by=sender)
    return Ended(S.FILED, "An answer.", ticket.id, sender.id)


def _of_robot(mail: IncomingMail, said: Incoming, judged: Judged, thread: Thread | None, sender: User | None) -> Ended:
    """Keep what a machine writes about a ticket there, without moving it or telling anybody."""
    if thread is None:
        return Ended(S.IGNORED, judged.sign, sender_id=sender.id if sender else None)
    ticket = thread.ticket
    if sender is not None and policies.is_own(sender, ticket):
        _keep_quietly(mail, said, ticket, sender)
    publish(TicketGotRobotMail(ticket_id=ticket.id, agency_id=ticket.agency_id, mail_id=mail.id), by=SYSTEM)
    return Ended(S.FILED, judged.sign, ticket.id, sender.id if sender else None)


def _keep_quietly(mail: IncomingMail, said: Incoming, ticket: Ticket, sender: User) -> None:
    message = TicketMessage(
        ticket_id=ticket.id, author_id=sender.id, voice=Voice.REQUESTER, body=_words(said), nonce=f"{BY_ROBOT}{mail.id}"
    )
    db.session.add(message)
    db.session.flush()
    index_ticket(ticket.id)
    settle_texts(message, {"body": message.body}, agency_id=ticket.agency_id, to_redactors=True, by=sender)
    publish(TicketReplied(ticket_id=ticket.id, agency_id=ticket.agency_id, message_id=message.id), by=sender)


def _came_back(mail: IncomingMail, said: Incoming, judged: Judged) -> Ended:
    """Note that a mail of ours could not be delivered, where the report names one."""
    bounce = bounce_of(said)
    sent = next(filter(None, map(sent_as, bounce.named)), None)
    if sent is None:
        return Ended(S.IGNORED, f"{judged.sign} It names no mail of ours.")
    person = db.session.get_one(User, sent.recipient_id)
    db.session.add(
        MailBounce(
            mail_id=mail.id,
            user_id=person.id,
            outbox_id=sent.id,
            address_hash=digest(person.email.strip().lower()),
            code=bounce.code,
            is_permanent=bounce.is_permanent,
        )
    )
    ticket = _ticket_about(sent)
    if ticket is not None:
        fact = TicketMailCameBack(
            ticket_id=ticket.id,
            agency_id=ticket.agency_id,
            mail_id=mail.id,
            user_id=person.id,
            code=bounce.code or "no code",
        )
        publish(fact, by=SYSTEM)
    return Ended(S.FILED, judged.sign, ticket.id if ticket else None)


def _ticket_about(sent: OutboxMessage) -> Ticket | None:
    return db.session.get(Ticket, ticket_of(sent))


def _body(said: Incoming) -> str:
    return said.text or ("(This mail has files and no words.)" if said.files else "(This mail has no words.)")


def _words(said: Incoming) -> str:
    """Return what a machine's mail says, with a word on the files that are left in it."""
    files = f"({said.files} file{'s' if said.files > 1 else ''} came with this mail and did not come along.)"
    return "\n\n".join(filter(None, [said.text, files if said.files else ""])) or "(This mail has no words.)"


def _nonce(mail: IncomingMail) -> str:
    return f"mail:{mail.id}"
