"""The pages of webhooks: a secret is shown once, wrong input is a sentence, the log says what was answered."""

import re

import pytest

from adminops.identity.models import SYSTEM
from adminops.identity.permissions import Role
from tests.browsing import Desk
from tests.make import make_user
from tests.make_tickets import make_helper, make_ticket
from tests.tickets.webhooks.hooks import calls, make_hook
from tests.tickets.webhooks.receiver import SECRET
from tickets.webhooks.models import CallState, Webhook
from tickets.webhooks.operations import secret_of, try_webhook

GOOD = {"name": "Warehouse", "address": "https://hooks.example.org/desk", "events": ["ticket.filed", "ticket.moved"]}


def test_webhook_is_added_tried_switched_and_removed_and_its_secret_is_shown_once(desk: Desk) -> None:
    with desk.work():
        admin = make_user(Role.SYSTEM_ADMIN)
    browser = desk.signed_in(admin)
    assert browser.get("/webhooks/").says("No webhooks yet")
    made = browser.post("/webhooks/new", GOOD, status=200)
    assert made.says("It is not shown again")
    with desk.look() as session:
        webhook = session.get_one(Webhook, 1)
        secret = secret_of(webhook)
    assert secret in made.html
    address = "/webhooks/1"
    assert secret not in browser.get(address).html
    assert browser.get("/webhooks/").says("A request is filed and 1 more")
    assert browser.post(f"{address}/try", follow=True).says("Look at the log")
    assert browser.get(address).says("A test #1")
    assert browser.get(address).says("On its way")
    assert browser.post(f"{address}/switch", {"on": "no"}, follow=True).says("This is off")
    browser.post(f"{address}/try", status=409)
    browser.post(f"{address}/calls/1/again", status=409)
    assert browser.post(f"{address}/switch", {"on": "yes"}, follow=True).says("It is on.")
    browser.post(f"{address}/calls/1/again", follow=True)
    changed = browser.post(address, {**GOOD, "name": "Lake", "secret": SECRET}, follow=True)
    assert changed.heading == "Lake"
    assert SECRET not in changed.html
    assert browser.get(f"{address}/remove").says("log go with it")
    assert browser.post(f"{address}/remove", follow=True).says("“Lake” is removed.")
    browser.get(address, status=404)


def test_log_says_what_was_answered_and_offers_to_send_it_again(desk: Desk) -> None:
    with desk.work():
        webhook, admin = make_hook(), make_user(Role.SYSTEM_ADMIN)
        ticket = make_ticket(subject="Where is Anna Muster?")
        for _ in range(29):
            try_webhook(webhook, by=SYSTEM)
        done, given_up, failing, *_ = reversed(calls())
        done.state, done.status, done.attempts = CallState.DONE, 204, 1
        given_up.state, given_up.status, given_up.attempts = CallState.GIVEN_UP, 410, 9
        given_up.problem = failing.problem = "It was refused."
        webhook.failing_since = ticket.filed_at
    browser = desk.signed_in(admin)
    page = browser.get(f"/webhooks/{webhook.id}")
    for words in ("answered 204", "Given up", "It was refused. · answered 410", "next try", "After 48 hours"):
        assert page.says(words), words
    assert page.html.count("Send again") == 25
    older = re.search(r'href="([^"]*after=[^"]*)"', page.html)
    assert older is not None
    last = browser.get(older[1].replace("&amp;", "&"))
    assert last.says(f"ticket #{ticket.id}")
    assert not last.says("Anna")
    assert browser.get(f"/webhooks/{webhook.id}?after=nonsense").says("answered 204")


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"name": ""}, "Give it a name."),
        ({"name": "x" * 101}, "no more than 100"),
        ({"name": "SSN 219-09-9999"}, "personal data"),
        ({"address": ""}, "Enter the address"),
        ({"address": "http://hooks.example.org/"}, "begin with https://"),
        ({"address": "https://10.1.2.3/"}, "private networks"),
        ({"address": "javascript:alert(1)"}, "Enter a web address"),
        ({"events": []}, "Choose at least one."),
        ({"events": ["ticket.eaten"]}, "Choose from the list"),
        ({"secret": "short"}, "16 to 200 characters"),
        ({"secret": "x" * 201}, "no more than 200"),
    ],
)
def test_wrong_input_is_answered_with_a_sentence(sqlite_desk: Desk, over: dict[str, object], says: str) -> None:
    with sqlite_desk.work():
        admin, webhook = make_user(Role.SYSTEM_ADMIN), make_hook()
    browser = sqlite_desk.signed_in(admin)
    for address in ("/webhooks/new", f"/webhooks/{webhook.id}"):
        assert browser.post(address, {**GOOD, **over}, status=422).says(says)


def test_name_that_is_taken_is_refused(sqlite_desk: Desk) -> None:
    with sqlite_desk.work():
        admin, webhook = make_user(Role.SYSTEM_ADMIN), make_hook()
    answer = sqlite_desk.signed_in(admin).post("/webhooks/new", {**GOOD, "name": webhook.name}, status=422)
    assert answer.says("Another webhook has that name.")


def test_nobody_else_sees_webhooks_or_calls_of_another_one(sqlite_desk: Desk) -> None:
    with sqlite_desk.work():
        webhook, other = make_hook(), make_hook("Other")
        call, helper, admin = try_webhook(other, by=SYSTEM).id, make_helper(), make_user(Role.MANAGER)
    browser = sqlite_desk.signed_in(helper)
    for path in ("", "new", str(webhook.id), f"{webhook.id}/remove"):
        browser.get(f"/webhooks/{path}", status=403)
    for path in ("try", "switch", f"calls/{call}/again"):
        browser.post(f"/webhooks/{webhook.id}/{path}", status=403)
    sqlite_desk.signed_in(admin).post(f"/webhooks/{webhook.id}/calls/{call}/again", status=404)
    sqlite_desk.signed_in(admin).get("/webhooks/999", status=404)
