"""How many holds the policies place a day: a wrong number in a policy shuts out a few people, not the house."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from accounts.models import Account, AccountState, Hold
from adminops import clock
from adminops.db import db
from adminops.settings import current_settings

MOU = "mou@standard"
"""The source of what a manager places on a whole agency: somebody has counted these."""
MOST_A_DAY, SHARE_A_DAY = 10, 10
"""So many new holds a day, or one account in so many where that is more: the rest waits for the next day."""


def left_today() -> int:
    """Return how many holds of policies may still be placed on the team's day."""
    zone = current_settings().time_zone
    since = datetime.combine(clock.today(zone), time(), tzinfo=ZoneInfo(zone))
    placed = select(func.count(Hold.id)).where(Hold.source.not_in(("", MOU)), Hold.placed_at >= since)
    return max(most_a_day() - (db.session.scalar(placed) or 0), 0)


def most_a_day() -> int:
    """Return how many a day there may be at all."""
    active = select(func.count(Account.id)).where(Account.state == AccountState.ACTIVE)
    return max(MOST_A_DAY, (db.session.scalar(active) or 0) // SHARE_A_DAY)
