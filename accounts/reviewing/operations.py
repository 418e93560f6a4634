"""The verbs of the quarterly lists: opened by the clock, answered by people, ended when nobody is left."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import exists, func, or_, select

from accounts.ladders.queries import rules_of
from accounts.ladders.values import Ladder, PolicyKind
from accounts.leaving.operations import report_leaver
from accounts.leaving.queries import of_account, people_to_tell
from accounts.models import Account, AccountState, DisabledReason, Hold, HoldKind
from accounts.operations.links import hold
from accounts.reviewing import policies
from accounts.reviewing.models import (
    AccessReview,
    ReviewAnswer,
    ReviewLine,
    ReviewState,
)
from accounts.reviewing.queries import leads_of
from accounts.seats.operations import end_seats_of
from accounts.seats.queries import at_agencies, works_at
from adminops import clock
from adminops.db import db
from adminops.facts import publish
from adminops.facts.leaving import (
    AccessReviewAnswered,
    AccessReviewDone,
    AccessReviewMissed,
    AccessReviewOpened,
)
from adminops.identity.models import Agency, AgencyState, User
from adminops.identity.permissions import Permission
from adminops.outbox.messages import enqueue_mail
from adminops.settings import current_settings

S = AccountState


def open_reviews(*, by: User) -> int:
    """Open the list of this quarter for each agency at work that has people and no list yet; return how many.

    Within how many days it is to be confirmed the policy says. A list of an earlier quarter that is still open ends
    unconfirmed: what was not said stays on record as such.
    Publishes `AccessReviewOpened`, `AccessReviewMissed`.
    """
    quarter = quarter_of(clock.today(current_settings().time_zone))
    known = select(AccessReview.id).where(AccessReview.agency_id == Agency.id, AccessReview.quarter_on == quarter)
    staffed = select(Account.id).where(Account.agency_id == Agency.id, *_is_listed())
    chosen = select(Agency).where(Agency.state == AgencyState.ACTIVE, ~known.exists(), staffed.exists())
    rules, opened = rules_of(PolicyKind.REVIEW), 0
    for agency in db.session.scalars(chosen.order_by(Agency.id)).all():
        _end_earlier(agency, quarter, by=by)
        if (ladder := rules.ladder_for(agency.id)) is not None:
            _open(agency, quarter, ladder, by=by)
            opened += 1
    return opened


def answer_lines(review: AccessReview, answers: Mapping[int, ReviewAnswer], *, by: User) -> int:
    """Say of people on a list, by the numbers of their lines, whether they are still there; return how many.

    Who is gone loses access at once, as `report_leaver` has it. What was said before of somebody can be said anew until
    the list is over, except that somebody is gone. Raises `NotAllowed` (accounts.leavers at the agency; oneself; a
    higher role), `InvalidState` for a list that is over. Publishes `AccessReviewAnswered`, `LeaverReported`, and
    `AccessReviewDone` with the last one.
    """
    _take(review)
    policies.check_may_answer(review, by=by)
    said = 0
    for line in review.lines:
        answer = answers.get(line.id)
        if answer is None or answer is line.answer or line.answer is ReviewAnswer.GONE:
            continue
        policies.check_may_speak_of(line, by=by)
        if answer is ReviewAnswer.GONE:
            _let_go(line.account, review.agency_id, by)
        _set(line, answer, by)
        publish(AccessReviewAnswered(**_of(review), account_id=line.account_id, answer=answer.value), by=by)
        said += 1
    _end_when_done(review, by=by)
    return said


def look_after_reviews(*, by: User) -> int:
    """Note on open lists whose account has ended meanwhile, and remind of what is overdue; return how many are.

    Publishes `AccessReviewDone` where nobody is left.
    """
    overdue = 0
    for review in db.session.scalars(select(AccessReview).where(AccessReview.state == ReviewState.OPEN)).all():
        _take(review)
        for line in review.lines:
            if line.answer is None and _has_ended(line.account, review.agency_id):
                _set(line, ReviewAnswer.GONE, None)
        _end_when_done(review, by=by)
        if review.is_overdue:
            _remind(review)
            overdue += 1
    return overdue


def quarter_of(day: date) -> date:
    """Return the first day of the quarter that `day` lies in."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def _open(agency: Agency, quarter: date, ladder: Ladder, *, by: User) -> None:
    now = clock.now()
    review = AccessReview(agency=agency, quarter_on=quarter, opened_at=now)
    due = ladder.due or 0
    review.due_at = now + timedelta(days=due)
    review.escalates_at = now + timedelta(days=ladder.escalate or due)
    works_here = or_(Account.agency_id == agency.id, Account.id.in_(at_agencies([agency.id])))
    people = select(Account).where(works_here, *_is_listed()).order_by(Account.id)
    review.lines = [ReviewLine(account=account) for account in db.session.scalars(people)]
    db.session.add(review)
    db.session.flush()
    publish(AccessReviewOpened(**_of(review)), by=by)
    _tell(leads_of(agency.id), "accounts.review_opened", review)


