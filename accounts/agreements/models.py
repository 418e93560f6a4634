"""Versions of the user agreement, signatures, and links to sign by."""

import secrets
from datetime import date, datetime, timedelta

from sqlalchemy import ForeignKey, Index, LargeBinary, event, inspect, text
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from accounts.models import Account
from adminops import clock
from adminops.db import Key, LongText, Model, Name

GRACE = timedelta(days=30)
"""How long earlier signatures count once everybody has to sign a new version."""
SOON = timedelta(days=30)
"""From when on a signature is said to run out, and can be renewed."""


class AgreementText(Model):
    """One version of what people sign. It never changes: another wording is another version."""

    __tablename__ = "user_agreement_text"

    id: Mapped[Key]
    version: Mapped[int] = mapped_column(unique=True)
    body: Mapped[LongText]
    """Plain text; blank lines make paragraphs."""
    valid_days: Mapped[int]
    """How long a signature of it counts."""
    for_everybody: Mapped[bool]
    """Whether signatures of earlier versions count only for 30 days more."""
    published_at: Mapped[datetime] = mapped_column(default=clock.now)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))


class AgreementSignature(Model):
    """That somebody typed their name under a version."""

    __tablename__ = "user_agreement_signature"
    __table_args__ = (Index(None, "account_id", "expires_on"),)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    text_id: Mapped[int] = mapped_column(ForeignKey("user_agreement_text.id"))
    typed_name: Mapped[Name]
    signed_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_on: Mapped[date]
    """The last day it counts."""
    text: Mapped[AgreementText] = relationship(lazy="joined", innerjoin=True)


class SigningLink(Model):
    """A link with which somebody who can't sign in reads and signs the agreement. Its token is stored nowhere."""

    __tablename__ = "user_agreement_link"
    __table_args__ = (
        Index(
            "uq_user_agreement_link_account_id_open",
            "account_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    nonce: Mapped[bytes] = mapped_column(LargeBinary(32), default=lambda: secrets.token_bytes(32))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When a newer one took its place, or its time was over before its end."""
    account: Mapped[Account] = relationship()

    @property
    def is_alive(self) -> bool:
        """Whether it still works, as far as the row knows."""
        return self.ended_at is None and self.expires_at > clock.now()


@event.listens_for(AgreementText, "before_update")
@event.listens_for(AgreementSignature, "before_update")
def _keep_as_it_was(_mapper: Mapper[AgreementText], _connection: object, row: AgreementText) -> None:
    """Refuse to rewrite what was signed."""
    if any(column.history.has_changes() for column in inspect(row).attrs):
        raise ValueError("A version of the agreement and a signature never change.")
