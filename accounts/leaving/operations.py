"""The verbs of people who leave. Access ends by itself at the moment that was named; nobody has to be there for it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.ladders.queries import rules_of
from accounts.ladders.values import PolicyKind, step_of
from accounts.leaving import policies
from accounts.leaving.models import Departure
from accounts.leaving.policies import FARTHEST
from accounts.leaving.queries import of_account, people_to_tell, still_open
from accounts.models import HOLD_FOR, Account, DisabledReason, HoldKind
from accounts.operations.holds import put_hold, withdraw_coming
from accounts.operations.links import hold
from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid
from adminops.facts import publish
from adminops.facts.leaving import LeaverClosed, LeaverReported, LeaverTakenBack
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.outbox.messages import enqueue_mail
from adminops.refs import Ref
from adminops.settings import current_settings


def report_leaver(account: Account, *, reason: DisabledReason, leaves_at: datetime, by: User) -> Departure:
    """Say that the owner of an account leaves: access ends at `leaves_at`, for a security concern at once.

    That somebody else takes over does not say it: only this does. Raises `NotAllowed` (accounts.leavers at their
    agency; oneself; a higher role), `InvalidState`, `Invalid` for a moment more than a year away, `Conflict` where it
    was said already. Publishes `LeaverReported`, `AccountHeld`, and `AccountDisabled` when that closes it.
    """
    hold(account)
    policies.check_may_report(account, by=by)
    departure = _write(account, reason, leaves_at, reporter=by)
    _begin(departure, by=by)
    return departure


def report_for_agency(
    account: Account, *, reason: DisabledReason, leaves_at: datetime, reporter: User, ticket: Ref, by: User
) -> Departure:
    """Say so for an agency by a ticket; whether who asked may, the caller has asked.

    Raises `InvalidState`, `Conflict` as `report_leaver`. Publishes as `report_leaver`.
    """
    hold(account)
    policies.check_can_leave(account)
    departure = _write(account, reason, leaves_at, reporter=reporter, ticket=ticket)
    _begin(departure, by=by)
    return departure


def report_by_provider(account: Account, *, source: str, reporter: User, by: User) -> Departure:
    """Have access end at once because the agency's identity provider says so, in the name of `reporter`.

    A departure that is known and still to come begins now. Raises `InvalidState` for an account that nobody has yet, or
    no longer. Publishes as `report_leaver`.
    """
    hold(account)
    policies.check_can_leave(account)
    departure = of_account(account.id)
    if departure is None:
        departure = _write(account, DisabledReason.LEFT, clock.now(), reporter=reporter)
        departure.source = source
    departure.leaves_at = min(departure.leaves_at, clock.now())
    _begin(departure, source=source, by=by)
    return departure


def withdraw_leaver(departure: Departure, *, by: User) -> None:
    """Say that the person stays after all, before access has ended.

    Raises `NotAllowed`, `InvalidState`. Publishes `LeaverTakenBack`, `AccountReleased`.
    """
    account = departure.account
    hold(account)
    db.session.refresh(departure)
    policies.check_may_withdraw(departure, by=by)
    end_without(departure, by=by)
    withdraw_coming(account, HOLD_FOR.get(departure.reason, HoldKind.ADMIN), by=by)


def end_without(departure: Departure, *, by: User) -> None:
    """End a departure that does not happen: refused, or the account was opened again. Publishes `LeaverTakenBack`."""
    if departure.ended_at is None:
        departure.withdrawn = True
        _end(departure, by)
        publish(LeaverTakenBack(**_of(departure)), by=by)


def close_leaver(departure: Departure, *, by: User) -> None:
    """Note that the HMIS is closed to the person: set to inactive there, never deleted.

    Raises `NotAllowed` (accounts.manage), `InvalidState` before access has ended here. Publishes `LeaverClosed`, which
    resolves the ticket.
    """
    hold(departure.account)
    db.session.refresh(departure)
    policies.check_may_close(departure, by=by)
    _end(departure, by)
    publish(LeaverClosed(**_of(departure)), by=by)


def remind_of_leavers(*, by: User) -> int:
    """Tell who closes accounts, then the managers, of leavers whose HMIS is still open: when, the policy says.

    Return how many there are to tell of.
    """
    del by
    rules, told = rules_of(PolicyKind.DEPARTURE), 0
    for departure in still_open():
        ladder = rules.ladder_for(departure.agency_id)
        step = step_of(ladder, departure.runs_from, clock.now()) if ladder else None
        if step is None:
            continue
        whom, hours = step
        for person in people_to_tell(
            Permission.KEEP_ACCESS_RULES if whom == "managers" else Permission.MANAGE_ACCOUNTS
        ):
            enqueue_mail("accounts.leaver_waits", to=person, departure=departure.id, hours=hours)
        told += 1
    return told


def _write(
    account: Account, reason: DisabledReason, leaves_at: datetime, *, reporter: User, ticket: Ref | None = None
) -> Departure:
    now = clock.now()
    leaves_at = now if reason is DisabledReason.SECURITY else leaves_at
    if abs(leaves_at - now) > FARTHEST:
        raise Invalid("Enter a day within a year.", field="on")
    if (known := of_account(account.id)) is not None:
        raise Conflict(f"This was reported already, for {_shown(known.leaves_at)}. Take that back to change it.")
    departure = Departure(
        account=account,
        agency_id=account.agency_id,
        reason=reason,
        leaves_at=leaves_at,
        reported_at=now,
        reported_by_id=reporter.id,
        ticket_kind=ticket.kind if ticket else None,
        ticket_id=ticket.id if ticket else None,
    )
    db.session.add(departure)
    db.session.flush()
    return departure


def _begin(departure: Departure, *, source: str = "", by: User) -> None:
    account, now = departure.account, clock.now()
    publish(LeaverReported(**_of(departure)), by=by)
    kind = HOLD_FOR.get(departure.reason, HoldKind.ADMIN)
    begins_at = max(departure.leaves_at, now)
    placed = put_hold(account, kind, reason=departure.reason, begins_at=begins_at, source=source, by=by)
    if placed.source.startswith(PolicyKind.DEPARTURE.value):  # what a policy placed meanwhile is somebody's word now
        placed.source = source


def _end(departure: Departure, by: User) -> None:
    departure.ended_at, departure.ended_by_id = clock.now(), by.id
    db.session.flush()


def _shown(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(current_settings().time_zone)):%-d %b %Y, %H:%M}"


def _of(departure: Departure) -> dict[str, Any]:
    return {"account_id": departure.account_id, "agency_id": departure.agency_id, "request": departure.ticket}
