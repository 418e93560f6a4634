"""What tickets do when something happens: keep it on the timeline, and resolve the ticket that asked for it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import structlog
from sqlalchemy import select

from adminops import clock
from adminops.db import db, savepoint
from adminops.errors import DomainError
from adminops.facts import (
    ClientsMerged,
    Fact,
    MergeDoneAtVendor,
    MergeNotDoneAtVendor,
    MergeUndone,
    PairAnswered,
    PairKeptApart,
    PairReopened,
    PairTakenOut,
    ParticipantAdded,
    ParticipantRemoved,
    RequesterSought,
    SendingFact,
    TicketApproved,
    TicketAssigned,
    TicketDemoted,
    TicketFact,
    TicketFiled,
    TicketFileRemoved,
    TicketFilesAttached,
    TicketGiven,
    TicketLinked,
    TicketMadePrivate,
    TicketMailFileLeft,
    TicketMerged,
    TicketMoved,
    TicketNoted,
    TicketOpenedUp,
    TicketPairFact,
    TicketPrioritised,
    TicketProjectChanged,
    TicketPromoted,
    TicketRefused,
    TicketReplied,
    TicketSplit,
    TicketsRelated,
    TicketsUnrelated,
    TicketTagged,
    TicketUnlinked,
    TicketUnmerged,
    TicketUntagged,
    TicketWarned,
    TimeCorrected,
    TimeSpent,
)
from adminops.facts.access import AccountMoved
from adminops.facts.proving import EmergencyAccountUsed
from adminops.facts.taking_over import TicketImported
from adminops.identity.models import SYSTEM, User
from adminops.refs import Ref
from adminops.settings import current_settings
from adminops.web.navigation import registry
from tickets.authority import unname_elsewhere
from tickets.catalogue import declared_types, find_type
from tickets.importing.models import TicketExternal
from tickets.models import OPEN_STATES, Resolution, Tag, Ticket, TicketEntry, TicketState, WaitingOn
from tickets.notices.occasions import Occasion
from tickets.notices.telling import tell
from tickets.operations import file_ticket, reopen, resolve
from tickets.queues.lines import given
from tickets.relations import Kind, root_of, sources_of, those_waiting_for
from tickets.sharing import leave_tickets_of
from tickets.silence.models import ContactWay
from tickets.type_versions import INCIDENT

S = TicketState
log = structlog.get_logger("adminops.tickets")
USED = (
    "Somebody signed in with it, in earnest or as a drill. Say who it was and why, look at the audit trail for what "
    "was done, then have a new passphrase chosen and sealed."
)

TAKEN_OUT = (
    "found that {} can no longer be compared, so that nobody decides on it: ask here which two records are meant, or "
    "resolve this without a merge"
)

INNER_KINDS = ("client", "pair")
"""Work on client records is the team's matter, until it settles the request."""


def keep_on_timeline(fact: Fact, by: User) -> None:
    """Write a line for `fact` when it happened to a ticket, or was done for one elsewhere."""
    if isinstance(fact, TicketFact):
        if (entry := _entry_of(fact, by)) is not None:
            entry.ticket_id = fact.ticket_id
            _keep(entry, by)
        if isinstance(fact, TicketPairFact):
            _keep(_entry_of_other(fact), by)
        elif isinstance(fact, TicketMoved) and fact.new == S.RESOLVED:
            _tell_waiting(fact, by)
    else:
        for ticket in _requested_by(fact):
            entry = _entry_of_work(fact)
            entry.ticket_id = ticket.id
            ticket.updated_at = clock.now()
            _keep(entry, by)


def settle(fact: Fact, by: User) -> None:  # noqa: ARG001 - whoever did the work, the ticket resolves by itself
    """Resolve the tickets that asked for what `fact` carried out or gave up, unless somebody did already.

    One whose work is not all carried out stays open.
    """
    if not (fact.settles or fact.gives_up):
        return
    done = Resolution.DONE if fact.settles else Resolution.NO_ANSWER
    for ticket in (ticket for ticket in _requested_by(fact) if ticket.state in OPEN_STATES):
        if fact.settles and _is_work_left(ticket):
            continue
        resolve(ticket, because="settled" if fact.settles else "given up", resolution=done, by=SYSTEM)


def _is_work_left(ticket: Ticket) -> bool:
    """Say whether a feature still has something to carry out for a ticket, or for one that was merged into it."""
    asks = [kind.work.is_left for kind in declared_types(registry().features) if kind.work and kind.work.is_left]
    numbers = [ticket.id, *sources_of(ticket)]
    return any(is_left(numbers) for is_left in asks)


