"""The verbs of what runs out: hold accounts ahead of time and in sight, let them go when it is renewed.

A hold is placed two weeks before the day, so that the person, the lead and the team see it coming and can cancel it,
and never less than three days before it acts. Only what was there and runs out holds anybody: what was never on record
does not, for a team that begins to keep records would shut everybody out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from accounts.agreements.operations import send_signing_link
from accounts.agreements.queries import signed_by_many, today
from accounts.models import Account, AccountState, Hold, HoldKind
from accounts.operations import place_hold, release_hold, withdraw_coming
from adminops import clock
from adminops.agencies.queries import mou_of
from adminops.db import db
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission
from adminops.outbox.messages import enqueue_mail
from adminops.proofs import TRAINING, proofs_of
from adminops.settings import current_settings

SOURCE = "lapse@1"
AHEAD = timedelta(days=14)
AT_LEAST = timedelta(days=3)
MOST_A_DAY, SHARE_A_DAY = 10, 10
"""So many new holds a day, or one account in so many where that is more: the rest waits for the next day."""


@dataclass(frozen=True)
class Lapse:
    """What runs out for an account, and its last day."""

    account_id: int
    kind: HoldKind
    last_on: date


def hold_lapsing(*, by: User) -> int:
    """Place holds for what runs out within two weeks; return how many are new. Publishes `AccountHeld` for each."""
    placed = 0
    for lapse in _lapses()[: _left_today()]:
        account = db.session.get_one(Account, lapse.account_id)
        begins_at = max(_after(lapse.last_on), clock.now() + AT_LEAST)
        place_hold(account, lapse.kind, begins_at=begins_at, source=SOURCE, by=by)
        if lapse.kind is HoldKind.AGREEMENT:
            send_signing_link(account, by=by)
        else:
            enqueue_mail("accounts.training_lapses", to=account.user, day=lapse.last_on.isoformat())
        placed += 1
    return placed


def let_go(accounts: Iterable[Account], *, by: User) -> int:
    """End the holds of what is renewed by now; return how many. Publishes `AccountReleased` for each."""
    held = {account.id: account for account in accounts}
    proven = _proven(list(held.values()))
    chosen = select(Hold).where(Hold.account_id.in_(held), Hold.released_at.is_(None), Hold.source == SOURCE)
    ended = 0
    for hold in db.session.scalars(chosen.order_by(Hold.id)).all():
        if (hold.account_id, hold.kind) in proven:
            if not withdraw_coming(held[hold.account_id], hold.kind, by=by):
                release_hold(hold, by=by)
            ended += 1
    return ended


def held_accounts() -> list[Account]:
    """Return the accounts that something holds which has run out, or will."""
    unreleased = select(Hold.account_id).where(Hold.released_at.is_(None), Hold.source == SOURCE)
    return list(db.session.scalars(select(Account).where(Account.id.in_(unreleased)).order_by(Account.id)))


def check_may_hold_agency(agency: Agency, *, by: User) -> None:
    """Raise unless `by` may close all accounts of an agency, and its agreement has run out."""
    if not by.may(Permission.KEEP_ACCESS_RULES):
        raise NotAllowed("Only the HMIS manager can close all accounts of an agency.")
    found = mou_of(agency.id)
    if found is None or found.holds_on(today()):
        raise InvalidState("No agreement of this agency has run out.")


def count_open(agency: Agency) -> int:
    """Return how many accounts of an agency are in use."""
    chosen = select(func.count(Account.id)).where(Account.agency_id == agency.id, Account.state == AccountState.ACTIVE)
    return db.session.scalar(chosen) or 0


def hold_agency(agency: Agency, *, by: User) -> int:
    """Close all accounts in use of an agency whose agreement has run out; return how many.

    Somebody decides it, never the clock: it stops the work of a whole house. Raises `NotAllowed` (accounts.rules),
    `InvalidState`. Publishes `AccountHeld` and `AccountDisabled` for each.
    """
    check_may_hold_agency(agency, by=by)
    chosen = select(Account).where(
        Account.agency_id == agency.id, Account.state == AccountState.ACTIVE, Account.user_id != by.id
    )
    accounts = db.session.scalars(chosen.order_by(Account.id)).all()
    for account in accounts:
        place_hold(account, HoldKind.AGENCY_MOU, source=SOURCE, by=by)
    return len(accounts)


def _lapses() -> list[Lapse]:
    """Return what runs out of accounts in use and holds them not yet, the earliest first."""
    chosen = select(Account).where(Account.state == AccountState.ACTIVE, Account.agency_id.is_not(None))
    accounts = db.session.scalars(chosen.order_by(Account.id)).all()
    held = {
        (account_id, kind)
        for account_id, kind in db.session.execute(select(Hold.account_id, Hold.kind).where(Hold.released_at.is_(None)))
    }
    found = [lapse for lapse in (*_signatures(accounts), *_courses(accounts)) if lapse.last_on <= today() + AHEAD]
    new = [lapse for lapse in found if (lapse.account_id, lapse.kind) not in held]
    return sorted(new, key=lambda lapse: (lapse.last_on, lapse.account_id))


def _signatures(accounts: Iterable[Account]) -> list[Lapse]:
    if not _is_asked("agreement"):
        return []
    signed = signed_by_many([account.id for account in accounts])
    return [Lapse(id_, HoldKind.AGREEMENT, each.until) for id_, each in signed.items()]


def _courses(accounts: Iterable[Account]) -> list[Lapse]:
    if not _is_asked("training"):
        return []
    of_user = {account.user_id: account.id for account in accounts}
    ends = {id_: proof.lapsed_on or proof.until for id_, proof in proofs_of(TRAINING, list(of_user)).items()}
    return [Lapse(of_user[id_], HoldKind.TRAINING, last_on) for id_, last_on in ends.items() if last_on]


def _proven(accounts: list[Account]) -> set[tuple[int, HoldKind]]:
    """Return what is renewed: it counts for longer than the two weeks ahead."""
    later = today() + AHEAD
    signed = signed_by_many([account.id for account in accounts])
    proofs = proofs_of(TRAINING, [account.user_id for account in accounts])
    found = {(id_, HoldKind.AGREEMENT) for id_, each in signed.items() if each.until > later}
    for account in accounts:
        proof = proofs[account.user_id]
        if proof.holds and (proof.until is None or proof.until > later):
            found.add((account.id, HoldKind.TRAINING))
        mou = mou_of(account.agency_id) if account.agency_id else None
        if mou is not None and mou.holds_on(today()):
            found.add((account.id, HoldKind.AGENCY_MOU))
    return found


def _left_today() -> int:
    since = datetime.combine(today(), time(), tzinfo=ZoneInfo(current_settings().time_zone))
    placed = select(func.count(Hold.id)).where(
        Hold.source == SOURCE, Hold.placed_at >= since, Hold.kind != HoldKind.AGENCY_MOU
    )
    active = select(func.count(Account.id)).where(Account.state == AccountState.ACTIVE)
    most = max(MOST_A_DAY, (db.session.scalar(active) or 0) // SHARE_A_DAY)
    return max(most - (db.session.scalar(placed) or 0), 0)


def _after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(current_settings().time_zone))


def _is_asked(gate: str) -> bool:
    return gate in current_settings().account_gates.split()
