"""Reads of checklists, and what an open step means for resolving."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Select, bindparam, select

from adminops.db import db
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
    done = {step: (name, at) for step, name, at in db.session.execute(_ticked(), {"ticket_id": ticket.id})}
    return [Step(step, *done.get(step, (None, None))) for step in dict.fromkeys(checklist)]


@cache
def _ticked() -> Select[str, str, datetime]:
    ticked = select(TicketStep.step, User.name, TicketStep.ticked_at).join(User, User.id == TicketStep.ticked_by_id)
    return ticked.where(TicketStep.ticket_id == bindparam("ticket_id"))


def kind_of(ticket: Ticket) -> RequestType | None:
    """Return the type that `ticket` was filed as, in the version of that day; None for one that nobody offers."""
    kinds = (kind for feature in registry().features for kind in feature.request_types)
    declared: RequestType | None = next((kind for kind in kinds if kind.key == ticket.request_type), None)
    if declared is None:
        return None
    return type_versions.as_of(declared, ticket.type_version) if ticket.type_version else declared


def checklist_of(ticket: Ticket) -> Sequence[str]:
    """Return the checklist of the type that `ticket` was filed as, in the version of that day."""
    kind = kind_of(ticket)
    return kind.checklist if kind else ()


def open_steps_of(ticket: Ticket, checklist: Sequence[str]) -> list[str]:
    """Return the words of the required steps of `checklist` that are not ticked on `ticket`."""
    if not any(step.startswith(REQUIRED) for step in checklist):
        return []
    return still_open(checklist, {step.step for step in steps_of(ticket, checklist) if step.done_by})


def still_open(checklist: Sequence[str], ticked: Collection[str]) -> list[str]:
    """Return the words of the required steps that are not among the ticked ones."""
    steps = (Step(step) for step in dict.fromkeys(checklist) if step not in ticked)
    return [step.words for step in steps if step.required]
