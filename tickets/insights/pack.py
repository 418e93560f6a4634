"""The board pack: the numbers of a period with what each means, from the same books as the page of insights.

Nothing in it tells of single people: agencies with few requests stand together in one line, and few cases are not told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from adminops import clock
from adminops.audit.models import AuditEntry
from adminops.db import db
from adminops.errors import NotAllowed
from adminops.identity.models import User
from adminops.settings import current_settings
from tickets.cases.queries import Which, count_cases
from tickets.insights.models import By
from tickets.insights.periods import Period
from tickets.insights.queries import Numbers, Report, reach_of, report
from tickets.insights.tallies import FEW, Tally, total
from tickets.insights.time import TimeBy, TimeLine, minutes_in, time_report

Value = int | str | None
"""A number, a word that stands for one ("fewer than 5"), or None: there is nothing to count."""

COUNTS = ("Opened", "Resolved", "Open at the end", "Reopened")
TIMES = (
    "First reply, median", "First reply, 90th", "First reply in time",
    "Solution, median", "Solution, 90th", "Solution in time", "Content",
)  # fmt: skip
SMALL = f"fewer than {FEW}"
TOGETHER = f"Agencies with fewer than {FEW} requests, together"

DONE = {
    "AccountActivated": ("Accounts activated", "People who got access, every gate met."),
    "AccountDisabled": ("Accounts disabled", "Accesses that ended or were suspended."),
    "PasswordResetFinished": ("Passwords reset", "Resets that people finished by themselves or with help."),
    "CourseCompleted": ("Courses completed", "Courses that people finished, in a class or by a quiz."),
    "ClientsMerged": ("Client records merged", "Records found to be of one person and joined."),
    "ProgramSetUp": ("Programs set up", "New programs that were approved and built."),
    "ExportImported": ("Exports imported", "HMIS exports that the store took in."),
}
"""What was done beside answering, by the facts that the audit trail keeps."""


@dataclass(frozen=True)
class Line:
    """One number of the pack. `unit` is "" for a count, "%" or "min" (minutes, of office time or of work)."""

    label: str
    value: Value
    meaning: str
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """Numbers told apart: `units` are those of the columns behind the first."""

    title: str
    meaning: str
    heads: Sequence[str]
    units: Sequence[str]
    rows: Sequence[Sequence[Value]]


@dataclass(frozen=True)
class Pack:
    """All of it."""

    period: Period
    lines: Sequence[Line]
    tables: Sequence[Table]


def board_pack(period: Period, names: Mapping[By, Mapping[str, str]], viewer: User) -> Pack:
    """Return the pack of `period`. Raises `NotAllowed` for who does not see the numbers of all agencies."""
    if not reach_of(viewer).everywhere:
        raise NotAllowed("The board pack tells of all agencies. Your numbers stand on the page “Numbers”.")
    told = {by: report(period, by, viewer, private=False) for by in By}
    tables = [table for by in By for table in _tables(by, told[by], names[by])]
    if current_settings().time_spent and minutes_in(period):
        tables += [_time_table(period, by, names[By(by.value)]) for by in (TimeBy.TYPE, TimeBy.AGENCY)]
    return Pack(period, _lines(told[By.TYPE]), tables)


def _lines(shown: Report) -> list[Line]:
    numbers, tally, late = shown.over_all, shown.over_all.tally, count_cases()
    return [
        Line(
            "Requests opened",
            tally.opened,
            "Tickets filed in the period, however they came. Private ones (incidents) are in no number here.",
        ),
        Line("Requests resolved", tally.resolved, "Tickets that were resolved in it and are not open again."),
        Line("Open at the end", numbers.backlog, "Tickets not resolved as the period ended."),
        Line("Reopened", tally.reopened, "Of those opened: resolved once, and taken up again."),
        Line("First reply, median", numbers.reply[0], "Half got their first answer within this office time.", "min"),
        Line("First reply, 90th", numbers.reply[1], "Nine of ten got it within this office time.", "min"),
        Line("First reply in time", tally.reply_share, "Share answered within the goal of its kind.", "%"),
        Line("Solution, median", numbers.solution[0], "Half were resolved within this office time.", "min"),
        Line("Solution, 90th", numbers.solution[1], "Nine of ten were resolved within this office time.", "min"),
        Line("Solution in time", tally.solution_share, "Share resolved within the goal of its kind.", "%"),
        Line("Content", tally.good_share, f"Share of “well” among answers; not told for {SMALL}.", "%"),
        Line("Answers to the survey", _few(tally.rated), "How many said how their request went."),
        *_spent(shown.period),
        Line("Personal data held back", shown.incidents, "Texts stopped because they named a client."),
        Line("Vendor cases open", late[Which.OPEN], "What the maker of the HMIS still has to do, today."),
        Line("Of these past the promised day", late[Which.LATE], "Promised for a day that is over, today."),
        *_done(shown.period),
    ]


def _spent(period: Period) -> list[Line]:
    if not current_settings().time_spent:
        return []
    return [Line("Time spent", minutes_in(period), "What the team has noted that it worked on requests.", "min")]


def _time_table(period: Period, by: TimeBy, names: Mapping[str, str]) -> Table:
    """Return what time was spent on. By person it is the team's alone."""
    shown = time_report(period, by)
    named = [(names.get(row.key, row.key), row) for row in shown.rows]
    if by is TimeBy.AGENCY:
        named = _few_together(named)
    named.append(("All", shown.over_all))
    return Table(
        f"Time spent, by {by.value}",
        "What the team has noted that it worked on requests in the period.",
        ("Topic" if by is TimeBy.TYPE else "Agency", "Time", "Time a ticket"),
        ("min", "min"),
        [(name, row.minutes, row.each) for name, row in named],
    )


