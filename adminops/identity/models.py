"""Agencies, users, their roles and their sessions."""

from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    and_,
    event,
    false,
    or_,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, Model, Name
from adminops.hmis.models import HmisSource
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Reach, Role


class AgencyState(StrEnum):
    """Where an agency stands."""

    APPLYING = "applying"
    ACTIVE = "active"
    CLOSED = "closed"


class Agency(Model):
    """An organization that takes part in the HMIS. HUD's record of it is an Organization."""

    __tablename__ = "agency"

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)
    state: Mapped[AgencyState] = mapped_column(default=AgencyState.ACTIVE)
    is_victim_service_provider: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[Code] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    organizations: Mapped[list["AgencyOrganization"]] = relationship(
        back_populates="agency", order_by="AgencyOrganization.id"
    )


class AgencyOrganization(Model):
    """Which Organization of which source an agency is."""

    __tablename__ = "agency_organization"
    __table_args__ = (UniqueConstraint("source_id", "organization_id"),)

    id: Mapped[Key]
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    source_id: Mapped[int] = mapped_column(ForeignKey(HmisSource.id))
    organization_id: Mapped[str] = mapped_column(String(32))
    agency: Mapped[Agency] = relationship(back_populates="organizations")


class User(Model):
    """Someone who signs in to AdminOps. A person served is a Client; HUD's User.csv is `HudUser`."""

    __tablename__ = "app_user"
    id: Mapped[Key]
    username: Mapped[Code] = mapped_column(unique=True)
    """Folded to lower case; never changes, for mails, audit and directory know the person by it."""
    name: Mapped[Name]
    email: Mapped[Name] = mapped_column(index=True)
    title: Mapped[Name] = mapped_column(default="")
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    """The agency a person works for; None for the Systems Team."""
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    """argon2id; empty: no password yet."""
    password_set_at: Mapped[datetime | None]
    password_is_short: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it is long enough only together with a second step."""
    factor_due_at: Mapped[datetime | None]
    """From when on a second step is asked for, of who needs one and has none; None: never told so."""
    for_emergencies: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its passphrase lies sealed, for the day when nobody else gets in; each use is told at once."""
    may_sign_in: Mapped[bool] = mapped_column(default=True)
    """Kept by the account's life cycle: False while the account is not active."""
    is_asked_back: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether somebody whose account is closed is to work with it again, and may be trained for it meanwhile."""
    last_sign_in_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    agency: Mapped[Agency | None] = relationship()
    grants: Mapped[list["RoleGrant"]] = relationship(
        back_populates="user", lazy="selectin", foreign_keys="RoleGrant.user_id", cascade="all, delete-orphan"
    )

    # What Flask-Login asks for. A session, not the user, is what a browser holds on to.
    is_authenticated = True
    is_anonymous = False

    def get_id(self) -> str:
        """Return what the cookie carries: the token of the session this user was loaded by."""
        token: str = self.__dict__.get("_session_token", "")
        return token

    def load_by(self, session: "UserSession | None", token: str) -> None:
        """Remember the session that this user was loaded by; it is no part of the row."""
        self.__dict__.update(_session=session, _session_token=token)

    @property
    def session(self) -> "UserSession | None":
        """The session this user was loaded by."""
        found: UserSession | None = self.__dict__.get("_session")
        return found

    @property
    def is_active(self) -> bool:
        """Whether sign-in is open to this person."""
        return self.may_sign_in

    @hybrid_property
    def takes_part(self) -> bool:
        """Whether this person works here, or is about to, and may be trained for it before."""
        is_new = self.last_sign_in_at is None and self.password_set_at is None
        return self.may_sign_in or self.is_asked_back or is_new

    @takes_part.inplace.expression
    @classmethod
    def _takes_part(cls) -> ColumnElement[bool]:
        is_new = and_(cls.last_sign_in_at.is_(None), cls.password_set_at.is_(None))
        return or_(cls.may_sign_in, cls.is_asked_back, is_new)

    @property
    def is_system(self) -> bool:
        """Whether this is AdminOps itself (`SYSTEM`), not a person."""
        return self is SYSTEM

    @property
    def initials(self) -> str:
        """Up to two letters for the avatar."""
        words = [word for word in self.name.split() if word[:1].isalpha()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"

    @cached_property
    def _reaches(self) -> dict[Permission, Reach]:
        everywhere: set[Permission] = set()
        at: dict[Permission, set[int]] = {}
        for grant in self.grants:
            for permission in ROLE_PERMISSIONS[grant.role]:
                if grant.agency_id is None:
                    everywhere.add(permission)
                else:
                    at.setdefault(permission, set()).add(grant.agency_id)
        return {p: Reach(p in everywhere, frozenset(at.get(p, ()))) for p in everywhere | set(at)}

    def reach(self, permission: Permission) -> Reach:
        """Return where this person holds `permission`. AdminOps itself holds everything."""
        if self.is_system:
            return Reach(everywhere=True)
        return self._reaches.get(permission, Reach())

    def may(self, permission: Permission) -> bool:
        """Say whether this person holds `permission` anywhere."""
        return bool(self.reach(permission))

    def forget_reach(self) -> None:
        """Work the permissions out anew after a grant changed."""
        self.__dict__.pop("_reaches", None)

    @property
    def roles(self) -> list[Role]:
        """The person's roles, each once, in the order of the enum."""
        held = {grant.role for grant in self.grants}
        return [role for role in Role if role in held]

    @property
    def rank(self) -> int:
        """How far the person's highest role reaches (`Role.rank`); AdminOps itself stands above all."""
        if self.is_system:
            return max(role.rank for role in Role) + 1
        return max((grant.role.rank for grant in self.grants), default=0)

    @property
    def who(self) -> str:
        """The person in a few words: "Ben Turner, Case manager, Harbor House"."""
        if self.is_system:
            return self.name
        return ", ".join(filter(None, (self.name, self.title, self.agency.name if self.agency else "Systems Team")))


