"""Who may change webhooks, what is asked for when something happens, and what never is."""

import threading
from typing import Any

import pytest
from sqlalchemy import select

from adminops.app import AdminOps
from adminops.audit.models import AuditEntry
from adminops.crypto import CannotDecrypt
from adminops.db import db, transaction
from adminops.errors import Conflict, DomainError, Invalid, InvalidState, NotAllowed
from adminops.facts import TicketMoved, TicketTagged
from adminops.identity.models import SYSTEM
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.make import make_user
from tests.make_tickets import make_helper, make_ticket
from tests.tickets.webhooks.hooks import calls, make_hook
from tests.tickets.webhooks.receiver import SECRET
from tickets import emails, merging, operations, sharing, tagging
from tickets.models import Ticket
from tickets.webhooks.events import EVENTS, NAMES, PING, body_of, told_by
from tickets.webhooks.models import TRIES, CallState, Webhook, WebhookCall
from tickets.webhooks.operations import (
    call_again,
    give_up_on,
    remove_webhook,
    save_webhook,
    secret_of,
    switch_webhook,
    try_webhook,
)

GOOD = {"name": "Warehouse", "address": "https://hooks.example.org/", "events": ["ticket.filed"]}


@pytest.mark.usefixtures("session")
def test_webhook_gets_a_secret_once_and_keeps_it() -> None:
    admin = make_user(Role.SYSTEM_ADMIN)
    webhook, secret = save_webhook(None, **GOOD, by=admin)
    assert len(secret) >= 43
    assert secret_of(webhook) == secret
    assert secret.encode() not in webhook.secret_sealed
    assert save_webhook(webhook, **{**GOOD, "name": "Renamed"}, by=admin) == (webhook, "")
    assert (webhook.name, secret_of(webhook)) == ("Renamed", secret)
    assert save_webhook(webhook, **GOOD, secret=SECRET, by=admin)[1] == SECRET
    assert secret_of(webhook) == SECRET
    other, theirs = save_webhook(None, **{**GOOD, "name": "Other"}, by=admin)
    assert theirs != secret
    other.secret_sealed = webhook.secret_sealed  # a secret is bound to its webhook
    with pytest.raises(CannotDecrypt):
        secret_of(other)


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"name": " "}, None),
        ({"events": []}, None),
        ({"events": ["ticket.filed", "ticket.eaten"]}, None),
        ({"events": [PING]}, None),
        ({"address": "http://hooks.example.org/"}, "address"),
        ({"address": "https://10.0.0.1/"}, "address"),
        ({"secret": "short"}, "secret"),
        ({"secret": "x" * 201}, "secret"),
    ],
)
def test_webhook_that_can_not_be_called_is_not_saved(over: dict[str, Any], field: str | None) -> None:
    with pytest.raises(Invalid) as refusal:
        save_webhook(None, **{**GOOD, **over}, by=make_user(Role.SYSTEM_ADMIN))
    assert refusal.value.field == field
    assert db.session.scalar(select(Webhook.id)) is None


