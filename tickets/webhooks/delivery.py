"""Making the calls: claimed in one transaction, made outside of any, recorded in another, as mails are delivered.

A process that dies between leaves a claim that runs out; the call is made again with the same number, by which the
receiver knows it. So a call may come twice, and is never lost.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, exists, select

from adminops import clock
from adminops.crypto import CannotDecrypt
from adminops.db import db, transaction
from adminops.identity.models import SYSTEM
from adminops.settings import Settings, current_settings
from tickets.models import Ticket
from tickets.webhooks.calling import DEADLINE, INTERNET, NotCalled, Reach, call, signature
from tickets.webhooks.events import body_of, tickets_in
from tickets.webhooks.models import CallState, Webhook, WebhookCall
from tickets.webhooks.operations import give_up_on, secret_of

log = structlog.get_logger("adminops.webhooks")

CLAIM = timedelta(minutes=2)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)
SLOW = timedelta(seconds=3)
"""Who takes longer than that to answer has to wait for the next round: others wait, too."""
OFF_AFTER = timedelta(hours=48)
"""A webhook that nothing got through to for so long is switched off."""
PRIVATE = "The ticket is private: nobody outside is told."
SHUT = "The secret can't be opened: save a new one."


@dataclass(frozen=True)
class Claimed:
    """A call that is this process's to make, `until` a moment; without an `address` there is nothing to make."""

    id: int
    webhook_id: int
    attempt: int
    until: datetime
    address: str = ""
    body: bytes = b""
    headers: dict[str, str] | None = None


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after try number `tries` (from 1): 30 s, 2 min, 8 min … 6 h, give or take a tenth."""
    plain = min(FIRST_PAUSE * int(4 ** min(tries - 1, 10)), LONGEST_PAUSE)
    return plain * (1 + 0.1 * (secrets.randbelow(2001) / 1000 - 1))


def call_due(*, limit: int = 100, reach: Reach = INTERNET, deadline: float = DEADLINE) -> int:
    """Make the calls that are due, at most `limit`, and return how many got through. Opens transactions of its own.

    An address that failed or was slow in this round is left for the next one: it must not hold up the others.
    """
    settings, done, left = current_settings(), 0, set[int]()
    for _ in range(limit):
        claimed = _claim(settings, left)
        if claimed is None:
            break
        if not claimed.address:
            continue
        status, problem = _make(claimed, reach, deadline)
        _record(claimed, status, problem)
        done += not problem
        if problem or clock.now() - (claimed.until - CLAIM) > SLOW:
            left.add(claimed.webhook_id)
    return done


def _due(now: datetime, but: set[int]) -> Select[WebhookCall]:
    return (
        select(WebhookCall)
        .join(Webhook, Webhook.id == WebhookCall.webhook_id)
        .where(
            WebhookCall.state.in_((CallState.PENDING, CallState.CALLING)),
            WebhookCall.next_try_at <= now,
            Webhook.is_on,
            WebhookCall.webhook_id.not_in(sorted(but)),
        )
        .order_by(WebhookCall.next_try_at, WebhookCall.id)
        .limit(1)
    )


def _claim(settings: Settings, but: set[int]) -> Claimed | None:
    """Take the next call; None when there is none, or somebody else was faster."""
    now = clock.now()
    due = _due(now, but)
    with transaction(writes=False):  # without a writer's lock: most rounds find nothing
        if db.session.scalar(due.with_only_columns(WebhookCall.id)) is None:
            return None
    with transaction():
        found = db.session.scalar(due.with_for_update(skip_locked=True, of=WebhookCall))
        if found is None:
            return None
        nothing = Claimed(found.id, found.webhook_id, found.attempts + 1, now + CLAIM)
        if _tells_of_private(found):
            _give_up(found, PRIVATE)
            return nothing
        if found.attempts >= found.most_attempts:
            _give_up(found, "Each time the program ended while it was sent.")
            return nothing
        found.attempts, found.state, found.next_try_at = nothing.attempt, CallState.CALLING, nothing.until
        return _written(found, nothing, settings)


def _written(found: WebhookCall, claim: Claimed, settings: Settings) -> Claimed:
    """Return the call as it leaves; given up when its secret can't be opened."""
    body = body_of(found.id, found.event, found.told, found.made_at, settings.base_url)
    stamp = int(clock.now().timestamp())
    try:
        signed = signature(secret_of(found.webhook), stamp, body)
    except CannotDecrypt:
        _give_up(found, SHUT)
        return claim
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "AdminOps-Webhook",
        "X-AdminOps-Event": found.event,
        "X-AdminOps-Delivery": str(found.id),
        "X-AdminOps-Timestamp": str(stamp),
        "X-AdminOps-Signature": signed,
    }
    return Claimed(claim.id, claim.webhook_id, claim.attempt, claim.until, found.webhook.address, body, headers)


def _tells_of_private(asked: WebhookCall) -> bool:
    """Say whether a ticket that a call tells of is private by now."""
    numbers = tickets_in(asked.told)
    private = exists().where(Ticket.id.in_(numbers), Ticket.is_private)
    return bool(numbers) and bool(db.session.scalar(select(private)))


def _make(claimed: Claimed, reach: Reach, deadline: float) -> tuple[int | None, str]:
    """Return what was answered and what is wrong with it; an empty text for nothing."""
    if clock.now() >= claimed.until:
        return None, "This process stood still."  # somebody else has it by now, and records how it ends
    try:
        answer = call(claimed.address, claimed.body, claimed.headers or {}, reach=reach, deadline=deadline)
    except NotCalled as problem:
        return None, str(problem)
    except Exception as broken:  # one address must not hold up the others
        log.error("webhook can't be called", call=claimed.id, cause=type(broken).__name__)
        return None, f"It could not be called ({type(broken).__name__})."
    if answer.is_good:
        return answer.status, ""
    redirects = 300 <= answer.status < 400
    return answer.status, "It answered with a redirect, which is not followed." if redirects else "It was refused."


def _record(claimed: Claimed, status: int | None, problem: str) -> None:
    """Note how it ended, unless the claim ran out and somebody else has the call by now."""
    now = clock.now()
    with transaction():
        mine = (WebhookCall.id == claimed.id, WebhookCall.attempts == claimed.attempt)
        chosen = select(WebhookCall).where(*mine, WebhookCall.state == CallState.CALLING)
        found = db.session.scalar(chosen.with_for_update())
        if found is None:
            return
        hook = found.webhook
        found.status, found.problem = status, problem
        if not problem:
            found.state, found.done_at, hook.failing_since = CallState.DONE, now, None
            return
        if found.attempts >= found.most_attempts:
            _give_up(found, problem)
        else:
            found.state, found.next_try_at = CallState.PENDING, now + pause_after(found.tries)
        hook.failing_since = hook.failing_since or now
        if hook.is_on and now - hook.failing_since >= OFF_AFTER:
            give_up_on(hook, by=SYSTEM)


def _give_up(asked: WebhookCall, problem: str) -> None:
    asked.state, asked.problem, asked.done_at = CallState.GIVEN_UP, problem, clock.now()