@event.listens_for(User, "expire")
def _read_anew(user: User | None, _names: object) -> None:
    """Work out anew what a person may where their row and their grants are read again."""
    if user is not None:  # nobody holds the object any more
        user.forget_reach()


class RoleGrant(Model):
    """A role given to a user, at one agency or (None) everywhere."""

    __tablename__ = "role_grant"
    __table_args__ = (
        UniqueConstraint("user_id", "role", "agency_id"),
        # No agency is NULL, and NULLs never equal each other: a role of the team needs an index of its own.
        Index(
            "uq_role_grant_user_id_role_everywhere",
            "user_id",
            "role",
            unique=True,
            sqlite_where=text("agency_id IS NULL"),
            postgresql_where=text("agency_id IS NULL"),
        ),
    )

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    role: Mapped[Role]
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"))
    granted_at: Mapped[datetime] = mapped_column(default=clock.now)
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    user: Mapped[User] = relationship(back_populates="grants", foreign_keys=[user_id])


class UserSession(Model):
    """One browser's signed-in time. The cookie carries a random token; only its hash is stored."""

    __tablename__ = "user_session"

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    device: Mapped[Name]
    """Kind of browser and system, for the list of one's own sessions: "Firefox on Windows"."""
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[Code] = mapped_column(default="")
    confirmed_at: Mapped[datetime | None]
    """When its owner last proved that it is them: by signing in, or when asked again."""
    is_limited: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its owner has to set up a second step before anything else."""
    challenge: Mapped[bytes | None] = mapped_column(LargeBinary(64))
    """What a security key of its owner has to sign now."""
    user: Mapped[User] = relationship()


class AuthenticatorApp(Model):
    """The secret that somebody's authenticator app shares with us: one in use, and one that is being set up."""

    __tablename__ = "authenticator_app"
    __table_args__ = (UniqueConstraint("user_id", "in_use"),)

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    in_use: Mapped[bool] = mapped_column(default=False)
    """Whether its owner has typed a code of it; only then it is asked for."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_step: Mapped[int] = mapped_column(default=0)
    """The half minute of the last code that was taken: no code works twice."""
    last_used_at: Mapped[datetime | None]


class SecurityKey(Model):
    """Something that signs in somebody's place: a key for the USB port, a phone, or the computer's own."""

    __tablename__ = "security_key"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    name: Mapped[Code]
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(2048))
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    """How often it has signed, by its own count: one that falls behind is a copy."""
    added_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_used_at: Mapped[datetime | None]


class RecoveryCode(Model):
    """A code to get in without the app, once. Only its hash is stored."""

    __tablename__ = "recovery_code"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    used_at: Mapped[datetime | None]


class SignInStep(Model):
    """Half a sign-in: the password was right, the second step is still to come. It opens nothing by itself."""

    __tablename__ = "sign_in_step"

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    begun_at: Mapped[datetime] = mapped_column(default=clock.now)
    failures: Mapped[int] = mapped_column(default=0)
    challenge: Mapped[bytes | None] = mapped_column(LargeBinary(64))
    """What a security key has to sign now."""
    user: Mapped[User] = relationship()


class TrustedDevice(Model):
    """A browser on which somebody gave the second step, and is not asked for it for some days. Never for more."""

    __tablename__ = "trusted_device"

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    device: Mapped[Name]
    """Kind of browser and system, as in the list of sessions."""
    trusted_at: Mapped[datetime] = mapped_column(default=clock.now)
    ends_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class PasswordBefore(Model):
    """The hash of a password that somebody had, so that they don't choose it again."""

    __tablename__ = "password_before"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime] = mapped_column(default=clock.now)


class ApiToken(Model):
    """A personal token: what a program shows in its owner's place. Only its hash is stored."""

    __tablename__ = "api_token"

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    name: Mapped[Code]
    scopes: Mapped[list[str]]
    """What it may be used for, as far as its owner may do that (`TokenScope`)."""
    made_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    user: Mapped[User] = relationship()


class SignInThrottle(Model):
    """Failed tries under one key (an account from one network, a network, an account from anywhere)."""

    __tablename__ = "sign_in_throttle"

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    failures: Mapped[float] = mapped_column(default=0.0)
    """As of `last_failure_at`; it runs down with the time since."""
    last_failure_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]
    kept_until: Mapped[datetime | None]
    """Until when it is remembered although it has run down; None: for a day."""


def _system() -> User:
    values: dict[str, Any] = {"username": "adminops", "name": "AdminOps", "email": "", "title": "automatic"}
    return User(**values, may_sign_in=False)


SYSTEM: User = _system()
"""AdminOps as an actor: what jobs pass as `by`. It is no row; `SYSTEM.id` is None."""
