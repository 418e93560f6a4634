"""The front page of training: what comes, what one has signed up for, and what one has completed."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adminops.errors import NotFound
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.access import access, signed_in_user
from training import queries
from training.models import Course, Offering

blueprint = Blueprint("training", __name__, url_prefix="/training", template_folder="../templates")


@blueprint.get("")
@access(Permission.TAKE_TRAINING)
def index() -> ResponseReturnValue:
    """Show the classes to come with their free seats, one's own classes and completions; to a trainer what to mark."""
    viewer = signed_in_user()
    return render_template(
        "training/index.html",
        page=queries.upcoming(viewer, after=request.args.get("after")),
        total=queries.count_upcoming(viewer),
        mine=queries.my_classes(viewer.id, viewer),
        completions=queries.completions_of(viewer.id),
        to_mark=queries.classes_to_mark(viewer),
        tabs=tabs_for(viewer, "index"),
        may_manage=viewer.may(Permission.MANAGE_TRAINING),
    )


def tabs_for(viewer: User, current: str) -> list[dict[str, Any]]:
    """Return the sub-pages of training that the viewer may open; `current` is the endpoint of this one."""
    offered = [
        ("index", "Classes", Permission.TAKE_TRAINING),
        ("courses", "Courses", Permission.TAKE_TRAINING),
        ("completions", "Completions", Permission.READ_TRAINING),
        ("missing", "Missing", Permission.READ_TRAINING),
    ]
    return [
        {"label": label, "url": url_for(f"training.{endpoint}"), "current": endpoint == current}
        for endpoint, label, permission in offered
        if viewer.may(permission)
    ]


def get_course(course_id: int, viewer: User) -> Course:
    """Return a course. Raises `NotFound` when there is none that the viewer may open."""
    course = queries.find_course(course_id, viewer)
    if course is None:
        raise NotFound("There is no such course.")
    return course


def get_class(offering_id: int, viewer: User) -> Offering:
    """Return a class. Raises `NotFound` when there is none that the viewer may open."""
    offering = queries.find_class(offering_id, viewer)
    if offering is None:
        raise NotFound("There is no such class.")
    return offering
