"""Reading the lists, within the viewer's sight."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from accounts.models import Account
from accounts.reviewing.models import AccessReview, ReviewLine, ReviewState
from adminops import clock
from adminops.db import db
from adminops.identity.models import Agency, RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission
from adminops.web.listing import Page, fetch_page


@dataclass(frozen=True)
class ReviewRow:
    """One line of the list of lists."""

    quarter_on: date
    id: int
    agency: str
    state: ReviewState
    due_at: datetime
    people: int
    left: int

    @property
    def title(self) -> str:
        """The quarter in words."""
        return f"Q{(self.quarter_on.month + 2) // 3} {self.quarter_on.year}"

    @property
    def is_overdue(self) -> bool:
        """Whether it is open for longer than it should be."""
        return self.state is ReviewState.OPEN and self.due_at <= clock.now()


def visible_to(viewer: User) -> Select[AccessReview]:
    """Return the lists the viewer may see: of the agencies whose accounts they see."""
    reach = viewer.reach(Permission.READ_ACCOUNTS)
    chosen = select(AccessReview)
    return chosen if reach.everywhere else chosen.where(AccessReview.agency_id.in_(reach.agency_ids))


def find_review(review_id: int, viewer: User) -> AccessReview | None:
    """Return one list with its people and what was said, or None."""
    lines = selectinload(AccessReview.lines)
    account = lines.joinedload(ReviewLine.account)
    said = lines.joinedload(ReviewLine.answered_by)
    options = (account.joinedload(Account.user), said)
    return db.session.scalar(visible_to(viewer).where(AccessReview.id == review_id).options(*options))


def list_reviews(viewer: User, *, state: ReviewState | None, after: str | None = None) -> Page[ReviewRow]:
    """Return a page of lists, the latest quarter first."""
    people = select(func.count(ReviewLine.id)).where(ReviewLine.review_id == AccessReview.id)
    chosen = (
        visible_to(viewer)
        .join(Agency, Agency.id == AccessReview.agency_id)
        .with_only_columns(
            AccessReview.quarter_on,
            AccessReview.id,
            Agency.name,
            AccessReview.state,
            AccessReview.due_at,
            people.scalar_subquery(),
            people.where(ReviewLine.answer.is_(None)).scalar_subquery(),
        )
    )
    if state is not None:
        chosen = chosen.where(AccessReview.state == state)
    keys = (AccessReview.quarter_on, AccessReview.id)
    return fetch_page(chosen, keys, after=after, shape=lambda row: ReviewRow(*row))


def count_reviews(viewer: User) -> dict[ReviewState, int]:
    """Return how many lists there are in each state."""
    chosen = visible_to(viewer).with_only_columns(AccessReview.state, func.count(AccessReview.id))
    return {state: count for state, count in db.session.execute(chosen.group_by(AccessReview.state))}  # noqa: C416


def open_review_of(agency_id: int) -> AccessReview | None:
    """Return the agency's list that is open, or None."""
    return next(iter(open_reviews_of([agency_id])), None)


def open_reviews_of(agency_ids: Collection[int]) -> list[AccessReview]:
    """Return the lists of these agencies that are open, of each the latest, in one read."""
    theirs = (AccessReview.agency_id.in_(agency_ids), AccessReview.state == ReviewState.OPEN)
    chosen = select(AccessReview).where(*theirs).order_by(AccessReview.agency_id, AccessReview.quarter_on)
    found = db.session.scalars(chosen.options(joinedload(AccessReview.agency)))
    return list({review.agency_id: review for review in found}.values())


def escalated() -> ScalarSelect[int]:
    """Return what counts the lists that are open for so long that the managers were told."""
    late = (AccessReview.state == ReviewState.OPEN, AccessReview.escalates_at <= clock.now())
    return select(func.count(AccessReview.id)).where(*late).scalar_subquery()


def leads_of(agency_id: int) -> Sequence[User]:
    """Return who may confirm an agency's people there, as far as they can sign in."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if Permission.REPORT_LEAVERS in held]
    granted = select(RoleGrant.user_id).where(RoleGrant.agency_id == agency_id, RoleGrant.role.in_(roles))
    return db.session.scalars(select(User).where(User.may_sign_in, User.id.in_(granted)).order_by(User.id)).all()
