"""The page of insights, and its tables as files."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote_plus

from flask import Blueprint, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.errors import Invalid, NotFound
from adminops.files.kinds import FileKind
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from adminops.web.access import SIGNED_IN, access, signed_in_user
from adminops.web.navigation import registry
from adminops.web.remembering import remembered
from adminops.web.sheets import Cell, csv_file
from tickets.catalogue import all_types
from tickets.clocks.words import length
from tickets.insights import pack, periods
from tickets.insights.models import By
from tickets.insights.periods import Period
from tickets.insights.queries import Numbers, Report, reach_of, report
from tickets.insights.time import minutes_in
from tickets.models import Priority
from tickets.queries import agencies
from tickets.spent.queries import in_words

blueprint = Blueprint("ticket_insights", "tickets", url_prefix="/insights", template_folder="templates")

TABS = {By.TYPE: "Topic", By.AGENCY: "Agency", By.PRIORITY: "Priority"}
HEADS = (
    "Opened", "Resolved", "Open at the end", "Reopened",
    "First reply, median", "First reply, 90th", "First reply, % in time",
    "Solution, median", "Solution, 90th", "Solution, % in time",
    "Content, %",
)  # fmt: skip
PACKS = {"pdf": FileKind.PDF, "xlsx": FileKind.EXCEL}
OF_TEAM = ("rated", "rated-good")
"""Numbers whose lists are the team's alone: what single people said."""


@blueprint.get("")
@access(SIGNED_IN)
def index() -> ResponseReturnValue:
    """Show the numbers of a period; days that make none are answered with a sentence."""
    user, wrong = signed_in_user(), None
    reach_of(user)
    try:
        period = period_asked()
    except Invalid as refused:
        wrong, period = refused.sentence, periods.chosen("", "", "", today())
    shown = report(period, _told_by(), user)
    page = render_template(
        "tickets/insights.html",
        shown=shown,
        wrong=wrong,
        names=_names(shown.told_by),
        usual=_usual(period, shown.told_by),
        tabs=_tabs(period, shown.told_by),
        heading=TABS[shown.told_by],
        heads=HEADS,
        labels=[_label(part, period.first) for part, *_ in shown.columns],
        length=length,
        listed=_links(shown, user),
        files=_address(period, shown.told_by),
        whole=reach_of(user).everywhere,
        spent=_spent(period, user),
    )
    return page, 422 if wrong else 200


@blueprint.get("/lines.csv")
@access(SIGNED_IN)
def lines_file() -> ResponseReturnValue:
    """Give the lines of the page as a file. Lengths are minutes of office time."""
    shown = _report_for_file()
    names = _names(shown.told_by)
    lines = [[names.get(row.key, row.key), *_cells(row)] for row in shown.rows]
    lines.append(["All", *_cells(shown.over_all)])
    return _file(shown, "lines", [TABS[shown.told_by], *HEADS], lines)


@blueprint.get("/days.csv")
@access(SIGNED_IN)
def days_file() -> ResponseReturnValue:
    """Give the picture over time as a file."""
    shown = _report_for_file()
    over_time: list[list[Cell]] = [
        [part.first.isoformat(), part.last.isoformat(), *flow] for part, *flow in shown.columns
    ]
    return _file(shown, "days", ["From", "Until", "Opened", "Resolved"], over_time)


@blueprint.get("/board-pack.<ending>")
@access(SIGNED_IN)
def board_pack(ending: str) -> ResponseReturnValue:
    """Give the numbers of the period for the board, with what each means."""
    # Imported here: what lays out PDFs is large, and few ask for one.
    from tickets.insights import pack_files

    user = signed_in_user()
    reach_of(user)
    if ending not in PACKS:
        raise NotFound("The board pack comes as PDF and as XLSX.")
    try:
        period = period_asked()
    except Invalid as refused:
        raise NotFound(refused.sentence) from None
    shown = pack.board_pack(period, {by: _names(by) for by in By}, user)
    write = pack_files.pdf_file if ending == "pdf" else pack_files.xlsx_file
    file = write(shown, team=current_settings().team_name, made=pack.made_on())
    name = f"board-pack-{period.first}-{period.last}.{ending}"
    return send_file(file, PACKS[ending].media_type, as_attachment=True, download_name=name)


