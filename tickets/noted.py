"""The words of a team note in a mail: where the house wants them there, and only for the team."""

from adminops.db import db
from adminops.guard.looking import look_at
from adminops.guard.operations import HELD_BACK
from adminops.identity.models import SYSTEM, User
from adminops.settings import current_settings
from tickets.models import Ticket, TicketMessage, Voice
from tickets.policies import is_team


def words_of_note(message_id: int, *, to_id: int) -> str:
    """Return what a mail to somebody may say of a message: the words of a team note, else nothing.

    Nothing where the setting does not want it, to others than the team, of private tickets, of what is held back, and
    of what the guard finds odd, also where somebody has said that it is no client's data: a mail can't be taken back.
    """
    message, reader = db.session.get(TicketMessage, message_id), db.session.get(User, to_id)
    if not current_settings().mail_notes or message is None or message.voice is not Voice.NOTE or reader is None:
        return ""
    ticket = db.session.get_one(Ticket, message.ticket_id)
    if ticket.is_private or not is_team(reader, ticket) or HELD_BACK in message.body:
        return ""
    return "" if look_at(message.body, agency_id=ticket.agency_id, by=SYSTEM) else message.body
