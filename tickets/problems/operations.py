"""The verbs of known problems: write down, change, call solved, open again, have it too, put the banner away."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from adminops import clock
from adminops.db import db, savepoint
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.facts import (
    KnownProblemChanged,
    KnownProblemOpened,
    KnownProblemPutAway,
    KnownProblemReopened,
    KnownProblemResolved,
    KnownProblemShared,
    publish,
)
from adminops.guard.looking import look_at
from adminops.guard.operations import note_cleared
from adminops.identity.models import User
from adminops.outbox.messages import enqueue_mail
from tickets import policies
from tickets.linking import put_beside
from tickets.models import Ticket
from tickets.operations import lock
from tickets.problems.models import TRANSITIONS, KnownProblem, ProblemPerson, ProblemState
from tickets.problems.queries import is_team, those_who_have


def save_problem(
    problem: KnownProblem | None,
    *,
    title: str,
    body: str,
    since: date,
    until: date | None = None,
    request_types: Sequence[str] = (),
    agency_ids: Sequence[str] = (),
    on_banner: bool = False,
    confirmed_clean: bool = False,
    by: User,
) -> KnownProblem:
    """Write `problem` (or a new one) down for those concerned, and return it.

    Rules in the order checked: `by` is of the team (`NotAllowed`); a title and a text, an end that does not come before
    the beginning, nothing personal of a client (`Invalid`). Publishes `KnownProblemOpened` or `KnownProblemChanged`.
    """
    _check_team(by)
    texts = {"title": title.strip(), "body": body.strip()}
    _check(texts, since, until, confirmed_clean, by)
    fact = KnownProblemChanged if problem else KnownProblemOpened
    problem = problem or KnownProblem(written_by_id=by.id)
    problem.title, problem.body = texts["title"], texts["body"]
    problem.since, problem.until, problem.on_banner = since, until, on_banner
    problem.request_types, problem.agency_ids = sorted(set(request_types)), sorted(set(agency_ids), key=int)
    problem.changed_at = clock.now()
    db.session.add(problem)
    db.session.flush()
    if confirmed_clean:
        found = [finding for text in texts.values() for finding in look_at(text, agency_id=None, by=by)]
        note_cleared(found, about=problem.ref, agency_id=None, by=by)
    publish(fact(problem_id=problem.id), by=by)
    return problem


def solve_problem(problem: KnownProblem, *, by: User) -> None:
    """Call `problem` solved; its tickets stay as they are. Raises `NotAllowed`, `InvalidState` when it is already.

    Publishes `KnownProblemResolved`; mails who has it, too.
    """
    _move(problem, ProblemState.SOLVED, by)
    problem.solved_at = clock.now()
    db.session.flush()
    publish(KnownProblemResolved(problem_id=problem.id), by=by)
    for person in those_who_have(problem):
        enqueue_mail("tickets.problem", to=person, problem_id=problem.id, at=int(problem.solved_at.timestamp()))


def reopen_problem(problem: KnownProblem, *, by: User) -> None:
    """Open `problem` again. Raises `NotAllowed`, `InvalidState`. Publishes `KnownProblemReopened`."""
    _move(problem, ProblemState.OPEN, by)
    problem.solved_at = None
    db.session.flush()
    publish(KnownProblemReopened(problem_id=problem.id), by=by)


def have_it_too(problem: KnownProblem, *, ticket: Ticket | None = None, by: User) -> None:
    """Note that `by` has `problem`, too, and hears when it is solved; with a `ticket`, that this is about it.

    A member of the team says so for the requester. The same again is nothing. Raises `InvalidState` for a problem that
    is solved, and for a ticket as `check_may_reply`. Publishes `KnownProblemShared` and `TicketLinked`.
    """
    if problem.state is not ProblemState.OPEN:
        raise InvalidState("This problem is solved. If you still have it, write to us: it may be another one.")
    whose = by
    if ticket is not None:
        lock(ticket)
        policies.check_may_reply(ticket, by=by)
        put_beside(ticket, problem.ref, by=by)
        whose = ticket.requester if policies.is_team(by, ticket) else by
    said = _person(problem, whose)
    if not said.has_it:
        said.has_it = True
        db.session.flush()
        publish(KnownProblemShared(problem_id=problem.id, agency_id=whose.agency_id), by=whose)


def put_away(problem: KnownProblem, *, by: User) -> None:
    """Show `by` the banner of `problem` no more. Publishes `KnownProblemPutAway`."""
    said = _person(problem, by)
    if not said.put_away:
        said.put_away = True
        db.session.flush()
        publish(KnownProblemPutAway(problem_id=problem.id, agency_id=by.agency_id), by=by)


def _person(problem: KnownProblem, user: User) -> ProblemPerson:
    mine = select(ProblemPerson).where(ProblemPerson.problem_id == problem.id, ProblemPerson.user_id == user.id)
    if (found := db.session.scalar(mine)) is not None:
        return found
    person = ProblemPerson(problem_id=problem.id, user_id=user.id, has_it=False, put_away=False)
    try:
        with savepoint():
            db.session.add(person)
            db.session.flush()
    except IntegrityError:  # a second click at this very moment
        return db.session.scalars(mine).one()
    return person


def _move(problem: KnownProblem, to: ProblemState, by: User) -> None:
    _check_team(by)
    db.session.refresh(problem, with_for_update=True)
    if to not in TRANSITIONS[problem.state]:
        raise InvalidState(f"This problem is {problem.state.value} already.")
    problem.state = to


def _check_team(by: User) -> None:
    if not is_team(by):
        raise NotAllowed("Known problems are the Systems Team's.")


def _check(texts: dict[str, str], since: date, until: date | None, confirmed: bool, by: User) -> None:
    for field, words in (("title", "Say in a few words what is broken."), ("body", "Say what people see.")):
        if not texts[field]:
            raise Invalid(words, field=field)
    if until is not None and until < since:
        raise Invalid("It can't be over before it began.", field="until")
    for field, text in texts.items():
        policies.check_text(text, field=field, agency_id=None, confirmed=confirmed, by=by)
