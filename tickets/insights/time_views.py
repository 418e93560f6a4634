"""The pages of time spent: the numbers of a period, the entries behind one, and both as files."""

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import Invalid, NotFound
from adminops.facts import TicketsExported, publish
from adminops.files.kinds import FileKind
from adminops.identity.permissions import Permission
from adminops.web.access import SIGNED_IN, access, signed_in_user
from adminops.web.navigation import registry
from adminops.web.sheets import Cell, csv_file
from tickets.catalogue import all_types
from tickets.insights import periods, time
from tickets.insights.periods import Period
from tickets.insights.time import TimeBy
from tickets.insights.views import blueprint, period_asked, today
from tickets.queries import agencies, team
from tickets.spent.models import Activity
from tickets.spent.queries import MOST_EXPORTED, in_words
from tickets.spent.views import HEADS, cells_of

TABS = {TimeBy.TYPE: "Topic", TimeBy.AGENCY: "Agency", TimeBy.PERSON: "Person", TimeBy.ACTIVITY: "Kind of work"}


@blueprint.get("/time")
@access(SIGNED_IN)
def time_spent() -> ResponseReturnValue:
    """Show what time was spent on in a period; days that make none are answered with a sentence."""
    user, told_by, wrong = signed_in_user(), _told_by(), None
    time.check_sees_time(user, told_by)
    try:
        period = period_asked()
    except Invalid as refused:
        wrong, period = refused.sentence, periods.chosen("", "", "", today())
    page = render_template(
        "tickets/time_insights.html",
        shown=time.time_report(period, told_by, user),
        period=period,
        wrong=wrong,
        names=names_of(told_by),
        heading=TABS[told_by],
        in_words=in_words,
        tabs=_tabs(period, told_by, people=user.reach(Permission.WORK_TICKETS).everywhere),
        usual=_usual(period, told_by),
        files=_address(period, told_by),
        entries=_links(period, told_by) if user.may(Permission.WORK_TICKETS) else lambda _row: None,
    )
    return page, 422 if wrong else 200


@blueprint.get("/time.csv")
@access(SIGNED_IN)
def time_file() -> ResponseReturnValue:
    """Give the lines of the page as a file."""
    user, told_by = signed_in_user(), _told_by()
    time.check_sees_time(user, told_by)
    period, names = _period_or_none(), names_of(told_by)
    shown = time.time_report(period, told_by, user)
    rows: list[list[Cell]] = [
        [names.get(row.key, row.key), row.minutes, row.entries, row.tickets, row.each] for row in shown.rows
    ]
    every = shown.over_all
    rows.append(["All", every.minutes, every.entries, every.tickets, every.each])
    file = csv_file((TABS[told_by], "Minutes", "Entries", "Tickets", "Minutes a ticket"), rows)
    name = f"time-spent-{period.first}-{period.last}.csv"
    return send_file(file, FileKind.CSV.media_type, as_attachment=True, download_name=name)


@blueprint.get("/time/entries")
@access(Permission.WORK_TICKETS)
def time_entries() -> ResponseReturnValue:
    """List the entries behind a number."""
    user, told_by, key = signed_in_user(), _told_by(), request.args.get("key", "")[:60]
    time.check_sees_time(user, told_by)
    period = _period_or_none()
    page = time.list_entries(period, user, told_by=told_by, key=key, after=request.args.get("after"))
    count, minutes = time.count_entries(period, user, told_by, key)
    return render_template(
        "tickets/time_entries.html",
        page=page,
        count=count,
        total=in_words(minutes),
        period=period,
        name=names_of(told_by).get(key, key),
        here={**_address(period, told_by), "key": key},
        topics=names_of(TimeBy.TYPE),
        in_words=in_words,
    )


@blueprint.get("/time/entries.csv")
@access(Permission.WORK_TICKETS, writes=True)
def time_entries_file() -> ResponseReturnValue:
    """Give the entries behind a number as a file."""
    user, told_by, key = signed_in_user(), _told_by(), request.args.get("key", "")[:60]
    time.check_sees_time(user, told_by)
    period, rows, after = _period_or_none(), [], None
    if time.count_entries(period, user, told_by, key)[0] > MOST_EXPORTED:
        raise Invalid(f"These are more than {MOST_EXPORTED:,} entries. Choose fewer days.")
    while True:
        page = time.list_entries(period, user, told_by=told_by, key=key, after=after, limit=1_000)
        rows += [cells_of(row, names_of(TimeBy.TYPE)) for row in page.rows]
        if (after := page.after) is None:
            break
    publish(TicketsExported(user_id=user.id, tickets=len({row[0] for row in rows})), by=user)
    name = f"time-entries-{period.first}-{period.last}.csv"
    return send_file(csv_file(HEADS, rows), FileKind.CSV.media_type, as_attachment=True, download_name=name)


def names_of(told_by: TimeBy) -> Mapping[str, str]:
    """Return the names of the lines by their keys; who left the team is known by a number."""
    match told_by:
        case TimeBy.TYPE:
            return {kind.key: kind.title for kind in all_types(registry().features)}
        case TimeBy.AGENCY:
            return {"": "No agency", **{str(row.id): row.name for row in agencies()}}
        case TimeBy.PERSON:
            return {str(row.id): row.name for row in team()}
    return {each.value: each.label for each in Activity}


def _told_by() -> TimeBy:
    asked = request.args.get("by", "")
    return TimeBy(asked) if asked in list(TimeBy) else TimeBy.TYPE


def _period_or_none() -> Period:
    try:
        return period_asked()
    except Invalid as refused:
        raise NotFound(refused.sentence) from None


def _address(period: Period, told_by: TimeBy) -> dict[str, Any]:
    return {"from": period.first.isoformat(), "until": period.last.isoformat(), "by": told_by.value}


def _tabs(period: Period, told_by: TimeBy, *, people: bool) -> list[dict[str, Any]]:
    shown = [by for by in TimeBy if people or by is not TimeBy.PERSON]
    return [
        {
            "label": f"By {TABS[by].lower()}",
            "url": url_for(".time_spent", **_address(period, by)),
            "current": by is told_by,
        }
        for by in shown
    ]


def _usual(period: Period, told_by: TimeBy) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "url": url_for(".time_spent", period=name, by=told_by.value),
            "current": made(today()) == period,
        }
        for name, (label, made) in periods.USUAL.items()
    ]


def _links(period: Period, told_by: TimeBy) -> Any:
    """Return what gives the address of the entries behind a line."""
    return lambda row: url_for(".time_entries", **_address(period, told_by), key=row.key)
