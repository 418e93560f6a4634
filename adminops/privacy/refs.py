"""How incidents are shown elsewhere."""

from collections.abc import Sequence

from flask import url_for

from adminops.db import db
from adminops.guard.models import PiiIncident
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.privacy.queries import visible_to
from adminops.refs import Link


def resolve(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return links to the incidents that the viewer may know of."""
    if not viewer.may(Permission.READ_HELD):
        return {}
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    known = db.session.scalars(visible_to(viewer).where(PiiIncident.id.in_(numbers)).with_only_columns(PiiIncident.id))
    return {
        str(id_): Link(f"Incident {id_}", url_for("privacy.show", incident_id=id_), "shield-check") for id_ in known
    }
