"""Judging without the score, on both databases."""

from sqlalchemy import select

from adminops.db import db
from dedupe.models import Evidence, Pair
from dedupe.operations import keep_clients_apart
from dedupe.scanning import scan_store
from tests.browsing import Desk, Page, Visitor
from tests.dedupe.test_seconds import seen_on
from tests.make import make_admin, make_user
from tests.make_dedupe import make_client, make_pair, make_source

PAGES = ("/duplicates/queue", "/duplicates/batch?evidence=number", "/duplicates/pairs/1")


def visitor_of(desk: Desk) -> Visitor:
    with desk.work():
        source = make_source()
        reasons = [
            {"field": "Last name", "says": "same", "points": 60, "strength": "full"},
            {"field": "SSN", "says": "same", "points": 37, "strength": "full"},
        ]
        one, other, third, fourth = (make_client(source, letter) for letter in "ABCD")  # no ID looks like a score
        make_pair(one, other, score=97, reasons=reasons, evidence=Evidence.NUMBER)
        make_pair(third, fourth, score=83)
        reviewer = make_admin()
    return desk.signed_in(reviewer)


def tells(page: Page) -> list[str]:
    told = ("97", "83", "97% likely", "+60", "Very likely the same person", "How the score adds up")
    return [text for text in told if page.says(text) or f">{text}<" in page.html]


def test_a_reviewer_hides_the_score_until_the_decision_is_made(desk: Desk) -> None:
    visitor = visitor_of(desk)
    for url in PAGES:
        assert tells(visitor.get(url)) != []
    assert visitor.post("/duplicates/score/hide", {"pair": 1}).goal == "/duplicates/pairs/1"
    for url in PAGES:
        assert tells(visitor.get(url)) == [], url
    shown = visitor.get(PAGES[-1])
    assert shown.says("What agrees and what doesn’t")
    assert shown.says("No open stay, reports of the last year hardly change.")
    visitor.post(PAGES[-1], {"act": "apart", "keep": 1, "seen": seen_on(shown)}, status=302)
    decided = tells(visitor.get(PAGES[-1]))
    assert "97" in decided
    assert "83" not in decided, "the next pair is not decided"


def test_no_page_around_tells_the_score(desk: Desk) -> None:
    """Neither records that contradict each other nor the page of a client."""
    with desk.work():
        source, admin = make_source(), make_admin()
        one, other, third = (make_client(source, letter, ssn="219450817") for letter in "ABC")
        scan_store()
        keep_clients_apart(one, third, by=admin)
        scan_store()
        scores = {str(score) for score in db.session.scalars(select(Pair.score))}
    visitor = desk.signed_in(admin)

    def told(url: str) -> set[str]:
        return {
            score
            for score in scores
            if f">{score}<" in visitor.get(url).html or f"Score {score}" in visitor.get(url).html
        }

    assert told("/duplicates/conflicts")
    assert not told(f"/clients/{other.id}")
    visitor.post("/duplicates/score/hide")
    assert not told("/duplicates/conflicts")


def test_the_score_is_shown_again(desk: Desk) -> None:
    visitor = visitor_of(desk)
    visitor.post("/duplicates/score/hide")
    assert visitor.get(PAGES[0]).says("Show the score")
    assert visitor.post("/duplicates/score/show", {"pair": "²"}).goal == "/duplicates/queue"
    assert tells(visitor.get(PAGES[-1])) != []


def test_only_reviewers_hide_the_score_and_only_that_or_show_it(desk: Desk) -> None:
    visitor = visitor_of(desk)
    visitor.post("/duplicates/score/other", status=404)
    with desk.work():
        other = make_user()
    desk.signed_in(other).post("/duplicates/score/hide", status=403)
