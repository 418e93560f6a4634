"""Calls reach a real server on this machine: signed, once each, again when they fail, and never of what is private."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adminops import clock
from adminops.app import AdminOps
from adminops.db import transaction
from adminops.identity.models import SYSTEM
from adminops.identity.permissions import Role
from tests.make import make_user
from tests.make_tickets import make_helper, make_ticket
from tests.tickets.webhooks.hooks import calls, make_hook
from tests.tickets.webhooks.receiver import BESIDE, SECRET, Receiver, receiving, shown_in
from tickets import merging, sharing
from tickets.models import Ticket
from tickets.webhooks import delivery
from tickets.webhooks.delivery import CLAIM, OFF_AFTER, call_due, pause_after
from tickets.webhooks.jobs import KEPT, forget_old_calls, make_calls
from tickets.webhooks.models import TRIES, CallState, Webhook, WebhookCall
from tickets.webhooks.operations import call_again, remove_webhook, save_webhook, switch_webhook, try_webhook

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program outside that listens."""
    with receiving() as listening:
        yield listening


@pytest.fixture(autouse=True)
def at_work(app: AdminOps) -> Iterator[None]:
    """Be in the app, at one moment."""
    with app.app_context(), clock.frozen_at(NOW):
        yield


def do(act: Callable[[], object]) -> None:
    """Do something in a transaction of its own."""
    with transaction():
        act()


def only_call() -> WebhookCall:
    """Return the one call there is, as it is stored."""
    with transaction(writes=False) as session:
        session.expire_all()
        (call,) = calls()
        return call


def states() -> list[CallState]:
    """Return where all calls stand."""
    with transaction(writes=False) as session:
        session.expire_all()
        return [call.state for call in calls()]


def test_call_tells_by_tls_with_a_signature_that_the_receiver_can_check(tmp_path: Path) -> None:
    shown = shown_in(tmp_path / "shown")
    with receiving(shown) as receiver:
        with transaction():
            make_hook(at=f"{receiver.address}/desk?to=us")
            ticket = make_ticket()
        assert call_due(reach=replace(BESIDE, ca_file=str(shown / "ca.pem"))) == 1
        (heard,) = receiver.heard
    call = only_call()
    assert (call.state, call.status, call.attempts, call.done_at) == (CallState.DONE, 200, 1, NOW)
    assert heard.path == "/desk?to=us"
    assert heard.is_signed_with(SECRET)
    assert not heard.is_signed_with("another secret of many letters")
    assert heard.headers["X-AdminOps-Timestamp"] == str(int(NOW.timestamp()))
    assert (heard.headers["X-AdminOps-Event"], heard.headers["X-AdminOps-Delivery"]) == ("ticket.filed", str(call.id))
    assert heard.told == {
        "delivery": call.id,
        "event": "ticket.filed",
        "at": "2026-03-02T15:00:00+00:00",
        "ticket_id": ticket.id,
        "agency_id": ticket.agency_id,
        "request_type": "something_else",
        "link": f"http://127.0.0.1:8000/tickets/{ticket.id}",
    }
    assert make_calls() is None
    assert len(receiver.heard) == 1


def test_the_app_itself_calls_nobody_on_this_machine(receiver: Receiver) -> None:
    do(lambda: try_webhook(make_hook(at=receiver.address), by=SYSTEM))
    do(lambda: try_webhook(make_hook("By name", at=receiver.address.replace("http://127.0.0.1", "https://localhost")),
                           by=SYSTEM))  # fmt: skip
    make_calls()
    assert receiver.heard == []
    with transaction(writes=False):
        first, second = calls()
    assert "https://" in first.problem
    assert "private network or on this machine" in second.problem


