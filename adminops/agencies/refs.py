"""How agencies are shown and found elsewhere."""

from collections.abc import Sequence

from flask import url_for

from adminops.agencies.queries import visible_to
from adminops.db import db
from adminops.feature import Found
from adminops.identity.models import Agency, User
from adminops.refs import Link, Ref


def resolve(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the agencies among `ids` that the viewer may see."""
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    rows = db.session.execute(
        visible_to(viewer).with_only_columns(Agency.id, Agency.name).where(Agency.id.in_(numbers))
    )
    return {str(id_): Link(name, url_for("agencies.show", agency_id=id_), "landmark") for id_, name in rows}


def find(text: str, viewer: User, limit: int) -> list[Found]:
    """Return agencies whose name holds `text`."""
    named = visible_to(viewer).where(Agency.name.icontains(text, autoescape=True)).order_by(Agency.name).limit(limit)
    return [
        Found(Ref.to("agency", agency.id), agency.name, "", url_for("agencies.show", agency_id=agency.id), "landmark")
        for agency in db.session.scalars(named)
    ]
