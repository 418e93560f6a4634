"""Facts about how people prove that it is them: second steps, recovery codes, and being asked again."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.people import AccountFact, UserFact


@dataclass(frozen=True, kw_only=True)
class FactorAdded(UserFact):
    """A person set up a second step; `kind` says which: app or key."""

    says: ClassVar[str] = "set up a second step ({kind})"
    kind: str


@dataclass(frozen=True, kw_only=True)
class FactorRemoved(UserFact):
    """A second step is asked for no longer: its owner took it away, or two others did for them (`all`)."""

    says: ClassVar[str] = "took away the second step ({kind}) of user {user_id}"
    kind: str


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesMade(UserFact):
    """A person has a new sheet of recovery codes."""

    says: ClassVar[str] = "made new recovery codes"


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(UserFact):
    """A recovery code was used up; so many are left."""

    says: ClassVar[str] = "used a recovery code, {left} left"
    left: int


@dataclass(frozen=True, kw_only=True)
class SecondStepFailed(UserFact):
    """Somebody who has the password gave wrong codes until the try was ended."""

    says: ClassVar[str] = "was stopped at the second step after wrong codes"


@dataclass(frozen=True, kw_only=True)
class DeviceTrusted(UserFact):
    """A person is not asked for the second step on a device for some days."""

    says: ClassVar[str] = "is not asked for the second step on device {device_id} for {days} days"
    device_id: int
    days: int


@dataclass(frozen=True, kw_only=True)
class DeviceTrustUsed(UserFact):
    """A person signed in on a trusted device, by the password alone."""

    says: ClassVar[str] = "was not asked for the second step on device {device_id}"
    device_id: int


@dataclass(frozen=True, kw_only=True)
class DeviceTrustEnded(UserFact):
    """A person asks to be asked for the second step again on a device."""

    says: ClassVar[str] = "is asked for the second step on device {device_id} again"
    device_id: int


@dataclass(frozen=True, kw_only=True)
class SignInStopped(UserFact):
    """A hundred wrong passwords in a row: from strange devices no further one is taken."""

    says: ClassVar[str] = "had sign-in from strange devices stopped after a hundred wrong passwords"


@dataclass(frozen=True, kw_only=True)
class IdentityConfirmed(UserFact):
    """Somebody who is signed in was asked again, and proved that it is them."""

    says: ClassVar[str] = "confirmed that it is them"


@dataclass(frozen=True, kw_only=True)
class LostStepAsked(AccountFact):
    """One of the team asked to have the second step of somebody taken away who has lost it."""

    says: ClassVar[str] = "asked to have the second step of account {account_id} taken away"


@dataclass(frozen=True, kw_only=True)
class LostStepSettled(AccountFact):
    """A second one agreed: the person sets a new second step up at the next sign-in."""

    says: ClassVar[str] = "agreed to take the second step of account {account_id} away"


@dataclass(frozen=True, kw_only=True)
class LostStepRefused(AccountFact):
    """It was refused, or taken back: the second step stays."""

    says: ClassVar[str] = "refused to take the second step of account {account_id} away"


@dataclass(frozen=True, kw_only=True)
class EmergencyAccountMade(AccountFact):
    """An account for emergencies was made at the machine."""

    says: ClassVar[str] = "made account {account_id} for emergencies"


@dataclass(frozen=True, kw_only=True)
class EmergencyAccountUsed(AccountFact):
    """Somebody signed in with an account for emergencies."""

    says: ClassVar[str] = "used account {account_id} for emergencies"
