"""How known problems are named elsewhere: links, the search box, the mail, the nightly scan."""

from collections.abc import Mapping, Sequence
from itertools import islice

from flask import url_for
from sqlalchemy import select

from adminops.db import db
from adminops.errors import NotFound
from adminops.feature import Found, GuardedTexts, WrittenText
from adminops.identity.models import User
from adminops.outbox.messages import Mail
from adminops.refs import Link
from tickets.problems.models import KIND, KnownProblem, ProblemState
from tickets.problems.queries import is_team, open_problems, visible_problems

ICON = "triangle-alert"


def problems(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of those of these problems that `viewer` may know of."""
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    rows = visible_problems(viewer).with_only_columns(KnownProblem.id, KnownProblem.title)
    found = db.session.execute(rows.where(KnownProblem.id.in_(numbers)))
    return {str(id_): Link(title, _address(id_), ICON) for id_, title in found}


def find(text: str, viewer: User, limit: int) -> list[Found]:
    """Return what is broken now and concerns `viewer`, with these words in the title."""
    if text.isdecimal():  # a number is that of a ticket, a client or a case
        return []
    words, team = text.casefold(), is_team(viewer)
    named = (row for row in open_problems() if words in row.title.casefold() and (team or row.concerns(viewer)))
    return [Found(row.ref, row.title, "Known problem", _address(row.id), ICON) for row in islice(named, limit)]


def solved(*, to_id: int, problem_id: int, at: int) -> Mail | None:  # noqa: ARG001 - tells times apart
    """Tell who has a known problem that it is solved; not if it came back meanwhile."""
    reader, problem = db.session.get(User, to_id), db.session.get(KnownProblem, problem_id)
    if reader is None or problem is None or problem.state is not ProblemState.SOLVED:
        return None
    return Mail(
        subject="A problem that you have is solved",
        template="tickets/problem",
        link=f"/problems/{problem_id}",
        link_label="Read about it",
    )


def _address(problem_id: int) -> str:
    return url_for("problems.show", problem_id=problem_id)


# For the nightly scan of the guard


def _written(after: int, limit: int) -> list[WrittenText]:
    chosen = select(KnownProblem).where(KnownProblem.id > after).order_by(KnownProblem.id).limit(limit)
    return [
        WrittenText(id=row.id, agency_id=None, author_id=row.written_by_id, texts=_texts(row))
        for row in db.session.scalars(chosen)
    ]


def _texts(problem: KnownProblem) -> dict[str, str]:
    return {"title": problem.title, "body": problem.body}


def _rewrite(problem_id: str, texts: Mapping[str, str]) -> None:
    problem = db.session.get(KnownProblem, int(problem_id))
    if problem is None:
        raise NotFound("There is no such problem any more.")
    problem.title, problem.body = texts.get("title", problem.title)[:200], texts.get("body", problem.body)
    db.session.flush()


def _readers(problem_id: int) -> list[int]:
    """Return everybody whom it concerns: who was told is not known more exactly."""
    problem = db.session.get_one(KnownProblem, problem_id)
    people = db.session.scalars(select(User).where(User.may_sign_in))
    return [person.id for person in people if person.agency_id is None or problem.concerns(person)]


PROBLEMS = GuardedTexts(kind=KIND, title="A known problem", written=_written, rewrite=_rewrite, readers=_readers)
