"""Facts about identity providers, and about who their people are here."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact
from adminops.facts.people import AccountFact, UserFact


@dataclass(frozen=True, kw_only=True)
class ProviderFact(Fact):
    """Something about an identity provider."""

    about_kind: ClassVar[str] = "identity_provider"
    about_field: ClassVar[str] = "provider_id"
    says: ClassVar[str] = "changed identity provider {provider_id}"
    provider_id: int


@dataclass(frozen=True, kw_only=True)
class ProviderSaved(ProviderFact):
    """An identity provider was added or changed."""

    says: ClassVar[str] = "saved identity provider {provider_id}"


@dataclass(frozen=True, kw_only=True)
class ProviderSwitchedOn(ProviderFact):
    """Its people may sign in by it again."""

    says: ClassVar[str] = "switched identity provider {provider_id} on"


@dataclass(frozen=True, kw_only=True)
class ProviderSwitchedOff(ProviderFact):
    """Nobody signs in by it any more."""

    says: ClassVar[str] = "switched identity provider {provider_id} off"


@dataclass(frozen=True, kw_only=True)
class IdentityConnected(UserFact):
    """Somebody signs in by an identity provider from now on, too; `how`: address (known by it) or self."""

    says: ClassVar[str] = "connected user {user_id} with identity provider {provider_id} ({how})"
    provider_id: int
    how: str


@dataclass(frozen=True, kw_only=True)
class IdentityDisconnected(UserFact):
    """Somebody signs in by an identity provider no longer."""

    says: ClassVar[str] = "disconnected user {user_id} from identity provider {provider_id}"
    provider_id: int


@dataclass(frozen=True, kw_only=True)
class VouchedSignInRefused(UserFact):
    """An identity provider vouched for somebody who can't sign in: `reason` is disabled or agency."""

    says: ClassVar[str] = "was refused at sign-in by identity provider {provider_id} ({reason})"
    provider_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class ScimTokenMade(ProviderFact):
    """An identity provider may tell of an agency's joiners and leavers, by a token."""

    says: ClassVar[str] = "made token {token_id} by which identity provider {provider_id} tells of people"
    token_id: int


@dataclass(frozen=True, kw_only=True)
class ScimTokenRevoked(ProviderFact):
    """A token of an identity provider counts no longer."""

    says: ClassVar[str] = "revoked token {token_id} of identity provider {provider_id}"
    token_id: int


@dataclass(frozen=True, kw_only=True)
class ScimPersonFact(ProviderFact):
    """An identity provider said something about one of its agency's people."""

    says: ClassVar[str] = "heard of person {person_id} from identity provider {provider_id}"
    person_id: int


@dataclass(frozen=True, kw_only=True)
class ScimPersonTold(ScimPersonFact):
    """An identity provider told of somebody for the first time."""

    says: ClassVar[str] = "was told of person {person_id} by identity provider {provider_id}"


@dataclass(frozen=True, kw_only=True)
class ScimPersonChanged(ScimPersonFact):
    """An identity provider described somebody anew."""

    says: ClassVar[str] = "was told that person {person_id} changed, by identity provider {provider_id}"


@dataclass(frozen=True, kw_only=True)
class ScimPersonRemoved(ScimPersonFact):
    """An identity provider has somebody no longer."""

    says: ClassVar[str] = "was told that person {person_id} is gone, by identity provider {provider_id}"


@dataclass(frozen=True, kw_only=True)
class ScimJoinerWithdrawn(AccountFact):
    """Somebody for whom an account was asked does not join after all, as the agency's identity provider says."""

    says: ClassVar[str] = "was told that the person for account {account_id} does not join"
    gives_up: ClassVar[bool] = True
