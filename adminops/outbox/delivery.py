"""Delivery: what waits in the outbox leaves, each message on its own, by mail or by the courier of a feature.

A message is claimed in one transaction, written in another, sent outside of any, and its end recorded in a last one.
Nobody else sends it while the claim lasts. When a process dies in between, the claim runs out, and nobody knows
whether the message left: it is sent once more, with the same Message-ID, and given up if that ends the same way.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from flask import current_app
from sqlalchemy import Select, select

from adminops import clock
from adminops.db import db, transaction
from adminops.facts import MessageGivenUp, publish
from adminops.identity.models import SYSTEM, User
from adminops.outbox.letters import Letter, NoAddress, compose
from adminops.outbox.models import MessageState, OutboxMessage
from adminops.outbox.transports import NotSent, Refused, Transport, Unconfirmed, Unreachable, opened, transport_of
from adminops.settings import Settings, current_settings

log = structlog.get_logger("adminops.outbox")

TRY_FOR = timedelta(hours=24)
LONGEST_PAUSE = timedelta(minutes=15)
PAUSE_WHEN_UNREACHABLE = timedelta(minutes=1)
"""A mail server that is down is no fault of the message: it leaves soon after the server is back."""
PAUSE_IN_LINE = timedelta(seconds=2)
JITTER = 0.2
"""A pause is up to this share shorter or longer, so that many messages don't come back at the same moment."""
ANSWERS_PER_LETTER = 12
"""A letter takes at most so many answers of a mail server (greeting, TLS, sign-in, …), each with its own timeout."""


@dataclass
class Deliveries:
    """How a run ended, as counts."""

    sent: int = 0
    dropped: int = 0
    put_off: int = 0
    given_up: int = 0

    @property
    def total(self) -> int:
        """How many messages were taken up."""
        return self.sent + self.dropped + self.put_off + self.given_up


@dataclass(frozen=True)
class Claim:
    """The right to send a message `until` a moment. `attempt` tells it from every other claim of the same message."""

    message_id: int
    attempt: int
    until: datetime


@dataclass(frozen=True)
class Outcome:
    """What became of a claimed message. `unconfirmed`: it may have left."""

    state: MessageState
    problem: str = field(default="")
    unconfirmed: bool = False
    stops: bool = False
    """No other message can leave now either."""
    then: Callable[[], None] | None = None
    """What has to be stored with it."""
    lost: Callable[[], None] | None = None
    """What has to be stored when the claim ran out meanwhile, and somebody else may have done it in between."""


class Courier(Protocol):
    """A way for messages to leave. Each way has a run of its own, so that one that is down holds up no other."""

    @property
    def way(self) -> str:
        """What its messages are marked with."""
        ...

    @property
    def lasts(self) -> timedelta:
        """How long a claim may take."""
        ...

    @property
    def doubts(self) -> int | None:
        """How often nobody may know how it ended; None: always, for the courier finds out by itself."""
        ...

    @property
    def in_turn(self) -> bool:
        """Whether messages about one person go one after the other."""
        ...

    def carry(self, claim: Claim) -> Outcome | None:
        """See to a claimed message, outside of any transaction; None when the claim ran out before."""
        ...


@dataclass(frozen=True)
class MailCourier:
    """Mails leave by a transport."""

    transport: Transport
    settings: Settings
    way: str = "mail"
    doubts: int | None = 1
    in_turn: bool = False

    @property
    def lasts(self) -> timedelta:
        """As long as all answers of the mail server may take together."""
        return timedelta(seconds=ANSWERS_PER_LETTER * self.settings.smtp_timeout_seconds)

    def carry(self, claim: Claim) -> Outcome | None:
        """Write and send it."""
        return _deliver(claim, self.transport, self.settings)


def deliver_due(transport: Transport | None = None, *, limit: int = 500) -> Deliveries:
    """Deliver what is due, oldest first, at most `limit` messages, and return the counts.

    Opens transactions of its own. A message that can't be written or sent is put off (1 s · 2ⁿ, up to 15 minutes)
    and never holds up another; after 24 hours of tries, or an answer of the 500s, it is given up (publishes
    `MessageGivenUp`). When the mail server can't be reached the run ends after that one message.
    """
    settings = current_settings()
    with opened(transport or transport_of(settings)) as way:
        return carry_due(MailCourier(way, settings), limit=limit)


def carry_due(courier: Courier, *, limit: int = 500) -> Deliveries:
    """Let `courier` see to what is due of its way, oldest first, at most `limit` messages, and return the counts."""
    done = Deliveries()
    while done.total < limit and _is_anything_due(courier):
        given_up = done.given_up
        claim = _claim(courier, done)
        if claim is None and given_up == done.given_up:
            break  # somebody else is at it
        outcome = courier.carry(claim) if claim else None
        if claim is None or outcome is None:
            continue
        _record(claim, outcome, courier, done)
        if outcome.stops:
            break
    if done.total:
        log.info("delivered", count=done.sent, put_off=done.put_off, dropped=done.dropped, given_up=done.given_up)
    return done


def pause_after(attempt: int) -> timedelta:
    """Return how long to wait after the try number `attempt` (from 1): 1 s, 2 s, 4 s … 15 min, give or take a fifth."""
    plain = min(timedelta(seconds=2 ** min(attempt - 1, 20)), LONGEST_PAUSE)
    share = 1 + JITTER * (secrets.randbelow(2001) / 1000 - 1)
    return plain * share


def _due(way: str, now: datetime) -> Select[OutboxMessage]:
    waiting = OutboxMessage.state.in_((MessageState.PENDING, MessageState.SENDING))
    return (
        select(OutboxMessage)
        .where(waiting, OutboxMessage.way == way, OutboxMessage.next_try_at <= now)
        .order_by(OutboxMessage.next_try_at, OutboxMessage.id)
        .limit(1)
    )


