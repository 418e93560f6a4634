"""A list as it came, what became of its rows, and the users of the vendor as the newest list has them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Account
from adminops import clock
from adminops.db import Code, Key, Model, Name
from adminops.errors import InvalidState
from adminops.identity.models import User
from adminops.titled import Titled

SENTENCES = {
    "missing_login": "The user name is missing.",
    "missing_name": "The name is missing.",
    "missing_email": "The work e-mail is missing.",
    "missing_agency": "The agency is missing.",
    "email": "This is no e-mail address.",
    "date": "The last sign-in can't be read as a date.",
    "future": "The last sign-in lies in the future.",
    "status": "The status is neither active nor inactive.",
    "role": "There is no such role at an agency.",
    "twice": "This person stands in the file before.",
    "agency": "There is no agency of that name at work here.",
    "too_long": "Something here is too long.",
    "user_name": "A user name has 2 to 60 letters, digits, dots, hyphens, underscores, plus or at signs.",
    "taken": "Somebody else here has this user name.",
}
"""The rules that a row may break."""


class ListPurpose(Titled):
    """What a list is for, with the words for screens."""

    LOGINS = "logins", "Last sign-ins in the HMIS"
    USERS = "users", "People to add"


class ListState(StrEnum):
    """Where a list stands."""

    UPLOADED = "uploaded"
    HELD = "held"
    """Too odd to be taken without somebody's word."""
    RUNNING = "running"
    DONE = "done"
    DROPPED = "dropped"


S = ListState
LIST_TRANSITIONS: dict[ListState, Sequence[ListState]] = {
    S.UPLOADED: (S.HELD, S.RUNNING, S.DONE, S.DROPPED),
    S.HELD: (S.RUNNING, S.DONE, S.DROPPED),
    S.RUNNING: (S.DONE,),
    S.DONE: (),
    S.DROPPED: (),
}


class RowOutcome(StrEnum):
    """What became of a row."""

    MADE = "made"
    KNOWN = "known"
    REFUSED = "refused"


class VendorMatch(StrEnum):
    """How a user of the vendor was found to be somebody here."""

    EMAIL = "email"
    USERNAME = "username"
    PERSON = "person"
    """Somebody decided it."""
    NAME = "name"
    """The name alone is the same: somebody has to decide."""
    CONFLICT = "conflict"
    """The address is one person's here and the user name another's."""
    NONE = "none"
    NOBODY = "nobody"
    """Somebody decided that it is nobody of ours: the vendor's own staff, a program."""


class VendorList(Model):
    """A file of the vendor. It is sealed, for it may be the wrong one, and forgotten once it was taken."""

    __tablename__ = "vendor_list"
    __table_args__ = (Index(None, "source", "purpose", "state"), Index(None, "state"))

    id: Mapped[Key]
    purpose: Mapped[ListPurpose]
    source: Mapped[Code]
    file_name: Mapped[Name]
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256, by which the very same file is known again."""
    columns: Mapped[list[str]]
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    state: Mapped[ListState] = mapped_column(default=S.UPLOADED)
    uploaded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """None: the command line."""
    invites: Mapped[bool] = mapped_column(default=False)
    """Whether people to add are invited by mail at once."""
    rows: Mapped[int] = mapped_column(default=0)
    newest_at: Mapped[datetime | None]
    """The newest sign-in in it: how old the list is."""
    why: Mapped[list[str]] = mapped_column(default=list)
    """What held it, as sentences."""
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """How many rows came to what."""
    next_line: Mapped[int] = mapped_column(default=0)
    """Rows up to this line are done: a process that dies goes on behind it."""
    ended_at: Mapped[datetime | None]
    by: Mapped[User | None] = relationship()

    def move(self, to: ListState) -> None:
        """Change the state. Raises `InvalidState` for a list that is over or being taken."""
        if to not in LIST_TRANSITIONS[self.state]:
            raise InvalidState("This list is over, or is being taken at this moment.")
        self.state = to
        if to in (S.DONE, S.DROPPED):
            self.ended_at, self.sealed = clock.now(), None


class VendorListRow(Model):
    """What became of a row: those that were refused, and for people to add, all of them."""

    __tablename__ = "vendor_list_row"
    __table_args__ = (UniqueConstraint("list_id", "line"), Index(None, "list_id", "outcome"))

    id: Mapped[Key]
    list_id: Mapped[int] = mapped_column(ForeignKey("vendor_list.id"))
    line: Mapped[int]
    outcome: Mapped[RowOutcome]
    rule: Mapped[Code] = mapped_column(default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)

    @property
    def says(self) -> str:
        """The rule that refused it, as a sentence."""
        return SENTENCES.get(self.rule, "")


class VendorUser(Model):
    """A user of the vendor, as the newest list that holds them says."""

    __tablename__ = "vendor_user"
    __table_args__ = (UniqueConstraint("source", "login"), Index(None, "match"))

    id: Mapped[Key]
    source: Mapped[Code]
    login: Mapped[Name]
    name: Mapped[Name]
    email: Mapped[Name]
    is_active: Mapped[bool]
    last_login_at: Mapped[datetime | None]
    list_id: Mapped[int] = mapped_column(ForeignKey("vendor_list.id"), index=True)
    """The newest list that holds them."""
    match: Mapped[VendorMatch] = mapped_column(default=VendorMatch.NONE)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    proposed_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    """Who it may be, until somebody decides."""
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None]
    account: Mapped[Account | None] = relationship(foreign_keys=[account_id])
    proposed: Mapped[Account | None] = relationship(foreign_keys=[proposed_id])
