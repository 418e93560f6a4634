"""Facts about users, their sessions and their accounts."""

from dataclasses import dataclass
from typing import Any, ClassVar

from adminops.facts.base import Fact


@dataclass(frozen=True, kw_only=True)
class UserFact(Fact):
    """Something about a user."""

    about_kind: ClassVar[str] = "user"
    about_field: ClassVar[str] = "user_id"
    says: ClassVar[str] = "changed user {user_id}"
    user_id: int


@dataclass(frozen=True, kw_only=True)
class SignedIn(UserFact):
    """A person signed in."""

    says: ClassVar[str] = "signed in"


@dataclass(frozen=True, kw_only=True)
class SignInRefused(UserFact):
    """A sign-in with a known name was refused: `reason` is password, code, key or disabled."""

    says: ClassVar[str] = "was refused at sign-in ({reason})"
    reason: str


@dataclass(frozen=True, kw_only=True)
class SignedOut(UserFact):
    """A person signed out, or a session of theirs was ended from the list."""

    says: ClassVar[str] = "signed out"


@dataclass(frozen=True, kw_only=True)
class RoleGranted(UserFact):
    """A user got a role, at one agency or everywhere (`agency_id` None)."""

    says: ClassVar[str] = "granted role {role} to user {user_id}"
    role: str


@dataclass(frozen=True, kw_only=True)
class RoleRevoked(UserFact):
    """A user lost a role."""

    says: ClassVar[str] = "revoked role {role} of user {user_id}"
    role: str


@dataclass(frozen=True, kw_only=True)
class TokenMade(UserFact):
    """A person made a token for a program."""

    says: ClassVar[str] = "made token {token_id}"
    token_id: int


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(UserFact):
    """A token was revoked: by its owner, or with the account."""

    says: ClassVar[str] = "revoked token {token_id} of user {user_id}"
    token_id: int


@dataclass(frozen=True, kw_only=True)
class AccountFact(Fact):
    """Something in the life of an account."""

    about_kind: ClassVar[str] = "account"
    about_field: ClassVar[str] = "account_id"
    says: ClassVar[str] = "changed account {account_id}"
    account_id: int


@dataclass(frozen=True, kw_only=True)
class ByPolicyFact(AccountFact):
    """Something that a policy may do by itself: then its name and version ("inactivity@3") is who did it."""

    policy: str = ""

    def detail(self) -> dict[str, Any]:
        """Leave the policy out where a person did it."""
        return {name: value for name, value in super().detail().items() if name != "policy" or value}


@dataclass(frozen=True, kw_only=True)
class AccountCreated(AccountFact):
    """An account was created and its owner invited."""

    says: ClassVar[str] = "created account {account_id}"
    settles: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class AccountInvited(AccountFact):
    """The invitation to a new account was sent again."""

    says: ClassVar[str] = "sent the invitation for account {account_id} again"


@dataclass(frozen=True, kw_only=True)
class AccountChanged(AccountFact):
    """The person's particulars were changed; `changed` names the fields."""

    says: ClassVar[str] = "changed account {account_id}: {changed}"
    changed: str


@dataclass(frozen=True, kw_only=True)
class AccountActivated(AccountFact):
    """The owner set a first password: the account is in use."""

    says: ClassVar[str] = "activated account {account_id}"
    settles: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class AccountDisabled(ByPolicyFact):
    """An account was disabled and its sessions ended; `reason` is a code of the accounts feature."""

    says: ClassVar[str] = "disabled account {account_id}"
    settles: ClassVar[bool] = True
    reason: str


@dataclass(frozen=True, kw_only=True)
class AccountReactivated(AccountFact):
    """A disabled account works again."""

    says: ClassVar[str] = "reactivated account {account_id}"
    settles: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class AccountHeld(ByPolicyFact):
    """Something keeps an account closed, now or from a later moment on; `kind` is a code of the accounts feature."""

    says: ClassVar[str] = "placed a hold ({kind}) on account {account_id}"
    kind: str


@dataclass(frozen=True, kw_only=True)
class AccountReleased(ByPolicyFact):
    """One of the things that kept an account closed does so no longer; others may."""

    says: ClassVar[str] = "released the hold ({kind}) on account {account_id}"
    kind: str


@dataclass(frozen=True, kw_only=True)
class AccountProvisioned(AccountFact):
    """The directory has made an account of the network."""

    says: ClassVar[str] = "set up account {account_id} in the directory"


@dataclass(frozen=True, kw_only=True)
class AccountUnlocked(AccountFact):
    """Wrong tries were forgotten; the password stays."""

    says: ClassVar[str] = "unlocked account {account_id}"


@dataclass(frozen=True, kw_only=True)
class AccountLimited(AccountFact):
    """The moments between which an account is open were set."""

    says: ClassVar[str] = "limited the time of account {account_id}"


@dataclass(frozen=True, kw_only=True)
class AccountArchived(ByPolicyFact):
    """A disabled account was put away for good."""

    says: ClassVar[str] = "archived account {account_id}"


@dataclass(frozen=True, kw_only=True)
class AccountMended(AccountFact):
    """The directory had an account otherwise than it should, and is told; `finding` says what was wrong."""

    says: ClassVar[str] = "has the directory put account {account_id} right ({finding})"
    finding: str


@dataclass(frozen=True, kw_only=True)
class DirectoryCompared(Fact):
    """All of the directory was compared with the accounts: done, halted by the brakes, or failed."""

    about_kind: ClassVar[str] = "comparison"
    about_field: ClassVar[str] = "comparison_id"
    says: ClassVar[str] = "compared the directory ({outcome}), {mended} accounts put right"
    comparison_id: int
    outcome: str
    mended: int


@dataclass(frozen=True, kw_only=True)
class AccountRestored(AccountFact):
    """Somebody came back: the archived account is theirs again."""

    says: ClassVar[str] = "restored account {account_id}"
    settles: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(AccountFact):
    """Somebody signed in changed their own password."""

    says: ClassVar[str] = "changed the password of account {account_id}"


@dataclass(frozen=True, kw_only=True)
class PasswordResetStarted(AccountFact):
    """A reset link is on its way. `reason` says how: self-service or help-desk."""

    says: ClassVar[str] = "started a password reset for account {account_id}"
    reason: str


@dataclass(frozen=True, kw_only=True)
class PasswordResetFinished(AccountFact):
    """The person set a new password; older sessions are ended."""

    says: ClassVar[str] = "set a new password"
    settles: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class AgencyFact(Fact):
    """Something about an agency (`agency_id` is the agency)."""

    about_kind: ClassVar[str] = "agency"
    about_field: ClassVar[str] = "agency_id"
    says: ClassVar[str] = "changed agency {agency_id}"


@dataclass(frozen=True, kw_only=True)
class AgencyAdded(AgencyFact):
    """An agency was entered."""

    says: ClassVar[str] = "added agency {agency_id}"


@dataclass(frozen=True, kw_only=True)
class AgencyChanged(AgencyFact):
    """An agency's particulars were changed; `changed` names the fields."""

    says: ClassVar[str] = "changed agency {agency_id}: {changed}"
    changed: str
