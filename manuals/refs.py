"""How manual pages are shown and found elsewhere."""

from collections.abc import Sequence

from flask import url_for

from adminops.db import db
from adminops.feature import Found
from adminops.identity.models import User
from adminops.refs import Link, Ref
from manuals import queries
from manuals.models import ManualPage


def resolve(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the pages among `ids` that the viewer may open."""
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    chosen = queries.visible_to(viewer).with_only_columns(ManualPage.id, ManualPage.slug, ManualPage.title)
    rows = db.session.execute(chosen.where(ManualPage.id.in_(numbers)))
    return {str(id_): Link(title, url_for("manuals.show", slug=slug), "book-open") for id_, slug, title in rows}


def find(text: str, viewer: User, limit: int) -> list[Found]:
    """Return published pages that hold the words."""
    return [
        Found(Ref.to("manual_page", row.id), row.title, place, url_for("manuals.show", slug=row.slug), "book-open")
        for row, place in queries.search(text, viewer, limit=limit)
    ]