def take_back(fact: Fact, by: User) -> None:  # noqa: ARG001 - as above, the ticket opens by itself
    """Take up again the tickets that were answered with what `fact` takes back, unless they ended otherwise."""
    if not fact.takes_back:
        return
    for ticket in _requested_by(fact):
        if ticket.state not in OPEN_STATES and ticket.resolution is Resolution.DONE:
            reopen(ticket, because="taken back", by=SYSTEM)


def tell_taken_out(fact: PairTakenOut, by: User) -> None:
    """Tell those who work on tickets that the pair that these ask for is not decided any more."""
    for ticket in (ticket for ticket in _requested_by(fact) if ticket.state in OPEN_STATES):
        tell(ticket, Occasion.HELD_UP, pair=fact.pair_id, at=int(clock.now().timestamp()), by=by)


def leave_agency(fact: AccountMoved, by: User) -> None:
    """Somebody works for another agency: they speak for the old one no longer, and take no part in its tickets."""
    unname_elsewhere(fact.user_id, fact.agency_id, by=by)
    if fact.from_agency_id is not None:
        leave_tickets_of(fact.from_agency_id, fact.user_id, by=by)


def file_emergency(fact: EmergencyAccountUsed, by: User) -> None:
    """File an incident when an account for emergencies is used: one a day, whatever it is used for.

    Who uses it has to get in on the worst day: what keeps the ticket from being filed keeps nobody out.
    """
    kind = find_type(INCIDENT, registry().features)
    if kind is None:
        return
    day = clock.today(current_settings().time_zone)
    told = {"on": day.isoformat(), "what": "other", "how_found": "AdminOps noted it", "going_on": "unknown"}
    try:
        with savepoint():
            file_ticket(
                kind=kind,
                subject=f"The account for emergencies {by.username} is used",
                body=USED,
                answers=told,
                nonce=f"emergency-{fact.account_id}-{day.isoformat()}",
                by=by,
            )
    except DomainError as refused:
        log.error("no ticket of an emergency", cause=type(refused).__name__)


def _requested_by(fact: Fact) -> list[Ticket]:
    """Return the tickets that asked for what `fact` tells; several that were made one are that one."""
    numbers = [request.number for request in fact.requests if request.kind == "ticket" and request.id.isdecimal()]
    found = (db.session.get(Ticket, number) for number in numbers)
    return list(dict.fromkeys(root_of(ticket) for ticket in found if ticket))


def _keep(entry: TicketEntry, by: User) -> None:
    entry.at, entry.actor_id = clock.now(), by.id
    db.session.add(entry)


def _entry_of_work(fact: Fact) -> TicketEntry:
    about = fact.about
    if (told := _told_to_requester(fact)) is not None:
        client_id, sentence = told
        return TicketEntry(sentence=sentence, thing_kind="client", thing_id=str(client_id), of_work=True)
    if isinstance(fact, PairTakenOut):
        return TicketEntry(sentence=TAKEN_OUT, thing_kind=about.kind, thing_id=about.id, for_team=True)
    named = f"{about.kind.replace('_', ' ')} {about.id}"
    sentence = fact.sentence.replace("{", "(").replace("}", ")").replace(named, "{}", 1)[:200]
    inner = about.kind in INNER_KINDS and not fact.settles
    return TicketEntry(sentence=sentence, thing_kind=about.kind, thing_id=about.id, for_team=inner, of_work=True)


def _told_to_requester(fact: Fact) -> tuple[int, str] | None:
    """Return how to tell who asked for a merge what came of it: the client that `{}` is, and the sentence.

    Clients stand in it as links, so that their IDs are shown to those who may see them.
    """
    match fact:
        case ClientsMerged():
            return fact.source_client_id, f"merged {{}} into {{client:{fact.client_id}}}, whose ID stays"
        case MergeUndone():
            return fact.source_client_id, f"took the merge of {{}} into {{client:{fact.client_id}}} back"
        case MergeDoneAtVendor():
            into = f"{{client:{fact.client_id}}}"
            return fact.source_client_id, f"noted that {{}} is merged into {into} in the vendor’s system, too"
        case MergeNotDoneAtVendor():
            into = f"{{client:{fact.client_id}}}"
            return fact.source_client_id, f"noted that {{}} is not merged into {into} in the vendor’s system yet"
        case PairKeptApart(client_ids=(one, other)):
            return one, f"kept {{}} and {{client:{other}}} apart: they are two people"
        case PairReopened(client_ids=(one, other)):
            return one, f"took the decision on {{}} and {{client:{other}}} back"
        case PairAnswered(client_ids=(one, other)):
            return one, _decided_already(fact, other)
    return None


