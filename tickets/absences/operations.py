"""The verbs of absences: enter one, end one."""

from datetime import date, timedelta

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, NotAllowed
from adminops.facts import AbsenceEnded, AbsenceEntered, publish
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from tickets.absences.models import Absence
from tickets.absences.queries import office_day, overlapping

LONGEST = timedelta(days=400)


def enter_absence(
    person: User, *, first_day: date, last_day: date, substitute: User | None = None, by: User
) -> Absence:
    """Note that `person` is away from `first_day` to `last_day`, both included, and who stands in.

    Rules in the order checked: it is oneself, or `by` shapes the desk (`NotAllowed`); a person of the team, days in
    their order that are not over and no more than `LONGEST`, a substitute of the team who is somebody else
    (`Invalid`); no day of it entered before (`Conflict`). Publishes `AbsenceEntered`.
    """
    check_may_enter(person, by=by)
    _check_team(person, "person")
    _check_days(first_day, last_day)
    if substitute is not None:
        _check_team(substitute, "substitute")
        if substitute.id == person.id:
            raise Invalid("Nobody stands in for themselves. Choose somebody else, or nobody.", field="substitute")
    db.session.execute(select(User.id).where(User.id == person.id).with_for_update(key_share=True))
    if known := overlapping(person.id, first_day, last_day):
        raise Conflict(
            f"{person.name} is away from {_day(known[0].first_day)} to {_day(known[0].last_day)} already."
            " End that first.",
            field="first_day",
        )
    absence = Absence(
        user_id=person.id,
        first_day=first_day,
        last_day=last_day,
        substitute_id=substitute.id if substitute else None,
        entered_by_id=by.id,
        entered_at=clock.now(),
    )
    db.session.add(absence)
    db.session.flush()
    publish(AbsenceEntered(user_id=person.id, absence_id=absence.id), by=by)
    return absence


def end_absence(absence: Absence, *, by: User) -> None:
    """Let the person be present from today on; what has not begun yet is removed, what is over stays as it was.

    Raises `NotAllowed` as `enter_absence`. Publishes `AbsenceEnded`.
    """
    check_may_enter(absence.user, by=by)
    today = office_day()
    if absence.last_day < today:
        return
    user_id, absence_id = absence.user_id, absence.id
    if absence.first_day >= today:
        db.session.delete(absence)
    else:
        absence.last_day = today - timedelta(days=1)
    db.session.flush()
    publish(AbsenceEnded(user_id=user_id, absence_id=absence_id), by=by)


def check_may_enter(person: User, *, by: User) -> None:
    """Raise `NotAllowed` unless it is oneself, or `by` shapes the desk."""
    if not (by.may(Permission.WORK_TICKETS) and (person.id == by.id or by.may(Permission.SHAPE_DESK))):
        raise NotAllowed("Only the person and administrators can enter when somebody is away.")


def _check_team(person: User, field: str) -> None:
    if not (person.may_sign_in and person.may(Permission.WORK_TICKETS)):
        raise Invalid("Choose an active member of the Systems Team.", field=field)


def _check_days(first_day: date, last_day: date) -> None:
    if last_day < first_day:
        raise Invalid("The last day can't be before the first.", field="last_day")
    if last_day < office_day():
        raise Invalid("These days are over: nobody has to be told any more.", field="last_day")
    if last_day - first_day > LONGEST:
        raise Invalid("This is more than a year. Enter when the person will be back, and more later.", field="last_day")


def _day(day: date) -> str:
    return f"{day:%B} {day.day}"
