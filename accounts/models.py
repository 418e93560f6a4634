"""Accounts, the one-time links that open them, and what people typed on "Forgot your password?"."""

import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, Model, Name
from adminops.errors import InvalidState
from adminops.identity.models import Agency, User
from adminops.refs import Ref
from adminops.titled import Titled


class AccountState(StrEnum):
    """Where an account stands. Only an active one opens the sign-in."""

    REQUESTED = "requested"
    APPROVED = "approved"
    PROVISIONING = "provisioning"
    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"
    ARCHIVED = "archived"


S = AccountState

TRANSITIONS: dict[AccountState, Sequence[AccountState]] = {
    S.REQUESTED: (S.APPROVED, S.ARCHIVED),
    S.APPROVED: (S.PROVISIONING, S.ARCHIVED),
    S.PROVISIONING: (S.INVITED, S.DISABLED, S.ARCHIVED),
    S.INVITED: (S.ACTIVE, S.DISABLED),
    S.ACTIVE: (S.DISABLED,),
    S.DISABLED: (S.ACTIVE, S.INVITED, S.PROVISIONING, S.ARCHIVED),  # back to where it was
    S.ARCHIVED: (S.INVITED, S.REQUESTED),  # the person is back
}

REFUSED_MOVE = {
    S.INVITED: "The person has not accepted the invitation yet.",
    S.ACTIVE: "This account is active.",
    S.DISABLED: "This account is disabled.",
    S.ARCHIVED: "This account is archived: its history stays. If the person is back, restore it.",
}


class DisabledReason(Titled):
    """Why an account is disabled, with the words for staff."""

    LEFT = "left", "Left the agency"
    ROLE_CHANGED = "role_changed", "No longer needs access"
    ON_LEAVE = "on_leave", "On leave"
    SECURITY = "security", "Security concern"
    DUPLICATE = "duplicate", "Second account of one person"
    OTHER = "other", "Other reason"


class Account(Model):
    """Somebody's access and its life. The person is a `User`; one user has one account."""

    __tablename__ = "account"
    __table_args__ = (Index(None, "agency_id", "state"), Index("uq_account_key", "key", unique=True))

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(36), default=lambda: str(uuid.uuid4()), server_default="-")
    """Its own number for ever, by which a directory knows it."""
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), unique=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    """The agency it belongs to; None for the Systems Team."""
    state: Mapped[AccountState] = mapped_column(default=S.INVITED, index=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    activated_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    kept_in: Mapped[Code] = mapped_column(default="local", server_default="local")
    """Where its password and groups are: "local", or "directory" for that of the settings."""
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    """Outside of these the account is closed by itself; None: no limit."""
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=false())
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    """Grows with every change that a directory has to know."""
    applied_version: Mapped[int] = mapped_column(default=0, server_default="0")
    """The version that the directory was last seen to be at; 0: it has never heard of this account."""
    directory_id: Mapped[Code] = mapped_column(default="", server_default=text("''"))
    """The directory's own number of the entry: another one means that somebody made it anew."""
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    agency: Mapped[Agency | None] = relationship()
    holds: Mapped[list["Hold"]] = relationship(back_populates="account", order_by="Hold.id")

    @property
    def open_holds(self) -> list["Hold"]:
        """What keeps it closed now, the oldest first."""
        return [hold for hold in self.holds if hold.is_open]

    @property
    def coming_holds(self) -> list["Hold"]:
        """What will close it later."""
        return [hold for hold in self.holds if hold.released_at is None and hold.begins_at > clock.now()]

    @property
    def disabled_reason(self) -> DisabledReason | None:
        """Why it is closed, in the words of who closed it: for staff only."""
        return next((hold.reason for hold in self.open_holds if hold.reason), None)

    @property
    def disabled_at(self) -> datetime | None:
        """Since when it is closed by a hold."""
        return min((hold.begins_at for hold in self.open_holds), default=None)

    @property
    def is_within_validity(self) -> bool:
        """Whether now lies between the limits, where there are some."""
        now = clock.now()
        return (self.valid_from is None or self.valid_from <= now) and (
            self.valid_until is None or self.valid_until > now
        )

    def standing(self) -> AccountState:
        """Return the state that holds, limits, directory and owner amount to."""
        if self.state in (S.REQUESTED, S.APPROVED, S.ARCHIVED):
            return self.state
        if self.open_holds or not self.is_within_validity:
            return S.DISABLED
        if self.kept_in != "local" and not self.applied_version:
            return S.PROVISIONING
        return S.ACTIVE if self.activated_at else S.INVITED

    @property
    def ref(self) -> Ref:
        """The reference to this account."""
        return Ref.to("account", self.id)

    def move(self, to: AccountState) -> None:
        """Change the state, and with it whether the person may sign in. Raises `InvalidState` with a sentence."""
        if to not in TRANSITIONS[self.state]:
            raise InvalidState(REFUSED_MOVE.get(self.state, f"This account is {self.state.value}."))
        self.state = to
        self.user.may_sign_in = to is S.ACTIVE


