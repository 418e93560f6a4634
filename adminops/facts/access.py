"""Facts about access that changes: what was asked for of an account, seats at further agencies, moves."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.people import AccountFact


@dataclass(frozen=True, kw_only=True)
class AccessRequested(AccountFact):
    """Something was asked for of an account; `what` says it in words."""

    says: ClassVar[str] = "asked for account {account_id}: {what}"
    what: str


@dataclass(frozen=True, kw_only=True)
class AccessGranted(AccountFact):
    """Nothing was missing any more, and what was asked for was carried out here; the HMIS comes after it."""

    says: ClassVar[str] = "carried out for account {account_id}: {what}"
    what: str


@dataclass(frozen=True, kw_only=True)
class AccessSettled(AccessGranted):
    """What was asked for was carried out, and nothing comes after it."""

    settles: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class AccessSetUp(AccountFact):
    """A change of access was entered in the HMIS, too; `what` says it in words."""

    says: ClassVar[str] = "entered in the HMIS for account {account_id}: {what}"
    settles: ClassVar[bool] = True
    what: str


@dataclass(frozen=True, kw_only=True)
class AccountMoved(AccountFact):
    """An account belongs to another agency now; nothing of the old one is in its reach."""

    says: ClassVar[str] = "moved account {account_id} from agency {from_agency_id} to agency {agency_id}"
    user_id: int
    from_agency_id: int | None


@dataclass(frozen=True, kw_only=True)
class FurtherSeatOpened(AccountFact):
    """Somebody works for a further agency, or has a role for a time."""

    says: ClassVar[str] = "let account {account_id} work at agency {agency_id} as {role}"
    role: str


@dataclass(frozen=True, kw_only=True)
class FurtherSeatEnded(AccountFact):
    """Somebody works for a further agency no longer, or has a role no longer."""

    says: ClassVar[str] = "ended the work of account {account_id} at agency {agency_id} as {role}"
    role: str