def _report_for_file() -> Report:
    user = signed_in_user()
    reach_of(user)
    try:
        return report(period_asked(), _told_by(), user)
    except Invalid as refused:
        raise NotFound(refused.sentence) from None


def _file(shown: Report, name: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> ResponseReturnValue:
    name = f"tickets-{shown.period.first}-{shown.period.last}-{name}.csv"
    return send_file(csv_file(heads, rows), FileKind.CSV.media_type, as_attachment=True, download_name=name)


def _spent(period: Period, user: User) -> str:
    """Return the time spent in words, for who sees the numbers of all; empty where it is not kept."""
    if not (current_settings().time_spent and reach_of(user).everywhere):
        return ""
    return in_words(minutes_in(period, user))


def today() -> date:
    """Return the day it is at the office."""
    return clock.today(current_settings().time_zone)


def period_asked() -> Period:
    """Return the period that the address asks for. Raises `Invalid`."""
    asked = request.args
    return periods.chosen(asked.get("period", ""), asked.get("from", ""), asked.get("until", ""), today())


def _told_by() -> By:
    asked = request.args.get("by", "")
    return By(asked) if asked in list(By) else By.TYPE


def _address(period: Period, told_by: By) -> dict[str, Any]:
    return {"from": period.first.isoformat(), "until": period.last.isoformat(), "by": told_by.value}


def _usual(period: Period, told_by: By) -> list[dict[str, Any]]:
    """Return the usual periods as tabs."""
    day = today()
    return [
        {
            "label": label,
            "url": url_for(".index", period=name, by=told_by.value),
            "current": made(day) == period,
        }
        for name, (label, made) in periods.USUAL.items()
    ]


def _tabs(period: Period, told_by: By) -> list[dict[str, Any]]:
    return [
        {
            "label": f"By {label.lower()}",
            "url": f"{url_for('.index', **_address(period, by))}#by",
            "current": by is told_by,
        }
        for by, label in TABS.items()
    ]


def _names(told_by: By) -> Mapping[str, str]:
    """Return the names of the lines by their keys."""
    if told_by is By.TYPE:
        return {kind.key: kind.title for kind in all_types(registry().features)}
    if told_by is By.PRIORITY:
        return {level.value: level.value.capitalize() for level in Priority}
    return {"": "No agency", **{str(row.id): row.name for row in remembered("insights.agencies", agencies)}}


def _label(part: Period, first: date) -> str:
    """Return the label of a column: short, for there may be many."""
    if part.days == 1:
        alone = part.first == first or part.first.day == 1
        return f"{part.first.day} {part.first:%b}" if alone else str(part.first.day)
    return f"{part.first:%b} {part.first:%y}" if part.days > 7 else f"{part.first.day} {part.first:%b}"


def _links(shown: Report, viewer: User) -> Any:
    """Return what gives the address of the list behind a number; None for who reads no tickets."""
    if not viewer.may(Permission.READ_AGENCY_TICKETS):
        return lambda _what, _numbers: None
    address = url_for("tickets.index", view="all")
    words = viewer.reach(Permission.WORK_TICKETS).everywhere

    def listed(what: str, numbers: Numbers) -> str | None:
        """Return the address; None for what only the team may look into."""
        return f"{address}&q={quote_plus(shown.listed(what, numbers))}" if words or what not in OF_TEAM else None

    return listed


def _cells(numbers: Numbers) -> Iterator[Cell]:
    tally = numbers.tally
    yield from (tally.opened, tally.resolved, numbers.backlog, tally.reopened)
    yield from (*numbers.reply, tally.reply_share, *numbers.solution, tally.solution_share, tally.good_share)
