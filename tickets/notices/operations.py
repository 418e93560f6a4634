"""The verbs of notices: choose what one is told of, say what the house tells, gather a digest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, NotAllowed
from adminops.facts import NoticeDefaultChanged, NoticesChosen, publish
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.outbox.messages import enqueue_mail
from tickets.notices.hours import DAY_MINUTES, Every
from tickets.notices.models import Digest, Notice, NoticeDefault, NoticeWishes
from tickets.notices.occasions import CELLS, Way, is_wide
from tickets.notices.wishes import digest_at, house_ways, leaves_at, wishes_of


@dataclass(frozen=True, kw_only=True)
class Hours:
    """When somebody wishes not to be disturbed, and when the digest comes. Minutes lie after midnight in `zone`."""

    zone: str = ""
    quiet_from: int | None = None
    quiet_until: int | None = None
    quiet_weekends: bool = False
    urgent_passes: bool = True
    digest_every: Every = Every.DAY
    digest_minute: int = 480
    digest_weekday: int = 0


AT_ANY_TIME = Hours()


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What somebody chose: ways by the places of the matrix (what is left out goes as the house has it)."""

    ways: Mapping[str, Way] = field(default_factory=dict)
    queues: Sequence[int] = ()
    """The queues whose tickets count as the team's."""
    hours: Hours = AT_ANY_TIME


def choose_notices(choices: Choices, *, by: User) -> NoticeWishes:
    """Keep what `by` wishes to be told of and when; what waits for the digest goes with the next one of the new hours.

    Rules in the order checked: places of the matrix that there are; a time zone that there is; quiet hours with a
    beginning and another end; a time of the day and a weekday (`Invalid`). Publishes `NoticesChosen`.
    """
    _check(choices)
    wishes = wishes_of(by) or NoticeWishes(user_id=by.id)
    wishes.ways = {key: way.value for key, way in choices.ways.items()}
    wishes.is_wide = any(is_wide(key) and way is not Way.NOTHING for key, way in choices.ways.items())
    wishes.queues = [str(number) for number in sorted(set(choices.queues))]
    for name, value in vars(choices.hours).items():
        setattr(wishes, name, value)
    db.session.add(wishes)
    db.session.flush()
    waiting = (Notice.user_id == by.id, Notice.digest_at.is_not(None), Notice.digest_id.is_(None))
    db.session.execute(update(Notice).where(*waiting).values(digest_at=digest_at(wishes, clock.now())))
    publish(NoticesChosen(user_id=by.id), by=by)
    return wishes


def set_defaults(ways: Mapping[str, Way], *, by: User) -> list[str]:
    """Say on which ways people are told who have not chosen, and return the places that changed.

    Raises `NotAllowed`, `Invalid` for a place that the matrix does not have. Publishes `NoticeDefaultChanged`, once
    for each place.
    """
    if not by.may(Permission.SHAPE_DESK):
        raise NotAllowed("Only administrators say what people are told who have not chosen.")
    _check(Choices(ways=ways))
    before, rows = house_ways(), {row.cell: row for row in db.session.scalars(select(NoticeDefault))}
    changed = [key for key, way in ways.items() if before[key] is not way]
    for key in changed:
        row = rows.get(key) or NoticeDefault(cell=key)
        row.way = ways[key]
        db.session.add(row)
        db.session.flush()
        publish(NoticeDefaultChanged(cell=key, way=ways[key].value), by=by)
    return changed


def gather_digest(person: User) -> Digest | None:
    """Put everything that waits for the digest of `person` into one, and ask for its mail; None when nothing waits.

    Both are one transaction: a digest whose mail was asked for is complete, and nothing stands in two.
    """
    db.session.execute(select(User.id).where(User.id == person.id).with_for_update(key_share=True))
    mine = (Notice.user_id == person.id, Notice.digest_at.is_not(None), Notice.digest_id.is_(None))
    waiting = db.session.scalars(select(Notice).where(*mine).order_by(Notice.id).with_for_update()).all()
    if not waiting or min(row.digest_at for row in waiting if row.digest_at) > clock.now():
        return None
    digest = Digest(user_id=person.id, made_at=clock.now())
    db.session.add(digest)
    db.session.flush()
    for row in waiting:
        row.digest_id = digest.id
    db.session.flush()
    if person.may_sign_in:
        quiet = leaves_at(wishes_of(person), None, clock.now())
        enqueue_mail("tickets.digest", to=person, after=quiet, digest_id=digest.id)
    return digest


def _check(choices: Choices) -> None:
    if not set(choices.ways) <= set(CELLS):
        raise Invalid("There is no such notice to choose.")
    hours = choices.hours
    if hours.zone:
        _check_zone(hours.zone)
    if (hours.quiet_from is None) != (hours.quiet_until is None):
        raise Invalid("Quiet hours need a beginning and an end.", field="quiet_until")
    if hours.quiet_from is not None and hours.quiet_from == hours.quiet_until:
        raise Invalid("Quiet hours end at another time than they begin.", field="quiet_until")
    minutes = (hours.quiet_from or 0, hours.quiet_until or 0, hours.digest_minute)
    if not all(0 <= minute < DAY_MINUTES for minute in minutes) or not 0 <= hours.digest_weekday < 7:
        raise Invalid("Choose times of the day, and a day of the week.")


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise Invalid("There is no such time zone. Try America/New_York.", field="zone") from None
