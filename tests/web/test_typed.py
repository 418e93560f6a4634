"""What was typed into a form that can't be taken is given back to who typed it."""

import pytest

from tests.browsing import Desk, Visitor
from tests.make_tickets import make_helper, make_ticket

HALF = "Half an hour's work on an answer."
HERE = {"Sec-Fetch-Site": "same-origin", "Referer": "http://localhost/tickets/1?saved=yes"}


@pytest.mark.parametrize(("token", "status"), [(True, 401), (False, 400)])
def test_text_that_was_sent_after_the_session_had_ended_is_given_back(
    sqlite_desk: Desk, token: bool, status: int
) -> None:
    sent = {"kind": "reply", "body": HALF, "subject": "<b>Mine</b>", "password": "quiet copper"}
    page = Visitor(sqlite_desk.app).post("/tickets/1/messages", sent, token=token, status=status, headers=HERE)
    assert page.says("What you wrote is not lost")
    assert (page.says(HALF), page.says("<b>Mine</b>"), "copper" in page.html) == (True, True, False)
    assert page.link("Open the page again") == "/tickets/1"


def test_text_is_given_back_where_the_ticket_is_gone_from_sight(sqlite_desk: Desk) -> None:
    with sqlite_desk.work():
        person, ticket = make_ticket().requester, make_ticket()
    visitor = sqlite_desk.signed_in(person)
    page = visitor.post(f"/tickets/{ticket.id}/messages", {"body": HALF}, status=404, headers=HERE)
    assert page.says(HALF)


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
def test_words_of_another_site_never_stand_on_our_page(sqlite_desk: Desk, headers: dict[str, str]) -> None:
    visitor = Visitor(sqlite_desk.app)
    assert visitor.post("/tickets/1/messages", {"body": HALF}, headers=headers).goal.startswith("/sign-in")
    assert not visitor.post("/tickets/1/messages", {"body": HALF}, token=False, status=400, headers=headers).says(HALF)


def test_without_anything_typed_one_is_asked_to_sign_in_as_ever(sqlite_desk: Desk) -> None:
    with sqlite_desk.work():
        make_helper()
    assert Visitor(sqlite_desk.app).post("/tickets/1/take", headers=HERE).goal.startswith("/sign-in")


@pytest.mark.parametrize(("token", "status"), [(True, 401), (False, 400)])
def test_reason_of_a_decision_is_given_back_too(sqlite_desk: Desk, token: bool, status: int) -> None:
    sent = {"act": "apart", "reason": HALF, "seen": "abc"}
    page = Visitor(sqlite_desk.app).post("/duplicates/pairs/1", sent, token=token, status=status, headers=HERE)
    assert (page.says("What you wrote is not lost"), page.says(HALF)) == (True, True)