def _end_earlier(agency: Agency, quarter: date, *, by: User) -> None:
    left = select(AccessReview).where(
        AccessReview.agency_id == agency.id,
        AccessReview.quarter_on < quarter,
        AccessReview.state == ReviewState.OPEN,
    )
    for review in db.session.scalars(left).all():
        review.move(ReviewState.MISSED)
        db.session.flush()
        publish(AccessReviewMissed(**_of(review)), by=by)


def _is_listed() -> tuple[Any, ...]:
    """Say whom an agency speaks of: everybody with an account, but for those who have left already."""
    left = exists().where(Hold.account_id == Account.id, Hold.kind == HoldKind.OFFBOARDED, Hold.released_at.is_(None))
    return Account.state.not_in((S.REQUESTED, S.APPROVED, S.ARCHIVED)), ~left


def _has_ended(account: Account, agency_id: int) -> bool:
    """Say whether the agency needs not speak of somebody any more: put away, gone, or working elsewhere."""
    left = select(func.count(Hold.id)).where(
        Hold.account_id == account.id, Hold.kind == HoldKind.OFFBOARDED, Hold.released_at.is_(None)
    )
    is_elsewhere = account.agency_id != agency_id and not works_at(account.id, agency_id)
    return is_elsewhere or account.state is S.ARCHIVED or bool(db.session.scalar(left))


def _let_go(account: Account, agency_id: int, by: User) -> None:
    if account.state is S.ARCHIVED:
        return
    hold(account)
    if account.agency_id != agency_id:  # their work here ends; what they do at their own agency is not ours to end
        end_seats_of(account, agency_ids=[agency_id], by=by)
        return
    known = of_account(account.id)
    if known is None:
        report_leaver(account, reason=DisabledReason.LEFT, leaves_at=clock.now(), by=by)


def _set(line: ReviewLine, answer: ReviewAnswer, by: User | None) -> None:
    line.answer, line.answered_at = answer, clock.now()
    line.answered_by_id = by.id if by else None
    db.session.flush()


def _end_when_done(review: AccessReview, *, by: User) -> None:
    if all(line.answer for line in review.lines):
        review.move(ReviewState.DONE)
        db.session.flush()
        publish(AccessReviewDone(**_of(review)), by=by)


def _remind(review: AccessReview) -> None:
    _tell(leads_of(review.agency_id), "accounts.review_overdue", review)
    if review.escalates_at <= clock.now():
        _tell(people_to_tell(Permission.KEEP_ACCESS_RULES), "accounts.review_missing", review)


def _tell(people: Sequence[User], mail: str, review: AccessReview) -> None:
    for person in people:
        enqueue_mail(mail, to=person, review=review.id)


def _take(review: AccessReview) -> None:
    """Take the list for this transaction, so that two who answer at the same moment take turns."""
    db.session.flush()
    db.session.execute(select(AccessReview.id).where(AccessReview.id == review.id).with_for_update())
    db.session.refresh(review)


def _of(review: AccessReview) -> dict[str, Any]:
    return {"agency_id": review.agency_id, "review_id": review.id}
