"""What runs out, and for whom: read off the rows and the ladders of the policies, in a handful of statements."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from accounts.agreements.queries import signed_by_many, today
from accounts.ladders.models import AccountPolicy
from accounts.ladders.queries import Rules, rules_of
from accounts.ladders.values import Idle, Ladder, PolicyKind, idle_on
from accounts.lists.models import ListPurpose, ListState, VendorList
from accounts.lists.queries import STALE, last_logins
from accounts.models import Account, AccountState, Hold, HoldKind
from adminops import clock
from adminops.agencies.queries import mou_until
from adminops.db import db
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role
from adminops.proofs import TRAINING, proofs_of
from adminops.settings import current_settings

K = PolicyKind
HELD_BY = {
    K.INACTIVITY: HoldKind.INACTIVITY,
    K.TRAINING: HoldKind.TRAINING,
    K.AGREEMENT: HoldKind.AGREEMENT,
    K.MOU: HoldKind.AGENCY_MOU,
}
AT_LEAST = timedelta(days=3)
"""A hold is never placed later than so long before it acts."""


@dataclass(frozen=True)
class Person:
    """Somebody with an account, as far as the ladders need it."""

    account_id: int
    user_id: int
    agency_id: int | None
    state: AccountState
    roles: tuple[Role, ...]
    alive_at: datetime
    """The last sign of life: a sign-in here or in the HMIS, the first use, an end of a hold for inactivity. Never none,
    so somebody who never signed in has a clock, too."""


@dataclass(frozen=True)
class Lapse:
    """What runs out for somebody, and when it holds them."""

    person: Person
    kind: HoldKind
    ladder: Ladder
    begins_at: datetime
    """When access ends by it: it may be past."""
    is_near: bool
    """Whether the hold is to be placed by now."""
    warned: int | None
    """The step of the warnings that has come last."""
    last_on: date | None = None
    idle: Idle | None = None

    @property
    def key(self) -> tuple[int, HoldKind]:
        """Whose and of which kind it is."""
        return self.person.account_id, self.kind


@dataclass(frozen=True)
class Outlook:
    """What the policies come to today; `instead` is a version that is looked at as if it were in force."""

    instead: AccountPolicy | None = None
    only: Sequence[int] | None = None
    """The numbers of the accounts that are looked at; None: all in use."""

    def rules(self, kind: PolicyKind) -> Rules:
        """Return the policies of a kind."""
        fits = self.instead is not None and self.instead.kind is kind
        return rules_of(kind, instead=self.instead if fits else None)

    @cached_property
    def people(self) -> list[Person]:
        """Everybody with an account that is in use or closed."""
        return _people(self.only)

    @cached_property
    def sees_hmis(self) -> bool:
        """Whether a list of the HMIS is young enough to say who is inactive."""
        done = (VendorList.purpose == ListPurpose.LOGINS, VendorList.state == ListState.DONE)
        newest = db.session.scalar(select(func.max(VendorList.newest_at)).where(*done))
        return newest is not None and newest >= clock.now() - STALE

    def lapses(self, kind: PolicyKind) -> list[Lapse]:
        """Return what runs out of that kind for people whose accounts are in use."""
        active = [person for person in self.people if person.state is AccountState.ACTIVE]
        by_place = _Ladders(self.rules(kind))
        if kind is K.INACTIVITY:
            return [lapse for person in active if (lapse := self._idle(person, by_place.of(person))) is not None]
        ends = self._ends(kind, [person for person in active if person.agency_id is not None])
        return [lapse for person, last_on in ends if (lapse := _ending(person, kind, by_place.of(person), last_on))]

    def idle_of(self, person: Person) -> tuple[Ladder, Idle] | None:
        """Return where somebody stands on the ladder of inactivity, closed accounts too; None where there is none."""
        ladder = self._inactivity.of(person)
        return (ladder, idle_on(ladder, person.alive_at, clock.now())) if ladder else None

    @cached_property
    def _inactivity(self) -> "_Ladders":
        return _Ladders(self.rules(K.INACTIVITY))

    def _idle(self, person: Person, ladder: Ladder | None) -> Lapse | None:
        if ladder is None or (person.agency_id is not None and not self.sees_hmis):
            return None
        idle = idle_on(ladder, person.alive_at, clock.now())
        if idle.warned is None:
            return None
        return Lapse(person, HoldKind.INACTIVITY, ladder, idle.holds_at, True, idle.warned, idle=idle)

    def _ends(self, kind: PolicyKind, people: Sequence[Person]) -> Iterator[tuple[Person, date]]:
        """Yield the last day of what counts, or counted once: what was never on record holds nobody."""
        if kind is K.MOU:
            until = mou_until({person.agency_id for person in people if person.agency_id is not None})
            yield from ((each, until[each.agency_id]) for each in people if each.agency_id in until)
            return
        if kind.value not in current_settings().account_gates.split():
            return
        if kind is K.AGREEMENT:
            signed = signed_by_many([person.account_id for person in people])
            yield from ((each, signed[each.account_id].until) for each in people if each.account_id in signed)
            return
        proofs = proofs_of(TRAINING, [person.user_id for person in people])
        for person in people:
            proof = proofs[person.user_id]
            if last_on := proof.lapsed_on or proof.until:
                yield person, last_on


class _Ladders:
    """The ladders of one kind, worked out once for each agency with each set of roles."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._known: dict[tuple[int | None, tuple[Role, ...]], Ladder | None] = {}

    def of(self, person: Person) -> Ladder | None:
        place = (person.agency_id, person.roles)
        if place not in self._known:
            self._known[place] = self._rules.ladder_for(*place)
        return self._known[place]


