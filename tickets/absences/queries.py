"""Reads of absences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased, joinedload, lazyload

from adminops import clock
from adminops.db import db
from adminops.errors import NotFound
from adminops.identity.models import RoleGrant, User
from adminops.settings import current_settings
from adminops.web.remembering import remembered
from tickets.absences.models import Absence
from tickets.queries import TEAM

MOST_SHOWN = 200
StandsIn = aliased(User)


@dataclass(frozen=True)
class Away:
    """That somebody is away today."""

    until: date
    substitute: str | None

    @property
    def words(self) -> str:
        """As much as stands behind a name: "away until Mar 4, Ruth Kim stands in"."""
        until = f"away until {self.until:%b} {self.until.day}"
        return f"{until}, {self.substitute} stands in" if self.substitute else until


def office_day() -> date:
    """Return the day it is at the office."""
    return clock.today(current_settings().time_zone)


def absent_on(day: date) -> list[Absence]:
    """Return the absences on a day."""
    chosen = select(Absence).where(Absence.first_day <= day, Absence.last_day >= day)
    return list(db.session.scalars(chosen.order_by(Absence.id)))


def away_today() -> dict[int, Away]:
    """Return who is away today, by their numbers; remembered."""
    day = office_day()
    return remembered(("tickets.away", day), lambda: _away_on(day), of=(Absence, User))


def team_choices() -> list[tuple[str, str]]:
    """Return who a ticket can be given to, as number and name, with the word that somebody is away; remembered."""
    today = office_day()
    return remembered(("tickets.team", today), lambda: _team_on(today), of=(Absence, User, RoleGrant))


def _team_on(today: date) -> list[tuple[str, str]]:
    now = and_(Absence.user_id == User.id, Absence.first_day <= today, Absence.last_day >= today)
    listed = TEAM.outerjoin(Absence, now).outerjoin(StandsIn, StandsIn.id == Absence.substitute_id)
    rows = db.session.execute(listed.add_columns(Absence.last_day, StandsIn.name).order_by(User.name, User.id))
    return [(str(id_), f"{name} ({Away(until, other).words})" if until else name) for id_, name, until, other in rows]


def coming_absences(of: User | None = None) -> list[Absence]:
    """Return the absences that are not over, of everybody or `of` one person, the first first."""
    people = (joinedload(Absence.user), joinedload(Absence.substitute))
    chosen = (
        select(Absence)
        .where(Absence.last_day >= office_day())
        .options(*(p.options(lazyload(User.grants)) for p in people))
    )
    if of is not None:
        chosen = chosen.where(Absence.user_id == of.id)
    return list(db.session.scalars(chosen.order_by(Absence.first_day, Absence.id).limit(MOST_SHOWN)))


def get_absence(absence_id: int) -> Absence:
    """Return an absence. Raises `NotFound`."""
    found = db.session.get(Absence, absence_id)
    if found is None:
        raise NotFound("There is no such absence any more.")
    return found


def overlapping(user_id: int, first_day: date, last_day: date) -> Sequence[Absence]:
    """Return the absences of a person that share a day with these."""
    chosen = select(Absence).where(
        Absence.user_id == user_id, Absence.first_day <= last_day, Absence.last_day >= first_day
    )
    return db.session.scalars(chosen.order_by(Absence.first_day)).all()


def _away_on(day: date) -> dict[int, Away]:
    chosen = (
        select(Absence.user_id, Absence.last_day, StandsIn.name)
        .outerjoin(StandsIn, StandsIn.id == Absence.substitute_id)
        .where(Absence.first_day <= day, Absence.last_day >= day)
    )
    return {user_id: Away(until, name) for user_id, until, name in db.session.execute(chosen)}
