"""Facts about what concerns many tickets at once: known problems, cases at the vendor."""

from dataclasses import dataclass
from typing import ClassVar

from adminops.facts.base import Fact


@dataclass(frozen=True, kw_only=True)
class KnownProblemFact(Fact):
    """Something about a known problem."""

    about_kind: ClassVar[str] = "known_problem"
    about_field: ClassVar[str] = "problem_id"
    says: ClassVar[str] = "changed known problem {problem_id}"
    problem_id: int


@dataclass(frozen=True, kw_only=True)
class KnownProblemOpened(KnownProblemFact):
    """People are told of a problem that is not solved yet."""

    says: ClassVar[str] = "wrote down known problem {problem_id}"


@dataclass(frozen=True, kw_only=True)
class KnownProblemChanged(KnownProblemFact):
    """Words, dates or those concerned were changed."""


@dataclass(frozen=True, kw_only=True)
class KnownProblemResolved(KnownProblemFact):
    """A known problem is solved."""

    says: ClassVar[str] = "called known problem {problem_id} solved"


@dataclass(frozen=True, kw_only=True)
class KnownProblemReopened(KnownProblemFact):
    """A known problem came back."""

    says: ClassVar[str] = "opened known problem {problem_id} again"


@dataclass(frozen=True, kw_only=True)
class KnownProblemShared(KnownProblemFact):
    """A person has that problem, too, and hears when it is solved."""

    says: ClassVar[str] = "has known problem {problem_id}, too"


@dataclass(frozen=True, kw_only=True)
class KnownProblemPutAway(KnownProblemFact):
    """A person has read the banner about it and no longer sees that."""

    says: ClassVar[str] = "put the banner of known problem {problem_id} away"


@dataclass(frozen=True, kw_only=True)
class VendorCaseFact(Fact):
    """Something about a case at the vendor of the HMIS."""

    about_kind: ClassVar[str] = "vendor_case"
    about_field: ClassVar[str] = "case_id"
    says: ClassVar[str] = "changed vendor case {case_id}"
    case_id: int


@dataclass(frozen=True, kw_only=True)
class VendorCaseOpened(VendorCaseFact):
    """A case that the vendor works on was written down."""

    says: ClassVar[str] = "wrote down vendor case {case_id}"


@dataclass(frozen=True, kw_only=True)
class VendorCaseChanged(VendorCaseFact):
    """A case has other particulars, or stands elsewhere: `state` says where."""

    says: ClassVar[str] = "changed vendor case {case_id}, which is {state} now"
    state: str
