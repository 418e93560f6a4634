"""Learning from decisions, on both databases: proposed, put in force, taken back."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops.db import db
from adminops.errors import Conflict, InvalidState, NotAllowed
from adminops.facts import LessonActivated, LessonLearned, LessonTakenBack
from adminops.hmis.models import HmisSource, MergeDecision, Verdict
from adminops.identity.models import User
from dedupe import learning
from dedupe.cli import dedupe
from dedupe.jobs import run_waiting_lesson
from dedupe.learning import NO_BETTER, activate_lesson, ask_to_learn, finish_lesson, study, take_lesson_back
from dedupe.matching import tuning
from dedupe.model_reads import the_model
from dedupe.models import Lesson, LessonState, Pair, PairState, Scan, ScanState
from dedupe.scanning import scan_store
from dedupe.scoring import present_model, present_threshold
from tests.browsing import Desk
from tests.make import make_admin, make_user
from tests.make_dedupe import make_client, make_pair, make_project, make_source, make_stay
from tests.make_tickets import make_ticket

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def decide(source: HmisSource, number: int, state: PairState, by: User | None, **other: Any) -> Pair:
    """Make two records of one full name, and what somebody decided about them."""
    name = {"first_name": "Al" + LETTERS[number % 26].lower() + LETTERS[number // 26].lower() + "ina"}
    one, two = make_client(source, **name), make_client(source, **{**name, **other})
    return make_pair(one, two, state=state, probability=0.8, decided_by_id=by.id if by else None)


@pytest.fixture
def taught(source: HmisSource, reviewer: User) -> list[Pair]:
    """Decisions of people who merge what has one name and one date, and keep apart whose sex differs."""
    merged = [decide(source, number, PairState.MERGED, reviewer) for number in range(30)]
    return merged + [decide(source, number, PairState.APART, reviewer, sex=1) for number in range(30, 60)]


def state(lesson: Lesson) -> LessonState:
    return lesson.state


def learned(reviewer: User) -> Lesson:
    lesson = ask_to_learn(by=reviewer)
    lesson.move(LessonState.RUNNING)
    finish_lesson(lesson, study())
    return lesson


def test_decisions_are_proposed_put_in_force_and_taken_back(
    taught: list[Pair], reviewer: User, facts: Callable[[], list[Any]]
) -> None:
    plain = present_model().as_numbers()
    lesson = learned(reviewer)
    assert (state(lesson), lesson.decisions, lesson.disputed) == (LessonState.PROPOSED, 60, 0)
    assert lesson.preview["after"]["surprise"] < lesson.preview["before"]["surprise"]
    assert lesson.numbers["bits"]["sex"]["different"] < 0
    assert present_model().as_numbers() == plain
    activate_lesson(lesson, by=reviewer)
    assert present_model().as_numbers() != plain
    assert present_threshold() == lesson.numbers["threshold"]
    waiting = db.session.scalars(select(Scan).where(Scan.state == ScanState.WAITING)).one()
    assert waiting.is_full
    assert scan_store().lesson_id == lesson.id
    take_lesson_back(lesson, by=reviewer)
    assert scan_store().lesson_id is None
    assert [type(fact) for fact in facts() if type(fact).__name__.startswith("Lesson")] == [
        LessonLearned, LessonActivated, LessonTakenBack,
    ]  # fmt: skip


def test_one_lesson_at_most_is_in_force(taught: list[Pair], reviewer: User) -> None:
    first, second = learned(reviewer), learned(reviewer)
    activate_lesson(first, by=reviewer)
    activate_lesson(second, by=reviewer)
    assert (state(first), state(second)) == (LessonState.RETIRED, LessonState.ACTIVE)
    with pytest.raises(InvalidState):
        activate_lesson(second, by=reviewer)


def test_the_preview_names_the_pairs_that_would_come_and_go(
    taught: list[Pair], source: HmisSource, reviewer: User
) -> None:
    here, there = make_client(source, first_name="Bo", last_name="Ek"), make_client(source, first_name="Ute", dob=None)
    unlike = make_pair(here, there)
    preview = learned(reviewer).preview
    assert (preview["out"], preview["examples_out"]) == (
        1,
        [[unlike.low_client_id, unlike.high_client_id, 90, unlike.id]],
    )


def test_a_pair_that_waits_for_a_second_person_neither_comes_nor_goes(
    taught: list[Pair], source: HmisSource, reviewer: User
) -> None:
    alike, unlike = decide(source, 60, PairState.SECOND, reviewer), decide(source, 61, PairState.SECOND, reviewer)
    unlike.high_client.first_name, unlike.high_client.first_key, unlike.high_client.dob = "Ute", "ute", None
    before = {pair.client_ids for pair in (alike, unlike)}
    preview = learned(reviewer).preview
    moved = {tuple(each[:2]) for each in preview["examples_in"] + preview["examples_out"]}
    assert (preview["staying"], preview["out"], moved & before) == (2, 0, set())


def test_a_pair_that_a_ticket_asks_for_does_not_leave(taught: list[Pair], source: HmisSource, reviewer: User) -> None:
    here, there = make_client(source, first_name="Bo", last_name="Ek"), make_client(source, first_name="Ute", dob=None)
    make_pair(here, there, ticket_id=make_ticket().id)
    assert (learned(reviewer).preview["out"], learned(reviewer).preview["staying"]) == (0, 1)


def test_what_reviewers_disagree_on_teaches_nothing(taught: list[Pair], reviewer: User) -> None:
    for pair in taught[:10]:
        for verdict, by in ((Verdict.SAME, 1), (Verdict.APART, 2)):
            who = {"low_client_id": pair.low_client_id, "high_client_id": pair.high_client_id}
            db.session.add(MergeDecision(verdict=verdict, by_id=by, decided_at=pair.proposed_at, **who))
    db.session.flush()
    lesson = learned(reviewer)
    assert (state(lesson), lesson.disputed) == (LessonState.NOTHING, 10)
    assert lesson.sentence == "Reviewers disagree on 10 of 60 pairs. Agree on these first."


def test_what_the_rule_of_exact_merges_decided_teaches_nothing(
    taught: list[Pair], source: HmisSource, reviewer: User
) -> None:
    for number in range(60, 70):
        decide(source, number, PairState.MERGED, None)
    for pair in taught[:10]:  # undone and kept apart by somebody: no two people disagree
        for verdict, by in ((Verdict.SAME, None), (Verdict.APART, reviewer.id)):
            who = {"low_client_id": pair.low_client_id, "high_client_id": pair.high_client_id}
            db.session.add(MergeDecision(verdict=verdict, by_id=by, decided_at=pair.proposed_at, **who))
    db.session.flush()
    decide(source, 70, PairState.APART, None, sex=1)  # the rule keeps nobody apart: that was the command line
    lesson = learned(reviewer)
    assert (lesson.decisions, lesson.disputed) == (61, 0)
    lowest = the_model(reviewer).cuts[0]
    assert (lowest.precision.part, lowest.precision.whole, lowest.recall.whole) == (30, 61, 30)


def test_nothing_is_proposed_that_tells_unseen_people_no_better(
    taught: list[Pair], reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "LEAST_GAIN", 100)
    assert learned(reviewer).sentence == NO_BETTER


def test_who_may_not_review_asks_for_nothing_and_two_do_not_wait(session: Session, reviewer: User) -> None:
    with pytest.raises(NotAllowed):
        ask_to_learn(by=make_user())
    ask_to_learn(by=reviewer)
    with pytest.raises(Conflict):
        ask_to_learn(by=reviewer)


def test_the_job_studies_what_waits_and_the_pages_tell_of_it(desk: Desk) -> None:
    with desk.work():
        source, admin = make_source(), make_admin()
        scan_store()
        for number in range(30):
            decide(source, number, PairState.MERGED, admin)
            decide(source, number + 30, PairState.APART, admin, sex=1)
    visitor = desk.signed_in(admin)
    url = visitor.post("/duplicates/model/learn", {}, status=302).goal
    assert visitor.get(url).says("Decisions are being learned from.")
    with desk.app.app_context():
        run_waiting_lesson()
    assert visitor.get(url).says("How well it tells people it has not seen")
    visitor.post(f"{url}/activate", {}, status=302)
    page = visitor.get("/duplicates/model")
    assert page.says("Version 1")
    assert page.says("In force")
    result = desk.app.test_cli_runner().invoke(dedupe, ["model", "--json"])
    told = json.loads(result.stdout)
    assert (told["lesson"], told["seed"], len(told["fingerprint"]), told["decided"][0]["precision"]["of"]) == (
        1,
        0,
        16,
        60,
    )
    assert "not corrected" not in desk.app.test_cli_runner().invoke(dedupe, ["model"]).stdout


def test_the_preview_names_nobody_who_is_protected_since(desk: Desk) -> None:
    with desk.work() as session:
        source, admin = make_source(), make_admin()
        a, b, c = (make_client(source, letter) for letter in ("A-1", "B-1", "C-1"))
        preview = {"staying": 0, "in": 2, "out": 1, "examples_in": [[a.id, b.id, 91], [a.id, c.id, 90]]}
        preview["examples_out"] = [[b.id, c.id, 55, make_pair(b, c).id]]
        session.add(Lesson(state=LessonState.PROPOSED, preview=preview, numbers={"shift": 0.1, "threshold": 0.9}))
        make_stay(b, make_project(source, victim_services=True))
    page = desk.signed_in(admin).get("/duplicates/model/versions/1")
    assert page.says("Client A-1 and Client C-1, score 90")
    assert not page.says("B-1")
    assert f"/clients/{b.id}" not in page.html


def test_a_lesson_that_fails_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("broken")

    with desk.work():
        ask_to_learn(by=make_admin())
    monkeypatch.setattr(learning, "study", broken)
    with desk.app.app_context(), pytest.raises(RuntimeError, match="broken"):
        run_waiting_lesson()
    with desk.look() as session:
        assert session.scalars(select(Lesson)).one().state is LessonState.NOTHING
