"""Facts about who leaves, the lists on which agencies confirm who is still there, and the vendor's lists of users."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact
from adminops.facts.people import AccountFact, AgencyFact


@dataclass(frozen=True, kw_only=True)
class LeaverReported(AccountFact):
    """It was said that somebody leaves, and when: access ends at that moment by itself."""

    says: ClassVar[str] = "reported that the owner of account {account_id} leaves"


@dataclass(frozen=True, kw_only=True)
class LeaverTakenBack(AccountFact):
    """Somebody who was to leave stays after all."""

    says: ClassVar[str] = "took back that the owner of account {account_id} leaves"


@dataclass(frozen=True, kw_only=True)
class LeaverClosed(AccountFact):
    """Somebody who left has no access any more, in the HMIS neither."""

    says: ClassVar[str] = "ended all access of the owner of account {account_id}, in the HMIS too"
    settles: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class AccessReviewFact(AgencyFact):
    """Something about a list on which an agency confirms who is still there."""

    says: ClassVar[str] = "changed the list of people {review_id} of agency {agency_id}"
    review_id: int


@dataclass(frozen=True, kw_only=True)
class AccessReviewOpened(AccessReviewFact):
    """An agency is asked to confirm who is still there."""

    says: ClassVar[str] = "asked agency {agency_id} to confirm its people (list {review_id})"


@dataclass(frozen=True, kw_only=True)
class AccessReviewAnswered(AccessReviewFact):
    """Something was said about one person of the list; `answer` is a code of the accounts feature."""

    says: ClassVar[str] = "confirmed account {account_id} on list {review_id}: {answer}"
    account_id: int
    answer: str


@dataclass(frozen=True, kw_only=True)
class AccessReviewDone(AccessReviewFact):
    """Everybody on the list was confirmed."""

    says: ClassVar[str] = "confirmed all people of agency {agency_id} (list {review_id})"


@dataclass(frozen=True, kw_only=True)
class AccessReviewMissed(AccessReviewFact):
    """The next quarter began before everybody on the list was confirmed."""

    says: ClassVar[str] = "ended list {review_id} of agency {agency_id} unconfirmed"


@dataclass(frozen=True, kw_only=True)
class PrivilegedReviewFact(Fact):
    """Something about the monthly list on which two people confirm who may do most."""

    about_kind: ClassVar[str] = "privileged_review"
    about_field: ClassVar[str] = "review_id"
    says: ClassVar[str] = "changed the list of administrators {review_id}"
    review_id: int


@dataclass(frozen=True, kw_only=True)
class PrivilegedReviewOpened(PrivilegedReviewFact):
    """Administrators are asked to confirm each other."""

    says: ClassVar[str] = "opened the list of administrators {review_id}"


@dataclass(frozen=True, kw_only=True)
class PrivilegedReviewAnswered(PrivilegedReviewFact):
    """Something was said about one person of the list; `answer` is a code of the accounts feature."""

    says: ClassVar[str] = "said of account {account_id} on list of administrators {review_id}: {answer}"
    account_id: int
    answer: str


@dataclass(frozen=True, kw_only=True)
class PrivilegedReviewDone(PrivilegedReviewFact):
    """Two people have confirmed everybody on the list, or who was to go has gone."""

    says: ClassVar[str] = "confirmed the list of administrators {review_id}"


@dataclass(frozen=True, kw_only=True)
class PrivilegedReviewMissed(PrivilegedReviewFact):
    """The next month began before everybody on the list was confirmed."""

    says: ClassVar[str] = "ended list of administrators {review_id} unconfirmed"


@dataclass(frozen=True, kw_only=True)
class VendorListFact(Fact):
    """Something about a list of users that the HMIS vendor wrote; `purpose` is a code of the accounts feature."""

    about_kind: ClassVar[str] = "vendor_list"
    about_field: ClassVar[str] = "list_id"
    says: ClassVar[str] = "changed vendor list {list_id}"
    list_id: int


@dataclass(frozen=True, kw_only=True)
class VendorListUploaded(VendorListFact):
    """A list was uploaded; nothing of it counts yet."""

    says: ClassVar[str] = "uploaded vendor list {list_id} ({purpose})"
    purpose: str


@dataclass(frozen=True, kw_only=True)
class VendorListHeld(VendorListFact):
    """A list was too odd to be taken without somebody's word."""

    says: ClassVar[str] = "held vendor list {list_id}"


@dataclass(frozen=True, kw_only=True)
class VendorListTaken(VendorListFact):
    """A list was taken."""

    says: ClassVar[str] = "took vendor list {list_id} ({purpose})"
    purpose: str


@dataclass(frozen=True, kw_only=True)
class VendorListDropped(VendorListFact):
    """A list was dropped unread."""

    says: ClassVar[str] = "dropped vendor list {list_id}"


@dataclass(frozen=True, kw_only=True)
class VendorUserSettled(VendorListFact):
    """Somebody said who a user of the vendor is here."""

    says: ClassVar[str] = "settled who user {vendor_user_id} of vendor list {list_id} is"
    vendor_user_id: int


@dataclass(frozen=True, kw_only=True)
class AccessPolicyFact(Fact):
    """Something about a version of a policy of accounts; `policy` is its name: "inactivity@3"."""

    about_kind: ClassVar[str] = "account_policy"
    about_field: ClassVar[str] = "policy_id"
    says: ClassVar[str] = "changed policy {policy}"
    policy_id: int
    policy: str


@dataclass(frozen=True, kw_only=True)
class AccessPolicyProposed(AccessPolicyFact):
    """A version was proposed; nothing holds by it yet."""

    says: ClassVar[str] = "proposed policy {policy}"


@dataclass(frozen=True, kw_only=True)
class AccessPolicyActivated(AccessPolicyFact):
    """A second person put a version in force."""

    says: ClassVar[str] = "put policy {policy} in force"


@dataclass(frozen=True, kw_only=True)
class AccessPolicyRefused(AccessPolicyFact):
    """A version was refused, or taken back."""

    says: ClassVar[str] = "refused policy {policy}"
