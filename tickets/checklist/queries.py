"""Reads of checklists, and what an open step means for resolving."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from adminops.db import db
from adminops.errors import InvalidState
from adminops.feature import RequestType
from adminops.identity.models import User
from adminops.web.navigation import registry
from tickets import type_versions
from tickets.checklist.models import TicketStep
from tickets.models import Ticket

REQUIRED = "!"
"""A step that begins with it has to be done before the team resolves the ticket."""


@dataclass(frozen=True)
class Step:
    """A step of a ticket's checklist, and who ticked it when."""

    step: str
    """As it stands in the request type, with its mark."""
    done_by: str | None = None
    done_at: datetime | None = None

    @property
    def words(self) -> str:
        """What is to be done."""
        return self.step.removeprefix(REQUIRED).strip()

    @property
    def required(self) -> bool:
        """Whether the ticket can't be resolved before."""
        return self.step.startswith(REQUIRED)


def steps_of(ticket: Ticket, checklist: Sequence[str]) -> list[Step]:
    """Return the steps of `checklist` as they stand on `ticket`."""
    if not checklist:
        return []
    ticked = select(TicketStep.step, User.name, TicketStep.ticked_at).join(User, User.id == TicketStep.ticked_by_id)
    done = {step: (name, at) for step, name, at in db.session.execute(ticked.where(TicketStep.ticket_id == ticket.id))}
    return [Step(step, *done.get(step, (None, None))) for step in dict.fromkeys(checklist)]


def checklist_of(ticket: Ticket) -> Sequence[str]:
    """Return the checklist of the type that `ticket` was filed as, in the version of that day."""
    kinds = (kind for feature in registry().features for kind in feature.request_types)
    declared: RequestType | None = next((kind for kind in kinds if kind.key == ticket.request_type), None)
    if declared is None:
        return ()
    kind = type_versions.as_of(declared, ticket.type_version) if ticket.type_version else declared
    return kind.checklist if kind else ()


def check_steps_done(ticket: Ticket) -> None:
    """Raise `InvalidState` with a sentence while a required step of `ticket` is not ticked."""
    checklist = checklist_of(ticket)
    if not any(step.startswith(REQUIRED) for step in checklist):
        return
    still = [step.words for step in steps_of(ticket, checklist) if step.required and not step.done_by]
    if still:
        more = f" and {len(still) - 1} more" if len(still) > 1 else ""
        raise InvalidState(f"Tick “{still[0]}”{more} in the checklist first: this can't be resolved without it.")
