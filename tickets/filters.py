"""What the terms of the filter bar mean for tickets: `narrow` puts them to a read that is scoped already."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from adminops import clock
from adminops.db import db
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from adminops.web.navigation import registry
from tickets import fulltext
from tickets.goals.queries import office_calendar
from tickets.language import NONE, Query, Term, Wrong, between
from tickets.models import (
    OPEN_STATES,
    Priority,
    Rating,
    SavedView,
    Tag,
    Tagging,
    Ticket,
    TicketLink,
    TicketState,
    WaitingOn,
)
from tickets.projects.models import TicketProject
from tickets.queues.queries import all_queues

S = TicketState
K = TypeVar("K")
OF_TEAM = ("rated", "tag", "case")
"""Fields that only the Systems Team can filter by."""
MOST_PEOPLE = 50
SOON = timedelta(hours=4)
"""A clock with less office time than this left is "due soon"."""

RANKS = ("low", "normal", "high", "urgent")
MOMENTS = {
    "due": Ticket.due_at,
    "created": Ticket.filed_at,
    "updated": Ticket.updated_at,
    "resolved": Ticket.resolved_at,
}


def narrow(chosen: Select[Ticket], query: Query, viewer: User) -> Select[Ticket]:
    """Return those of `chosen` (what `viewer` may see) that fit `query`. Raises `Wrong` for a name nobody bears."""
    return fulltext.holding(without_words(chosen, query, viewer), phrases_of(query), notes=looks_in_notes(viewer))


def without_words(chosen: Select[Ticket], query: Query, viewer: User) -> Select[Ticket]:
    """Return `narrow` without the words that have to be there. Raises `Wrong`."""
    conditions = [_condition(term, viewer, chosen) for term in query if term.field]
    absent = [_phrase(term) for term in query if not term.field and term.negated]
    conditions += fulltext.holds_none(absent, notes=looks_in_notes(viewer))
    return chosen.where(*conditions) if conditions else chosen


def phrases_of(query: Query) -> list[list[str]]:
    """Return the words that have to be there. Raises `Wrong`."""
    return [_phrase(term) for term in query if not term.field and not term.negated]


def looks_in_notes(viewer: User) -> bool:
    """Say whether `viewer` finds tickets also by what the team wrote to itself."""
    return viewer.reach(Permission.WORK_TICKETS).everywhere


def can_use(viewer: User) -> ColumnElement[bool]:
    """Return that a saved view asks for nothing that `viewer` can't filter by."""
    asks = (SavedView.query.icontains(f"{field}:") for field in OF_TEAM)
    return true() if looks_in_notes(viewer) else not_(or_(*asks))


def has_words(query: Query) -> bool:
    """Say whether `query` looks for words."""
    return any(not term.field and not term.negated for term in query)


def _phrase(term: Term) -> list[str]:
    words = fulltext.words_of(term.values[0])
    if not words:
        raise Wrong(f"“{term.values[0][:40]}” has no letter and no digit to look for.")
    return words


def _condition(term: Term, viewer: User, visible: Select[Ticket]) -> ColumnElement[bool]:
    if term.field in MOMENTS:
        condition = or_(*(_in_time(term, value) for value in term.values))
    elif term.compare:
        condition = _ranked(term)
    else:
        condition = _CONDITIONS[term.field](term.values, viewer, visible)
    # What is not known is not so: a ticket without agency is found by -agency:"Harbor House".
    return not_(func.coalesce(condition, false())) if term.negated else condition


def _in_time(term: Term, value: str) -> ColumnElement[bool]:
    moment = MOMENTS[term.field]
    if value == NONE:
        return moment.is_(None)
    asked = between(term, value, now=clock.now(), zone=current_settings().time_zone)
    bounds = []
    if asked.start is not None:
        bounds.append(moment >= asked.start)
    if asked.end is not None:
        bounds.append(moment < asked.end)
    return and_(*bounds)


def _ranked(term: Term) -> ColumnElement[bool]:
    """Return that the priority is among those that fit: a list, for a range would take the index from the order."""
    rank = RANKS.index(term.values[0])
    fits = {"<": RANKS[:rank], "<=": RANKS[: rank + 1], ">": RANKS[rank + 1 :], ">=": RANKS[rank:]}
    return Ticket.priority.in_([Priority(value) for value in fits[term.compare]])


