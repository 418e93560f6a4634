"""For which agency a provider tells of joiners and leavers, by which tokens, of whom, and what it asked for."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Account
from accounts.outside.models import IdentityProvider
from adminops import clock
from adminops.db import Code, Key, Model, Name
from adminops.identity.models import Agency, User

LONGEST_NAME = 200


class ScimConnection(Model):
    """That a provider tells of the people of one agency, and in whose name it asks for accounts."""

    __tablename__ = "scim_connection"
    __table_args__ = (UniqueConstraint("provider_id", "agency_id"),)

    id: Mapped[Key]
    provider_id: Mapped[int] = mapped_column(ForeignKey("identity_provider.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("agency.id"), index=True)
    speaker_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    """Who asks for the agency: requests for accounts are made in this person's name, as far as they may ask."""
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    provider: Mapped[IdentityProvider] = relationship(lazy="joined", innerjoin=True)
    agency: Mapped[Agency] = relationship()
    speaker: Mapped[User] = relationship()

    @property
    def source(self) -> str:
        """What holds and departures are marked with that come from here."""
        return f"scim:{self.id}"


class ScimToken(Model):
    """What the provider shows. Only its hash is stored; two may live at once, so that one can replace the other."""

    __tablename__ = "scim_token"

    id: Mapped[Key]
    connection_id: Mapped[int] = mapped_column(ForeignKey("scim_connection.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    ends_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    connection: Mapped[ScimConnection] = relationship()

    @property
    def is_living(self) -> bool:
        """Whether it can still be used."""
        return self.revoked_at is None and self.ends_at > clock.now()


class ScimPerson(Model):
    """Somebody as a provider knows them. The account is theirs by this row; what the provider says stays beside it."""

    __tablename__ = "scim_person"
    __table_args__ = (
        Index(
            "uq_scim_person_connection_id_user_name_key_there",
            "connection_id",
            "user_name_key",
            unique=True,
            sqlite_where=text("gone_at IS NULL"),
            postgresql_where=text("gone_at IS NULL"),
        ),
        Index(
            "uq_scim_person_connection_id_external_id_there",
            "connection_id",
            "external_id",
            unique=True,
            sqlite_where=text("gone_at IS NULL"),
            postgresql_where=text("gone_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid.uuid4()))
    """What the provider calls the person here by."""
    connection_id: Mapped[int] = mapped_column(ForeignKey("scim_connection.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    """None while the provider has told of somebody who is not to have an account yet."""
    user_name_key: Mapped[Name]
    """The provider's name for the person, folded: what is compared."""
    external_id: Mapped[Name | None]
    email_key: Mapped[Name]
    said: Mapped[dict[str, Any]]
    """What the provider said, as it is given back."""
    is_active: Mapped[bool]
    """What it said last about access; whether the account is open is another question."""
    version: Mapped[int] = mapped_column(default=1)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    asked_back_at: Mapped[datetime | None]
    """When the desk was asked to open an account again that the HMIS was closed to."""
    gone_at: Mapped[datetime | None]
    """When the provider took the person away; the account and all that is on record of it stay."""
    connection: Mapped[ScimConnection] = relationship()
    account: Mapped[Account | None] = relationship(lazy="joined")


class ScimCall(Model):
    """A call that changed something, or was refused and why. Looking things up is not kept."""

    __tablename__ = "scim_call"
    __table_args__ = (Index(None, "connection_id", "at"),)

    id: Mapped[Key]
    connection_id: Mapped[int] = mapped_column(ForeignKey("scim_connection.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    asked: Mapped[Code]
    """Method and kind of thing: "PATCH Users"."""
    status: Mapped[int]
    sentence: Mapped[Name] = mapped_column(default="")
    """Why it was refused, as it was answered; never what was sent."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("scim_person.id"))
    person: Mapped[ScimPerson | None] = relationship()