@pytest.mark.usefixtures("session")
def test_name_is_taken_once() -> None:
    admin = make_user(Role.SYSTEM_ADMIN)
    webhook, _ = save_webhook(None, **GOOD, by=admin)
    with pytest.raises(Conflict):
        save_webhook(None, **{**GOOD, "name": " Warehouse "}, by=admin)
    save_webhook(webhook, **GOOD, by=admin)


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("role", [Role.HELP_DESK, Role.SECURITY_OFFICER, Role.AGENCY_LEAD, Role.VIEWER])
def test_only_who_looks_after_webhooks_changes_them(role: Role) -> None:
    webhook, other = make_hook(), make_user(role)
    call = try_webhook(webhook, by=SYSTEM)
    for act in (
        lambda: save_webhook(webhook, **GOOD, by=other),
        lambda: switch_webhook(webhook, on=False, by=other),
        lambda: try_webhook(webhook, by=other),
        lambda: call_again(call, by=other),
        lambda: remove_webhook(webhook, by=other),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.usefixtures("session")
def test_what_happens_asks_for_calls_that_hold_ids_and_codes_alone() -> None:
    make_hook()
    make_hook("Only filed", events=["ticket.filed"])
    helper = make_helper()
    ticket = make_ticket(subject="Where is Anna Muster?", body="She is gone.")
    operations.assign(ticket, helper, by=helper)
    note = operations.write_note(ticket, body="I know her.", by=helper)
    other = make_ticket(by=ticket.requester)
    merging.merge(other, into=ticket, by=helper)
    told = [(call.event, call.webhook.name, call.told) for call in calls()]
    base = {"ticket_id": ticket.id, "agency_id": ticket.agency_id}
    filed = ("ticket.filed", "Only filed", {**base, "request_type": "something_else"})
    assert told[:2] == [("ticket.filed", "Data warehouse", filed[2]), filed]
    assert ("ticket.assigned", "Data warehouse", {**base, "assignee_id": helper.id}) in told
    assert ("ticket.noted", "Data warehouse", {**base, "message_id": note.id}) in told
    assert ("ticket.merged", "Data warehouse", {**base, "ticket_id": other.id, "other_id": ticket.id}) in told
    for call in calls():
        body = body_of(call.id, call.event, call.told, call.made_at, "https://desk.example.org").decode()
        assert f"https://desk.example.org/tickets/{call.told['ticket_id']}" in body
        assert not [word for word in ("Anna", "gone", "know", ticket.requester.name, helper.name) if word in body]


@pytest.mark.usefixtures("session")
def test_nothing_is_asked_for_what_nobody_wants_to_hear() -> None:
    webhook = make_hook(events=["ticket.replied"])
    ticket, helper = make_ticket(), make_helper()
    tagging.tag(ticket, name="vendor", by=helper)
    assert calls() == []
    switch_webhook(webhook, on=False, by=SYSTEM)
    operations.reply(ticket, body="Is it well?", by=helper)
    assert calls() == []
    switch_webhook(webhook, on=True, by=SYSTEM)
    operations.reply(ticket, body="Is it well now?", by=helper)
    assert [call.event for call in calls()] == ["ticket.replied"]


@pytest.mark.usefixtures("session")
def test_nobody_outside_is_told_of_private_tickets() -> None:
    make_hook()
    ticket, officer = make_ticket(), make_user(Role.MANAGER)
    before = len(calls())
    sharing.make_private(ticket, by=officer)
    operations.assign(ticket, officer, by=officer)
    operations.reply(ticket, body="We look into it.", by=officer)
    assert len(calls()) == before


def test_each_event_tells_listed_fields_of_its_fact_and_has_a_name() -> None:
    assert len(NAMES) == len(EVENTS)
    assert TicketTagged not in EVENTS
    moved = TicketMoved(ticket_id=1, agency_id=2, old="new", new="open")
    assert told_by(moved) == {
        "ticket_id": 1, "agency_id": 2, "old": "new", "new": "open", "waiting_on": "", "because": "", "resolution": "",
    }  # fmt: skip
    for fact, event in EVENTS.items():
        assert set(event.tells) <= set(fact.__dataclass_fields__), event.name


@pytest.mark.usefixtures("session")
def test_call_is_made_again_under_its_number_with_as_many_tries() -> None:
    webhook = make_hook()
    call = try_webhook(webhook, by=SYSTEM)
    assert (call.event, call.told, call.state) == (PING, {}, CallState.PENDING)
    call.state, call.attempts, call.problem = CallState.GIVEN_UP, TRIES, "It was refused."
    call_again(call, by=make_user(Role.SYSTEM_ADMIN))
    assert (call.state, call.attempts, call.most_attempts, call.tries) == (CallState.PENDING, TRIES, 2 * TRIES, 0)
    call.state = CallState.CALLING
    with pytest.raises(InvalidState, match="just being sent"):
        call_again(call, by=SYSTEM)
    call.state = CallState.DONE
    switch_webhook(webhook, on=False, by=SYSTEM)
    for act in (lambda: call_again(call, by=SYSTEM), lambda: try_webhook(webhook, by=SYSTEM)):
        with pytest.raises(InvalidState, match="is off"):
            act()


@pytest.mark.usefixtures("session")
def test_who_looks_after_webhooks_is_mailed_when_one_is_switched_off_by_itself() -> None:
    admin = make_user(Role.SYSTEM_ADMIN)
    make_helper()
    webhook = make_hook(by=admin)
    give_up_on(webhook, by=SYSTEM)
    (mail,) = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "tickets.webhook_off"))
    assert (mail.recipient_id, webhook.is_on) == (admin.id, False)
    written = emails.webhook_off(to_id=admin.id, **mail.arguments)
    assert written is not None
    assert written.link == f"/webhooks/{webhook.id}"
    assert webhook.address not in str(written)
    switch_webhook(webhook, on=True, by=SYSTEM)
    assert emails.webhook_off(to_id=admin.id, **mail.arguments) is None


@pytest.mark.usefixtures("session")
def test_removed_webhook_takes_its_log_along_and_every_act_is_on_record() -> None:
    admin = make_user(Role.SYSTEM_ADMIN)
    webhook, other = make_hook(by=admin), make_hook("Other", by=admin)
    for each in (webhook, other):
        try_webhook(each, by=admin)
    switch_webhook(webhook, on=False, by=admin)
    switch_webhook(webhook, on=False, by=admin)
    remove_webhook(webhook, by=admin)
    assert [call.webhook_id for call in calls()] == [other.id]
    kept = select(AuditEntry.fact).where(AuditEntry.about_kind == "webhook", AuditEntry.about_id == str(webhook.id))
    assert list(db.session.scalars(kept.order_by(AuditEntry.id))) == [
        "WebhookSaved", "WebhookCallRepeated", "WebhookSwitchedOff", "WebhookRemoved",
    ]  # fmt: skip


@pytest.mark.parametrize("app", ["postgresql"], indirect=True)  # SQLite has one writer: nothing comes in between
def test_ticket_is_filed_also_while_its_webhook_is_removed(app: AdminOps) -> None:
    with app.app_context(), transaction():
        hook, person = make_hook().id, make_user()
    removing, go_on, problems = threading.Event(), threading.Event(), list[DomainError | Exception]()

    def remove() -> None:
        try:
            with app.app_context(), transaction() as session:
                remove_webhook(session.get_one(Webhook, hook), by=SYSTEM)
                removing.set()
                go_on.wait(20)
        except Exception as problem:
            problems.append(problem)
            removing.set()

    thread = threading.Thread(target=remove)
    thread.start()
    assert removing.wait(20)
    threading.Timer(0.3, go_on.set).start()
    with app.app_context(), transaction() as session:
        number = make_ticket(by=session.merge(person)).id
    thread.join()
    with app.app_context(), transaction(writes=False) as session:
        assert session.get(Ticket, number) is not None
        assert (session.scalar(select(WebhookCall.id)), session.scalar(select(Webhook.id))) == (None, None)
    assert problems == []
