"""How calendars and policies are named elsewhere: on the audit trail."""

from collections.abc import Sequence

from flask import url_for
from sqlalchemy import select

from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Link
from tickets.goals.models import GoalCalendar, GoalPolicy


def calendars(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of these calendars."""
    return {
        id_: Link(name, url_for("goals.calendar", calendar_id=id_), "calendar")
        for id_, name in _named(GoalCalendar, ids, viewer).items()
    }


def policies(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of these policies."""
    return {
        id_: Link(name, url_for("goals.policy", policy_id=id_), "hourglass")
        for id_, name in _named(GoalPolicy, ids, viewer).items()
    }


def _named(kind: type[GoalCalendar] | type[GoalPolicy], ids: Sequence[str], viewer: User) -> dict[str, str]:
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    if not viewer.may(Permission.SET_GOALS):
        return {}
    return {str(id_): name for id_, name in db.session.execute(select(kind.id, kind.name).where(kind.id.in_(numbers)))}
