"""Reads of projects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select

from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState, NotFound
from adminops.identity.models import User
from adminops.settings import current_settings
from adminops.web.listing import Page, fetch_page
from tickets.models import RUNNING_STATES, Ticket, TicketMessage, TicketState, WaitingOn
from tickets.projects.models import TicketProject
from tickets.relations import Kind, TicketRelation
from tickets.sight import visible_to


def find_project(ticket: Ticket) -> TicketProject | None:
    """Return the project that `ticket` is; None for a plain ticket."""
    return db.session.scalar(select(TicketProject).where(TicketProject.ticket_id == ticket.id))


def get_project(ticket: Ticket) -> TicketProject:
    """Return the project that `ticket` is. Raises `NotFound`."""
    if (project := find_project(ticket)) is None:
        raise NotFound("This ticket is no project (any more).")
    return project


def check_in_project(ticket: Ticket) -> None:
    """Raise `InvalidState` unless `ticket` is a project or a part of one: nothing else waits on a project."""
    above = select(TicketRelation.other_id).where(
        TicketRelation.ticket_id == ticket.id, TicketRelation.kind == Kind.CHILD_OF
    )
    known = select(TicketProject.id).where((TicketProject.ticket_id == ticket.id) | TicketProject.ticket_id.in_(above))
    if db.session.scalar(known.limit(1)) is None:
        raise InvalidState("This ticket belongs to no project. Make it one first.")


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project on the list."""

    ticket_id: int
    subject: str
    state: TicketState
    owner: str
    due_on: date
    parts: int
    done: int

    @property
    def percent(self) -> int:
        """How much of it is done, as far as parts tell."""
        return 100 * self.done // self.parts if self.parts else 0

    def is_late(self, today: date) -> bool:
        """Say whether its day is over."""
        return self.due_on < today


def list_projects(viewer: User, *, done: bool = False, after: str | None = None) -> Page[ProjectRow]:
    """Return a page of the projects that `viewer` may see, the first due first; those that are `done` apart."""
    part = TicketRelation
    open_one = case((Ticket.state.in_((TicketState.RESOLVED, TicketState.CLOSED)), 1), else_=0)
    counted = (
        select(part.other_id, func.count().label("parts"), func.sum(open_one).label("done"))
        .join(Ticket, Ticket.id == part.ticket_id)
        .where(part.kind == Kind.CHILD_OF)
        .group_by(part.other_id)
        .subquery()
    )
    rows = (
        visible_to(viewer)
        .join(TicketProject, TicketProject.ticket_id == Ticket.id)
        .join(User, User.id == TicketProject.owner_id)
        .outerjoin(counted, counted.c.other_id == Ticket.id)
        .where(Ticket.is_open.is_(not done))
        .with_only_columns(
            TicketProject.due_on,
            TicketProject.id,
            Ticket.id,
            Ticket.subject,
            Ticket.state,
            User.name,
            func.coalesce(counted.c.parts, 0),
            func.coalesce(counted.c.done, 0),
            maintain_column_froms=True,
        )
    )

    def shape(row: Any) -> ProjectRow:
        due_on, _, ticket_id, subject, state, owner, parts, finished = row
        return ProjectRow(ticket_id, subject, state, owner, due_on, int(parts), int(finished))

    return fetch_page(rows, [TicketProject.due_on, TicketProject.id], after=after, descending=done, shape=shape)


def untouched_parts(project: TicketProject) -> list[Ticket]:
    """Return the tickets made as its parts that nobody has begun: they wait on it, with nobody and no other word."""
    written = select(func.count(TicketMessage.id)).where(TicketMessage.ticket_id == Ticket.id).scalar_subquery()
    chosen = select(Ticket).where(
        Ticket.id.in_([int(id_) for id_ in project.made]),
        Ticket.waiting_on == WaitingOn.PROJECT,
        Ticket.assignee_id.is_(None),
        written == 1,
    )
    return list(db.session.scalars(chosen.order_by(Ticket.id)))


def with_all_parts_done(limit: int) -> Sequence[Ticket]:
    """Return the projects that wait for their parts while none of these is open."""
    part, of_it = Ticket.__table__.alias("part"), TicketRelation
    running = (*RUNNING_STATES, TicketState.WAITING)
    parts = select(of_it.id).join(part, part.c.id == of_it.ticket_id)
    parts = parts.where(of_it.kind == Kind.CHILD_OF, of_it.other_id == Ticket.id)
    chosen = select(Ticket).join(TicketProject, TicketProject.ticket_id == Ticket.id)
    done = chosen.where(
        Ticket.is_open,
        Ticket.waiting_on == WaitingOn.PROJECT,
        parts.exists(),
        ~parts.where(part.c.state.in_(running)).exists(),
    )
    locked = done.order_by(Ticket.id).limit(limit).with_for_update(of=Ticket, key_share=True, skip_locked=True)
    return db.session.scalars(locked).all()


def coming(until: date, limit: int) -> Sequence[TicketProject]:
    """Return open projects that are due by `until` and whose owners were not told of it."""
    chosen = select(TicketProject).join(Ticket, Ticket.id == TicketProject.ticket_id)
    due = chosen.where(Ticket.is_open, TicketProject.due_on <= until, TicketProject.told.is_(False))
    return db.session.scalars(due.order_by(TicketProject.due_on).limit(limit)).all()


def office_day() -> date:
    """Return the day it is at the office."""
    return clock.today(current_settings().time_zone)