class HoldKind(Titled):
    """What keeps an account closed, with the words for staff. Each has to be released by itself."""

    PENDING = "pending", "Set-up is not finished"
    INACTIVITY = "inactivity", "Nobody has signed in for long"
    TRAINING = "training", "Training is missing or has run out"
    AGREEMENT = "agreement", "The user agreement is missing or has run out"
    AGENCY_MOU = "agency_mou", "The agency's agreement has run out"
    OFFBOARDED = "offboarded", "The person has left"
    SECURITY = "security", "Security concern"
    ADMIN = "admin", "Closed by the Systems Team"


HOLD_FOR = {DisabledReason.LEFT: HoldKind.OFFBOARDED, DisabledReason.SECURITY: HoldKind.SECURITY}
"""The kind of hold that a reason for disabling places; any other one is the team's own."""


class Hold(Model):
    """A reason that keeps an account closed, from a moment on, until it ends or is released.

    An account is open when it was approved, no hold is open, and now is within its limits. So what is done about one
    reason never opens an account that another one keeps closed.
    """

    __tablename__ = "account_hold"
    __table_args__ = (
        Index(
            "uq_account_hold_account_id_kind_unreleased",
            "account_id",
            "kind",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
        Index(None, "released_at", "begins_at"),
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[HoldKind]
    reason: Mapped[DisabledReason | None]
    begins_at: Mapped[datetime] = mapped_column(default=clock.now)
    ends_at: Mapped[datetime | None]
    """When it ends by itself; None: when somebody releases it."""
    source: Mapped[Code] = mapped_column(default="")
    """The policy and version that placed it; empty: a person did."""
    placed_at: Mapped[datetime] = mapped_column(default=clock.now)
    placed_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    released_at: Mapped[datetime | None]
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    account: Mapped[Account] = relationship(back_populates="holds")
    placed_by: Mapped[User | None] = relationship(foreign_keys=[placed_by_id])

    @property
    def is_open(self) -> bool:
        """Whether it keeps the account closed now."""
        now = clock.now()
        return self.released_at is None and self.begins_at <= now and (self.ends_at is None or self.ends_at > now)

    @property
    def says(self) -> str:
        """Why, in words for staff."""
        return self.reason.title if self.reason else self.kind.title


class LinkReason(Titled):
    """Why a one-time link was made, with the words of the fact and the screen."""

    SELF_SERVICE = "self-service", "Asked for on the sign-in page"
    HELP_DESK = "help-desk", "Started by the help desk"
    INVITATION = "invitation", "Invitation to a new account"


class PasswordReset(Model):
    """A one-time link with which the owner of an account chooses a password.

    The token in the link is stored nowhere. It is an HMAC, under a key that only the app has, of this row's id and
    its random `nonce` (`accounts/tokens.py`), so the mail is written anew at each try and always bears the same link.
    Here is only the token's hash, to find the row by: neither a copy of the database nor the outbox opens an account.
    """

    __tablename__ = "password_reset"
    __table_args__ = (
        Index(
            "uq_password_reset_account_id_open",
            "account_id",
            unique=True,
            sqlite_where=text("used_at IS NULL AND superseded_at IS NULL"),
            postgresql_where=text("used_at IS NULL AND superseded_at IS NULL"),
        ),
        Index(None, "account_id", "created_at"),
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[LinkReason]
    nonce: Mapped[bytes] = mapped_column(LargeBinary(32), default=lambda: secrets.token_bytes(32))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    """SHA-256 of the token; None only until the row has its id."""
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """None: the person asked for it, or AdminOps did."""
    request_kind: Mapped[Code | None]
    request_id: Mapped[Code | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]
    """When it died unused: of a newer link, of a sign-in, or because the account was disabled."""
    account: Mapped[Account] = relationship()
    started_by: Mapped[User | None] = relationship(foreign_keys=[started_by_id])

    @property
    def request(self) -> Ref | None:
        """The request (a ticket) it was started for."""
        return Ref(self.request_kind, self.request_id) if self.request_kind and self.request_id else None

    @property
    def is_alive(self) -> bool:
        """Whether the link still works, as far as the row knows."""
        return self.used_at is None and self.superseded_at is None and self.expires_at > clock.now()


class ResetWish(Model):
    """What somebody typed on "Forgot your password?", for the few seconds until it is looked up.

    The page only writes this row, whoever is meant, so its answer takes as long for a stranger as for a user. The row
    is deleted when it is answered: a person may have typed anything there.
    """

    __tablename__ = "reset_wish"

    id: Mapped[Key]
    text: Mapped[Name]
    wished_at: Mapped[datetime] = mapped_column(default=clock.now)
