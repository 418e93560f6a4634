"""The guards of waiting and of closing for silence, each with a sentence."""

from datetime import datetime

from adminops import clock
from adminops.errors import InvalidState
from tickets.goals.queries import office_calendar
from tickets.models import Ticket, TicketState, WaitingOn
from tickets.silence.queries import attempts_on
from tickets.silence.rules import ATTEMPTS, ends_at

RULE = "A ticket is closed for silence after two attempts to reach its requester and seven business days."


def check_was_asked(ticket: Ticket) -> None:
    """Raise `InvalidState` when `ticket` would wait on a requester whom nobody has asked since they last wrote."""
    if not attempts_on(ticket.id):
        raise InvalidState("Nobody has asked the requester anything yet. Write a reply and choose “Send and wait”.")


def check_is_silent(ticket: Ticket) -> None:
    """Raise `InvalidState` unless `ticket`, not resolved, may be closed because its requester does not answer."""
    if ticket.state is not TicketState.WAITING or ticket.waiting_on is not WaitingOn.USER:
        raise InvalidState("Resolve this first. Only a ticket that waits on its requester is closed without.")
    attempts = attempts_on(ticket.id)
    ends = silence_ends(attempts)
    if ends is None:
        raise InvalidState(f"{RULE} So far there {_counted(len(attempts))}.")
    if ends > clock.now():
        raise InvalidState(f"{RULE} That is so from {office_calendar().here(ends):%A, %B %-d} on.")


def silence_ends(attempts: list[datetime]) -> datetime | None:
    """Return from when on these attempts were enough; None: too few were made."""
    return ends_at(attempts, office_calendar())


def _counted(made: int) -> str:
    return "was one attempt" if made == 1 else f"were {made or 'no'} attempts"


__all__ = ["ATTEMPTS", "check_is_silent", "check_was_asked", "silence_ends"]
