"""How training is shown and found elsewhere: links, hits of the search box, a card on a person's page."""

from collections.abc import Sequence

from flask import render_template, url_for
from markupsafe import Markup

from adminops.db import db
from adminops.feature import Found
from adminops.identity.models import User
from adminops.refs import Link, Ref
from adminops.settings import current_settings
from training import queries
from training.local_times import short_day
from training.models import Course, Offering

ICON = "graduation-cap"


def resolve_courses(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the courses among `ids` that the viewer may open."""
    chosen = queries.courses_visible_to(viewer).with_only_columns(Course.id, Course.title)
    rows = db.session.execute(chosen.where(Course.id.in_(_numbers(ids))))
    return {str(id_): Link(title, url_for("training.course", course_id=id_), ICON) for id_, title in rows}


def resolve_classes(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the classes among `ids` that the viewer may open: "HMIS basics, Tue 24 Nov"."""
    zone = current_settings().time_zone
    chosen = queries.classes_visible_to(viewer).with_only_columns(Offering.id, Offering.starts_at, Course.title)
    rows = db.session.execute(chosen.where(Offering.id.in_(_numbers(ids))))
    return {
        str(id_): Link(
            f"{title}, {short_day(starts_at, zone)}", url_for("training.show_class", offering_id=id_), "calendar"
        )
        for id_, starts_at, title in rows
    }


def find(text: str, viewer: User, limit: int) -> list[Found]:
    """Return courses that hold the words."""
    return [
        Found(Ref.to("course", id_), title, summary, url_for("training.course", course_id=id_), ICON)
        for id_, title, summary in queries.search_courses(text, viewer, limit=limit)
    ]


def person_card(ref: Ref, viewer: User) -> Markup | None:
    """Return the card of a person's training, for the person and for who answers for them; None where it is empty."""
    user = db.session.get(User, ref.number)
    if user is None or not queries.covers(user, viewer):
        return None
    completions = [row for row in queries.completions_of(user.id) if row.is_current]
    classes = queries.my_classes(user.id, viewer)
    if not (completions or classes):
        return None
    drawn = render_template("training/person_card.html", completions=completions, classes=classes)
    return Markup(drawn)  # noqa: S704 - a template


def _numbers(ids: Sequence[str]) -> list[int]:
    return [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