def _decided_already(fact: PairAnswered, other: int) -> str:
    if not fact.on:
        how = "merged" if fact.outcome == "merged" else "kept apart"
        again = "; whether that is right is looked at again now" if fact.again else ""
        return f"found {{}} and {{client:{other}}} {how} already, by way of other records{again}"
    on = date.fromisoformat(fact.on)
    day = f"on {on.day} {on:%b %Y}"
    if fact.outcome == "merged":
        return f"found {{}} merged into {{client:{other}}} already {day}; the ID of the latter stays"
    return f"found {{}} and {{client:{other}}} kept apart already {day}: they are two people"


def _entry_of(fact: TicketFact, by: User) -> TicketEntry | None:
    """Return the line for something that happened to the ticket itself; None where a message tells it already."""
    match fact:
        case TicketFiled() | TicketReplied() | TicketNoted() | TicketFilesAttached() | TicketFileRemoved():
            return None
        case SendingFact():
            return None
        case TicketMoved():
            sentence = _moved(fact)
            return TicketEntry(sentence=sentence) if sentence else None
        case TicketAssigned():
            return _assigned(fact, by)
        case TicketPrioritised():
            sentence = f"changed the priority from {fact.old.capitalize()} to {fact.new.capitalize()}"
            return TicketEntry(sentence=sentence, for_team=True)
        case TicketLinked() | TicketUnlinked():
            thing = Ref.parse(fact.linked) or fact.about
            sentence = "linked {}" if isinstance(fact, TicketLinked) else "took the link to {} off"
            return TicketEntry(sentence=sentence, thing_kind=thing.kind, thing_id=thing.id, for_team=True)
    told = _TOLD.get(type(fact))
    return told(fact) if told else TicketEntry(sentence=fact.sentence[:200], for_team=True)


def _decided(fact: TicketApproved | TicketRefused) -> TicketEntry:
    said = "approved" if isinstance(fact, TicketApproved) else "refused"
    return TicketEntry(sentence=f"{said} this for the {'agency' if fact.step == 'agency' else 'team'}")


def _tagged(fact: TicketTagged | TicketUntagged) -> TicketEntry:
    name = db.session.get_one(Tag, fact.tag_id).name
    did = f"put the tag {name} on this" if isinstance(fact, TicketTagged) else f"took the tag {name} off"
    return TicketEntry(sentence=did, for_team=True)


def _assigned(fact: TicketAssigned, by: User) -> TicketEntry:
    if fact.assignee_id is None:
        return TicketEntry(sentence="put this back into the queue")
    took = fact.assignee_id == by.id
    return TicketEntry(sentence="took this" if took else "assigned this to {}", person_id=fact.assignee_id)


def _warned(fact: TicketWarned) -> TicketEntry:
    what = "the solution" if fact.aim == "solution" else f"the {fact.aim} reply"
    said = "is due soon" if fact.minutes < 0 else "is past its goal"
    sentence = f"warned the {'managers' if fact.told == 'manager' else 'assignee'}: {what} {said}"
    return TicketEntry(sentence=sentence, for_team=True)


def _moved(fact: TicketMoved) -> str | None:
    if fact.because in ("assigned", "taken up"):  # the line or the message before it says as much
        return None
    said = {
        "answered": "replied, so this is open again",
        "reopened": "reopened this",
        "settled": "resolved this: the work is done",
        "refused": "resolved this: it was refused",
        "given up": "resolved this: what was needed did not come",
        "taken back": "opened this again: what answered it no longer holds",
        "undone": "put this back to where it was",
        "silence": "closed this: nobody answered",
    }
    if fact.because in said:
        return said[fact.because]
    if fact.new == S.RESOLVED:
        told = fact.resolution not in ("", Resolution.DONE)
        return f"resolved this: {Resolution(fact.resolution).label}" if told else "resolved this"
    if fact.new == S.CLOSED:
        return "closed this"
    if fact.waiting_on == WaitingOn.USER:
        return "is waiting for an answer"
    label = WaitingOn(fact.waiting_on).label if fact.waiting_on else fact.new.capitalize()
    return f"changed the status to {label}"


