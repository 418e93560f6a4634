"""The verbs of what runs out: hold accounts ahead of time and in sight, let them go when it is renewed.

What runs out, and how long before somebody is warned and held, the policies say (`accounts.ladders`). A hold is placed
ahead, so that the person, the lead and the team see it coming and can cancel it, and never less than three days before
it acts. Only what was there and runs out holds anybody: what was never on record does not, for a team that begins to
keep records would shut everybody out.
"""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from accounts.agreements.operations import send_signing_link
from accounts.agreements.queries import signed_by_many, today
from accounts.lapses.cap import MOU, left_today, most_a_day
from accounts.lapses.looking import AT_LEAST, HELD_BY, Lapse, Outlook, Person, after, keepers
from accounts.models import Account, AccountState, Hold, HoldKind
from accounts.operations import archive_account, place_hold, release_hold, withdraw_coming
from adminops import clock
from adminops.agencies.queries import mou_of, people_for
from adminops.db import db
from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission
from adminops.outbox.messages import enqueue_mail
from adminops.proofs import TRAINING, proofs_of

REFRESHER, FULL = ", refresher", ", full training"
"""What a hold for training that inactivity has placed ends by."""


def hold_lapsing(*, by: User) -> int:
    """Warn of what runs out and place the holds that are due; return how many are new. Publishes `AccountHeld`."""
    outlook, placed, left = Outlook(), 0, left_today()
    lapses = _not_taken_back(outlook)
    for lapse in _new(lapses, outlook):
        if lapse.is_near and placed < left:
            _place(lapse, by=by)
            placed += 1
    for lapse in lapses:
        _warn(lapse)
    _warn_agencies(lapses)
    return placed


def hold_longer(*, by: User) -> int:
    """Ask for a refresher, then the whole training, of who is closed for inactivity; put away who is so for long.

    Return how many changed. Publishes `AccountHeld`, `AccountArchived`.
    """
    idle = select(Hold.account_id).where(
        Hold.released_at.is_(None), Hold.kind == HoldKind.INACTIVITY, Hold.source != "", Hold.begins_at <= clock.now()
    )
    outlook = Outlook(only=db.session.scalars(idle.order_by(Hold.account_id)).all())
    changed, most = 0, most_a_day()
    for person in outlook.people:
        if person.state is AccountState.DISABLED and changed < most:
            changed += _hold_longer(person, outlook, by=by)
    return changed


def let_go(accounts: Iterable[Account], *, by: User) -> int:
    """End the holds of what is renewed by now; return how many. Publishes `AccountReleased` for each."""
    held = {account.id: account for account in accounts}
    if not held:
        return 0
    proven, agreed = _proven(list(held.values())), _agreed(list(held.values()))
    chosen = select(Hold).where(Hold.account_id.in_(held), Hold.released_at.is_(None), Hold.source != "")
    ended = 0
    for hold in db.session.scalars(chosen.order_by(Hold.id)).all():
        account = held[hold.account_id]
        is_over = hold.kind is HoldKind.INACTIVITY and account.state is AccountState.DISABLED
        # What a manager has closed is opened by a new agreement alone, whatever the policies ask for.
        done = agreed if hold.source == MOU else proven | agreed
        if (account.id, hold.kind) in done and not is_over and not hold.source.endswith((REFRESHER, FULL)):
            if not withdraw_coming(account, hold.kind, by=by):
                release_hold(hold, by=by)
            ended += 1
    return ended


def note_refresher(account: Account, *, by: User) -> None:
    """End the hold that waits for a refresher, once somebody has taken a course and nothing required is missing.

    The whole training is no single course: who has given it releases that hold. Publishes `AccountReleased`.
    """
    if not proofs_of(TRAINING, [account.user_id])[account.user_id].holds:
        return
    for hold in account.open_holds:
        if hold.kind is HoldKind.TRAINING and hold.source.endswith(REFRESHER):
            release_hold(hold, by=by)


def recheck_due(*, by: User) -> int:
    """Look once more at holds that act now, before they do; return how many are let go. Publishes `AccountReleased`."""
    acting = (Hold.released_at.is_(None), Hold.source != "", Hold.begins_at <= clock.now())
    chosen = select(Account).join(Hold, Hold.account_id == Account.id).where(*acting)
    in_use = Account.state.in_((AccountState.ACTIVE, AccountState.INVITED, AccountState.PROVISIONING))
    return let_go(db.session.scalars(chosen.where(in_use)).unique().all(), by=by)


def held_accounts() -> list[Account]:
    """Return the accounts that something holds which has run out, or will."""
    unreleased = select(Hold.account_id).where(Hold.released_at.is_(None), Hold.source != "")
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
        place_hold(account, HoldKind.AGENCY_MOU, source=MOU, by=by)
    return len(accounts)


def _not_taken_back(outlook: Outlook) -> list[Lapse]:
    """Return what runs out of accounts in use, but for those whose hold for it somebody has taken back."""
    found = [lapse for kind in HELD_BY for lapse in outlook.lapses(kind)]
    cancelled = _cancelled()
    return [lapse for lapse in found if not (lapse.last_on and cancelled.get(lapse.key, NEVER) >= after(lapse.last_on))]


def _new(lapses: list[Lapse], outlook: Outlook) -> list[Lapse]:
    """Return those that do not hold anybody yet, the earliest first."""
    unreleased = select(Hold.account_id, Hold.kind).where(Hold.released_at.is_(None))
    held = {(account_id, kind) for account_id, kind in db.session.execute(unreleased)}
    new = [lapse for lapse in lapses if lapse.key not in held]
    return _leaving_one(sorted(new, key=lambda lapse: (lapse.begins_at, lapse.person.account_id)), outlook, held)


