"""Reads of known problems: those of the team, those that concern somebody, and whose they are."""

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.listing import Page, fetch_page
from adminops.web.remembering import remembered
from tickets.models import Ticket, TicketLink
from tickets.problems.models import KIND, KnownProblem, ProblemPerson, ProblemState
from tickets.sight import visible_to


def is_team(viewer: User) -> bool:
    """Say whether `viewer` keeps the known problems."""
    return viewer.reach(Permission.WORK_TICKETS).everywhere


def visible_problems(viewer: User) -> Select[KnownProblem]:
    """Return the known problems that `viewer` may know of: the team all; others what concerns them or they have."""
    if is_team(viewer):
        return select(KnownProblem)
    has_it = select(ProblemPerson.problem_id).where(ProblemPerson.user_id == viewer.id, ProblemPerson.has_it)
    concerning = [problem.id for problem in open_problems() if problem.concerns(viewer)]
    return select(KnownProblem).where(KnownProblem.id.in_(concerning) | KnownProblem.id.in_(has_it))


def get_problem(problem_id: int, viewer: User) -> KnownProblem:
    """Return a known problem. Raises `NotFound`, also for one that does not concern `viewer`."""
    found = db.session.scalar(visible_problems(viewer).where(KnownProblem.id == problem_id))
    if found is None:
        raise NotFound("There is no such problem, or it is solved.")
    return found


def list_problems(viewer: User, state: ProblemState, *, after: str | None = None) -> Page[KnownProblem]:
    """Return a page of the known problems in that state, the newest first."""
    chosen = visible_problems(viewer).where(KnownProblem.state == state)
    rows = chosen.with_only_columns(KnownProblem.id, KnownProblem)
    return fetch_page(rows, [KnownProblem.id], after=after, shape=lambda row: row[1])


def open_problems() -> list[KnownProblem]:
    """Return all that is not solved, the newest first; remembered, as every page of the portal asks for it.

    They are for reading: they may belong to the session of another request.
    """
    chosen = select(KnownProblem).where(KnownProblem.state == ProblemState.OPEN).order_by(KnownProblem.id.desc())
    return remembered("tickets.problems", lambda: _loose(chosen), of=(KnownProblem,))


def _loose(chosen: Select[KnownProblem]) -> list[KnownProblem]:
    """Return rows as values that no session knows: a later change of one does not show in what is remembered."""
    columns = list(KnownProblem.__table__.columns)
    rows = db.session.execute(chosen.with_only_columns(*columns))
    return [KnownProblem(**dict(zip((column.key for column in columns), row, strict=True))) for row in rows]


def shown_to(viewer: User | None) -> list[KnownProblem]:
    """Return what the banner tells `viewer`: what concerns them and they have not put away."""
    shown = [problem for problem in open_problems() if problem.on_banner and problem.concerns(viewer)]
    if viewer is None or not shown:
        return shown
    gone = remembered(("tickets.problems", viewer.id), lambda: _put_away(viewer), of=(ProblemPerson,))
    return [problem for problem in shown if problem.id not in gone]


def _put_away(viewer: User) -> set[int]:
    chosen = select(ProblemPerson.problem_id).where(ProblemPerson.user_id == viewer.id, ProblemPerson.put_away)
    return set(db.session.scalars(chosen))


def problems_of_type(key: str, viewer: User) -> list[KnownProblem]:
    """Return the open problems that somebody who asks for `key` may mean."""
    return [one for one in open_problems() if one.concerns(viewer) and key in one.request_types]


def likely_for() -> ColumnElement[bool]:
    """Return that a known problem and a ticket are open, that this may be about it, and is not linked to it."""
    linked = exists().where(
        TicketLink.ticket_id == Ticket.id,
        TicketLink.kind == KIND,
        TicketLink.ref_id == cast(KnownProblem.id, String),
    )
    return and_(
        KnownProblem.state == ProblemState.OPEN,
        Ticket.is_open,
        _none_or(KnownProblem.request_types, Ticket.request_type),
        _none_or(KnownProblem.agency_ids, func.coalesce(cast(Ticket.agency_id, String), "")),
        not_(linked),
    )


def _none_or(column: InstrumentedAttribute[list[str]], value: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Return that a list of codes is empty or holds `value`: both databases write it as text in the same way."""
    text = cast(column, String)
    return or_(text == "[]", func.replace(text, literal('"') + value + '"', "") != text)


def linked_ids(problem: KnownProblem, viewer: User) -> list[int]:
    """Return the tickets about `problem` that `viewer` may see, by number."""
    seen = visible_to(viewer).join(TicketLink, TicketLink.ticket_id == Ticket.id)
    of_it = seen.where(TicketLink.kind == KIND, TicketLink.ref_id == str(problem.id))
    return list(db.session.scalars(of_it.with_only_columns(Ticket.id).order_by(Ticket.id)))


def count_tickets_of(problems: Sequence[KnownProblem], viewer: User) -> dict[int, int]:
    """Return how many tickets that `viewer` may see are about each of `problems`."""
    numbers = [str(problem.id) for problem in problems]
    counted = (
        visible_to(viewer)
        .join(TicketLink, TicketLink.ticket_id == Ticket.id)
        .where(TicketLink.kind == KIND, TicketLink.ref_id.in_(numbers))
        .with_only_columns(TicketLink.ref_id, func.count())
        .group_by(TicketLink.ref_id)
    )
    return {int(number): count for number, count in db.session.execute(counted)}


def has_it(problem: KnownProblem, user: User) -> bool:
    """Say whether `user` said so."""
    said = select(ProblemPerson.has_it).where(ProblemPerson.problem_id == problem.id, ProblemPerson.user_id == user.id)
    return bool(db.session.scalar(said))


def those_who_have(problem: KnownProblem) -> list[User]:
    """Return who said that they have it, too, and can sign in."""
    chosen = select(User).join(ProblemPerson, ProblemPerson.user_id == User.id)
    said_so = chosen.where(ProblemPerson.problem_id == problem.id, ProblemPerson.has_it, User.may_sign_in)
    return list(db.session.scalars(said_so.order_by(User.id)))