def _is_anything_due(courier: Courier) -> bool:
    """Look without a writer's lock: most runs find nothing."""
    with transaction(writes=False):
        return db.session.scalar(_due(courier.way, clock.now()).with_only_columns(OutboxMessage.id)) is not None


def _claim(courier: Courier, done: Deliveries) -> Claim | None:
    """Take the next message; None when somebody else was faster or the message had to be given up."""
    now = clock.now()
    with transaction():
        message = db.session.scalar(_due(courier.way, now).with_for_update(skip_locked=True))
        if message is None or (courier.in_turn and _is_not_its_turn(message, now)):
            return None
        if message.state is MessageState.SENDING:
            message.unconfirmed += 1
        if courier.doubts is not None and message.unconfirmed > courier.doubts:
            _give_up(message, "Twice nobody knows whether it left. Ask the person before you try again.")
            done.given_up += 1
            return None
        message.state = MessageState.SENDING
        message.attempts += 1
        message.give_up_at = message.give_up_at or now + TRY_FOR
        message.next_try_at = now + courier.lasts
        return Claim(message.id, message.attempts, until=message.next_try_at)


def _is_not_its_turn(message: OutboxMessage, now: datetime) -> bool:
    """Put a message off while another one about the same person is just being seen to."""
    db.session.execute(select(User.id).where(User.id == message.recipient_id).with_for_update())
    others = select(OutboxMessage).where(
        OutboxMessage.recipient_id == message.recipient_id,
        OutboxMessage.way == message.way,
        OutboxMessage.id != message.id,
        OutboxMessage.state == MessageState.SENDING,
        OutboxMessage.next_try_at > now,
    )
    busy = db.session.scalars(others.limit(1)).first()
    if busy is not None:
        message.next_try_at = min(busy.next_try_at, now + PAUSE_IN_LINE)
    return busy is not None


def _deliver(claim: Claim, way: Transport, settings: Settings) -> Outcome | None:
    """Write and send a claimed message. Whatever goes wrong becomes an outcome; None when the claim ran out."""
    try:
        letter = _write(claim, settings)
    except NoAddress:
        return Outcome(MessageState.DEAD, "The person has no e-mail address that works.")
    except Exception as broken:  # a feature's template must not hold up the others' mails
        log.error("mail can't be written", message_id=claim.message_id, cause=type(broken).__name__)
        return Outcome(MessageState.PENDING, f"It could not be written ({type(broken).__name__}).")
    if letter is None:
        return Outcome(MessageState.DROPPED)
    if clock.now() >= claim.until:  # this process stood still: somebody else may be sending it
        return None
    return _send(letter, way)


def _write(claim: Claim, settings: Settings) -> Letter | None:
    """Return the letter, or None when it became needless. What the feature stores with it (a token) is committed."""
    with transaction():
        message = db.session.get_one(OutboxMessage, claim.message_id)
        mails = current_app.extensions["mails"]
        mail = mails.write(message.kind, message.recipient_id, message.arguments)
        return compose(mail, message, to=message.recipient, settings=settings) if mail else None


def _send(letter: Letter, way: Transport) -> Outcome:
    try:
        way.send(letter)
    except Refused as never:
        return Outcome(MessageState.DEAD, str(never))
    except NotSent as later:
        return Outcome(
            MessageState.PENDING,
            str(later),
            unconfirmed=isinstance(later, Unconfirmed),
            stops=isinstance(later, Unreachable),
        )
    except Exception as broken:  # a fault of one letter must not hold up the others
        log.error("mail can't be sent", cause=type(broken).__name__)
        return Outcome(MessageState.PENDING, f"It could not be sent ({type(broken).__name__}).")
    return Outcome(MessageState.SENT)


def _record(claim: Claim, outcome: Outcome, courier: Courier, done: Deliveries) -> None:
    """Note how it ended, unless the claim ran out and somebody else has the message by now."""
    now = clock.now()
    with transaction():
        chosen = select(OutboxMessage).where(
            OutboxMessage.id == claim.message_id,
            OutboxMessage.state == MessageState.SENDING,
            OutboxMessage.attempts == claim.attempt,
        )
        message = db.session.scalar(chosen.with_for_update())
        if message is None:
            if outcome.lost:
                outcome.lost()
            return
        if outcome.then:
            outcome.then()
        message.unconfirmed += outcome.unconfirmed
        if outcome.state is MessageState.SENT:
            message.state, message.sent_at, message.problem = MessageState.SENT, now, ""
            done.sent += 1
        elif outcome.state is MessageState.DROPPED:
            message.state, message.problem = MessageState.DROPPED, "It had become needless."
            done.dropped += 1
        elif outcome.state is MessageState.DEAD or _is_over(message, courier, now):
            _give_up(message, outcome.problem)
            done.given_up += 1
        else:
            pause = pause_after(claim.attempt)
            message.state, message.problem = MessageState.PENDING, outcome.problem
            message.next_try_at = now + (min(pause, PAUSE_WHEN_UNREACHABLE) if outcome.stops else pause)
            done.put_off += 1


def _is_over(message: OutboxMessage, courier: Courier, now: datetime) -> bool:
    too_old = message.give_up_at is not None and message.give_up_at <= now
    return too_old or (courier.doubts is not None and message.unconfirmed > courier.doubts)


def _give_up(message: OutboxMessage, problem: str) -> None:
    message.state, message.problem = MessageState.DEAD, problem
    db.session.flush()
    publish(MessageGivenUp(message_id=message.id), by=SYSTEM)
