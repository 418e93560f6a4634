"""The guard before the team resolves a ticket: one function for pages, programs, planned answers and many at once.

What is missing is said with where to do it. Who asked knows whether it is solved, and work that is done is done:
neither the requester nor AdminOps itself is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, literal, or_, select

from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState
from adminops.feature import RequestType
from adminops.identity.models import User
from tickets import policies
from tickets.attached import TicketAttachment
from tickets.checklist.queries import kind_of, open_steps_of
from tickets.models import Resolution, Ticket, TicketEntry, TicketMessage, Voice
from tickets.relations import open_parts_of
from tickets.resolving.models import TicketEvidence
from tickets.unsent import planned_after

MOST_SAID = 3
ANY_EVIDENCE = "Which IDs were changed, and where that can be seen"


@dataclass(frozen=True)
class Gap:
    """Something that is missing, and where on the ticket's page it can be done."""

    sentence: str
    place: str
    """"related", "unsent", "checklist", "details", "evidence" or "work"."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a ticket counts before it is resolved."""

    open_parts: Sequence[int] = ()
    planned: int = 0
    """Answers that are still to be sent."""
    open_steps: Sequence[str] = ()
    shown: bool = False
    """Whether something shows that it was done: a note that says so, a file of the team, work done for it elsewhere."""
    worked: bool = False


def check_ready(ticket: Ticket, resolution: Resolution | None, *, despite_parts: bool = False, by: User) -> None:
    """Raise `InvalidState`, with all that is missing, unless `by` may call `ticket` over with `resolution` now."""
    if by.is_system or policies.is_own(by, ticket):
        return
    kind = kind_of(ticket)
    missing = gaps(kind, resolution, standing_of(ticket, kind), despite_parts=despite_parts)
    if missing:
        codeless = any(gap.place == "details" for gap in missing)
        said = " ".join(gap.sentence for gap in missing[:MOST_SAID])
        raise InvalidState(said, field="resolution" if codeless and len(missing) == 1 else None)


def gaps(
    kind: RequestType | None, resolution: Resolution | None, standing: Standing, *, despite_parts: bool = False
) -> list[Gap]:
    """Return what is missing before a ticket of `kind` is resolved so: what binds nobody to do it is asked first.

    Steps, evidence and work are asked for what is called done; without `resolution` it is taken to be.
    """
    closing = kind.closing if kind else "free"
    done = resolution in (None, Resolution.DONE)
    found: list[tuple[object, str, str]] = [
        (standing.open_parts and not despite_parts, _parts(standing.open_parts), "related"),
        (standing.planned, _planned(standing.planned), "unsent"),
        (done and standing.open_steps, _steps(standing.open_steps), "checklist"),
        (closing != "free" and resolution is None, "Choose how it ended first.", "details"),
        (
            done and closing == "evidence" and not standing.shown,
            f"Say what shows that it was done: {evidence_of(kind)}.",
            "evidence",
        ),
        (
            done and closing == "work" and not standing.worked,
            "The work was not carried out here yet. Do it, or say that it could not be done.",
            "work",
        ),
    ]
    return [Gap(sentence, place) for missing, sentence, place in found if missing]


def evidence_of(kind: RequestType | None) -> str:
    """Return what is asked for as evidence, without a full stop."""
    return ((kind.evidence if kind else "") or ANY_EVIDENCE).rstrip(".")


def standing_of(ticket: Ticket, kind: RequestType | None) -> Standing:
    """Read what of `ticket` counts; nothing is read that its kind does not ask for."""
    closing = kind.closing if kind else "free"
    shown, worked = _shown(ticket) if closing in ("evidence", "work") else (False, False)
    return Standing(
        open_parts=open_parts_of(ticket),
        planned=planned_after(ticket, clock.now()),
        open_steps=open_steps_of(ticket, kind.checklist if kind else ()),
        shown=shown or worked,
        worked=worked,
    )


def _shown(ticket: Ticket) -> tuple[bool, bool]:
    """Return whether evidence was given, and whether work was done for `ticket` elsewhere."""
    noted = exists().where(TicketEvidence.ticket_id == ticket.id)
    filed = (
        exists()
        .where(TicketAttachment.ticket_id == ticket.id, TicketAttachment.removed_at.is_(None))
        .where(TicketMessage.id == TicketAttachment.message_id, TicketMessage.voice != Voice.REQUESTER)
    )
    worked = exists().where(TicketEntry.ticket_id == ticket.id, TicketEntry.of_work)
    row = db.session.execute(select(or_(noted, filed), worked, literal(1))).one()
    return bool(row[0]), bool(row[1])


def _parts(waiting: Sequence[int]) -> str:
    said = ", ".join(f"#{id_}" for id_ in waiting[:5]) + (" and more" if len(waiting) > 5 else "")
    return (
        f"{said} {'is' if len(waiting) == 1 else 'are'} part of this and still open. Resolve that "
        "first, or tick that this one is to be resolved all the same."
    )


def _planned(number: int) -> str:
    which = "An answer is" if number == 1 else f"{number} answers are"
    return f"{which} still to be sent. Send it now or take it back first."


def _steps(still: Sequence[str]) -> str:
    more = f" and {len(still) - 1} more" if len(still) > 1 else ""
    first = still[0] if still else ""
    return f"Tick “{first}”{more} in the checklist first: this can't be resolved without it."
