"""The pages of courses: the list, one course, and writing, publishing and retiring it."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from adminops.web.forms import ConfirmForm
from training import operations, policies, queries
from training.forms import CourseChangeForm, CourseForm
from training.models import CourseState
from training.views.front import blueprint, get_course, tabs_for

STATES = [(state.value, state.value.capitalize()) for state in CourseState]


@blueprint.get("/courses")
@access(Permission.TAKE_TRAINING)
def courses() -> ResponseReturnValue:
    """List the courses; to a trainer with drafts and, when asked for, the retired ones."""
    viewer, asked = signed_in_user(), request.args.get("state", "")
    state = CourseState(asked) if asked in list(CourseState) else None
    words = request.args.get("q", "").strip()[:100]
    return render_template(
        "training/courses.html",
        page=queries.courses(viewer, state=state, words=words, after=request.args.get("after")),
        total=queries.count_courses(viewer, state=state, words=words),
        words=words,
        state=state.value if state else None,
        states=STATES,
        tabs=tabs_for(viewer, "courses"),
        may_manage=viewer.may(Permission.MANAGE_TRAINING),
    )


@blueprint.get("/courses/<int:course_id>")
@access(Permission.TAKE_TRAINING)
def course(course_id: int) -> ResponseReturnValue:
    """Show a course with its next classes; to a trainer also those that are over."""
    viewer = signed_in_user()
    shown = get_course(course_id, viewer)
    may_manage = viewer.may(Permission.MANAGE_TRAINING)
    return render_template(
        "training/course.html",
        course=shown,
        coming=queries.upcoming_of(shown, viewer),
        past=queries.classes_of(shown, viewer, after=request.args.get("after")) if may_manage else None,
        may_manage=may_manage,
        may_publish=policies.may(policies.check_may_publish, shown, viewer),
        may_retire=policies.may(policies.check_may_retire, shown, viewer),
        may_schedule=policies.may(policies.check_may_schedule, shown, viewer),
    )


@blueprint.route("/courses/new", methods=["GET", "POST"])
@access(Permission.MANAGE_TRAINING)
def new_course() -> ResponseReturnValue:
    """Write a course."""
    if (form := CourseForm()).submitted():
        with form.refusals():
            written = operations.write_course(**form.values(), by=signed_in_user())
            flash("The draft is saved. Publish it when it is ready.")
            return redirect(url_for(".course", course_id=written.id))
    return render_template("training/edit_course.html", form=form, course=None), form.status


@blueprint.route("/courses/<int:course_id>/edit", methods=["GET", "POST"])
@access(Permission.MANAGE_TRAINING)
def edit_course(course_id: int) -> ResponseReturnValue:
    """Change a course."""
    viewer = signed_in_user()
    changed = get_course(course_id, viewer)
    if (form := CourseChangeForm(obj=changed)).submitted():
        with form.refusals():
            operations.save_course(changed, **form.values(), by=viewer)
            flash("Saved.")
            return redirect(url_for(".course", course_id=changed.id))
    return render_template("training/edit_course.html", form=form, course=changed), form.status


@blueprint.route("/courses/<int:course_id>/publish", methods=["GET", "POST"])
@access(Permission.MANAGE_TRAINING)
def publish_course(course_id: int) -> ResponseReturnValue:
    """Ask once, then let learners see the course."""
    viewer = signed_in_user()
    published = get_course(course_id, viewer)
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            operations.publish_course(published, by=viewer)
            flash("Published. Schedule a class, and people can sign up.")
            return redirect(url_for(".course", course_id=published.id))
    return render_template("training/publish_course.html", form=form, course=published), form.status


@blueprint.route("/courses/<int:course_id>/retire", methods=["GET", "POST"])
@access(Permission.MANAGE_TRAINING)
def retire_course(course_id: int) -> ResponseReturnValue:
    """Ask once, then offer the course no longer."""
    viewer = signed_in_user()
    retired = get_course(course_id, viewer)
    if (form := ConfirmForm()).submitted():
        with form.refusals():
            operations.retire_course(retired, by=viewer)
            flash("The course is retired. What people completed stays.")
            return redirect(url_for(".course", course_id=retired.id))
    return render_template("training/retire_course.html", form=form, course=retired), form.status
