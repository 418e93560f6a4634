"""The verbs of the help desk: file, answer, note, assign, prioritise, wait, resolve, reopen, close.

Each locks its ticket first, so that two people (or two clicks) act one after the other and the second meets the state
that the first left.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.facts import (
    TicketAssigned,
    TicketFiled,
    TicketMoved,
    TicketNoted,
    TicketPrioritised,
    TicketReplied,
    publish,
)
from adminops.feature import RequestType
from adminops.identity.models import SYSTEM, Agency, User
from adminops.outbox.messages import enqueue_mail
from tickets import approvals, policies, sharing
from tickets.authority import needs_lead
from tickets.fulltext import index_filed, index_ticket
from tickets.goals import keeping
from tickets.guarded import check_texts, settle_texts, texts_in, texts_of_request
from tickets.mentioning import mention
from tickets.models import (
    OPEN_STATES,
    Channel,
    Happening,
    Priority,
    Resolution,
    Then,
    Ticket,
    TicketMessage,
    TicketState,
    Voice,
    WaitingOn,
    move,
)
from tickets.notices.occasions import Occasion
from tickets.notices.telling import mail_quietly, tell, tell_of_message
from tickets.projects.queries import check_in_project
from tickets.queues.giving import choose
from tickets.relations import root_of
from tickets.resolving.guards import check_ready
from tickets.silence.policies import check_is_silent, check_was_asked

S = TicketState


def file_ticket(
    *,
    kind: RequestType,
    subject: str,
    body: str,
    answers: Mapping[str, Any] | None = None,
    requester: User | None = None,
    agency: Agency | None = None,
    channel: Channel = Channel.PORTAL,
    nonce: str | None = None,
    confirmed_clean: bool = False,
    to_redactors: bool = False,
    give: bool = True,
    quiet: bool = False,
    by: User,
) -> Ticket:
    """File a request of type `kind` and return its ticket; the same `nonce` again returns the one filed before.

    `answers` are the fields of the type's own form, fit for JSON. `requester` and `agency` default to `by` and the
    requester's agency. Rules in the order checked: `by` may ask for this, or the agency's lead is asked first
    (`NotAllowed` where there is none; see `authority`); a subject and a text (`Invalid`); no client's data in it
    (`Invalid`, unless the team says `confirmed_clean`, or it goes `to_redactors`, held back until they have looked).
    Its clocks run by the policy of its type as that is now. A type may make it private. With `give` it is given to
    whom the rule of its queue chooses, if it waits for no word. Publishes `TicketFiled`; mails the requester, and tells
    who wishes to hear of it, unless it comes `quiet`.
    """
    requester = requester or by
    policies.check_may_file(kind, requester, by=by)
    agency_id = agency.id if agency else requester.agency_id
    steps = approvals.steps_of(kind, answers or {}, through_lead=needs_lead(kind, requester, agency_id, by=by))
    texts = {"subject": subject.strip(), "body": body.strip(), **texts_in(answers or {})}
    check_texts(texts, agency_id, by, confirmed=confirmed_clean, held=to_redactors)
    if (known := _sent_before(nonce, by)) is not None:  # from here on others wait for this one
        return db.session.get_one(Ticket, known.ticket_id)
    now = clock.now()
    ticket = Ticket(
        subject=texts["subject"],
        request_type=kind.key,
        type_version=kind.version,
        answers=dict(answers or {}),
        state=S.NEW,
        priority=Priority(kind.priority_of(answers or {})),
        requester=requester,
        filed_by_id=by.id,
        channel=channel,
        agency_id=agency_id,
        filed_at=now,
        updated_at=now,
    )
    keeping.begin(ticket, kind)
    message = _add_message(ticket, texts["body"], Voice.REQUESTER, nonce, by)
    db.session.flush()
    index_filed(ticket.id, ticket.subject, message.body)
    if confirmed_clean or to_redactors:
        said = texts_of_request(texts["subject"], texts["body"], answers or {})
        settle_texts(message, said, agency_id=agency_id, to_redactors=to_redactors, by=by)
    publish(TicketFiled(ticket_id=ticket.id, agency_id=ticket.agency_id, request_type=kind.key), by=by)
    sharing.begin(ticket, private=kind.private, by=by)
    if not quiet:
        enqueue_mail("tickets.filed", to=requester, ticket_id=ticket.id)
        tell(ticket, Occasion.FILED, by=by)
    if steps:
        wait_on(ticket, WaitingOn.APPROVAL, by=SYSTEM)
        approvals.open_steps(ticket, steps)
    elif give:
        give_out(ticket)
    if kind.filed and not quiet:
        kind.filed(ticket, approvals.Step.AGENCY not in steps, by)
    return ticket


def reply(
    ticket: Ticket,
    *,
    body: str,
    then: Then = Then.NOTHING,
    resolution: Resolution | None = Resolution.DONE,
    despite_parts: bool = False,
    nonce: str | None = None,
    confirmed_clean: bool = False,
    to_redactors: bool = False,
    by: User,
) -> TicketMessage:
    """Answer where the requester reads it; the same `nonce` again returns the message written before.

    Rules in the order checked: `by` takes part in the conversation and it is not over; a text; nothing personal in it
    (or it goes `to_redactors`, and is held back).
    The team's first answer opens a new ticket, and its `then` lets it wait on the person or resolves it, with what
    `resolve` checks. An answer of the other side reopens a ticket that waits or is over. What is written
    on a ticket that was merged goes to where its conversation goes on. Raises `NotAllowed`, `InvalidState`, `Invalid`.
    Publishes `TicketReplied` (and `TicketMoved`); tells who is named on it and who wishes to hear of it.
    """
    ticket = locked_root(ticket)
    if (known := _sent_before(nonce, by)) is not None:
        return known
    policies.check_may_reply(ticket, by=by)
    check_texts({"body": body.strip()}, ticket.agency_id, by, confirmed=confirmed_clean, held=to_redactors)
    team = policies.is_team(by, ticket) and not policies.is_own(by, ticket)
    message = _write(ticket, body.strip(), Voice.TEAM if team else Voice.REQUESTER, nonce, by)
    keeping.happened(ticket, Happening.ANSWERED if team else Happening.ASKED)
    if confirmed_clean or to_redactors:
        settle_texts(message, {"body": message.body}, agency_id=ticket.agency_id, to_redactors=to_redactors, by=by)
    publish(TicketReplied(ticket_id=ticket.id, agency_id=ticket.agency_id, message_id=message.id), by=by)
    mentioned = mention(ticket, message, by=by)
    tell_of_message(ticket, message, mentioned=mentioned, resolves=team and then is Then.RESOLVE, by=by)
    _move_after_reply(ticket, team, then, by, resolution, despite_parts)
    return message


def write_note(
    ticket: Ticket,
    *,
    body: str,
    nonce: str | None = None,
    confirmed_clean: bool = False,
    to_redactors: bool = False,
    by: User,
) -> TicketMessage:
    """Write a note that only the team reads. Checks and `nonce` as in `reply`. Publishes `TicketNoted`."""
    ticket = locked_root(ticket)
    if (known := _sent_before(nonce, by)) is not None:
        return known
    policies.check_may_work(ticket, by=by)
    check_texts({"body": body.strip()}, ticket.agency_id, by, confirmed=confirmed_clean, held=to_redactors)
    note = _write(ticket, body.strip(), Voice.NOTE, nonce, by)
    if confirmed_clean or to_redactors:
        settle_texts(note, {"body": note.body}, agency_id=ticket.agency_id, to_redactors=to_redactors, by=by)
    publish(TicketNoted(ticket_id=ticket.id, agency_id=ticket.agency_id, message_id=note.id), by=by)
    tell_of_message(ticket, note, mentioned=mention(ticket, note, by=by), resolves=False, by=by)
    return note


def assign(ticket: Ticket, assignee: User | None, *, by: User) -> None:
    """Give `ticket` to `assignee`, or back to the queue (None); a new ticket is open then. The same again is nothing.

    Raises `NotAllowed` or `InvalidState` (see `check_may_work`), `Invalid` for somebody who does not work on tickets.
    Publishes `TicketAssigned`, of which the assignee is told unless they took it themselves.
    """
    lock(ticket)
    policies.check_may_assign(ticket, assignee, by=by)
    if ticket.assignee_id == (assignee.id if assignee else None):
        return
    ticket.assignee = assignee
    touch(ticket)
    publish(
        TicketAssigned(ticket_id=ticket.id, agency_id=ticket.agency_id, assignee_id=assignee.id if assignee else None),
        by=by,
    )
    if assignee is not None and ticket.state is S.NEW:
        _move(ticket, S.OPEN, because="assigned", by=by)


def give_out(ticket: Ticket) -> None:
    """Give `ticket`, which nobody has, to whom the rule of its queue chooses (`tickets/queues/giving.py`), if any."""
    if (person := choose(ticket)) is not None:
        assign(ticket, person, by=SYSTEM)


def set_priority(ticket: Ticket, priority: Priority, *, by: User) -> None:
    """Change how much `ticket` presses. Raises as `check_may_work`. Publishes `TicketPrioritised`."""
    lock(ticket)
    policies.check_may_work(ticket, by=by)
    if priority is ticket.priority:
        return
    old, ticket.priority = ticket.priority, priority
    keeping.happened(ticket, Happening.PRIORITISED)
    touch(ticket)
    fact = TicketPrioritised(ticket_id=ticket.id, agency_id=ticket.agency_id, old=old.value, new=priority.value)
    publish(fact, by=by)


def change(
    ticket: Ticket,
    *,
    state: TicketState,
    waiting_on: WaitingOn | None,
    assignee: User | None,
    priority: Priority,
    resolution: Resolution | None = Resolution.DONE,
    despite_parts: bool = False,
    by: User,
) -> None:
    """Bring `ticket` to these properties by the verbs below, one for each that differs. Raises as they do."""
    lock(ticket)
    moves = (state, waiting_on) != (ticket.state, ticket.waiting_on)
    if ticket.assignee_id != (assignee.id if assignee else None):
        assign(ticket, assignee, by=by)
    if ticket.priority is not priority:
        set_priority(ticket, priority, by=by)
    if moves:
        bring_to(ticket, state, waiting_on, resolution=resolution, despite_parts=despite_parts, by=by)


def bring_to(
    ticket: Ticket,
    state: TicketState,
    waiting_on: WaitingOn | None,
    *,
    resolution: Resolution | None = Resolution.DONE,
    despite_parts: bool = False,
    by: User,
) -> None:
    """Do what brings `ticket` into `state`. Raises as the verb that does it."""
    if state is S.WAITING:
        wait_on(ticket, waiting_on or WaitingOn.USER, by=by)
    elif state is S.RESOLVED:
        resolve(ticket, resolution=resolution, despite_parts=despite_parts, by=by)
    elif state is S.CLOSED:
        close(ticket, by=by)
    elif ticket.state in OPEN_STATES:
        set_open(ticket, by=by)
    else:
        reopen(ticket, by=by)


def set_open(ticket: Ticket, *, by: User) -> None:
    """Take `ticket` up: nobody is waited on (any more). Raises as `check_may_work`. Publishes `TicketMoved`."""
    lock(ticket)
    policies.check_may_work(ticket, by=by)
    if ticket.state is not S.OPEN:
        _move(ticket, S.OPEN, by=by)


def wait_on(ticket: Ticket, whom: WaitingOn, *, by: User) -> None:
    """Let `ticket` wait on somebody; its clock stands still.

    Raises as `check_may_work`, and `InvalidState` for its requester when nobody has asked them anything, and for a
    project that it does not belong to. Publishes `TicketMoved`.
    """
    lock(ticket)
    policies.check_may_work(ticket, by=by)
    if whom is WaitingOn.USER:
        check_was_asked(ticket)
    elif whom is WaitingOn.PROJECT:
        check_in_project(ticket)
    if ticket.waiting_on is not whom:
        _move(ticket, S.WAITING, waiting_on=whom, by=by)


def resolve(
    ticket: Ticket,
    *,
    because: str = "",
    resolution: Resolution | None = Resolution.DONE,
    despite_parts: bool = False,
    by: User,
) -> None:
    """Call `ticket` over, and say how it ended. `because` is "settled" when the work it asked for was carried out.

    Raises `NotAllowed`, `InvalidState`, the latter also for the team while something is missing (`check_ready`).
    Publishes `TicketMoved`, of which the requester is told unless they did it themselves.
    """
    lock(ticket)
    policies.check_may_resolve(ticket, by=by)
    check_ready(ticket, resolution, despite_parts=despite_parts, by=by)
    _move(ticket, S.RESOLVED, because=because, resolution=resolution, by=by)


def reopen(ticket: Ticket, *, because: str = "reopened", by: User) -> None:
    """Take up a ticket again that is over: the requester within 14 days, the team at any time. Its clock goes on.

    `because` is "taken back" where its answer was. Raises `NotAllowed`, `InvalidState`. Publishes `TicketMoved`.
    """
    lock(ticket)
    policies.check_may_reopen(ticket, by=by)
    _move(ticket, S.OPEN, because=because, by=by)


def close(ticket: Ticket, *, because: str = "", by: User) -> None:
    """Close a resolved ticket, or one whose requester is silent (`because`): nothing more is expected.

    Raises as `check_may_work`, and `InvalidState` for a ticket that is neither (see `check_is_silent`). Publishes
    `TicketMoved`; mails the requester of a silent one.
    """
    lock(ticket)
    policies.check_may_work(ticket, by=by)
    silent = ticket.state in OPEN_STATES
    if silent:
        check_is_silent(ticket)
    ended = Resolution.NO_ANSWER if silent else None
    _move(ticket, S.CLOSED, because="silence" if silent else because, resolution=ended, by=by)
    if silent:
        mail_quietly("tickets.silent", to=ticket.requester, about=ticket, round=ticket.times_reopened)


# What the verbs share


def lock(ticket: Ticket) -> None:
    """Lock the row of `ticket` until the transaction ends, and read it anew."""
    # As weak as a lock on a row may be: rows that refer to the ticket are stored beside it.
    db.session.flush()
    locked = select(Ticket).where(Ticket.id == ticket.id).with_for_update(key_share=True)
    db.session.execute(locked.execution_options(populate_existing=True)).one()


def locked_root(ticket: Ticket) -> Ticket:
    """Return where the conversation on `ticket` goes on, locked: itself unless it was merged, by now."""
    lock(ticket)
    while (root := root_of(ticket)) is not ticket:
        ticket = root
        lock(ticket)
    return ticket


def touch(ticket: Ticket) -> None:
    """Note that something about `ticket` changed now."""
    ticket.updated_at = clock.now()
    db.session.flush()


def _sent_before(nonce: str | None, by: User) -> TicketMessage | None:
    """Return what `by` wrote in the form of that number, once whoever is sending it now is done."""
    if not nonce:
        return None
    db.session.execute(select(User.id).where(User.id == by.id).with_for_update(key_share=True))
    written = select(TicketMessage).where(TicketMessage.author_id == by.id, TicketMessage.nonce == nonce)
    return db.session.scalar(written)


def _write(ticket: Ticket, body: str, voice: Voice, nonce: str | None, by: User) -> TicketMessage:
    message = _add_message(ticket, body, voice, nonce, by)
    touch(ticket)
    index_ticket(ticket.id)
    return message


def _add_message(ticket: Ticket, body: str, voice: Voice, nonce: str | None, by: User) -> TicketMessage:
    message = TicketMessage(
        ticket_id=ticket.id,
        author_id=by.id,
        voice=voice,
        body=body,
        written_at=clock.now(),
        nonce=nonce or None,
    )
    db.session.add(message)
    return message


def _move_after_reply(
    ticket: Ticket, team: bool, then: Then, by: User, resolution: Resolution | None, despite: bool
) -> None:
    if then is not Then.RESOLVE and approvals.asked_now(ticket) is not None:
        return  # talking about it is no approval
    if not team:
        if ticket.state in (S.WAITING, S.RESOLVED, S.CLOSED):
            _move(ticket, S.OPEN, because="answered", by=by)
    elif then is Then.WAIT:
        _move(ticket, S.WAITING, waiting_on=WaitingOn.USER, by=by)
    elif then is Then.RESOLVE:
        check_ready(ticket, resolution, despite_parts=despite, by=by)
        _move(ticket, S.RESOLVED, resolution=resolution, by=by)
    elif ticket.state is S.NEW:
        _move(ticket, S.OPEN, because="taken up", by=by)


def _move(
    ticket: Ticket,
    to: TicketState,
    *,
    waiting_on: WaitingOn | None = None,
    because: str = "",
    resolution: Resolution | None = None,
    by: User,
) -> None:
    """Move, set the clock and publish `TicketMoved`."""
    approvals.check_not_held(ticket, to)
    old = ticket.state
    move(ticket, to)
    ticket.waiting_on = waiting_on
    if old in OPEN_STATES and to not in OPEN_STATES:
        ticket.resolved_at, ticket.resolution = clock.now(), resolution
    elif old not in OPEN_STATES and to in OPEN_STATES:
        ticket.resolved_at = ticket.resolution = None
        ticket.times_reopened += 1
    keeping.happened(ticket, Happening.MOVED)
    if to is not S.CLOSED:  # nobody has to look at that
        ticket.updated_at = clock.now()
    db.session.flush()
    publish(
        TicketMoved(
            ticket_id=ticket.id,
            agency_id=ticket.agency_id,
            old=old.value,
            new=to.value,
            waiting_on=waiting_on.value if waiting_on else "",
            because=because,
            resolution=resolution.value if resolution else "",
        ),
        by=by,
    )
    if old not in OPEN_STATES and approvals.still_missing(ticket):
        wait_on(ticket, WaitingOn.APPROVAL, by=SYSTEM)  # it ended before everybody had agreed
