"""A month's list of who may do and see most, and what was said about each."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Account
from accounts.reviewing.models import ReviewState
from adminops import clock
from adminops.db import Code, Key, Model
from adminops.errors import InvalidState
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.titled import Titled

TWO = 2
"""So many people say that somebody is still to have it, none of them that person."""

PRIVILEGED_TRANSITIONS: dict[ReviewState, Sequence[ReviewState]] = {
    ReviewState.OPEN: (ReviewState.DONE, ReviewState.MISSED),
    ReviewState.DONE: (),
    ReviewState.MISSED: (),
}


class PrivilegedAnswer(Titled):
    """What is said about one person, with the words for screens."""

    KEEP = "keep", "Still needs it"
    TAKE = "take", "Take it away"


class PrivilegedReview(Model):
    """One list, of a month."""

    __tablename__ = "privileged_review"

    id: Mapped[Key]
    month_on: Mapped[date] = mapped_column(unique=True)
    """The first day of the month."""
    state: Mapped[ReviewState] = mapped_column(default=ReviewState.OPEN, index=True)
    source: Mapped[Code]
    """The policy and version that asked for it."""
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    due_at: Mapped[datetime]
    escalates_at: Mapped[datetime]
    """Then it is a finding of the doctor."""
    ended_at: Mapped[datetime | None]
    lines: Mapped[list["PrivilegedLine"]] = relationship(back_populates="review", order_by="PrivilegedLine.id")

    @property
    def title(self) -> str:
        """The month in words: "November 2026"."""
        return f"{self.month_on:%B %Y}"

    @property
    def is_overdue(self) -> bool:
        """Whether it is open for longer than it should be."""
        return self.state is ReviewState.OPEN and self.due_at <= clock.now()

    def move(self, to: ReviewState) -> None:
        """Change the state. Raises `InvalidState` for a list that is over."""
        if to not in PRIVILEGED_TRANSITIONS[self.state]:
            raise InvalidState("This list is over. The next month has its own.")
        self.state, self.ended_at = to, clock.now()


class PrivilegedLine(Model):
    """One person on a list."""

    __tablename__ = "privileged_line"
    __table_args__ = (UniqueConstraint("review_id", "account_id"),)

    id: Mapped[Key]
    review_id: Mapped[int] = mapped_column(ForeignKey("privileged_review.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    roles: Mapped[list[str]]
    """Codes of the roles that put the person on it."""
    over_at: Mapped[datetime | None]
    """When it was noted that the person has none of them any more."""
    review: Mapped[PrivilegedReview] = relationship(back_populates="lines")
    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)
    words: Mapped[list["PrivilegedWord"]] = relationship(back_populates="line", order_by="PrivilegedWord.id")

    @property
    def titles(self) -> str:
        """Its roles in words."""
        return ", ".join(Role(code).title for code in self.roles)

    @property
    def is_to_go(self) -> bool:
        """Whether somebody said that it is to be taken away, and it is not yet."""
        return self.over_at is None and any(word.answer is PrivilegedAnswer.TAKE for word in self.words)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to be said or done: two say keep and nobody else, or it is gone."""
        return self.over_at is not None or (not self.is_to_go and len(self.words) >= TWO)

    def word_of(self, user: User) -> "PrivilegedWord | None":
        """Return what `user` has said."""
        return next((word for word in self.words if word.by_id == user.id), None)


class PrivilegedWord(Model):
    """What one person said about another."""

    __tablename__ = "privileged_word"
    __table_args__ = (UniqueConstraint("line_id", "by_id"),)

    id: Mapped[Key]
    line_id: Mapped[int] = mapped_column(ForeignKey("privileged_line.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    answer: Mapped[PrivilegedAnswer]
    said_at: Mapped[datetime] = mapped_column(default=clock.now)
    line: Mapped[PrivilegedLine] = relationship(back_populates="words")
    by: Mapped[User] = relationship()
