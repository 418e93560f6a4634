"""How things stood on a day, worked out from what happened: accounts, roles, and the rule of sight. Pure.

The rule is that of `adminops.hmis.scope`, said once more over values: there it is a condition put to queries of today,
and a day in the past has no rows to put one to. A test holds both against each other.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role

OPENING = ("AccountActivated", "AccountReactivated")
LIFE = (*OPENING, "AccountDisabled", "AccountArchived", "AccountRestored")
"""The facts that say whether an account was open."""
ROLES = ("RoleGranted", "RoleRevoked")


@dataclass(frozen=True)
class Happened:
    """One fact of the trail: its name and its moment."""

    at: datetime
    fact: str


@dataclass(frozen=True)
class Held:
    """A role that somebody had, at an agency or (None) everywhere, from and until when; None: not on record."""

    role: Role
    agency_id: int | None
    since: datetime | None
    until: datetime | None = None

    def on(self, start: datetime, end: datetime) -> bool:
        """Say whether it was held at some moment from `start` up to `end`."""
        return (self.since is None or self.since < end) and (self.until is None or self.until > start)


@dataclass(frozen=True)
class Place:
    """Where a client stays, or stayed: of which agencies that is, and whether it is victim services'."""

    agency_ids: frozenset[int]
    is_protected: bool


def was_open(life: Sequence[Happened], start: datetime, end: datetime, *, activated_at: datetime | None) -> bool:
    """Say whether an account was open at some moment from `start` up to `end`.

    `life` are its facts in their order. An account of before there was a trail has none of being activated: then its
    row says since when it was.
    """
    is_active = not any(each.fact == "AccountActivated" for each in life) and activated_at is not None
    is_open = is_active and activated_at is not None and activated_at < end
    was = False
    for each in life:
        if each.at >= end:
            break
        was = was or (is_open and each.at > start)
        if each.fact == "AccountActivated":
            is_active = is_open = True
        elif each.fact == "AccountReactivated":
            is_open = is_active
        else:
            is_open = False
            is_active = is_active and each.fact != "AccountRestored"
    return was or is_open


def held_roles(now: Iterable[Held], facts: Iterable[tuple[Happened, Role, int | None]]) -> list[Held]:
    """Return every role that somebody had: those of `now`, and those whose end is among `facts`, in their order.

    One that was taken away and whose beginning is not among them was held from before the trail begins.
    """
    begun: dict[tuple[Role, int | None], datetime] = {}
    ended: list[Held] = []
    for happened, role, agency_id in facts:
        if happened.fact == "RoleGranted":
            begun[role, agency_id] = happened.at
        else:
            ended.append(Held(role, agency_id, begun.pop((role, agency_id), None), happened.at))
    return [*ended, *now]


def sees(roles: Collection[Held], own: Sequence[Place], whole: Sequence[Place]) -> bool:
    """Say whether somebody with these roles sees a record that stays at `own`, of a person who stays at `whole`."""
    reading = [each for each in roles if Permission.READ_CLIENTS in ROLE_PERMISSIONS[each.role]]
    everywhere = [each for each in reading if each.agency_id is None]
    if any(Permission.READ_PROTECTED_CLIENTS in ROLE_PERMISSIONS[each.role] for each in everywhere):
        return True
    agencies = {each.agency_id for each in reading if each.agency_id is not None}
    if not everywhere and not any(agencies & place.agency_ids for place in whole):
        return False
    shut_off = [place.is_protected and not agencies & place.agency_ids for place in own]
    return not shut_off or not all(shut_off)