def _standing(values: Sequence[str], viewer: User, _visible: Select[Ticket]) -> ColumnElement[bool]:
    conditions: dict[str, Callable[[], ColumnElement[bool]]] = {
        "open": lambda: Ticket.is_open.expression,
        "done": lambda: Ticket.is_open.is_(False),
        "late": lambda: and_(Ticket.is_open, Ticket.due_at < clock.now()),
        "due-soon": lambda: and_(Ticket.is_open, Ticket.due_at <= office_calendar().add(clock.now(), SOON)),
        "mine": lambda: Ticket.assignee_id == viewer.id,
        "unassigned": lambda: Ticket.assignee_id.is_(None),
        "unanswered": lambda: and_(Ticket.is_open, Ticket.first_reply_at.is_(None)),
        "reopened": lambda: Ticket.times_reopened > 0,
        "merged": lambda: Ticket.merged_into_id.is_not(None),
        "project": lambda: Ticket.id.in_(select(TicketProject.ticket_id)),
    }
    return or_(*(conditions[value]() if value in conditions else _in_state(S(value)) for value in values))


def _in_state(state: TicketState) -> ColumnElement[bool]:
    # The indexes begin with `is_open`.
    return and_(Ticket.is_open.is_(state in OPEN_STATES), Ticket.state == state)


def _states(values: Sequence[str], _viewer: User, _visible: Select[Ticket]) -> ColumnElement[bool]:
    return or_(*(_in_state(S(value)) for value in values))


def _waiting(values: Sequence[str], _viewer: User, _visible: Select[Ticket]) -> ColumnElement[bool]:
    return and_(Ticket.is_open, Ticket.waiting_on.in_([WaitingOn(value) for value in values]))


def _goals(values: Sequence[str], _viewer: User, _visible: Select[Ticket]) -> ColumnElement[bool]:
    did = {
        "reply-met": Ticket.reply_met.is_(True),
        "reply-missed": Ticket.reply_met.is_(False),
        "solution-met": Ticket.solution_met.is_(True),
        "solution-missed": Ticket.solution_met.is_(False),
    }
    return or_(*(did[value] for value in values))


def _rated(values: Sequence[str], viewer: User, _visible: Select[Ticket]) -> ColumnElement[bool]:
    if not viewer.reach(Permission.WORK_TICKETS).everywhere:
        raise Wrong("What single people said is for the Systems Team: only it can filter by that.")
    return Ticket.rating.in_([Rating(value) for value in values])


def _priorities(values: Sequence[str], _viewer: User, _visible: Select[Ticket]) -> ColumnElement[bool]:
    return Ticket.priority.in_([Priority(value) for value in values])


# Names: by the whole name where one fits, else by a part of it; `#3` is the number of a row, as select boxes send it.


def _types(values: Sequence[str], _viewer: User, _visible: Select[Ticket]) -> ColumnElement[bool]:
    known = {kind.key: kind.title for feature in registry().features for kind in feature.request_types}
    keys: set[str] = set()
    for value in values:
        named = _named(value, zip(known, known, strict=True)) or _named(value, known.items())
        if not named:
            raise _nobody("topic", value, known.values())
        keys.update(named)
    return Ticket.request_type.in_(sorted(keys))


def _queues(values: Sequence[str], _viewer: User, _visible: Select[Ticket]) -> ColumnElement[bool]:
    known = {queue.name: queue.request_types for queue in all_queues()}
    keys: set[str] = set()
    for value in values:
        if value != NONE:
            named = _named(value, zip(known, known, strict=True))
            if not named:
                raise _nobody("queue", value, known)
            keys.update(key for name in named for key in known[name])
    inside = Ticket.request_type.in_(sorted(keys))
    outside = Ticket.request_type.not_in(sorted({key for types in known.values() for key in types}))
    return or_(inside, outside) if NONE in values else inside


def _agencies(values: Sequence[str], _viewer: User, _visible: Select[Ticket]) -> ColumnElement[bool]:
    known = [(id_, name) for id_, name in db.session.execute(select(Agency.id, Agency.name))]
    ids: set[int] = set()
    for value in values:
        if value != NONE:
            found = _numbered(value, [id_ for id_, _ in known]) or _named(value, known)
            if not found:
                raise _nobody("agency", value, [name for _, name in known])
            ids.update(found)
    return _among(Ticket.agency_id, ids, NONE in values)


def _tags(values: Sequence[str], viewer: User, _visible: Select[Ticket]) -> ColumnElement[bool]:
    if not viewer.reach(Permission.WORK_TICKETS).everywhere:
        raise Wrong("Tags are the team's own: only the Systems Team can filter by them.")
    known = [(id_, name) for id_, name in db.session.execute(select(Tag.id, Tag.name))]
    ids: set[int] = set()
    for value in values:
        if value != NONE:
            named = _named(value, known)
            if not named:
                raise _nobody("tag", value, [name for _, name in known])
            ids.update(named)
    tagged = Ticket.id.in_(select(Tagging.ticket_id).where(Tagging.tag_id.in_(sorted(ids))))
    untagged = Ticket.id.not_in(select(Tagging.ticket_id))
    return or_(tagged, untagged) if NONE in values else tagged


