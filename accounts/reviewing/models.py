"""A quarter's list of the people of an agency, and what was said about each."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Account
from adminops import clock
from adminops.db import Key, Model
from adminops.errors import InvalidState
from adminops.identity.models import Agency, User
from adminops.titled import Titled


class ReviewState(StrEnum):
    """Where a list stands. It is open until somebody has spoken of everybody."""

    OPEN = "open"
    DONE = "done"
    MISSED = "missed"


REVIEW_TRANSITIONS: dict[ReviewState, Sequence[ReviewState]] = {
    ReviewState.OPEN: (ReviewState.DONE, ReviewState.MISSED),
    ReviewState.DONE: (),
    ReviewState.MISSED: (),
}


class ReviewAnswer(Titled):
    """What is said about one person, with the words for screens."""

    HERE = "here", "Still here"
    ROLE = "role", "Here, wrong role"
    GONE = "gone", "Gone"


class AccessReview(Model):
    """One list: of an agency, for a quarter."""

    __tablename__ = "access_review"
    __table_args__ = (UniqueConstraint("agency_id", "quarter_on"), Index(None, "state", "opened_at"))

    id: Mapped[Key]
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"))
    quarter_on: Mapped[date]
    """The first day of the quarter."""
    state: Mapped[ReviewState] = mapped_column(default=ReviewState.OPEN)
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    due_at: Mapped[datetime]
    """Then who may answer is reminded."""
    escalates_at: Mapped[datetime]
    """Then it is a finding, and the managers hear of it."""
    ended_at: Mapped[datetime | None]
    agency: Mapped[Agency] = relationship(lazy="joined", innerjoin=True)
    lines: Mapped[list["ReviewLine"]] = relationship(back_populates="review", order_by="ReviewLine.id")

    @property
    def title(self) -> str:
        """The quarter in words: "Q4 2026"."""
        return f"Q{(self.quarter_on.month + 2) // 3} {self.quarter_on.year}"

    @property
    def is_overdue(self) -> bool:
        """Whether it is open for longer than it should be."""
        return self.state is ReviewState.OPEN and self.due_at <= clock.now()

    def move(self, to: ReviewState) -> None:
        """Change the state. Raises `InvalidState` for a list that is over."""
        if to not in REVIEW_TRANSITIONS[self.state]:
            raise InvalidState("This list is over.")
        self.state, self.ended_at = to, clock.now()


class ReviewLine(Model):
    """One person on a list."""

    __tablename__ = "access_review_line"
    __table_args__ = (UniqueConstraint("review_id", "account_id"),)

    id: Mapped[Key]
    review_id: Mapped[int] = mapped_column(ForeignKey("access_review.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    answer: Mapped[ReviewAnswer | None]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """Who said so; None: the account had ended already."""
    review: Mapped[AccessReview] = relationship(back_populates="lines")
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)
    answered_by: Mapped[User | None] = relationship()
