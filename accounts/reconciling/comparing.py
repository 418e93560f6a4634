"""What differs between the accounts here and the entries there, and when nothing at all may be done about it: pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from accounts.directory.values import Desired, Entry

FEWEST, SHARE, REMAINS = 5, 0.02, 0.9
"""More changes than these, or fewer entries than this share of the last scan, and a person has to look first."""


class FindingKind(StrEnum):
    """What can be wrong, the worst first, with the words for staff."""

    def __new__(cls, value: str, title: str = "", remedy: str = "") -> "FindingKind":
        """Keep the words beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.title, member.remedy = title, remedy
        return member

    title: str  # type: ignore[assignment]
    remedy: str

    OPEN = "open", "Open there, and should be closed", "It is closed there at once."
    CLOSED = "closed", "Closed there, and should be open", "It is opened there."
    GROUPS = "groups", "Other groups than its roles", "Its groups become those of its roles."
    DRIFT = "drift", "Other particulars", "The directory takes over what stands here."
    MISSING = "missing", "Not there", "It is made anew, without a password: the person needs a new one."
    REPLACED = "replaced", "Somebody made it anew there", "Nothing by itself: look at the entry, then compare again."
    DUPLICATE = "duplicate", "Two entries with one number", "Nothing by itself: remove one of them there."
    ORPHAN = "orphan", "There, and no account here", "Nothing, ever: entries are not deleted from here."


#: What may be put right by telling the directory how the account should be.
MENDED = frozenset({FindingKind.OPEN, FindingKind.CLOSED, FindingKind.GROUPS, FindingKind.DRIFT, FindingKind.MISSING})
K = FindingKind


@dataclass(frozen=True)
class Ours:
    """An account as it should be there. `id`: the number that the entry had when it was last seen."""

    account_id: int
    desired: Desired
    id: str = ""
    is_known: bool = True
    """Whether the directory was ever told of it."""


@dataclass(frozen=True)
class Difference:
    """One thing that is wrong: the fields that differ, here and there."""

    kind: FindingKind
    key: str
    account_id: int | None = None
    ours: Mapping[str, Any] = field(default_factory=dict)
    theirs: Mapping[str, Any] = field(default_factory=dict)


PARTICULARS = ("username", "name", "email", "title", "archived")


def compare(ours: Sequence[Ours], theirs: Sequence[Entry]) -> list[Difference]:
    """Return everything that differs, in the order of the accounts; what has no number of ours is nobody's business."""
    counted = Counter(entry.key for entry in theirs)
    by_key = {entry.key: entry for entry in theirs}
    found: list[Difference] = []
    for account in ours:
        key = account.desired.key
        if counted[key] > 1:
            found.append(Difference(K.DUPLICATE, key, account.account_id, {}, {"entries": counted[key]}))
        elif key in by_key:
            found += _between(account, by_key[key])
        elif account.is_known and not account.desired.archived:
            found.append(Difference(K.MISSING, key, account.account_id, {"username": account.desired.username}))
    known = {account.desired.key for account in ours}
    strangers = (entry for entry in by_key.values() if entry.key not in known)
    return found + [Difference(K.ORPHAN, entry.key, None, {}, {"username": entry.username}) for entry in strangers]


def _between(account: Ours, entry: Entry) -> list[Difference]:
    desired, found = account.desired, []

    def differs(kind: FindingKind, here: Mapping[str, Any], there: Mapping[str, Any]) -> None:
        found.append(Difference(kind, desired.key, account.account_id, here, there))

    if account.id and entry.id != account.id:
        differs(K.REPLACED, {"id": account.id}, {"id": entry.id})
    if entry.enabled != desired.enabled:
        differs(K.OPEN if entry.enabled else K.CLOSED, {"open": desired.enabled}, {"open": entry.enabled})
    if entry.groups != desired.groups:
        differs(K.GROUPS, {"groups": sorted(desired.groups)}, {"groups": sorted(entry.groups)})
    names = [name for name in PARTICULARS if getattr(entry, name) != getattr(desired, name)]
    if names:
        here, there = ({name: getattr(side, name) for name in names} for side in (desired, entry))
        differs(K.DRIFT, here, there)
    return found


def brake(*, known: int, seen: int, seen_before: int | None, planned: int) -> str | None:
    """Return why nothing may be changed, as a sentence; None: go on.

    `known` accounts the directory was told of, `seen` entries of ours it showed, `seen_before` at the last good scan.
    """
    if known and not seen:
        return f"The directory shows none of {known:,} accounts. It was asked in the wrong place, or has lost them."
    if seen_before and seen < REMAINS * seen_before:
        return f"The directory shows {seen:,} entries; the last time it was {seen_before:,}. Too many are gone at once."
    most = max(FEWEST, int(SHARE * known))
    if planned > most:
        return f"{planned:,} accounts would be changed at once, and more than {most:,} need somebody who has looked."
    return None