NEVER = datetime.min.replace(tzinfo=ZoneInfo("UTC"))


def _cancelled() -> dict[tuple[int, HoldKind], datetime]:
    """Return the last beginning of the automatic holds that people took back: the same lapse places none again."""
    taken_back = (Hold.source != "", Hold.released_by_id.is_not(None))
    chosen = select(Hold.account_id, Hold.kind, func.max(Hold.begins_at)).where(*taken_back)
    rows = db.session.execute(chosen.group_by(Hold.account_id, Hold.kind))
    return {(account_id, kind): at for account_id, kind, at in rows}


def _leaving_one(lapses: list[Lapse], outlook: Outlook, held: set[tuple[int, HoldKind]]) -> list[Lapse]:
    """Leave out who can give roles where nobody else could any more: nobody shuts the house, the clock neither."""
    active = [person for person in outlook.people if person.state is AccountState.ACTIVE]
    left = keepers(active) - {account_id for account_id, _ in held}
    kept = []
    for lapse in lapses:
        if left == {lapse.person.account_id}:
            continue
        left.discard(lapse.person.account_id)
        kept.append(lapse)
    return kept


def _place(lapse: Lapse, *, by: User) -> None:
    account = db.session.get_one(Account, lapse.person.account_id)
    begins_at = max(lapse.begins_at, clock.now() + AT_LEAST)
    place_hold(account, lapse.kind, begins_at=begins_at, source=_source(lapse), by=by)
    if lapse.kind is HoldKind.AGREEMENT:
        send_signing_link(account, by=by)
    elif lapse.kind is HoldKind.TRAINING and lapse.last_on:
        enqueue_mail("accounts.training_lapses", to=account.user, day=lapse.last_on.isoformat())


def _warn(lapse: Lapse) -> None:
    """Tell the person at each step once; what is renewed and runs out again is told anew."""
    if lapse.warned is None:
        return
    if lapse.kind is HoldKind.AGENCY_MOU:
        return
    about = lapse.last_on.isoformat() if lapse.last_on else str(int(lapse.person.alive_at.timestamp()))
    user = db.session.get_one(User, lapse.person.user_id)
    enqueue_mail("accounts.runs_out", to=user, hold=lapse.kind.value, step=lapse.warned, about=about)


def _warn_agencies(lapses: list[Lapse]) -> None:
    """Tell the lead and who keeps the agencies, once for each step, that an agency's people will be closed out."""
    ends = {
        (lapse.person.agency_id or 0, lapse.warned, lapse.last_on)
        for lapse in lapses
        if lapse.kind is HoldKind.AGENCY_MOU and lapse.warned is not None and lapse.last_on is not None
    }
    for agency_id, step, last_on in sorted(ends, key=str):
        for person in people_for(agency_id):
            enqueue_mail("accounts.agency_closes", to=person, agency=agency_id, step=step, about=last_on.isoformat())


def _source(lapse: Lapse) -> str:
    kind = next(kind for kind, held in HELD_BY.items() if held is lapse.kind)
    return lapse.ladder.name if lapse.ladder.names else f"{kind.value}@standard"


def _hold_longer(person: Person, outlook: Outlook, *, by: User) -> int:
    stands = outlook.idle_of(person)
    if stands is None:
        return 0
    ladder, idle = stands
    account = db.session.get_one(Account, person.account_id)
    if idle.archives:
        archive_account(account, source=ladder.name, by=by)
        return 1
    asked = next((hold for hold in account.open_holds if hold.kind is HoldKind.TRAINING), None)
    source = f"{ladder.name}{FULL if idle.needs == 'full' else REFRESHER}"
    if idle.needs and asked is None:
        place_hold(account, HoldKind.TRAINING, source=source, by=by)
        return 1
    if idle.needs == "full" and asked is not None and asked.source.endswith(REFRESHER):
        asked.source = source
    return 0


def _proven(accounts: list[Account]) -> set[tuple[int, HoldKind]]:
    """Return what is renewed, or what no policy asks for any more: the ladders say how far ahead it has to count."""
    outlook = Outlook(only=[account.id for account in accounts])
    near = {lapse.key for kind in HELD_BY for lapse in outlook.lapses(kind) if lapse.is_near}
    found = {(account.id, kind) for account in accounts for kind in HELD_BY.values() if (account.id, kind) not in near}
    return found - _still_missing(accounts)


def _agreed(accounts: list[Account]) -> set[tuple[int, HoldKind]]:
    """Return the accounts of agencies whose agreement holds, and is not about to run out by the policies."""
    ids = {account.agency_id for account in accounts if account.agency_id}
    current = {id_ for id_ in ids if (found := mou_of(id_)) is not None and found.holds_on(today())}
    closed = {account.id for account in accounts if account.state is not AccountState.ACTIVE}
    return {
        (account.id, HoldKind.AGENCY_MOU)
        for account in accounts
        if account.agency_id in current and account.id in closed
    }


def _still_missing(accounts: list[Account]) -> set[tuple[int, HoldKind]]:
    """Return what counts no more for closed accounts, at which no policy looks."""
    closed = [account for account in accounts if account.state is not AccountState.ACTIVE]
    signed = signed_by_many([account.id for account in closed])
    proofs = proofs_of(TRAINING, [account.user_id for account in closed])
    current = {id_ for id_, each in signed.items() if each.until >= today()}
    unsigned = {(each.id, HoldKind.AGREEMENT) for each in closed if each.id not in current}
    unsigned |= {(each.id, HoldKind.AGENCY_MOU) for each in closed}
    return unsigned | {(each.id, HoldKind.TRAINING) for each in closed if not proofs[each.user_id].holds}
