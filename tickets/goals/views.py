"""The pages on which administrators edit calendars and policies."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import registry
from tickets.catalogue import all_types, title_of
from tickets.clocks.calendars import holidays_of
from tickets.clocks.words import day, length
from tickets.clocks.writing import write_hours
from tickets.goals import queries
from tickets.goals.forms import CalendarForm, policy_form
from tickets.goals.models import CalendarVersion
from tickets.goals.operations import save_calendar, save_policy

blueprint = Blueprint("goals", "tickets", url_prefix="/goals", template_folder="templates")


@blueprint.get("")
@access(Permission.SET_GOALS)
def index() -> ResponseReturnValue:
    """List the policies and the calendars."""
    features = registry().features
    policies = [(row, [title_of(key, features) for key in row.version.request_types]) for row in queries.in_force()]
    calendars = [(calendar, version, week(version)) for calendar, version in queries.calendars()]
    return render_template("tickets/goals_index.html", policies=policies, calendars=calendars)


@blueprint.route("/calendars/new", methods=["GET", "POST"])
@access(Permission.SET_GOALS)
def new_calendar() -> ResponseReturnValue:
    """Add a calendar."""
    if (form := CalendarForm()).submitted():
        with form.refusals():
            save_calendar(None, **form.values(), by=signed_in_user())
            flash("The calendar was added. Choose it in a policy.", "good")
            return redirect(url_for(".index"))
    return render_template("tickets/calendar.html", form=form, calendar=None, versions=[], holidays=[]), form.status


@blueprint.route("/calendars/<int:calendar_id>", methods=["GET", "POST"])
@access(Permission.SET_GOALS)
def calendar(calendar_id: int) -> ResponseReturnValue:
    """Show a calendar with its versions, and save another."""
    user, form = signed_in_user(), CalendarForm()
    edited = queries.get_calendar(calendar_id, user)
    versions = queries.versions_of_calendar(edited)
    if form.submitted():
        with form.refusals():
            save_calendar(edited, **form.values(), by=user)
            flash("Saved. Clocks of open tickets count by it; with many of them that takes some minutes.", "good")
            return redirect(url_for(".calendar", calendar_id=edited.id))
    elif not form.is_submitted():
        form.fill(edited, versions[0][0])
    page = render_template(
        "tickets/calendar.html",
        form=form,
        calendar=edited,
        versions=[(version, who, week(version)) for version, who in versions],
        holidays=_holidays(versions[0][0]),
    )
    return page, form.status


@blueprint.route("/policies/<int:policy_id>", methods=["GET", "POST"])
@access(Permission.SET_GOALS)
def policy(policy_id: int) -> ResponseReturnValue:
    """Show a policy with its versions, and save another."""
    user, form = signed_in_user(), policy_form()
    edited = queries.get_policy(policy_id, user)
    versions = queries.versions_of_policy(edited)
    form.offer([row for row, _ in queries.calendars()], all_types(registry().features), versions[0][0])
    if form.submitted():
        with form.refusals():
            values = form.values()
            counts_by = queries.get_calendar(values.pop("calendar_id"), user)
            save_policy(edited, calendar=counts_by, **values, by=user)
            flash("Saved. It holds for tickets filed from now on.", "good")
            return redirect(url_for(".policy", policy_id=edited.id))
    elif not form.is_submitted():
        form.fill(versions[0][0])
    said = [(version, who, length(version.targets["normal"][0])) for version, who in versions]
    return render_template("tickets/policy.html", form=form, policy=edited, versions=said), form.status


def week(version: CalendarVersion) -> list[tuple[str, str]]:
    """Return the hours of a week in few lines: days in a row that are alike are one."""
    lines: list[tuple[list[str], str]] = []
    for name, hours in zip(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), version.hours["week"], strict=True):
        written = write_hours(hours) or "closed"
        if lines and lines[-1][1] == written:
            lines[-1][0].append(name)
        else:
            lines.append(([name], written))
    return [(names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}", written) for names, written in lines]


def _holidays(version: CalendarVersion) -> list[tuple[str, str, bool]]:
    """Return the public holidays of this year and the next that are still to come, and whether people work then."""
    today = clock.today(version.zone)
    coming = [
        (off, name) for year in (today.year, today.year + 1) for off, name in holidays_of(version.region, year).items()
    ]
    return [
        (f"{day(off)} {off.year}", name, off.isoformat() in version.worked)
        for off, name in sorted(coming)
        if off >= today
    ]