def _assignees(values: Sequence[str], viewer: User, visible: Select[Ticket]) -> ColumnElement[bool]:
    return _among(Ticket.assignee_id, _people(values, viewer, visible), NONE in values)


def _requesters(values: Sequence[str], viewer: User, visible: Select[Ticket]) -> ColumnElement[bool]:
    return Ticket.requester_id.in_(sorted(_people(values, viewer, visible)))


def _among(column: InstrumentedAttribute[int | None], ids: set[int], or_none: bool) -> ColumnElement[bool]:
    among = column.in_(sorted(ids))
    if not or_none:
        return column == ids.pop() if len(ids) == 1 else among
    return or_(column.is_(None), among) if ids else column.is_(None)


def _people(values: Sequence[str], viewer: User, visible: Select[Ticket]) -> set[int]:
    """Return the ids of the people that `values` name. Who may not see all tickets meets those of their own alone."""
    ids = {viewer.id} if "me" in values else set()
    for value in values:
        if value not in ("me", NONE):
            ids.update(_people_named(value, viewer, visible))
    return ids


def _people_named(value: str, viewer: User, visible: Select[Ticket]) -> list[int]:
    in_sight = select(User.id, User.name)
    if not viewer.reach(Permission.WORK_TICKETS).everywhere:
        met = visible.with_only_columns(Ticket.requester_id), visible.with_only_columns(Ticket.assignee_id)
        in_sight = in_sight.where(or_(*(User.id.in_(ids) for ids in met)))
    if value.startswith("#"):
        found = db.session.execute(in_sight.where(User.id == _number(value))).all()
    else:
        exact = or_(User.username == value.lower(), func.lower(User.name) == value.lower())
        part = User.name.icontains(value, autoescape=True)
        found = (
            db.session.execute(in_sight.where(exact)).all()
            or db.session.execute(in_sight.where(part).order_by(User.id).limit(MOST_PEOPLE + 1)).all()
        )
    if not found:
        raise Wrong(f"Nobody here is called “{value[:40]}”. Try the user name or a part of the name.")
    if len(found) > MOST_PEOPLE:
        raise Wrong(f"“{value[:40]}” stands in the names of more than {MOST_PEOPLE} people. Write more of the name.")
    return [id_ for id_, _ in found]


def _cases(values: Sequence[str], viewer: User) -> ColumnElement[bool]:
    if not viewer.reach(Permission.WORK_TICKETS).everywhere:
        raise Wrong("Cases at the vendor are the team's own: only the Systems Team can filter by them.")
    return _linked("vendor_case", "vendor case", values)


def _linked(kind: str, what: str, values: Sequence[str]) -> ColumnElement[bool]:
    """Return that a ticket is linked to one of these things, by their numbers."""
    numbers = [value.removeprefix("#") for value in values]
    for number in numbers:
        if not (number.isascii() and number.isdecimal() and len(number) < 10):
            raise Wrong(f"A {what} is filtered by its number, as in {what.rsplit(maxsplit=1)[-1]}:3.")
    linked = select(TicketLink.ticket_id).where(TicketLink.kind == kind, TicketLink.ref_id.in_(numbers))
    return Ticket.id.in_(linked)


def _named(value: str, known: Iterable[tuple[K, str]]) -> list[K]:
    wanted, pairs = _plain(value), [(key, _plain(name)) for key, name in known]
    exact = [key for key, name in pairs if name == wanted]
    return exact or [key for key, name in pairs if wanted and wanted in name]


def _numbered(value: str, known: Iterable[int]) -> list[int]:
    number = _number(value)
    return [id_ for id_ in known if id_ == number]


def _number(value: str) -> int:
    digits = value.removeprefix("#")
    return int(digits) if value != digits and digits.isascii() and digits.isdecimal() and len(digits) < 10 else 0


def _plain(name: str) -> str:
    return name.casefold().replace('"', "").replace("_", " ").strip()


def _nobody(what: str, value: str, known: Iterable[str]) -> Wrong:
    near = get_close_matches(value, list(known), 1, 0.6)
    hint = f' Did you mean "{near[0]}"?' if near else " Try a part of its name."
    return Wrong(f"No {what} is called “{value[:40]}”.{hint}")


_CONDITIONS: dict[str, Callable[[Sequence[str], User, Select[Ticket]], ColumnElement[bool]]] = {
    "is": _standing,
    "status": _states,
    "waiting": _waiting,
    "priority": _priorities,
    "goal": _goals,
    "rated": _rated,
    "type": _types,
    "queue": _queues,
    "agency": _agencies,
    "tag": _tags,
    "case": lambda values, viewer, _visible: _cases(values, viewer),
    "problem": lambda values, _viewer, _visible: _linked("known_problem", "known problem", values),
    "assignee": _assignees,
    "requester": _requesters,
}
