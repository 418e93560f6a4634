"""What an act does to one ticket, and why it would leave one out: the preview asks what the verbs will ask."""

from collections.abc import Callable

from adminops.db import db
from adminops.errors import DomainError, InvalidState
from adminops.identity.models import User
from tickets import approvals, operations, policies, tagging
from tickets.bulk.images import image_of, tag_on
from tickets.bulk.models import Act, BulkAct
from tickets.models import OPEN_STATES, TRANSITIONS, Priority, Resolution, Then, Ticket, TicketState, WaitingOn
from tickets.resolving.choices import resolution_named
from tickets.resolving.guards import check_ready
from tickets.silence.policies import check_is_silent, check_was_asked

S = TicketState
ALREADY = "It is so already."


def carry_out(act: BulkAct, ticket: Ticket, *, by: User) -> None:
    """Do to `ticket` what `act` says, by the verb that does it to one.

    Raises as that does, and `InvalidState` for what is so already.
    """
    if is_so(act, ticket):
        raise InvalidState(ALREADY)
    _VERBS[act.act](act, ticket, by)


def why_left(act: BulkAct, ticket: Ticket, *, by: User) -> str:
    """Return why `act` would leave `ticket` as it is; "" when it would not. Writes nothing."""
    if is_so(act, ticket):
        return ALREADY
    try:
        _CHECKS[act.act](act, ticket, by)
    except DomainError as refused:
        return refused.sentence
    return ""


def is_so(act: BulkAct, ticket: Ticket) -> bool:
    """Say whether `ticket` is what `act` would make of it."""
    match act.act:
        case Act.ASSIGN:
            return bool(ticket.assignee_id == act.value["assignee"])
        case Act.STATE:
            return (ticket.state, ticket.waiting_on) == _state(act)
        case Act.PRIORITY:
            return bool(ticket.priority.value == act.value["priority"])
        case Act.TAG | Act.UNTAG:
            return bool(image_of(ticket, act.value["tag"])["tagged"]) is (act.act is Act.TAG)
    return False


def _state(act: BulkAct) -> tuple[TicketState, WaitingOn | None]:
    whom = act.value["waiting_on"]
    return TicketState(act.value["state"]), WaitingOn(whom) if whom else None


def _ending(act: BulkAct) -> Resolution | None:
    return resolution_named(act.value.get("resolution", Resolution.DONE))


def _person(act: BulkAct) -> User | None:
    return db.session.get(User, act.value["assignee"]) if act.value["assignee"] else None


def _assign(act: BulkAct, ticket: Ticket, by: User) -> None:
    operations.assign(ticket, _person(act), by=by)


def _move(act: BulkAct, ticket: Ticket, by: User) -> None:
    state, waiting_on = _state(act)
    operations.change(
        ticket,
        state=state,
        waiting_on=waiting_on,
        assignee=ticket.assignee,
        priority=ticket.priority,
        resolution=_ending(act),
        by=by,
    )


def _prioritise(act: BulkAct, ticket: Ticket, by: User) -> None:
    operations.set_priority(ticket, Priority(act.value["priority"]), by=by)


def _tag(act: BulkAct, ticket: Ticket, by: User) -> None:
    tagging.tag(ticket, name=act.value["tag"], by=by)


def _untag(act: BulkAct, ticket: Ticket, by: User) -> None:
    if (named := tag_on(ticket, act.value["tag"])) is not None:
        tagging.untag(ticket, named, by=by)


def _note(act: BulkAct, ticket: Ticket, by: User) -> None:
    operations.write_note(ticket, body=act.body, nonce=_nonce(act, ticket), confirmed_clean=_confirmed(act), by=by)


def _reply(act: BulkAct, ticket: Ticket, by: User) -> None:
    then = Then(act.value.get("then", ""))
    clean = _confirmed(act)
    operations.reply(ticket, body=act.body, then=then, nonce=_nonce(act, ticket), confirmed_clean=clean, by=by)


def _nonce(act: BulkAct, ticket: Ticket) -> str:
    return f"bulk-{act.id}-{ticket.id}"


def _confirmed(act: BulkAct) -> bool:
    return bool(act.value.get("confirmed"))


def _check_assign(act: BulkAct, ticket: Ticket, by: User) -> None:
    policies.check_may_assign(ticket, _person(act), by=by)


def _check_work(_act: BulkAct, ticket: Ticket, by: User) -> None:
    policies.check_may_work(ticket, by=by)


def _check_reply(act: BulkAct, ticket: Ticket, by: User) -> None:
    policies.check_is_team(ticket, by=by)
    policies.check_may_reply(ticket, by=by)
    if act.value.get("then") == Then.RESOLVE:
        _check_resolve(ticket, by)


def _check_resolve(ticket: Ticket, by: User) -> None:
    policies.check_may_resolve(ticket, by=by)
    approvals.check_not_held(ticket, S.RESOLVED)
    check_ready(ticket, Resolution.DONE, by=by)


def _check_move(act: BulkAct, ticket: Ticket, by: User) -> None:
    state, waiting_on = _state(act)
    policies.check_is_team(ticket, by=by)
    if state not in TRANSITIONS[ticket.state]:
        raise InvalidState(f"A ticket that is {ticket.state.value} can't become {state.value}.")
    approvals.check_not_held(ticket, state)
    if state is S.OPEN and ticket.state not in OPEN_STATES:
        policies.check_may_reopen(ticket, by=by)
    if state is S.RESOLVED:
        check_ready(ticket, _ending(act), by=by)
    if waiting_on is WaitingOn.USER:
        check_was_asked(ticket)
    if state is S.CLOSED and ticket.state is not S.RESOLVED:
        check_is_silent(ticket)


Step = Callable[[BulkAct, Ticket, User], None]
_VERBS: dict[Act, Step] = {
    Act.ASSIGN: _assign,
    Act.STATE: _move,
    Act.PRIORITY: _prioritise,
    Act.TAG: _tag,
    Act.UNTAG: _untag,
    Act.NOTE: _note,
    Act.REPLY: _reply,
}
_CHECKS: dict[Act, Step] = {
    Act.ASSIGN: _check_assign,
    Act.STATE: _check_move,
    Act.PRIORITY: _check_work,
    Act.TAG: _check_work,
    Act.UNTAG: _check_work,
    Act.NOTE: _check_work,
    Act.REPLY: _check_reply,
}