def _ending(person: Person, kind: PolicyKind, ladder: Ladder | None, last_on: date) -> Lapse | None:
    if ladder is None:
        return None
    left = (last_on - today()).days
    warned = min((step for step in ladder.warn if left <= step), default=None)
    delay = (ladder.hold if kind is K.MOU else ladder.grace) or 0
    is_near = left + (delay if kind is K.MOU else 0) <= (ladder.ahead or 0)
    if warned is None and not is_near:
        return None
    begins_at = after(last_on + timedelta(days=delay))
    return Lapse(person, HELD_BY[kind], ladder, begins_at, is_near, warned, last_on)


def after(day: date) -> datetime:
    """Return the moment at which `day` is over for the team."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(current_settings().time_zone))


def _people(only: Sequence[int] | None) -> list[Person]:
    columns = (
        Account.id,
        Account.user_id,
        Account.agency_id,
        Account.state,
        Account.created_at,
        Account.activated_at,
        User.last_sign_in_at,
    )
    in_use = Account.state.in_((AccountState.ACTIVE, AccountState.DISABLED))
    chosen = select(*columns).join(User, User.id == Account.user_id).where(in_use).order_by(Account.id)
    ids: Select[int] | Sequence[int] = select(Account.id).where(in_use)
    if only is not None:
        chosen, ids = chosen.where(Account.id.in_(only)), only
    rows = db.session.execute(chosen).all()
    users = [row.user_id for row in rows] if only is not None else None
    roles, logins, ends = _roles(users), last_logins(ids), _ends_of_holds(ids)
    return [
        Person(
            row.id,
            row.user_id,
            row.agency_id,
            row.state,
            roles.get(row.user_id, ()),
            max(filter(None, (*row[4:], logins.get(row.id), ends.get(row.id)))),
        )
        for row in rows
    ]


def _roles(user_ids: Sequence[int] | None) -> Mapping[int, tuple[Role, ...]]:
    found: dict[int, set[Role]] = {}
    chosen = select(RoleGrant.user_id, RoleGrant.role)
    if user_ids is not None:
        chosen = chosen.where(RoleGrant.user_id.in_(user_ids))
    for user_id, role in db.session.execute(chosen):
        found.setdefault(user_id, set()).add(role)
    return {user_id: tuple(sorted(held)) for user_id, held in found.items()}


def _ends_of_holds(ids: Select[int] | Sequence[int]) -> dict[int, datetime]:
    """Return when a person last ended somebody's hold for inactivity: whoever takes one back gives a new start."""
    ended = (Hold.account_id.in_(ids), Hold.kind == HoldKind.INACTIVITY, Hold.released_by_id.is_not(None))
    rows = db.session.execute(
        select(Hold.account_id, func.max(Hold.released_at)).where(*ended).group_by(Hold.account_id)
    )
    return {account_id: at for account_id, at in rows if at is not None}


def keepers(people: Iterable[Person]) -> set[int]:
    """Return the accounts of those who can give roles: never all of them are held."""
    granting = {role for role, held in ROLE_PERMISSIONS.items() if Permission.GRANT_ROLES in held}
    return {each.account_id for each in people if granting & set(each.roles)}
