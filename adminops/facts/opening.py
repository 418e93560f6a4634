"""Facts about what opens accounts: requests with their gates, agreements of users and agencies, license seats."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact
from adminops.facts.people import AccountFact, AgencyFact


@dataclass(frozen=True, kw_only=True)
class AccountRequested(AccountFact):
    """An account was asked for by a ticket; it is closed until nothing is missing any more."""

    says: ClassVar[str] = "asked for account {account_id}"


@dataclass(frozen=True, kw_only=True)
class GateFact(AccountFact):
    """Something about what a request about an account needs; `gate` is a code of the accounts feature, `what` says it
    in words.
    """

    says: ClassVar[str] = "changed what a request about account {account_id} needs: {what}"
    gate: str
    what: str


@dataclass(frozen=True, kw_only=True)
class AccountGateMet(GateFact):
    """One thing that an account needs is there."""

    says: ClassVar[str] = "noted for account {account_id}: {what} is there"


@dataclass(frozen=True, kw_only=True)
class AccountGateLost(GateFact):
    """One thing that was there is missing again."""

    says: ClassVar[str] = "noted for account {account_id}: {what} is missing again"


@dataclass(frozen=True, kw_only=True)
class AccountGateWaived(GateFact):
    """A request may go on although one thing is missing; the reason stands with it."""

    says: ClassVar[str] = "waived for account {account_id}: {what}"


@dataclass(frozen=True, kw_only=True)
class AccountApproved(AccountFact):
    """Nothing is missing any more: the account is set up and its owner invited."""

    says: ClassVar[str] = "approved account {account_id}: nothing is missing"


@dataclass(frozen=True, kw_only=True)
class AccountRequestEnded(AccountFact):
    """A request for an account was refused or taken back (`how`)."""

    says: ClassVar[str] = "ended the request for account {account_id} ({how})"
    how: str


@dataclass(frozen=True, kw_only=True)
class AccountRequestExpired(AccountFact):
    """Nothing happened with a request for an account for 15 days."""

    says: ClassVar[str] = "ended the request for account {account_id}: nothing happened for 15 days"
    gives_up: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class AccountRequestResumed(AccountFact):
    """A request for an account that was over was taken up again."""

    says: ClassVar[str] = "took the request for account {account_id} up again"


@dataclass(frozen=True, kw_only=True)
class UserAgreementPublished(Fact):
    """A new version of what people sign is out."""

    about_kind: ClassVar[str] = "user_agreement"
    about_field: ClassVar[str] = "text_id"
    says: ClassVar[str] = "published version {version} of the user agreement"
    text_id: int
    version: int


@dataclass(frozen=True, kw_only=True)
class UserAgreementSent(AccountFact):
    """Somebody who can't sign in was sent a link to read and sign the user agreement."""

    says: ClassVar[str] = "sent the owner of account {account_id} the user agreement"


@dataclass(frozen=True, kw_only=True)
class UserAgreementSigned(AccountFact):
    """Somebody signed the user agreement."""

    says: ClassVar[str] = "signed the user agreement (account {account_id})"
    text_id: int


@dataclass(frozen=True, kw_only=True)
class AgreementFact(AgencyFact):
    """Something about what an agency has signed; `kind` says what it is: mou, sharing, other."""

    says: ClassVar[str] = "changed agreement {agreement_id} of agency {agency_id}"
    agreement_id: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class AgreementRecorded(AgreementFact):
    """An agency has signed, and it was put on record."""

    says: ClassVar[str] = "recorded agreement {agreement_id} of agency {agency_id}"


@dataclass(frozen=True, kw_only=True)
class AgreementEnded(AgreementFact):
    """An agreement ends before its time."""

    says: ClassVar[str] = "ended agreement {agreement_id} of agency {agency_id}"


@dataclass(frozen=True, kw_only=True)
class LicenseFact(AgencyFact):
    """Something about the license seats of an agency."""

    says: ClassVar[str] = "changed license period {period_id} of agency {agency_id}"
    period_id: int


@dataclass(frozen=True, kw_only=True)
class LicensePeriodOpened(LicenseFact):
    """A period with a price for a seat was opened."""

    says: ClassVar[str] = "opened license period {period_id} of agency {agency_id}"


@dataclass(frozen=True, kw_only=True)
class LicenseOrderFact(LicenseFact):
    """Something about seats that were ordered together."""

    says: ClassVar[str] = "changed license order {order_id} of agency {agency_id}"
    order_id: int


@dataclass(frozen=True, kw_only=True)
class LicenseSeatsOrdered(LicenseOrderFact):
    """An agency has more seats."""

    says: ClassVar[str] = "ordered license seats (order {order_id}) for agency {agency_id}"


@dataclass(frozen=True, kw_only=True)
class LicenseInvoiced(LicenseOrderFact):
    """Seats were billed."""

    says: ClassVar[str] = "noted the invoice of license order {order_id} of agency {agency_id}"


@dataclass(frozen=True, kw_only=True)
class LicensePaid(LicenseOrderFact):
    """Seats were paid."""

    says: ClassVar[str] = "noted the payment of license order {order_id} of agency {agency_id}"


@dataclass(frozen=True, kw_only=True)
class SetupOpened(AccountFact):
    """The sheet by which an account is set up in the HMIS was opened."""

    says: ClassVar[str] = "opened the set-up sheet of account {account_id}"


@dataclass(frozen=True, kw_only=True)
class SetupStepFact(AccountFact):
    """Something about one step of the sheet; `step` is a code of the accounts feature."""

    says: ClassVar[str] = "changed step {step} of setting up account {account_id}"
    step: str


@dataclass(frozen=True, kw_only=True)
class SetupStepDone(SetupStepFact):
    """One step was ticked off; what shows it stands on the sheet."""

    says: ClassVar[str] = "set up account {account_id} in the HMIS: {step}"


@dataclass(frozen=True, kw_only=True)
class SetupStepUndone(SetupStepFact):
    """A tick was taken back."""

    says: ClassVar[str] = "took back for account {account_id} in the HMIS: {step}"


@dataclass(frozen=True, kw_only=True)
class SetupFinished(AccountFact):
    """Everything was entered in the HMIS, and the person has signed in there."""

    says: ClassVar[str] = "finished setting up account {account_id} in the HMIS"