def test_call_that_fails_is_made_again_with_the_same_body_later_and_later(receiver: Receiver) -> None:
    do(lambda: (make_hook(at=receiver.address), make_ticket()))
    receiver.answers[:] = [500] * TRIES
    at = NOW
    for attempt in range(1, TRIES + 1):
        with clock.frozen_at(at):
            assert call_due(reach=BESIDE) == 0
            assert call_due(reach=BESIDE) == 0  # not before its time
        call = only_call()
        assert (call.attempts, call.status, call.problem) == (attempt, 500, "It was refused.")
        assert len(receiver.heard) == attempt
        if attempt < TRIES:
            assert (call.state, call.next_try_at > at) == (CallState.PENDING, True)
            at = call.next_try_at
    assert only_call().state is CallState.GIVEN_UP
    assert timedelta(hours=18) < at - NOW < timedelta(hours=24)
    assert len({heard.body for heard in receiver.heard}) == 1
    assert len({heard.headers["X-AdminOps-Timestamp"] for heard in receiver.heard}) == TRIES
    assert all(heard.is_signed_with(SECRET) for heard in receiver.heard)
    call = only_call()
    do(lambda: call_again(call, by=SYSTEM))
    with clock.frozen_at(at):
        assert call_due(reach=BESIDE) == 1
    call = only_call()
    assert (call.state, call.problem, receiver.heard[-1].body) == (CallState.DONE, "", receiver.heard[0].body)


def test_redirect_is_not_followed(receiver: Receiver) -> None:
    do(lambda: try_webhook(make_hook(at=f"{receiver.address}/redirect"), by=SYSTEM))
    receiver.answers[:] = [302]
    call_due(reach=BESIDE)
    call = only_call()
    assert (call.status, call.problem) == (302, "It answered with a redirect, which is not followed.")
    assert [heard.path for heard in receiver.heard] == ["/redirect"]


def test_ticket_that_became_private_meanwhile_is_not_told(receiver: Receiver) -> None:
    with transaction():
        make_hook(at=receiver.address)
        first, second = make_ticket(), make_ticket()
        manager = make_user(Role.MANAGER)
        sharing.make_private(first, by=manager)
    assert call_due(reach=BESIDE) == 1
    assert [heard.told["ticket_id"] for heard in receiver.heard] == [second.id]
    with transaction(writes=False):
        call, _ = calls()
    assert (call.state, call.attempts) == (CallState.GIVEN_UP, 0)
    assert "private" in call.problem


def test_merge_with_a_ticket_that_is_private_is_not_told(receiver: Receiver) -> None:
    with transaction() as session:
        make_hook(at=receiver.address, events=["ticket.merged"])
        source, helper = make_ticket(), make_helper()
        target = make_ticket(by=source.requester)
        merging.merge(source, into=target, by=helper)
        session.get_one(Ticket, target.id).is_private = True
    assert call_due(reach=BESIDE) == 0
    assert (receiver.heard, states()) == ([], [CallState.GIVEN_UP])


def test_process_that_dies_while_it_calls_leaves_a_claim_that_runs_out(receiver: Receiver) -> None:
    with transaction():
        call = try_webhook(make_hook(at=receiver.address), by=SYSTEM)
        call.state, call.attempts, call.next_try_at = CallState.CALLING, 1, NOW + CLAIM
    assert call_due(reach=BESIDE) == 0
    with clock.frozen_at(NOW + CLAIM):
        assert call_due(reach=BESIDE) == 1
    assert only_call().attempts == 2


def test_call_that_brings_every_process_down_is_given_up(receiver: Receiver) -> None:
    with transaction():
        call = try_webhook(make_hook(at=receiver.address), by=SYSTEM)
        call.state, call.attempts = CallState.CALLING, TRIES
    assert call_due(reach=BESIDE) == 0
    assert (receiver.heard, states()) == ([], [CallState.GIVEN_UP])


