"""Files that came with a mail: those that may be taken lie with the message that it became, and why others do not."""

import io

from adminops.db import savepoint
from adminops.errors import DomainError
from adminops.facts import TicketMailFileLeft, publish
from adminops.identity.models import SYSTEM, User
from adminops.web.navigation import registry
from tickets.attached import TicketAttachment
from tickets.attaching import MOST_FILES, Upload, hand_over, keep
from tickets.catalogue import find_type
from tickets.mail.enclosed import Enclosed, enclosed_in
from tickets.mail.models import IncomingMail
from tickets.mail.reading import Incoming
from tickets.models import Ticket, TicketMessage

TOO_MANY = f"At most {MOST_FILES} files can come with one message."


def take_files(mail: IncomingMail, said: Incoming, message: TicketMessage, ticket: Ticket, *, by: User) -> None:
    """Keep the files of `mail` with `message`, which it became and which `by` wrote.

    Each passes what a file of the page passes (`tickets.attaching`); one that is refused is left in the sealed mail,
    and the timeline says why, without its name. Publishes `TicketFilesAttached`, and `TicketMailFileLeft` for each of
    those.
    """
    taken: list[TicketAttachment] = []
    for number, file in enumerate(enclosed_in(said.message), 1):
        refusal = file.refusal or (TOO_MANY if len(taken) >= MOST_FILES else _keep(file, ticket, taken, by))
        if refusal:
            fact = TicketMailFileLeft(
                ticket_id=ticket.id, agency_id=ticket.agency_id, mail_id=mail.id, number=number, why=refusal
            )
            publish(fact, by=SYSTEM)
    hand_over(taken, message, by=by)


def _keep(file: Enclosed, ticket: Ticket, taken: list[TicketAttachment], by: User) -> str:
    """Keep a file, or return the sentence with which it is refused."""
    kind = find_type(ticket.request_type, registry().features)
    try:
        with savepoint():
            taken += keep(ticket, [Upload(file.name, io.BytesIO(file.content))], kind=kind, by=by)
    except DomainError as refused:
        if refused.status >= 500:  # the disk is full: the mail waits, and is tried again
            raise
        return refused.sentence
    return ""
