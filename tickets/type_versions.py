"""Request types as administrators change them: each change is a version, and a ticket keeps the one of its day."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ForeignKey, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from adminops import clock
from adminops.db import Code, Key, LongText, Model, Name, db
from adminops.errors import Conflict, Invalid, NotAllowed
from adminops.facts import RequestTypeChanged, publish
from adminops.feature import RequestType
from adminops.identity.models import User
from adminops.identity.permissions import Permission

SOMETHING_ELSE = "something_else"
INCIDENT = "incident"
ALWAYS = (SOMETHING_ELSE, INCIDENT)
"""What people can always ask for: the way out where nothing fits, and what must never be missed."""
LONGEST_TARGET = 1_000


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What can be changed of a request type."""

    title: str
    help: str
    priority: Literal["urgent", "high", "normal", "low"]
    target_hours: int
    approval: Literal["none", "team", "work"]
    pii_rule: str
    closing: Literal["free", "code", "evidence", "work"]
    evidence: str
    checklist: tuple[str, ...]
    manuals: tuple[str, ...]
    offered: bool

    @classmethod
    def of(cls, kind: RequestType) -> "Edit":
        """Return what `kind` has now."""
        values: dict[str, Any] = {field.name: getattr(kind, field.name) for field in fields(cls)}
        lists = {name: tuple(values[name]) for name in ("checklist", "manuals")}
        return cls(**{**values, **lists})

    def applied_to(self, kind: RequestType, version: int) -> RequestType:
        """Return `kind` with these changes."""
        return replace(kind, **{field.name: getattr(self, field.name) for field in fields(self)}, version=version)


class RequestTypeVersion(Model):
    """A request type as it was from some moment on. Version 0 is what the feature declares."""

    __tablename__ = "request_type_version"
    __table_args__ = (UniqueConstraint("key", "number"),)

    id: Mapped[Key]
    key: Mapped[Code]
    number: Mapped[int]
    title: Mapped[Name]
    help: Mapped[Name]
    priority: Mapped[Code]
    target_hours: Mapped[int]
    approval: Mapped[Code]
    pii_rule: Mapped[Name]
    closing: Mapped[Code] = mapped_column(default="free", server_default="free")
    evidence: Mapped[Name] = mapped_column(default="", server_default=text("''"))
    checklist: Mapped[LongText]
    """One step a line, as are the words of `manuals`."""
    manuals: Mapped[LongText]
    offered: Mapped[bool]
    because: Mapped[Name]
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)

    changed_by: Mapped[User] = relationship()

    def read(self) -> Edit:
        """Return what this version holds."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(Edit)}
        lists = {name: tuple(values[name].splitlines()) for name in ("checklist", "manuals")}
        return Edit(**{**values, **lists})


def latest() -> dict[str, tuple[int, Edit]]:
    """Return the number and the content of the newest version of every type that was ever changed."""
    later = aliased(RequestTypeVersion)
    newer = select(later.id).where(later.key == RequestTypeVersion.key, later.number > RequestTypeVersion.number)
    rows = db.session.scalars(select(RequestTypeVersion).where(~newer.exists()))
    return {row.key: (row.number, row.read()) for row in rows}


def as_of(kind: RequestType, number: int) -> RequestType:
    """Return `kind`, as its feature declares it, in its version `number`."""
    chosen = select(RequestTypeVersion).where(RequestTypeVersion.key == kind.key, RequestTypeVersion.number == number)
    found = db.session.scalar(chosen)
    return found.read().applied_to(kind, number) if found else kind


def history_of(key: str) -> list[RequestTypeVersion]:
    """Return all versions of a type, the newest first."""
    chosen = select(RequestTypeVersion).where(RequestTypeVersion.key == key)
    return list(db.session.scalars(chosen.order_by(RequestTypeVersion.number.desc())))


def change_type(kind: RequestType, edit: Edit, *, because: str, by: User) -> RequestType:
    """Store `edit` as the next version of `kind` (in the version that `by` has read); the same again is nothing.

    Rules in the order checked: `by` may (`NotAllowed`); words, a target, and what must be offered always (`Invalid`);
    nobody changed it meanwhile (`Conflict`). Tickets filed before keep their version. Publishes `RequestTypeChanged`.
    """
    if not by.may(Permission.MANAGE_REQUEST_TYPES):
        raise NotAllowed("Your role does not include changing request types.")
    _check(kind, edit)
    db.session.execute(select(User.id).where(User.id == by.id).with_for_update(key_share=True))
    known = db.session.scalar(select(func.max(RequestTypeVersion.number)).where(RequestTypeVersion.key == kind.key))
    if (known or 0) != kind.version:
        raise Conflict("Somebody else changed this meanwhile. Open it again, so that their change is not lost.")
    if edit == Edit.of(kind):
        return kind
    values: Mapping[str, Any] = {field.name: getattr(edit, field.name) for field in fields(edit)}
    lists = {name: "\n".join(values[name]) for name in ("checklist", "manuals")}
    number = kind.version + 1
    db.session.add(
        RequestTypeVersion(
            key=kind.key,
            number=number,
            because=because.strip(),
            changed_by_id=by.id,
            changed_at=clock.now(),
            **{**values, **lists},
        )
    )
    db.session.flush()
    publish(RequestTypeChanged(request_type=kind.key, version=number), by=by)
    return edit.applied_to(kind, number)


def _check(kind: RequestType, edit: Edit) -> None:
    for name in ("title", "help", "pii_rule"):
        if not getattr(edit, name).strip():
            raise Invalid("Write something here: people read it.", field=name)
    if edit.closing == "work" and kind.work is None:
        raise Invalid("Nothing here carries this out, so nobody could be asked for it.", field="closing")
    if not 1 <= edit.target_hours <= LONGEST_TARGET:
        raise Invalid(f"Enter 1 to {LONGEST_TARGET:,} hours.", field="target_hours")
    if not edit.offered and kind.key in ALWAYS:
        raise Invalid("This is always offered: without it somebody would have nowhere to go.", field="offered")
