"""The cast of the demo: who plays which part, for the features that fill in their own scenes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from adminops.identity.models import Agency, User


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
    ("maya", "Maya Okafor", "System administrator", "system_admin", None),
    ("tomas", "Tomás Lindqvist", "Help desk", "help_desk", None),
    ("grace", "Grace Whitfield", "Help desk", "help_desk", None),
    ("ruth", "Ruth Abernathy", "Trainer", "trainer", None),
    ("desmond", "Desmond Hale", "HMIS manager", "manager", None),
    ("vera", "Vera Castellano", "Board member, read only", "viewer", None),
    ("alicia", "Alicia Kowalski", "Program director", "agency_lead", 0),
    ("owen", "Owen Sato", "Privacy and security officer", "security_officer", 0),
    ("ben", "Ben Turner", "Case manager", "end_user", 0),
)

PASSWORD = "harbor lantern maple river"  # noqa: S105 - of the demo only, printed at its start on purpose
