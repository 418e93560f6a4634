"""Training's numbers for the dashboard."""

from flask import url_for

from adminops.feature import Figure
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.formats import plural
from training import queries


def figures(viewer: User) -> list[Figure]:
    """Return the figures for who runs training, none for anybody else."""
    if not viewer.may(Permission.MANAGE_TRAINING):
        return []
    classes, people = queries.count_coming(days=14)
    found = [
        Figure(
            label="Classes in the next 14 days",
            value=classes,
            note=f"{plural(people, 'person', 'people')} signed up",
            url=url_for("training.index"),
            order=60,
        )
    ]
    if unmarked := queries.count_to_mark():
        found.append(
            Figure(
                label="Classes to mark",
                value=unmarked,
                note="Attendance is not complete",
                url=url_for("training.index"),
                tone="warn",
                order=61,
            )
        )
    return found + [_missing(course, viewer) for course in queries.courses_offered() if course.is_required]


def _missing(course: queries.OfferedCourse, viewer: User) -> Figure:
    without, everybody = queries.count_missing(viewer, course.id)
    return Figure(
        label=f"Staff without {course.title}",
        value=without,
        note=f"of {plural(everybody, 'person', 'people')} who need it",
        url=url_for("training.missing", course=course.id),
        tone="warn" if without else "good",
        order=62,
    )