def test_outcome_of_a_process_that_stood_still_is_not_recorded_over_that_of_another(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(lambda: try_webhook(make_hook(at=receiver.address), by=SYSTEM))
    make, slept = delivery._make, list[int]()

    def sleeping(*args: object) -> tuple[int | None, str]:
        if not slept:
            slept.append(1)
            with clock.frozen_at(NOW + CLAIM):
                assert call_due(reach=BESIDE) == 1  # somebody else makes it
                return make(*args)  # type: ignore[arg-type]
        return make(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(delivery, "_make", sleeping)
    call_due(reach=BESIDE)
    call = only_call()
    assert (call.state, call.attempts, len(receiver.heard)) == (CallState.DONE, 2, 1)


def test_secret_that_can_not_be_opened_holds_nobody_up(receiver: Receiver) -> None:
    with transaction():
        broken, good = make_hook(at=receiver.address), make_hook("Good", at=receiver.address)
        broken.secret_sealed = b"\x01" + b"\x00" * 40
        for each in (broken, good):
            try_webhook(each, by=SYSTEM)
    assert call_due(reach=BESIDE) == 1
    with transaction(writes=False):
        call, other = calls()
    assert (call.state, other.state) == (CallState.GIVEN_UP, CallState.DONE)
    assert "save a new one" in call.problem


@pytest.mark.parametrize("why", ["failed", "was slow"])
def test_address_that_failed_or_was_slow_lets_the_others_go_first(
    receiver: Receiver, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        hooks = [make_hook(name, at=f"{receiver.address}/{name}") for name in ("bad", "good")]
        for hook in (hooks[0], hooks[0], hooks[1]):
            try_webhook(hook, by=SYSTEM)
    if why == "failed":
        receiver.answers[:] = [500]
    else:
        monkeypatch.setattr(delivery, "SLOW", timedelta(seconds=-1))
    call_due(reach=BESIDE)
    assert [heard.path for heard in receiver.heard] == ["/bad", "/good"]


def test_webhook_that_nothing_gets_through_to_for_two_days_is_switched_off(receiver: Receiver) -> None:
    with transaction():
        hook = make_hook(at=receiver.address)
        try_webhook(hook, by=SYSTEM)
    receiver.answers[:] = [500, 500, 200]
    for after, since, is_on in ((timedelta(), NOW, True), (OFF_AFTER, NOW, False)):
        with clock.frozen_at(NOW + after):
            call_due(reach=BESIDE)
        with transaction(writes=False) as session:
            session.expire_all()
            hook = session.get_one(Webhook, hook.id)
            assert (hook.failing_since, hook.is_on) == (since, is_on)
    with clock.frozen_at(NOW + timedelta(days=5)):
        assert call_due(reach=BESIDE) == 0  # what was not sent waits
        do(lambda: switch_webhook(hook, on=True, by=SYSTEM))
        assert call_due(reach=BESIDE) == 1
    assert only_call().webhook.failing_since is None


def test_success_in_between_begins_the_two_days_anew(receiver: Receiver) -> None:
    with transaction():
        hook = make_hook(at=receiver.address)
        try_webhook(hook, by=SYSTEM)
        try_webhook(hook, by=SYSTEM)
    receiver.answers[:] = [500, 200]
    call_due(reach=BESIDE)
    call_due(reach=BESIDE)
    with transaction(writes=False) as session:
        session.expire_all()
        assert session.get_one(Webhook, hook.id).failing_since is None


def test_webhook_that_is_removed_while_it_is_called_is_gone(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        hook = make_hook(at=receiver.address)
        try_webhook(hook, by=SYSTEM)
    make = delivery._make

    def removing(*args: object) -> tuple[int | None, str]:
        do(lambda: remove_webhook(hook, by=SYSTEM))
        return make(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(delivery, "_make", removing)
    call_due(reach=BESIDE)
    assert states() == []


def test_changed_address_and_secret_hold_for_calls_that_wait(receiver: Receiver) -> None:
    with transaction():
        hook = make_hook(at="https://gone.example.org/")
        try_webhook(hook, by=SYSTEM)
        save_webhook(hook, name="Warehouse", address="https://hooks.example.org/", events=["ticket.filed"],
                     secret="a new secret of many letters", by=SYSTEM)  # fmt: skip
        hook.address = receiver.address
    assert call_due(reach=BESIDE) == 1
    assert receiver.heard[0].is_signed_with("a new secret of many letters")


def test_calls_of_long_ago_are_forgotten_whatever_became_of_them() -> None:
    with transaction():
        hook = make_hook()
        old = [try_webhook(hook, by=SYSTEM) for _ in range(3)]
        for call, state in zip(old, (CallState.DONE, CallState.GIVEN_UP, CallState.PENDING), strict=True):
            call.state, call.made_at = state, NOW - KEPT - timedelta(minutes=1)
        last = try_webhook(hook, by=SYSTEM)
        last.made_at = NOW - KEPT + timedelta(minutes=1)
    do(forget_old_calls)
    assert states() == [CallState.PENDING]
    with clock.frozen_at(NOW + timedelta(days=1)):
        do(forget_old_calls)
    with transaction():
        assert try_webhook(hook, by=SYSTEM).id > last.id, "a receiver takes the same number for the same call"


def test_pauses_grow_fourfold_up_to_six_hours() -> None:
    for attempt, seconds in ((1, 30), (2, 120), (3, 480), (6, 21600), (60, 21600)):
        assert seconds * 0.9 <= pause_after(attempt).total_seconds() <= seconds * 1.1
