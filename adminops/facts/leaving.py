"""Facts about who leaves, and about the lists on which agencies confirm who is still there."""

from dataclasses import dataclass
from typing import ClassVar

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
