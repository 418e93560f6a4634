"""What is said to a directory and what it answers: values, refusals, and the interface."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from adminops.errors import Unavailable


class Verdict(StrEnum):
    """What a directory says to a user name and a password."""

    OK = "ok"
    MUST_CHANGE = "must_change"
    """The password is right, and has to be changed before anything else."""
    WRONG = "wrong"
    LOCKED = "locked"
    """Too many wrong tries; it opens by itself or by `unlock`."""
    DISABLED = "disabled"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class Desired:
    """How an account should stand in its directory.

    `key` is the account's own number for ever; every name may change. `ends_at` is when access ends by itself.
    """

    key: str
    username: str
    name: str
    email: str
    title: str = ""
    enabled: bool = False
    ends_at: datetime | None = None
    groups: frozenset[str] = frozenset()
    archived: bool = False


@dataclass(frozen=True, kw_only=True)
class Entry:
    """How an account stands in its directory. `id` is the directory's own number of the entry, `place` where it is."""

    key: str
    id: str
    place: str = ""
    username: str
    name: str
    email: str
    title: str = ""
    enabled: bool
    ends_at: datetime | None = None
    groups: frozenset[str] = frozenset()
    archived: bool = False
    locked: bool = False
    must_change: bool = False
    last_sign_in_at: datetime | None = None


@dataclass(frozen=True)
class Change:
    """What a directory had to change to be as desired; nothing when it was already.

    `resolved`: its answer got lost, and reading showed that it is as desired.
    """

    changed: Sequence[str] = ()
    entry: Entry | None = None
    resolved: bool = False

    def __bool__(self) -> bool:
        return bool(self.changed)


@dataclass(frozen=True)
class Health:
    """How a directory is: what it is, how many accounts it showed, and what somebody should look at."""

    kind: str
    people: int = 0
    warnings: Sequence[str] = field(default=())


class DirectoryProblem(Unavailable):
    """A directory did not do what it was asked. The sentence is for staff and names no person."""

    passes = True
    """Whether trying again later may help without anybody doing something."""


class Away(DirectoryProblem):
    """It does not answer, and nothing was written."""


class Doubtful(DirectoryProblem):
    """It was asked to write, and nobody knows whether it did: only reading can tell."""


class Denied(DirectoryProblem):
    """Our own sign-in there, or its rights, do not reach: nothing can be done until somebody looks."""


class Misfit(DirectoryProblem):
    """Its certificate, tree or schema is not what the settings say."""


class Refused(DirectoryProblem):
    """It does not take this value, by a rule of its own (a password policy, a syntax)."""

    passes = False


class Taken(DirectoryProblem):
    """What should be written belongs to an entry that is not this account's: a person has to decide."""

    passes = False


class Directory(Protocol):
    """What every place of accounts can do. All raise `DirectoryProblem`.

    Whoever writes to it calls it last in a verb, so that its failure undoes the rest, or by the outbox.
    """

    @property
    def kind(self) -> str:
        """Which kind of place it is."""
        ...

    def health(self) -> Health:
        """Look whether it answers and lets us in."""
        ...

    def find(self, key: str) -> Entry | None:
        """Return the account with that number, or None: it is certain that there is none."""
        ...

    def scan(self) -> Sequence[Entry]:
        """Return every account that bears a number of ours, all or none: an incomplete answer raises."""
        ...

    def converge(self, desired: Desired) -> Change:
        """Make the account what is desired: read, compare, write only the difference. Twice is once.

        Closed first and opened last, so that nobody gets in with half of it. Raises `Doubtful` when an answer got
        lost and reading does not tell either.
        """
        ...

    def set_password(self, desired: Desired, password: str, *, must_change: bool = False) -> None:
        """Give the account this password, then see that it stands as `desired`: no password ever opens a closed one.

        Raises `Refused` when it is too weak or used before by its own rules, `Doubtful` when nobody knows.
        """
        ...

    def verify(self, key: str, password: str) -> Verdict:
        """Say whether the password is the account's; every other reason only to who has the right one, if possible."""
        ...

    def unlock(self, key: str) -> bool:
        """Let who was locked out by wrong tries try again with the same password; False: there was no lock."""
        ...


def is_typed(password: str) -> bool:
    """Say whether a text may be offered as a password at all: an empty one would sign in as nobody, which succeeds."""
    return 0 < len(password) <= MOST_TYPED and "\x00" not in password


MOST_TYPED = 1024