def _of_pair(fact: TicketPairFact) -> TicketEntry:
    """Return the line for the first ticket of a pair."""
    says = _PAIRS[type(fact)][0].format(_verb(fact))
    private = not isinstance(fact, TicketMerged | TicketUnmerged | TicketSplit)
    return TicketEntry(sentence=says, thing_kind="ticket", thing_id=str(fact.other_id), for_team=private)


def _entry_of_other(fact: TicketPairFact) -> TicketEntry:
    """Return the line for the second ticket of a pair; its requester need not know of the first."""
    says = _PAIRS[type(fact)][1].format(_verb(fact))
    return TicketEntry(
        ticket_id=fact.other_id, sentence=says, thing_kind="ticket", thing_id=str(fact.ticket_id), for_team=True
    )


def _verb(fact: TicketPairFact) -> str:
    return Kind(fact.kind).says if isinstance(fact, TicketsRelated | TicketsUnrelated) else ""


def _tell_waiting(fact: TicketMoved, by: User) -> None:
    """Write on the tickets that wait for this one that it is resolved."""
    for id_, kind in those_waiting_for(fact.ticket_id):
        what = "a part of this" if kind is Kind.CHILD_OF else "which this depends on"
        entry = TicketEntry(sentence=f"resolved {{}}, {what}", thing_kind="ticket", thing_id=str(fact.ticket_id))
        entry.ticket_id, entry.for_team = id_, True
        _keep(entry, by)


def _joined(fact: ParticipantAdded | ParticipantRemoved) -> TicketEntry | None:
    if isinstance(fact, ParticipantAdded) and fact.why in ("filed", "merged", "closed_off"):
        return None  # another line tells that
    sentence = "added {}" if isinstance(fact, ParticipantAdded) else "took {} off this"
    return TicketEntry(sentence=sentence, person_id=fact.user_id)


def _taken_over(fact: TicketImported) -> TicketEntry:
    had = db.session.scalars(select(TicketExternal).where(TicketExternal.ticket_id == fact.ticket_id)).one()
    return TicketEntry(sentence=f"took this over from {had.source}, where it was {had.number}", for_team=True)


def _project(fact: TicketPromoted | TicketProjectChanged) -> TicketEntry:
    said = "made this a project" if isinstance(fact, TicketPromoted) else "changed the project"
    due = date.fromisoformat(fact.due_on)
    until = f"{due.day} {due:%b %Y}"
    return TicketEntry(sentence=f"{said}: {{}} answers for it, due on {until}", person_id=fact.owner_id)


def _closed_off(fact: TicketMadePrivate | TicketOpenedUp) -> TicketEntry:
    private = isinstance(fact, TicketMadePrivate)
    return TicketEntry(sentence="made this private" if private else "made this no longer private")


_PAIRS: dict[type[TicketPairFact], tuple[str, str]] = {
    TicketMerged: ("merged this into {{}}", "merged {{}} into this"),
    TicketUnmerged: ("undid the merge into {{}}", "undid the merge of {{}} into this"),
    TicketSplit: ("split this off {{}}", "split {{}} off this"),
    TicketsRelated: ("noted that this {} {{}}", "noted that {{}} {} this"),
    TicketsUnrelated: ("took off that this {} {{}}", "took off that {{}} {} this"),
}
_TOLD: dict[type[TicketFact], Callable[[Any], TicketEntry | None]] = {
    TicketImported: _taken_over,
    TicketMailFileLeft: lambda fact: TicketEntry(
        sentence=f"did not take file {fact.number} of the mail. {fact.why}"[:200]
    ),
    ParticipantAdded: _joined,
    ParticipantRemoved: _joined,
    TicketApproved: _decided,
    **dict.fromkeys(_PAIRS, _of_pair),
    TicketPromoted: _project,
    TicketProjectChanged: _project,
    TicketDemoted: lambda _fact: TicketEntry(sentence="made this a plain ticket again"),
    TicketMadePrivate: _closed_off,
    TicketOpenedUp: _closed_off,
    TicketRefused: _decided,
    TicketGiven: given,
    TicketTagged: _tagged,
    TicketUntagged: _tagged,
    TicketWarned: _warned,
    TimeSpent: lambda fact: TicketEntry(
        sentence=f"noted {fact.minutes} min of {{}}", person_id=fact.user_id, for_team=True
    ),
    TimeCorrected: lambda fact: TicketEntry(
        sentence=f"corrected {fact.was} to {fact.minutes} min of {{}}", person_id=fact.user_id, for_team=True
    ),
    RequesterSought: lambda fact: TicketEntry(sentence=f"tried to reach the requester: {ContactWay(fact.way).label}"),
}
