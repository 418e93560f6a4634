"""The pages of completions: of the people one answers for, and who lacks a course."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.web.access import access, signed_in_user
from adminops.web.navigation import links_to
from training import queries
from training.views.front import blueprint, tabs_for


@blueprint.get("/completions")
@access(Permission.READ_TRAINING)
def completions() -> ResponseReturnValue:
    """List completions within the viewer's reach."""
    viewer, words = signed_in_user(), request.args.get("q", "").strip()[:100]
    course, agency = _number("course"), _number("agency")
    page = queries.completions(viewer, course_id=course, agency_id=agency, words=words, after=request.args.get("after"))
    return render_template(
        "training/completions.html",
        page=page,
        total=queries.count_completions(viewer, course_id=course, agency_id=agency, words=words),
        links=links_to([Ref.to("user", row.learner_id) for row in page.rows], viewer),
        words=words,
        course=course,
        agency=agency,
        courses=queries.courses_completed(viewer),
        agencies=queries.agencies_in_reach(viewer),
        tabs=tabs_for(viewer, "completions"),
    )


@blueprint.get("/missing")
@access(Permission.READ_TRAINING)
def missing() -> ResponseReturnValue:
    """List who within reach has no valid completion of a course; without a choice, of one that everybody needs."""
    viewer, agency, words = signed_in_user(), _number("agency"), request.args.get("q", "").strip()[:100]
    courses = queries.courses_offered()
    course = next((row for row in courses if row.id == _number("course")), courses[0] if courses else None)
    page, counts = None, (0, 0)
    if course is not None:
        page = queries.missing(viewer, course.id, agency_id=agency, words=words, after=request.args.get("after"))
        counts = queries.count_missing(viewer, course.id, agency_id=agency, words=words)
    return render_template(
        "training/missing.html",
        page=page,
        counts=counts,
        course=course,
        courses=[(row.id, row.title) for row in courses],
        links=links_to([Ref.to("user", row.id) for row in page.rows], viewer) if page else {},
        words=words,
        agency=agency,
        agencies=queries.agencies_in_reach(viewer),
        tabs=tabs_for(viewer, "missing"),
    )


def _number(name: str) -> int | None:
    """Return a number of the address; None where there is none that a key can be."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
