"""What happens to pairs of client records that may be one person."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact


@dataclass(frozen=True, kw_only=True)
class PairFact(Fact):
    """Something about a pair of client records that may be one person."""

    about_kind: ClassVar[str] = "pair"
    about_field: ClassVar[str] = "pair_id"
    says: ClassVar[str] = "touched pair {pair_id}"
    pair_id: int


@dataclass(frozen=True, kw_only=True)
class PairKeptApart(PairFact):
    """A reviewer decided that the two are different people."""

    says: ClassVar[str] = "kept pair {pair_id} apart"
    settles: ClassVar[bool] = True
    client_ids: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class MergeProposed(PairFact):
    """A reviewer would merge the two; the rules ask for a second person."""

    says: ClassVar[str] = "merged pair {pair_id}, for a second person to agree to"


@dataclass(frozen=True, kw_only=True)
class MergeRefused(PairFact):
    """The second person did not agree."""

    says: ClassVar[str] = "refused to merge pair {pair_id}"


@dataclass(frozen=True, kw_only=True)
class MergeWithdrawn(PairFact):
    """Who proposed the merge took that back before a second person answered."""

    says: ClassVar[str] = "took back the merge of pair {pair_id} that a second person was to agree to"


@dataclass(frozen=True, kw_only=True)
class PairDeferred(PairFact):
    """A reviewer put the decision off."""

    says: ClassVar[str] = "deferred pair {pair_id}"


@dataclass(frozen=True, kw_only=True)
class PairAnswered(PairFact):
    """A request asks for a pair that is decided, or other decisions settled a pair that was asked for.

    `outcome` is merged or apart. `on` is the day of the decision, "" where others decided by way of further records.
    Of a merged pair the second of the two client records is the kept one. `again`: what keeps them apart is asked about
    again at present.
    """

    says: ClassVar[str] = "found pair {pair_id} decided already ({outcome})"
    settles: ClassVar[bool] = True
    client_ids: tuple[int, int]
    outcome: str
    on: str
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class PairTakenOut(PairFact):
    """A pair that a request asks for is no longer proposed: its records can't be compared any more.

    Why is not said: that a client is with victim services alone is nobody's to read from it.
    """

    says: ClassVar[str] = "took pair {pair_id} out of the queue: its records can no longer be compared"


@dataclass(frozen=True, kw_only=True)
class PairReopened(PairFact):
    """A decision on a pair was taken back, or those that settled it were."""

    says: ClassVar[str] = "reopened pair {pair_id}"
    takes_back: ClassVar[bool] = True
    client_ids: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class PairResumed(PairFact):
    """A pair that was put off, or no longer proposed, is to be decided now."""

    says: ClassVar[str] = "took pair {pair_id} up again"
