"""Drafts of requests: what somebody has typed and not sent, kept for them alone and sealed.

A draft holds words that no guard has looked at yet, so it is stored encrypted and bound to its owner and type; nobody
else's page shows it, and it is forgotten when the request is sent or after a while. It is no fact: nothing was said.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from flask import Flask
from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint, bindparam, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from adminops import clock
from adminops.crypto import CannotDecrypt
from adminops.db import Code, Key, Model, db
from adminops.errors import Invalid
from adminops.hmis import sealing
from adminops.hmis.resealing import SealedColumn, also_sealed
from adminops.identity.models import User

KEPT_FOR = timedelta(days=30)
LONGEST = 60_000
NEVER = ("csrf_token", "nonce", "confirmed_clean")
"""Fields that belong to one page, not to what was typed."""

ANSWER = "ticket:"
"""How the keys of answers begin."""

Values = Mapping[str, Sequence[str]]


class Keyed(Protocol):
    """What a draft is for: a request type, or the answer on a ticket."""

    @property
    def key(self) -> str:
        """The key, which no other bears."""


@dataclass(frozen=True)
class Answer:
    """An answer on a ticket that is not sent yet."""

    ticket_id: int

    @property
    def key(self) -> str:
        """The key: a request type has no colon in its own."""
        return f"{ANSWER}{self.ticket_id}"


class RequestDraft(Model):
    """What one person has typed into the form of one request type, or into the composer of one ticket."""

    __tablename__ = "request_draft"
    __table_args__ = (UniqueConstraint("owner_id", "request_type"),)

    id: Mapped[Key]
    owner_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    request_type: Mapped[Code]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    saved_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True)
class Draft:
    """A draft as its owner sees it on a list."""

    request_type: str
    saved_at: datetime


def save_draft(kind: Keyed, values: Values, *, by: User) -> bool:
    """Keep what `by` has typed for `kind` in place of what was kept before; False when nothing was typed.

    Raises `Invalid` for more than a form can hold.
    """
    typed = {name: list(texts) for name, texts in values.items() if name not in NEVER and any(texts)}
    if not typed:
        return False
    text = json.dumps(typed, ensure_ascii=False)
    if len(text) > LONGEST:
        raise Invalid("This is too long to be kept as a draft. Please shorten it.")
    db.session.execute(select(User.id).where(User.id == by.id).with_for_update(key_share=True))
    draft = _of(kind.key, by) or RequestDraft(owner_id=by.id, request_type=kind.key)
    draft.sealed = sealing.key_ring().encrypt(text, bound_to=_cell(by.id, kind.key))
    draft.saved_at = clock.now()
    db.session.add(draft)
    db.session.flush()
    return True


def draft_of(kind: Keyed, by: User) -> dict[str, list[str]] | None:
    """Return what `by` has typed for `kind` and not sent; None for nothing, or what no longer opens."""
    draft = _of(kind.key, by)
    if draft is None:
        return None
    try:
        typed: dict[str, list[str]] = json.loads(sealing.open_cell(draft.sealed, bound_to=_cell(by.id, kind.key)))
    except CannotDecrypt:  # its key was forgotten: nothing can be lost that is not lost already
        return None
    return typed


def drafts_of(by: User) -> list[Draft]:
    """Return the drafts of requests of `by`, the latest first."""
    requests = (RequestDraft.owner_id == by.id, RequestDraft.request_type.not_like(f"{ANSWER}%"))
    chosen = select(RequestDraft.request_type, RequestDraft.saved_at).where(*requests)
    latest = chosen.order_by(RequestDraft.saved_at.desc(), RequestDraft.id.desc())
    return [Draft(key, at) for key, at in db.session.execute(latest)]


def drop_draft(kind: Keyed, *, by: User) -> None:
    """Forget what `by` has typed for `kind`: it was sent, or is not wanted."""
    db.session.execute(_DROPPED, {"owner": by.id, "key": kind.key}, execution_options={"synchronize_session": False})


_DROPPED = delete(RequestDraft).where(
    RequestDraft.owner_id == bindparam("owner"), RequestDraft.request_type == bindparam("key")
)


def forget_old_drafts() -> None:
    """Forget drafts that nobody has touched for long."""
    db.session.execute(delete(RequestDraft).where(RequestDraft.saved_at < clock.now() - KEPT_FOR))


def _of(key: str, owner: User) -> RequestDraft | None:
    mine = (RequestDraft.owner_id == owner.id, RequestDraft.request_type == key)
    return db.session.scalar(select(RequestDraft).where(*mine))


def _cell(owner_id: int, key: str) -> str:
    return f"request_draft|sealed|{owner_id}:{key}"


def init_app(_app: Flask) -> None:
    """Have drafts sealed anew with everything else when the key changes."""
    also_sealed(SealedColumn(RequestDraft, "sealed", ("owner_id", "request_type"), _cell))
