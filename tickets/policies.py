"""Who may do what with a ticket: authority first, then state. `check_x` raises with a sentence, `may_x` asks.

The team (`tickets.work`) works on tickets; a requester reads, answers, resolves and reopens their own; an agency's
lead reads the agency's tickets and may answer for it; participants read and answer. Nobody does anything with a
private ticket who does not see it.
"""

from collections.abc import Callable
from datetime import timedelta

from adminops import clock
from adminops.errors import DomainError, Invalid, InvalidState, NotAllowed
from adminops.feature import RequestType
from adminops.guard import looking as guard
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from tickets.models import OPEN_STATES, SavedView, Ticket, TicketState
from tickets.sight import sees, takes_part

REOPEN_WITHIN = timedelta(days=14)
"""So long after it was resolved or closed, a requester's answer brings a ticket back; then they ask again."""


def is_team(user: User, ticket: Ticket) -> bool:
    """Say whether `user` works on `ticket` as a member of the team; on a private one only who sees it."""
    return works_on(user, ticket) and (not ticket.is_private or sees(user, ticket))


def works_on(user: User, ticket: Ticket) -> bool:
    """Say whether `user` is of the team for `ticket`, and could be given it."""
    return user.reach(Permission.WORK_TICKETS).covers(ticket.agency_id)


def is_own(user: User, ticket: Ticket) -> bool:
    """Say whether `user` asked for this, and so speaks as the requester even as a member of the team."""
    return user.id is not None and user.id == ticket.requester_id


def check_may_file(kind: RequestType, requester: User, *, by: User) -> None:
    """Raise `NotAllowed` unless `by` may ask for `kind` on behalf of `requester`."""
    if not by.may(Permission.ASK_FOR_HELP):
        raise NotAllowed("Your role does not include filing tickets.")
    if requester.id != by.id and not by.may(Permission.WORK_TICKETS):
        raise NotAllowed("Only the Systems Team can file a ticket on somebody's behalf.")
    asks_through_lead = kind.through_lead  # `authority.needs_lead` decides
    if kind.audience and not asks_through_lead and not (requester.may(kind.audience) or by.may(kind.audience)):
        raise NotAllowed("Your role does not include asking for this. Your agency lead can.")


def check_is_team(ticket: Ticket, *, by: User) -> None:
    """Raise `NotAllowed` for who does not work on this ticket."""
    if not is_team(by, ticket):
        raise NotAllowed("Only the Systems Team can do this.")


def check_may_work(ticket: Ticket, *, by: User) -> None:
    """Raise `NotAllowed` for who is not of the team, `InvalidState` for a closed ticket."""
    check_is_team(ticket, by=by)
    if ticket.state is TicketState.CLOSED:
        raise InvalidState("This ticket is closed. Reopen it first.")


def check_may_reply(ticket: Ticket, *, by: User) -> None:
    """Raise `NotAllowed` unless `by` takes part in the conversation, `InvalidState` when it is over."""
    if not (is_own(by, ticket) or is_team(by, ticket) or _answers_for_agency(by, ticket) or takes_part(by, ticket)):
        raise NotAllowed("Only the person who asked, their agency lead and the Systems Team can answer here.")
    if ticket.state is TicketState.CLOSED and is_team(by, ticket):
        raise InvalidState("This ticket is closed. Reopen it first.")
    _check_not_over(ticket, by)


def _answers_for_agency(user: User, ticket: Ticket) -> bool:
    needed = Permission.READ_PRIVATE_TICKETS if ticket.is_private else Permission.REQUEST_FOR_AGENCY
    return user.reach(needed).covers(ticket.agency_id)


def check_may_assign(ticket: Ticket, assignee: User | None, *, by: User) -> None:
    """Raise as `check_may_work`, and `Invalid` for an assignee who does not work on tickets."""
    check_may_work(ticket, by=by)
    if assignee is not None and not (assignee.may_sign_in and works_on(assignee, ticket)):
        raise Invalid("Tickets can only be given to active members of the Systems Team.", field="assignee")


