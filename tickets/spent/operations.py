"""The verbs of time spent: note it, correct it."""

from datetime import date, timedelta

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.facts import TimeCorrected, TimeSpent, publish
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.settings import current_settings
from tickets import policies
from tickets.models import Ticket
from tickets.spent.models import Activity, TicketTime

MOST_MINUTES = 24 * 60
LONG_AGO = timedelta(days=366)


def note_time(
    ticket: Ticket,
    *,
    minutes: int,
    activity: Activity = Activity.ANSWERING,
    person: User | None = None,
    worked_on: date | None = None,
    by: User,
) -> TicketTime:
    """Note that `person` (else `by`) worked so long on `ticket`, on a day (else today); also on one that is closed.

    Rules in the order checked: times are kept here at all (`InvalidState`); `by` is of the team for it, and shapes the
    desk where it is somebody else's time (`NotAllowed`); who works on tickets, 1 to `MOST_MINUTES`, a day of the last
    year (`Invalid`). Publishes `TimeSpent`.
    """
    person, worked_on = person or by, worked_on or _today()
    _check(ticket, person, by)
    _check_values(minutes, worked_on, least=1)
    row = _row(ticket, person, minutes, activity, worked_on, by)
    publish(
        TimeSpent(ticket_id=ticket.id, agency_id=ticket.agency_id, time_id=row.id, user_id=person.id, minutes=minutes),
        by=by,
    )
    return row


def correct_time(
    row: TicketTime, ticket: Ticket, *, minutes: int, activity: Activity, worked_on: date, by: User
) -> TicketTime:
    """Put another row in the place of `row`, which stays to be seen; 0 minutes take it back.

    Rules as `note_time`, and `Conflict` when somebody has corrected it already. Publishes `TimeCorrected`.
    """
    _check(ticket, row.user, by)
    _check_values(minutes, worked_on, least=0)
    db.session.refresh(row, with_for_update=True)
    if not row.is_current:
        raise Conflict("This was corrected already. See what stands now.")
    was, row.is_current = row.minutes, False
    new = _row(ticket, row.user, minutes, activity, worked_on, by, corrects_id=row.id)
    fact = TimeCorrected(
        ticket_id=ticket.id,
        agency_id=ticket.agency_id,
        time_id=new.id,
        user_id=row.user_id,
        was=was,
        minutes=minutes,
    )
    publish(fact, by=by)
    return new


def may_correct(row: TicketTime, ticket: Ticket, *, by: User) -> bool:
    """Say whether `by` may correct `row`."""
    return row.is_current and policies.is_team(by, ticket) and _is_theirs(row.user, by)


def _row(
    ticket: Ticket,
    person: User,
    minutes: int,
    activity: Activity,
    worked_on: date,
    by: User,
    corrects_id: int | None = None,
) -> TicketTime:
    row = TicketTime(
        ticket_id=ticket.id,
        user_id=person.id,
        minutes=minutes,
        activity=activity,
        worked_on=worked_on,
        entered_by_id=by.id,
        entered_at=clock.now(),
        corrects_id=corrects_id,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _check(ticket: Ticket, person: User, by: User) -> None:
    if not current_settings().time_spent:
        raise InvalidState("Times are not kept here.")
    policies.check_is_team(ticket, by=by)
    if not _is_theirs(person, by):
        raise NotAllowed("Only the person and administrators can enter and correct somebody's time.")
    if not policies.works_on(person, ticket):
        raise Invalid("Choose a member of the Systems Team.", field="person")


def _check_values(minutes: int, worked_on: date, *, least: int) -> None:
    if not least <= minutes <= MOST_MINUTES:
        raise Invalid(f"Enter {least} to {MOST_MINUTES:,} minutes.", field="minutes")
    if not _today() - LONG_AGO <= worked_on <= _today():
        raise Invalid("Enter a day of the last year, at the latest today.", field="worked_on")


def _is_theirs(person: User, by: User) -> bool:
    return person.id == by.id or by.may(Permission.SHAPE_DESK)


def _today() -> date:
    return clock.today(current_settings().time_zone)
