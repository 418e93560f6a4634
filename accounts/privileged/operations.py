"""The verbs of the monthly lists: opened by the clock, answered by two people, ended when nobody is left."""

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import select

from accounts.ladders.queries import rules_of
from accounts.ladders.values import PolicyKind
from accounts.models import AccountState
from accounts.privileged import policies
from accounts.privileged.models import (
    PrivilegedAnswer,
    PrivilegedLine,
    PrivilegedReview,
    PrivilegedWord,
)
from accounts.privileged.queries import LEAST, MOST_TRUSTED, most_trusted, who_confirms
from accounts.reviewing.models import ReviewState
from adminops import clock
from adminops.db import db
from adminops.facts import publish
from adminops.facts.leaving import (
    PrivilegedReviewAnswered,
    PrivilegedReviewDone,
    PrivilegedReviewMissed,
    PrivilegedReviewOpened,
)
from adminops.identity.models import User
from adminops.outbox.messages import enqueue_mail
from adminops.settings import current_settings


def open_list_of_month(*, by: User) -> PrivilegedReview | None:
    """Open the list of this month, where a policy asks for one and enough people can confirm it.

    One of an earlier month that is still open ends unconfirmed, and stays on record so. Publishes
    `PrivilegedReviewOpened`, `PrivilegedReviewMissed`.
    """
    month = clock.today(current_settings().time_zone).replace(day=1)
    ladder = rules_of(PolicyKind.PRIVILEGED).ladder_for(None)
    known = db.session.scalar(select(PrivilegedReview.id).where(PrivilegedReview.month_on == month))
    people = who_confirms()
    if ladder is None or known is not None or len(people) < LEAST:
        return None
    _end_earlier(month, by=by)
    now, due = clock.now(), ladder.due or 0
    review = PrivilegedReview(month_on=month, source=ladder.name, opened_at=now)
    review.due_at = now + timedelta(days=due)
    review.escalates_at = now + timedelta(days=ladder.escalate or due)
    review.lines = [PrivilegedLine(account=each, roles=_held_by(each.user)) for each in most_trusted()]
    db.session.add(review)
    db.session.flush()
    publish(PrivilegedReviewOpened(review_id=review.id), by=by)
    for person in people:
        enqueue_mail("accounts.privileged", to=person, review=review.id, step="opened")
    return review


def answer_lines(review: PrivilegedReview, answers: Mapping[int, PrivilegedAnswer], *, by: User) -> int:
    """Say of people on a list, by the numbers of their lines, whether they are still to have it; return how many.

    Nothing is taken away by it: who gives roles does that, and the list stays open until it is done. Raises
    `NotAllowed` (accounts.manage everywhere; oneself), `InvalidState` for a list that is over. Publishes
    `PrivilegedReviewAnswered`, and `PrivilegedReviewDone` with the last word.
    """
    _take(review)
    policies.check_may_answer(review, by=by)
    said = 0
    for line in review.lines:
        answer, before = answers.get(line.id), line.word_of(by)
        if answer is None or (before is not None and before.answer is answer):
            continue
        policies.check_may_speak_of(line, by=by)
        if before is None:
            before = PrivilegedWord(line=line, by=by, answer=answer)
            db.session.add(before)
        before.answer, before.said_at = answer, clock.now()
        db.session.flush()
        fact = PrivilegedReviewAnswered(review_id=review.id, account_id=line.account_id, answer=answer.value)
        publish(fact, by=by)
        said += 1
    _end_when_done(review, by=by)
    return said


def look_after_lists(*, by: User) -> int:
    """Note who on open lists has none of the roles any more, and remind of what is overdue; return how many are.

    Publishes `PrivilegedReviewDone` where nobody is left.
    """
    overdue = 0
    chosen = select(PrivilegedReview).where(PrivilegedReview.state == ReviewState.OPEN)
    for review in db.session.scalars(chosen).all():
        _take(review)
        for line in review.lines:
            gone = line.account.state is AccountState.ARCHIVED or not _held_by(line.account.user)
            line.over_at = line.over_at or (clock.now() if gone else None)
        _end_when_done(review, by=by)
        overdue += review.is_overdue
        _remind(review)
    return overdue


def _held_by(user: User) -> list[str]:
    return [role.value for role in MOST_TRUSTED if role in user.roles]


def _end_earlier(month: date, *, by: User) -> None:
    left = select(PrivilegedReview).where(PrivilegedReview.month_on < month, PrivilegedReview.state == ReviewState.OPEN)
    for review in db.session.scalars(left).all():
        review.move(ReviewState.MISSED)
        db.session.flush()
        publish(PrivilegedReviewMissed(review_id=review.id), by=by)


def _end_when_done(review: PrivilegedReview, *, by: User) -> None:
    db.session.flush()
    if all(line.is_settled for line in review.lines):
        review.move(ReviewState.DONE)
        db.session.flush()
        publish(PrivilegedReviewDone(review_id=review.id), by=by)


def _remind(review: PrivilegedReview) -> None:
    if review.is_overdue:
        step = "late" if review.escalates_at <= clock.now() else "due"
        for person in who_confirms():
            enqueue_mail("accounts.privileged", to=person, review=review.id, step=step)


def _take(review: PrivilegedReview) -> None:
    """Take the list for this transaction, so that two who answer at the same moment take turns."""
    db.session.flush()
    db.session.execute(select(PrivilegedReview.id).where(PrivilegedReview.id == review.id).with_for_update())
    db.session.refresh(review)
    for line in review.lines:
        db.session.refresh(line, ["words"])
