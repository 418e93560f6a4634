"""Identity providers, and who their people are here."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, LongText, Model, Name
from adminops.identity.models import Agency, User


class IdentityProvider(Model):
    """Where an agency keeps who its people are and how they prove it."""

    __tablename__ = "identity_provider"

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    """What its sealed secret is bound to."""
    name: Mapped[Name] = mapped_column(unique=True)
    """What its button at sign-in says."""
    issuer: Mapped[LongText]
    """Its address, exactly as it names itself in what it signs."""
    client_id: Mapped[Name]
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    """Whose people it vouches for; None: those of every agency."""
    domains: Mapped[list[str]] = mapped_column(default=list)
    """It is believed for e-mail addresses under these: people are known by them when they come the first time."""
    has_second_step: Mapped[bool] = mapped_column(default=False)
    """Whether a second step that it reports counts as ours."""
    is_on: Mapped[bool] = mapped_column(default=True)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    agency: Mapped[Agency | None] = relationship()


class OutsideIdentity(Model):
    """Who somebody of a provider is here. The provider's own key for the person counts, never an address."""

    __tablename__ = "outside_identity"
    __table_args__ = (
        UniqueConstraint("provider_id", "subject", name="uq_outside_identity_subject"),
        UniqueConstraint("provider_id", "user_id", name="uq_outside_identity_user"),
    )

    id: Mapped[Key]
    provider_id: Mapped[int] = mapped_column(ForeignKey("identity_provider.id"))
    subject: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    linked_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_used_at: Mapped[datetime | None]
    provider: Mapped[IdentityProvider] = relationship()
    user: Mapped[User] = relationship()
