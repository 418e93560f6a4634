"""The cast of the demo: who plays which part, for the features that fill in their own scenes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from adminops.identity.models import Agency, User
from adminops.identity.permissions import Role


@dataclass
class Cast:
    """What a feature's `demo(cast)` may use. Everything drawn comes from `chance`, so a seed gives one demo.

    `people` holds everybody by user name; the ones with a part of their own are `lead_of(agency)` and the team.
    Features act through their verbs inside `clock.frozen_at(...)`, so that the history looks lived.
    """

    seed: int
    now: datetime
    source_id: int
    agencies: list[Agency]
    people: dict[str, User]
    leads: dict[int, User] = field(default_factory=dict)
    """Agency lead by agency id."""
    staff: dict[int, list[User]] = field(default_factory=dict)
    """End users by agency id."""
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    """What a feature plays when all others have filled their parts in."""

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)

    def __getitem__(self, username: str) -> User:
        return self.people[username]

    def lead_of(self, agency: Agency) -> User:
        """Return the lead of an agency."""
        return self.leads[agency.id]

    def days_ago(self, days: float) -> datetime:
        """Return the moment `days` before the demo's present."""
        return self.now - timedelta(days=days)

    def anybody(self) -> User:
        """Return some end user of some agency."""
        return self.chance.choice(self.staff[self.chance.choice(self.agencies).id])


#: The sign-ins that `./dev run` prints: one person for each role. Password: see `PASSWORD`.
#: (user name, name, title, role, index of the agency or None for the team)
CHARACTERS = (
    ("maya", "Maya Okafor", "System administrator", Role.SYSTEM_ADMIN, None),
    ("tomas", "Tomás Lindqvist", "Help desk", Role.HELP_DESK, None),
    ("grace", "Grace Whitfield", "Help desk", Role.HELP_DESK, None),
    ("ruth", "Ruth Abernathy", "Trainer", Role.TRAINER, None),
    ("desmond", "Desmond Hale", "HMIS manager", Role.MANAGER, None),
    ("vera", "Vera Castellano", "Board member, read only", Role.VIEWER, None),
    ("alicia", "Alicia Kowalski", "Program director", Role.AGENCY_LEAD, 0),
    ("owen", "Owen Sato", "Privacy and security officer", Role.SECURITY_OFFICER, 0),
    ("ben", "Ben Turner", "Case manager", Role.END_USER, 0),
)

PASSWORD = "harbor lantern maple river"  # noqa: S105 - of the demo only, printed at its start on purpose
