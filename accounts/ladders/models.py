"""Policies: each row a version of what holds for everybody, an agency or a role."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.ladders.values import Ladder, PolicyKind, read
from adminops import clock
from adminops.db import Code, Key, Model, Name
from adminops.errors import InvalidState
from adminops.identity.models import User
from adminops.identity.permissions import Role


class PolicyScope(StrEnum):
    """For whom a policy holds."""

    EVERYBODY = "everybody"
    AGENCY = "agency"
    ROLE = "role"


class PolicyState(StrEnum):
    """Where a version stands."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    RETIRED = "retired"
    REFUSED = "refused"


S = PolicyState
POLICY_TRANSITIONS: dict[PolicyState, Sequence[PolicyState]] = {
    S.PROPOSED: (S.ACTIVE, S.REFUSED),
    S.ACTIVE: (S.RETIRED,),
    S.RETIRED: (),
    S.REFUSED: (),
}


class AccountPolicy(Model):
    """A version of a policy. It never changes: other steps are another version."""

    __tablename__ = "account_policy"
    __table_args__ = (
        UniqueConstraint("kind", "version"),
        Index(
            "uq_account_policy_active",
            "kind",
            "scope",
            "scope_id",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[Key]
    kind: Mapped[PolicyKind]
    scope: Mapped[PolicyScope]
    scope_id: Mapped[Code] = mapped_column(default="")
    """The number of the agency, the code of the role, or nothing."""
    version: Mapped[int]
    """Counted for each kind: "inactivity@3" is one policy for ever."""
    steps: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ends: Mapped[bool] = mapped_column(default=False)
    """Whether it says that nothing holds here any more of this kind."""
    why: Mapped[Name]
    state: Mapped[PolicyState] = mapped_column(default=S.PROPOSED)
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    proposed_by: Mapped[User] = relationship(foreign_keys=[proposed_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])

    @property
    def name(self) -> str:
        """What holds that it places are signed with."""
        return f"{self.kind.value}@{self.version}"

    @property
    def ladder(self) -> Ladder:
        """Its steps."""
        made = read(self.kind, self.steps)
        return Ladder(**{**made.__dict__, "names": (self.name,)})

    def fits(self, agency_id: int | None, roles: Sequence[Role]) -> bool:
        """Say whether it holds for somebody of that agency with those roles."""
        if self.scope is PolicyScope.AGENCY:
            return str(agency_id) == self.scope_id
        return self.scope is PolicyScope.EVERYBODY or self.scope_id in {role.value for role in roles}

    def whom(self, agencies: dict[str, str]) -> str:
        """Return for whom it holds, in words; `agencies` are names by number."""
        if self.scope is PolicyScope.ROLE:
            return f"Role: {Role(self.scope_id).title}"
        return agencies.get(self.scope_id, "An agency") if self.scope is PolicyScope.AGENCY else "Everybody"

    def move(self, to: PolicyState) -> None:
        """Change the state. Raises `InvalidState` for a version that was decided on."""
        if to not in POLICY_TRANSITIONS[self.state]:
            raise InvalidState("This version was decided on already.")
        self.state = to
