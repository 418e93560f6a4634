"""The pages of classes: one class, joining and leaving it, its calendar file; scheduling, changing and cancelling."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adminops import clock
from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.settings import current_settings
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from adminops.web.navigation import links_to
from training import operations, policies, queries
from training.calendar_file import Entry, calendar_file
from training.forms import CancelForm, ClassChangeForm, ClassForm, MarkForm
from training.local_times import clock_of, day_of
from training.models import LearnerState, Offering, OfferingState
from training.views.front import blueprint, get_class, get_course

L = LearnerState
SEATS = 20


@blueprint.get("/classes/<int:offering_id>")
@access(Permission.TAKE_TRAINING)
def show_class(offering_id: int) -> ResponseReturnValue:
    """Show a class: to a learner with their place in it, to a trainer with the roster."""
    return class_page(get_class(offering_id, signed_in_user()))


def class_page(offering: Offering, marks: MarkForm | None = None) -> ResponseReturnValue:
    """Draw the page of a class; `marks` is a form of the roster that came back with a message."""
    viewer, form = signed_in_user(), marks or MarkForm(formdata=None)
    may_manage = viewer.may(Permission.MANAGE_TRAINING)
    row = queries.row_of(offering, viewer)
    people = queries.roster(offering, L.JOINED, L.ATTENDED, L.ABSENT) if may_manage else []
    drawn = render_template(
        "training/class.html",
        row=row,
        offering=offering,
        course=offering.course,
        place_in_line=queries.place_in_line(offering, viewer.id) if row.mine is L.WAITING else 0,
        people=people,
        links=links_to([Ref.to("user", person.id) for person in people], viewer),
        waiting=queries.roster(offering, L.WAITING) if may_manage else [],
        form=form,
        shows_link=may_manage or row.mine in (L.JOINED, L.ATTENDED),
        **_buttons(offering, viewer),
    )
    return drawn, form.status


def _buttons(offering: Offering, viewer: User) -> dict[str, Any]:
    may = policies.may
    return {
        "may_manage": viewer.may(Permission.MANAGE_TRAINING),
        "may_join": may(policies.check_may_join, offering, viewer),
        "may_leave": may(policies.check_may_leave, offering),
        "may_change": may(policies.check_may_change, offering, viewer),
        "may_cancel": may(policies.check_may_cancel, offering, viewer),
        "may_mark": may(policies.check_may_mark, offering, viewer),
        "may_take_out": may(policies.check_may_take_out, offering, viewer),
    }


@blueprint.route("/classes/<int:offering_id>/join", methods=["GET", "POST"])
@access(Permission.TAKE_TRAINING)
def join(offering_id: int) -> ResponseReturnValue:
    """Ask once, then sign up."""
    viewer = signed_in_user()
    offering = get_class(offering_id, viewer)
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            enrollment = operations.join_class(offering, by=viewer)
            flash("You are signed up." if enrollment.state is L.JOINED else "You are on the waiting list.", "good")
            return redirect(url_for(".show_class", offering_id=offering.id))
    return render_template("training/join.html", form=form, row=queries.row_of(offering, viewer)), form.status


@blueprint.route("/classes/<int:offering_id>/leave", methods=["GET", "POST"])
@access(Permission.TAKE_TRAINING)
def leave(offering_id: int) -> ResponseReturnValue:
    """Ask once, then give the seat back."""
    viewer = signed_in_user()
    offering = get_class(offering_id, viewer)
    if not queries.was_in(offering, viewer.id):
        raise NotFound("You are not signed up for this class.")
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            operations.leave_class(offering, by=viewer)
            flash("You gave your seat back.")
            return redirect(url_for(".show_class", offering_id=offering.id))
    return render_template("training/leave.html", form=form, row=queries.row_of(offering, viewer)), form.status


@blueprint.get("/classes/<int:offering_id>/calendar.ics")
@access(Permission.TAKE_TRAINING)
def calendar(offering_id: int) -> ResponseReturnValue:
    """Send the class as a calendar file, to who has a seat in it or teaches it."""
    viewer = signed_in_user()
    offering = get_class(offering_id, viewer)
    if offering.trainer_id != viewer.id and queries.state_of(offering, viewer.id) not in (L.JOINED, L.ATTENDED):
        raise NotFound("You have no seat in this class.")
    settings = current_settings()
    page = settings.base_url + url_for(".show_class", offering_id=offering.id)
    entry = Entry(
        uid=f"class-{offering.id}@{urlsplit(settings.base_url).hostname}",
        sequence=offering.revision,
        stamp=clock.now(),
        starts_at=offering.starts_at,
        ends_at=offering.ends_at,
        summary=offering.course.title,
        description="\n".join(filter(None, (offering.course.summary, offering.link, page))),
        location=offering.place or offering.link,
        url=page,
        cancelled=offering.state is OfferingState.CANCELLED,
    )
    headers = {"Content-Disposition": f'attachment; filename="class-{offering.id}.ics"'}
    return Response(
        calendar_file(entry, product=settings.product_name), mimetype="text/calendar; charset=utf-8", headers=headers
    )


@blueprint.route("/courses/<int:course_id>/schedule", methods=["GET", "POST"])
@access(Permission.MANAGE_TRAINING)
def schedule(course_id: int) -> ResponseReturnValue:
    """Give a course a class."""
    viewer = signed_in_user()
    course = get_course(course_id, viewer)
    policies.check_may_schedule(course, viewer)
    if (form := ClassForm(data={"seats": SEATS, "trainer_id": str(viewer.id)})).submitted():
        with form.refusals():
            offering = operations.schedule_offering(course, **form.values(), by=viewer)
            flash("Scheduled. People can sign up now.", "good")
            return redirect(url_for(".show_class", offering_id=offering.id))
    return render_template("training/edit_class.html", form=form, course=course, offering=None), form.status


@blueprint.route("/classes/<int:offering_id>/edit", methods=["GET", "POST"])
@access(Permission.MANAGE_TRAINING)
def edit_class(offering_id: int) -> ResponseReturnValue:
    """Change a class."""
    viewer = signed_in_user()
    offering = get_class(offering_id, viewer)
    policies.check_may_change(offering, viewer)
    if (form := ClassChangeForm(data=_typed(offering))).submitted():
        with form.refusals():
            operations.change_offering(offering, **form.values(), by=viewer)
            flash("Saved. When time or place changed, everybody gets a mail.")
            return redirect(url_for(".show_class", offering_id=offering.id))
    return render_template(
        "training/edit_class.html", form=form, course=offering.course, offering=offering
    ), form.status


def _typed(offering: Offering) -> dict[str, Any]:
    zone = current_settings().time_zone
    return {
        "day": day_of(offering.starts_at, zone),
        "starts": clock_of(offering.starts_at, zone),
        "ends": clock_of(offering.ends_at, zone),
        "place": offering.place,
        "link": offering.link,
        "seats": offering.seats,
        "trainer_id": str(offering.trainer_id),
        "revision": offering.revision,
    }


@blueprint.route("/classes/<int:offering_id>/cancel", methods=["GET", "POST"])
@access(Permission.MANAGE_TRAINING)
def cancel_class(offering_id: int) -> ResponseReturnValue:
    """Ask why, then call the class off."""
    viewer = signed_in_user()
    offering = get_class(offering_id, viewer)
    if (form := CancelForm()).submitted():
        with form.refusals():
            operations.cancel_offering(offering, **form.values(), by=viewer)
            flash("The class is cancelled. Everybody who signed up gets a mail.")
            return redirect(url_for(".show_class", offering_id=offering.id))
    return render_template("training/cancel_class.html", form=form, row=queries.row_of(offering, viewer)), form.status
