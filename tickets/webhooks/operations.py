"""The verbs of webhooks: save, switch, remove, try, call again; and what makes a call when something happens."""

import secrets
from collections.abc import Iterable

from sqlalchemy import delete, select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.facts import (
    TicketFact,
    WebhookCallRepeated,
    WebhookRemoved,
    WebhookSaved,
    WebhookSwitchedOff,
    WebhookSwitchedOn,
    publish,
)
from adminops.hmis import sealing
from adminops.hmis.resealing import SealedColumn
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission
from adminops.outbox.messages import enqueue_mail
from tickets.models import Ticket
from tickets.webhooks.calling import problem_of
from tickets.webhooks.events import EVENTS, NAMES, PING, told_by
from tickets.webhooks.models import TRIES, CallState, Webhook, WebhookCall

SHORTEST_SECRET = 16
LONGEST_SECRET = 200


def cell(code: str) -> str:
    """Return what the secret of a webhook is bound to."""
    return f"webhook|secret_sealed|{code}"


SEALED_SECRETS = SealedColumn(Webhook, "secret_sealed", ("code",), cell)


def save_webhook(
    webhook: Webhook | None, *, name: str, address: str, events: Iterable[str], secret: str = "", by: User
) -> tuple[Webhook, str]:
    """Save `webhook` (None: a new one), and return it with its secret where that is new; else with an empty text.

    Without a `secret` a new one gets a random one, and one that is there keeps its own. Rules in the order checked:
    `by` looks after the system (`NotAllowed`); a name, an address that may be called, events that there are, a secret
    of 16 characters at least (`Invalid`); no other of that name (`Conflict`). Publishes `WebhookSaved`.
    """
    _check_may(by)
    name, chosen = name.strip(), sorted(set(events))
    problem = problem_of(address)
    if problem is not None:
        raise Invalid(problem, field="address")
    if not name or not chosen or not set(chosen) <= set(NAMES):
        raise Invalid("A webhook has a name, and something that it is called for.")
    if secret and not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise Invalid(
            f"A secret has {SHORTEST_SECRET} to {LONGEST_SECRET} characters. Empty, one is made for you.",
            field="secret",
        )
    other = db.session.scalar(select(Webhook.id).where(Webhook.name == name))
    if other is not None and (webhook is None or other != webhook.id):
        raise Conflict("Another webhook has that name.", field="name")
    made = secret or (secrets.token_urlsafe(32) if webhook is None else "")
    webhook = webhook or Webhook(code=secrets.token_hex(8))
    webhook.name, webhook.address, webhook.events = name, address, chosen
    if made:
        webhook.secret_sealed = sealing.key_ring().encrypt(made, bound_to=cell(webhook.code))
    db.session.add(webhook)
    db.session.flush()
    publish(WebhookSaved(webhook_id=webhook.id), by=by)
    return webhook, made


def secret_of(webhook: Webhook) -> str:
    """Return the secret that calls of `webhook` are signed with."""
    return sealing.open_cell(webhook.secret_sealed, bound_to=cell(webhook.code))


def switch_webhook(webhook: Webhook, *, on: bool, by: User) -> None:
    """Have `webhook` called, or not. Raises `NotAllowed`. Publishes `WebhookSwitchedOn` or `WebhookSwitchedOff`."""
    _check_may(by)
    if webhook.is_on is on:
        return
    webhook.is_on, webhook.failing_since = on, None
    db.session.flush()
    fact = WebhookSwitchedOn if on else WebhookSwitchedOff
    publish(fact(webhook_id=webhook.id), by=by)


def give_up_on(webhook: Webhook, *, by: User) -> None:
    """Switch `webhook` off as nothing got through for long, and mail who looks after the system.

    Publishes `WebhookSwitchedOff`.
    """
    webhook.is_on = False
    db.session.flush()
    publish(WebhookSwitchedOff(webhook_id=webhook.id), by=by)
    roles = [role for role, held in ROLE_PERMISSIONS.items() if Permission.MANAGE_WEBHOOKS in held]
    grants = select(RoleGrant.user_id).where(RoleGrant.role.in_(roles))
    now = int(clock.now().timestamp())
    for person in db.session.scalars(select(User).where(User.may_sign_in, User.id.in_(grants))):
        enqueue_mail("tickets.webhook_off", to=person, webhook_id=webhook.id, at=now)


def remove_webhook(webhook: Webhook, *, by: User) -> None:
    """Remove `webhook` with its log. Raises `NotAllowed`. Publishes `WebhookRemoved`."""
    _check_may(by)
    db.session.scalar(select(Webhook.id).where(Webhook.id == webhook.id).with_for_update())  # see `call_for`
    db.session.execute(delete(WebhookCall).where(WebhookCall.webhook_id == webhook.id))
    fact = WebhookRemoved(webhook_id=webhook.id)
    db.session.delete(webhook)
    db.session.flush()
    publish(fact, by=by)


def try_webhook(webhook: Webhook, *, by: User) -> WebhookCall:
    """Make a call that tells nothing, to see whether it gets through.

    Raises `NotAllowed`, `InvalidState` for one that is off. Publishes `WebhookCallRepeated`.
    """
    _check_may(by)
    _check_on(webhook)
    made = _ask(webhook.id, PING, {})
    publish(WebhookCallRepeated(webhook_id=webhook.id, call_id=made.id), by=by)
    return made


def call_again(call: WebhookCall, *, by: User) -> None:
    """Make a call again, under its number, with as many tries as a new one.

    Rules in the order checked: `by` looks after the system (`NotAllowed`); the webhook is on, and the call is not just
    being made (`InvalidState`). Publishes `WebhookCallRepeated`.
    """
    _check_may(by)
    _check_on(call.webhook)
    if call.state is CallState.CALLING:
        raise InvalidState("This is just being sent. Look again in a minute.")
    call.state, call.next_try_at, call.done_at = CallState.PENDING, clock.now(), None
    call.most_attempts, call.problem = call.attempts + TRIES, ""
    db.session.flush()
    publish(WebhookCallRepeated(webhook_id=call.webhook_id, call_id=call.id), by=by)


_ON = select(Webhook.id, Webhook.events).where(Webhook.is_on)


def call_for(fact: TicketFact, by: User) -> None:  # noqa: ARG001 - whoever did it, the same is told
    """Ask for the calls that tell of `fact`. Nobody outside is told of private tickets."""
    event = EVENTS.get(type(fact))
    if event is None:
        return
    rows = db.session.execute(_ON).all()
    wanted = [id_ for id_, names in rows if event.name in names]
    if not wanted or db.session.get_one(Ticket, fact.ticket_id).is_private:
        return
    # One that is being removed waits until this is stored, or is gone: a call of no webhook would undo the act.
    there = select(Webhook.id).where(Webhook.id.in_(wanted)).order_by(Webhook.id)
    for id_ in db.session.scalars(there.with_for_update(read=True, key_share=True)):
        _ask(id_, event.name, told_by(fact))


def _ask(webhook_id: int, event: str, told: dict[str, object]) -> WebhookCall:
    now = clock.now()
    made = WebhookCall(webhook_id=webhook_id, event=event, told=told, made_at=now, next_try_at=now)
    db.session.add(made)
    db.session.flush()
    return made


def _check_may(by: User) -> None:
    if not by.may(Permission.MANAGE_WEBHOOKS):
        raise NotAllowed("Only a system administrator looks after webhooks.")


def _check_on(webhook: Webhook) -> None:
    if not webhook.is_on:
        raise InvalidState("This webhook is off. Switch it on first.")