def _few_together(named: list[tuple[str, TimeLine]]) -> list[tuple[str, TimeLine]]:
    """Put agencies with few tickets into one line: enough of them that it tells of none."""
    kept, small = sorted(named, key=lambda pair: pair[1].tickets), list[TimeLine]()
    while kept and (kept[0][1].tickets < FEW or len(small) == 1 or 0 < sum(row.tickets for row in small) < FEW):
        small.append(kept.pop(0)[1])
    shown = [pair for pair in named if pair in kept]
    if small:
        numbers = zip(*((row.minutes, row.entries, row.tickets) for row in small), strict=True)
        shown.append((TOGETHER, TimeLine("", *map(sum, numbers))))
    return shown


def _done(period: Period) -> list[Line]:
    start, end = period.bounds(current_settings().time_zone)
    counted = (
        select(AuditEntry.fact, func.count())
        .where(AuditEntry.fact.in_(sorted(DONE)), AuditEntry.at >= start, AuditEntry.at < end)
        .group_by(AuditEntry.fact)
    )
    found = {row[0]: row[1] for row in db.session.execute(counted)}
    return [Line(label, found.get(fact, 0), meaning) for fact, (label, meaning) in DONE.items()]


def _tables(by: By, shown: Report, names: Mapping[str, str]) -> list[Table]:
    what, rows = by.value, list(shown.rows)
    masked = by is By.AGENCY
    named = [(names.get(row.key, row.key), row) for row in rows]
    if masked:
        named = _together(named)
    named.append(("All", shown.over_all))
    head = {By.TYPE: "Topic", By.AGENCY: "Agency"}.get(by, "Priority")
    few = _few if masked else int
    return [
        Table(
            f"How many, by {what}",
            "Opened and resolved in the period, left open as it ended, and opened ones that came back.",
            (head, *COUNTS),
            ("",) * len(COUNTS),
            [(name, *map(few, _counts(row))) for name, row in named],
        ),
        Table(
            f"How long and how well, by {what}",
            "Office time to the first reply and to the solution; shares within the goal; “well” among answers.",
            (head, *TIMES),
            ("min", "min", "%", "min", "min", "%", "%"),
            [(name, *_times(row, masked)) for name, row in named],
        ),
    ]


def _together(named: list[tuple[str, Numbers]]) -> list[tuple[str, Numbers]]:
    """Put agencies with few requests into one line: enough of them that it tells of none."""
    kept = sorted(named, key=lambda pair: pair[1].tally.opened)
    small: list[Numbers] = []
    while kept and (kept[0][1].tally.opened < FEW or (len(small) == 1 or 0 < _opened(small) < FEW)):
        small.append(kept.pop(0)[1])
    shown = [pair for pair in named if pair in kept]
    if small:
        backlog = sum(row.backlog for row in small)
        shown.append((TOGETHER, Numbers("", total(row.tally for row in small), backlog, ())))
    return shown


def _opened(rows: Sequence[Numbers]) -> int:
    return sum(row.tally.opened for row in rows)


def _counts(numbers: Numbers) -> tuple[int, int, int, int]:
    tally = numbers.tally
    return tally.opened, tally.resolved, numbers.backlog, tally.reopened


def _times(numbers: Numbers, masked: bool) -> tuple[Value, ...]:
    tally = numbers.tally
    reply = (*numbers.reply, tally.reply_share)
    solution = (*numbers.solution, tally.solution_share)
    if masked:
        reply = reply if _replies(tally) >= FEW else (None, None, None)
        solution = solution if _solutions(tally) >= FEW else (None, None, None)
    return (*reply, *solution, tally.good_share)


def _replies(tally: Tally) -> int:
    return tally.reply_met + tally.reply_missed


def _solutions(tally: Tally) -> int:
    return tally.solution_met + tally.solution_missed


def _few(number: int) -> Value:
    return SMALL if 0 < number < FEW else number


def made_on() -> str:
    """Return the day on which a pack is made now, for its first page."""
    return clock.today(current_settings().time_zone).isoformat()
