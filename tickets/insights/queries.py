"""The numbers of a period as one page shows them, for who looks, each with the query of the tickets behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import func, select

from adminops import clock
from adminops.db import db
from adminops.errors import NotAllowed
from adminops.guard.models import PiiIncident
from adminops.identity.models import User
from adminops.identity.permissions import Permission, Reach
from adminops.settings import current_settings
from tickets.insights.books import read_parts
from tickets.insights.counting import Tallies, count_open
from tickets.insights.models import By
from tickets.insights.periods import Period, months_within
from tickets.insights.tallies import Tally, percentile, total
from tickets.insights.unlisted import add_private
from tickets.language import NONE, Query, Term, write


@dataclass(frozen=True)
class Numbers:
    """What one line shows: a tally, how many were open at the end, and the terms of the tickets that it is about."""

    key: str
    tally: Tally
    backlog: int
    terms: Query

    @cached_property
    def written(self) -> str:
        """Its terms as a query."""
        return write(self.terms)

    @cached_property
    def reply(self) -> tuple[int | None, int | None]:
        """Minutes to the first reply: median and 90th percentile."""
        return percentile(self.tally.replies, 50), percentile(self.tally.replies, 90)

    @cached_property
    def solution(self) -> tuple[int | None, int | None]:
        """Minutes to the solution: median and 90th percentile."""
        return percentile(self.tally.solutions, 50), percentile(self.tally.solutions, 90)

    @property
    def bars(self) -> tuple[int, int, int]:
        """What was resolved: too late, without a goal, in time."""
        late, in_time = self.tally.solution_missed, self.tally.solution_met
        return late, self.tally.resolved - late - in_time, in_time


@dataclass(frozen=True)
class Report:
    """The numbers of a period: over all, by `told_by`, and over time."""

    period: Period
    told_by: By
    over_all: Numbers
    rows: Sequence[Numbers]
    columns: Sequence[tuple[Period, int, int]]
    """Parts of the period with how many were opened and resolved."""
    incidents: int
    ends_today: bool

    def listed(self, what: str, numbers: Numbers) -> str:
        """Return the query of the tickets that a number of a line counts."""
        return f"{self.queries[what]} {numbers.written}".strip()

    @cached_property
    def queries(self) -> dict[str, str]:
        """What each number counts, as queries over all lines."""
        return {what: write(terms(self)) for what, terms in _TERMS.items()}


def reach_of(viewer: User) -> Reach:
    """Return where `viewer` sees numbers: who reads figures everywhere, a lead at their agencies.

    Raises `NotAllowed` for everybody else.
    """
    if viewer.reach(Permission.SEE_FIGURES).everywhere or viewer.reach(Permission.WORK_TICKETS).everywhere:
        return Reach(everywhere=True)
    reach = viewer.reach(Permission.READ_AGENCY_TICKETS)
    if not reach:
        raise NotAllowed("Your role does not include seeing numbers.")
    return reach


def report(period: Period, told_by: By, viewer: User, *, private: bool = True) -> Report:
    """Return the numbers of `period` that `viewer` may see. Raises `NotAllowed`.

    Of private tickets those that `viewer` sees, as the lists behind the numbers show them; without `private` none, so
    that the numbers are the same for everybody.
    """
    reach = reach_of(viewer)
    parts = period.columns()
    since = _since(period)
    counted = read_parts([*parts, *since], told_by, reach)
    ended = since[0].bounds(current_settings().time_zone)[0] if since else None
    backlog = _backlog(counted[len(parts) :], told_by, reach, ended)
    counted = counted[: len(parts)]
    if private:
        add_private(counted, backlog, parts, told_by, viewer, reach)
    summed: Tallies = {}
    for tallies in counted:
        for key, tally in tallies.items():
            summed.setdefault(key, Tally()).add(tally)
    scope = _scope(reach)
    rows = [
        Numbers(key, summed.get(key, Tally()), backlog.get(key, 0), (*_about(told_by, key, reach),))
        for key in {**summed, **{key: 0 for key, left in backlog.items() if left}}
    ]
    return Report(
        period=period,
        told_by=told_by,
        over_all=Numbers("", total(summed.values()), sum(backlog.values()), scope),
        rows=sorted(rows, key=lambda row: (-row.tally.opened, -row.backlog, row.key)),
        columns=[(part, *_flow(tallies)) for part, tallies in zip(parts, counted, strict=True)],
        incidents=_incidents(period, reach),
        ends_today=period.last >= clock.today(current_settings().time_zone),
    )


def _since(period: Period) -> list[Period]:
    """Return the months between the end of `period` and today."""
    today = clock.today(current_settings().time_zone)
    return months_within(Period(period.last + timedelta(days=1), today)) if period.last < today else []


def _backlog(since: Sequence[Tallies], told_by: By, reach: Reach, ended: datetime | None) -> dict[str, int]:
    """Return how many tickets were open as the period ended: those open now, less what came since, and what went."""
    left = count_open(told_by, reach, merged_since=ended)
    for tallies in since:
        for key, tally in tallies.items():
            left[key] = left.get(key, 0) + tally.resolved - tally.opened
    return left


def _flow(tallies: Tallies) -> tuple[int, int]:
    return sum(one.opened for one in tallies.values()), sum(one.resolved for one in tallies.values())


def _incidents(period: Period, reach: Reach) -> int:
    start, end = period.bounds(current_settings().time_zone)
    held = select(func.count(PiiIncident.id)).where(PiiIncident.found_at >= start, PiiIncident.found_at < end)
    if not reach.everywhere:
        held = held.where(PiiIncident.agency_id.in_(sorted(reach.agency_ids)))
    return db.session.scalar(held) or 0


def _scope(reach: Reach) -> Query:
    return () if reach.everywhere else (Term("agency", tuple(f"#{id_}" for id_ in sorted(reach.agency_ids))),)


def _about(told_by: By, key: str, reach: Reach) -> Query:
    if told_by is By.AGENCY:
        return (Term("agency", (f"#{key}" if key else NONE,)),)
    return (Term(told_by.value, (key,)), *_scope(reach))


def _came(report: Report) -> Query:
    return (Term("created", (report.period.query,)),)


def _went(report: Report) -> Query:
    return (Term("resolved", (report.period.query,)),)


def _left(report: Report) -> Query:
    if report.ends_today:
        return (Term("is", ("open",)),)
    last = (report.period.last.isoformat(),)
    # What was merged was never resolved, and waits in the ticket that it is part of.
    merged = Term("is", ("merged",), negated=True)
    return Term("created", last, "<="), Term("resolved", last, "<=", negated=True), merged


_TERMS: dict[str, Callable[[Report], Query]] = {
    "opened": _came,
    "resolved": _went,
    "backlog": _left,
    "reopened": lambda report: (*_came(report), Term("is", ("reopened",))),
    "replies": lambda report: (*_came(report), Term("goal", ("reply-met", "reply-missed"))),
    "reply-met": lambda report: (*_came(report), Term("goal", ("reply-met",))),
    "solutions": lambda report: (*_went(report), Term("goal", ("solution-met", "solution-missed"))),
    "solution-met": lambda report: (*_went(report), Term("goal", ("solution-met",))),
    "rated": lambda report: (*_went(report), Term("rated", ("good", "fair", "bad"))),
    "rated-good": lambda report: (*_went(report), Term("rated", ("good",))),
}
