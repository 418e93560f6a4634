"""What somebody wishes, put together from their own choices and the house's."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from adminops.db import db
from adminops.identity.models import User
from adminops.settings import current_settings
from adminops.web.remembering import remembered
from tickets.models import Priority, Ticket
from tickets.notices.hours import Every, Quiet, next_digest, quiet_until
from tickets.notices.models import NoticeDefault, NoticeWishes
from tickets.notices.occasions import AT_FIRST, CELLS, Way


def house_ways() -> Mapping[str, Way]:
    """Return the way of each place of the matrix for who has not chosen."""
    return remembered("notices.house", _house_ways, of=[NoticeDefault])


def _house_ways() -> dict[str, Way]:
    changed = {row.cell: row.way for row in db.session.scalars(select(NoticeDefault))}
    return {key: changed.get(key, AT_FIRST.get(key, Way.NOTHING)) for key in CELLS}


def way_of(wishes: NoticeWishes | None, key: str) -> Way:
    """Return on which way a person with these wishes is told what stands at that place of the matrix."""
    chosen = wishes.ways.get(key) if wishes else None
    return Way(chosen) if chosen else house_ways()[key]


def wishes_of(user: User) -> NoticeWishes | None:
    """Return what `user` has chosen; None when that is nothing."""
    return db.session.get(NoticeWishes, user.id)


def zone_of(wishes: NoticeWishes | None) -> str:
    """Return the time zone in which a person's hours are counted."""
    return (wishes.zone if wishes else "") or current_settings().time_zone


def leaves_at(wishes: NoticeWishes | None, ticket: Ticket | None, now: datetime) -> datetime | None:
    """Return when a mail about `ticket` leaves that would disturb now; None: at once."""
    if wishes is None or (ticket is not None and ticket.priority is Priority.URGENT and wishes.urgent_passes):
        return None
    quiet = Quiet(zone_of(wishes), wishes.quiet_from, wishes.quiet_until, wishes.quiet_weekends)
    return quiet_until(now, quiet)


def digest_at(wishes: NoticeWishes | None, now: datetime) -> datetime:
    """Return when the next digest of a person is due."""
    if wishes is None:
        return next_digest(now, zone=zone_of(None), every=Every.DAY, minute=480, weekday=0)
    return next_digest(
        now,
        zone=zone_of(wishes),
        every=wishes.digest_every,
        minute=wishes.digest_minute,
        weekday=wishes.digest_weekday,
    )