def check_may_resolve(ticket: Ticket, *, by: User) -> None:
    """Raise `NotAllowed` unless `by` is the requester or of the team, `InvalidState` when it is resolved already."""
    if not (is_own(by, ticket) or is_team(by, ticket)):
        raise NotAllowed("Only the person who asked and the Systems Team can resolve this.")
    if ticket.state not in OPEN_STATES:
        raise InvalidState(f"This ticket is {ticket.state.value} already.")


def check_may_reopen(ticket: Ticket, *, by: User) -> None:
    """Raise `NotAllowed` unless `by` is the requester or of the team, `InvalidState` when the requester is too late."""
    if not (is_own(by, ticket) or is_team(by, ticket)):
        raise NotAllowed("Only the person who asked and the Systems Team can reopen this.")
    if ticket.state in OPEN_STATES:
        raise InvalidState("This ticket is open already.")
    if ticket.merged_into_id is not None:
        raise InvalidState(f"This is part of #{ticket.merged_into_id} now. Undo the merge to take it up again.")
    _check_not_over(ticket, by)


def _check_not_over(ticket: Ticket, by: User) -> None:
    """Raise `InvalidState` when everybody but the team has to file a new ticket instead."""
    if is_over(ticket) and not is_team(by, ticket):
        raise InvalidState("This was over more than 14 days ago. Please ask again: the new request names this one.")


def is_over(ticket: Ticket) -> bool:
    """Say whether `ticket` was resolved or closed too long ago for its requester to bring it back."""
    ended = ticket.resolved_at
    return ticket.state not in OPEN_STATES and (ended is None or ended + REOPEN_WITHIN < clock.now())


def check_text(text: str, *, field: str, agency_id: int | None, confirmed: bool, by: User) -> None:
    """Raise `Invalid` at `field` when `text`, about an agency, seems to hold personal data of a client.

    `confirmed` says that the writer looked again and that it is none; only the team's word counts.
    """
    if not (confirmed and by.may(Permission.WORK_TICKETS)):
        guard.check(text, field=field, agency_id=agency_id, by=by)


def check_may_share(*, shared: bool, by: User) -> None:
    """Raise `NotAllowed` for a view that everybody would have, unless `by` works on tickets."""
    if shared and not by.may(Permission.WORK_TICKETS):
        raise NotAllowed("Only the Systems Team can share a view. Save it for yourself.")


def check_may_shape(*, by: User) -> None:
    """Raise `NotAllowed` unless `by` shapes the desk."""
    if not by.may(Permission.SHAPE_DESK):
        raise NotAllowed("Only administrators can rename and merge tags.")


def check_may_change_view(view: SavedView, *, by: User) -> None:
    """Raise `NotAllowed` unless it is one's own, or shared and `by` shapes the desk."""
    if view.owner_id != by.id and not (view.is_shared and by.may(Permission.SHAPE_DESK)):
        raise NotAllowed("Only its owner and administrators can change a shared view. Save one of your own instead.")


def may_change_view(view: SavedView, *, by: User) -> bool:
    """Say whether `by` may change `view`."""
    return passes(check_may_change_view, view, by=by)


def may_work(ticket: Ticket, *, by: User) -> bool:
    """Say whether `by` may work on `ticket` now."""
    return passes(check_may_work, ticket, by=by)


def may_reply(ticket: Ticket, *, by: User) -> bool:
    """Say whether `by` may answer on `ticket` now."""
    return passes(check_may_reply, ticket, by=by)


def may_resolve(ticket: Ticket, *, by: User) -> bool:
    """Say whether `by` may resolve `ticket` now."""
    return passes(check_may_resolve, ticket, by=by)


def may_reopen(ticket: Ticket, *, by: User) -> bool:
    """Say whether `by` may reopen `ticket` now."""
    return passes(check_may_reopen, ticket, by=by)


def passes(check: Callable[..., None], *things: object, by: User) -> bool:
    """Say whether `check` lets `by` do it with `things`."""
    try:
        check(*things, by=by)
    except DomainError:
        return False
    return True
