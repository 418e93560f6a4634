"""Reads of webhooks, for who looks after the system."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from adminops.db import db
from adminops.errors import NotFound
from adminops.web.listing import Page, fetch_page
from tickets.webhooks.models import CallState, Webhook, WebhookCall


@dataclass(frozen=True, slots=True)
class CallRow:
    """A line of the log."""

    id: int
    made_at: datetime
    event: str
    ticket_id: int | None
    state: CallState
    attempts: int
    status: int | None
    problem: str
    next_try_at: datetime


def all_webhooks() -> Sequence[tuple[Webhook, int]]:
    """Return the webhooks by name, each with how many of its calls were given up."""
    given_up = (
        select(WebhookCall.webhook_id, func.count().label("number"))
        .where(WebhookCall.state == CallState.GIVEN_UP)
        .group_by(WebhookCall.webhook_id)
        .subquery()
    )
    chosen = select(Webhook, given_up.c.number).outerjoin(given_up, given_up.c.webhook_id == Webhook.id)
    return [(hook, number or 0) for hook, number in db.session.execute(chosen.order_by(Webhook.name))]


def get_webhook(webhook_id: int) -> Webhook:
    """Return a webhook. Raises `NotFound`."""
    found = db.session.get(Webhook, webhook_id)
    if found is None:
        raise NotFound("There is no such webhook any more.")
    return found


def get_call(webhook: Webhook, call_id: int) -> WebhookCall:
    """Return a call of `webhook`. Raises `NotFound`."""
    found = db.session.get(WebhookCall, call_id)
    if found is None or found.webhook_id != webhook.id:
        raise NotFound("There is no such call any more.")
    return found


def list_calls(webhook: Webhook, *, after: str | None = None) -> Page[CallRow]:
    """Return a page of the log, the newest first."""
    call = WebhookCall
    chosen = select(
        call.id,
        call.made_at,
        call.event,
        call.told,
        call.state,
        call.attempts,
        call.status,
        call.problem,
        call.next_try_at,
    ).where(call.webhook_id == webhook.id)
    return fetch_page(chosen, (call.id,), after=after, shape=_shape)


def _shape(row: tuple[int, datetime, str, dict[str, int], CallState, int, int | None, str, datetime]) -> CallRow:
    id_, made_at, event, told, *rest = row
    return CallRow(id_, made_at, event, told.get("ticket_id"), *rest)  # type: ignore[arg-type]
