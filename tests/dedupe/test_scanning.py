"""Scanning the store: who is proposed, who no longer is, and that decisions hold."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, InvalidState, NotAllowed
from adminops.facts import ExportImported, ImportUndone, ScanFinished, publish
from adminops.hmis.merging import merge_clients, verdict_on
from adminops.hmis.models import Client, HmisSource, Merge, MergeDecision, Verdict
from adminops.hmis.sealing import seal_ssn
from adminops.identity.models import SYSTEM, User
from dedupe import scanning
from dedupe.matching.model import VERSION
from dedupe.models import Pair, PairState, Scan, ScanState, StoredModel
from dedupe.operations import defer_pair, keep_apart, merge_pair, reopen_pair, review_pair, undo_merge
from dedupe.scanning import ask_for_scan, begin_scan, finish_scan, look_through_store, scan_store, waiting_scan
from dedupe.scoring import present_model
from dedupe.seconds.models import Answer, Proposal
from dedupe.seconds.operations import agree_to_merge, decide_merge
from dedupe.settling import settle_around
from tests.make import make_admin, make_user
from tests.make_dedupe import make_client, make_pair, make_project, make_source, make_stay

SSN = "219450817"
PEOPLE = (
    ("Keisha", "Abernathy", "219450101", date(1990, 2, 3)),
    ("Thuy", "Nguyen", "219450202", date(1978, 11, 30)),
    ("Oleander", "Quickfoot", "219450303", date(1966, 7, 8)),
)


@pytest.fixture
def twice(source: HmisSource) -> list[Client]:
    """Two records of one person, among others who look like nobody else."""
    for first, last, ssn, born in PEOPLE:
        make_client(source, ssn=ssn, first_name=first, last_name=last, dob=born)
    return [make_client(source, ssn=SSN), make_client(source, ssn=SSN, first_name="Mary")]


def pairs() -> list[Pair]:
    return list(db.session.scalars(select(Pair).order_by(Pair.id)))


def the_pair() -> Pair:
    (pair,) = pairs()
    return pair


def keys(pair: Pair) -> tuple[int, int]:
    return pair.low_client_id, pair.high_client_id


def change(client: Client, **values: Any) -> None:
    """Let the next export bring other values."""
    for name, value in values.items():
        setattr(client, name, value)
    db.session.flush()


SEALED = ("ssn_sealed", "ssn_index", "ssn_last4_index")
UNLIKE: dict[str, Any] = {
    "first_name": "Bartholomew",
    "last_name": "Zimmermann",
    "dob": date(1950, 12, 24),
    "ssn_sealed": None,
    "sex": 1,
}


def test_a_scan_proposes_what_is_alike_and_nothing_else(twice: list[Client]) -> None:
    scan = scan_store()
    pair = the_pair()
    assert keys(pair) == (twice[0].id, twice[1].id)
    assert (pair.state, pair.score > 80) == (PairState.OPEN, True)
    assert sum(reason["points"] for reason in pair.reasons) == pair.score
    points = [reason["points"] for reason in pair.reasons]
    assert points == sorted(points, reverse=True)
    assert (scan.state, scan.sentence) == (ScanState.DONE, "1 pair proposed, 1 of them new, among 5 records.")
    assert scan.counts["records"] == scan.counts["matchable"] == 5
    assert scan.weights
    stored = db.session.get_one(StoredModel, scan.model_id)
    assert (stored.version, stored.records, stored.learned, stored.candidate_pairs) == (VERSION, 5, False, 1)
    assert present_model().as_numbers() == stored.numbers


def test_a_scan_says_that_it_has_finished(twice: list[Client], facts: Callable[[], list[Any]]) -> None:
    scan = scan_store()
    assert facts() == [ScanFinished(scan_id=scan.id, proposed=1)]


def test_a_second_scan_finds_nothing_new(twice: list[Client]) -> None:
    scan_store()
    before = the_pair().id
    scan = scan_store()
    assert (the_pair().id, scan.counts["new"], scan.counts["gone"]) == (before, 0, 0)


def test_a_rescan_brings_scores_up_to_date(twice: list[Client]) -> None:
    change(twice[1], ssn_sealed=None, dob=date(1985, 5, 18))
    scan_store()
    before = the_pair().score
    change(twice[1], first_name="Maria", middle_name="Ann")
    change(twice[0], middle_name="Ann")
    scan_store()
    assert (the_pair().score > before, the_pair().state) == (True, PairState.OPEN)


def test_what_is_no_longer_alike_is_gone_and_comes_back(twice: list[Client]) -> None:
    scan_store()
    before = {name: getattr(twice[1], name) for name in UNLIKE}
    change(twice[1], **UNLIKE)
    assert scan_store().counts["gone"] == 1
    assert the_pair().state is PairState.GONE
    change(twice[1], **before)
    assert scan_store().counts["new"] == 1
    assert the_pair().state is PairState.OPEN


def test_a_pair_that_was_put_off_stays_so_and_may_be_gone(twice: list[Client], reviewer: User) -> None:
    scan_store()
    defer_pair(the_pair(), by=reviewer)
    scan_store()
    assert the_pair().state is PairState.DEFERRED
    change(twice[1], removed_at=clock.now())
    scan_store()
    assert (the_pair().state, the_pair().deferred_at) == (PairState.GONE, None)


def test_decisions_are_kept(twice: list[Client], source: HmisSource, reviewer: User) -> None:
    other = [make_client(source, ssn="219451234", first_name=name, last_name="Ortiz") for name in ("Juan", "Juanito")]
    scan_store()
    found = {keys(pair): pair for pair in pairs()}
    first, second = found[twice[0].id, twice[1].id], found[other[0].id, other[1].id]
    made = merge_pair(first, destination_client_id=twice[0].id, choices={}, by=reviewer)
    keep_apart(second, by=reviewer)
    change(twice[1], **UNLIKE)
    change(other[1], **{**UNLIKE, "first_name": "Wilhelmina", "last_name": "Ostrander", "dob": date(1999, 1, 2)})
    scan = scan_store()
    assert (first.state, first.merge_id) == (PairState.MERGED, made.id)
    assert (second.state, second.merge_id) == (PairState.APART, None)
    assert (scan.counts["new"], scan.counts["gone"]) == (0, 0)


def test_what_was_kept_apart_is_not_proposed_again_until_reopened(twice: list[Client], reviewer: User) -> None:
    scan_store()
    keep_apart(the_pair(), by=reviewer)
    assert scan_store().counts["pairs"] == 0
    reopen_pair(the_pair(), by=reviewer)
    scan_store()
    assert the_pair().state is PairState.OPEN


def test_what_was_kept_apart_is_not_proposed_through_a_third_record(
    twice: list[Client], source: HmisSource, reviewer: User
) -> None:
    a, b = twice
    scan_store()
    keep_apart(the_pair(), by=reviewer)
    c = make_client(source, ssn=SSN)
    scan_store()
    assert {keys(pair) for pair in pairs() if pair.is_undecided} == {(a.id, c.id), (b.id, c.id)}
    joining = next(pair for pair in pairs() if keys(pair) == (a.id, c.id))
    merge_pair(joining, destination_client_id=a.id, choices={}, by=reviewer)
    scan = scan_store()
    assert [pair for pair in pairs() if pair.is_undecided] == []
    assert scan.counts["new"] == 0


def test_a_new_scan_settles_pairs_that_were_merged_elsewhere(
    twice: list[Client], source: HmisSource, reviewer: User
) -> None:
    from adminops.hmis.merging import undo_merge as take_back

    scan_store()
    made = merge_clients(twice[0], twice[1], {}, by_id=None)
    scan_store()
    assert the_pair().state is PairState.SETTLED
    take_back(made, by_id=None)
    scan_store()
    assert the_pair().state is PairState.OPEN


def test_a_settled_pair_that_is_free_but_no_longer_alike_is_gone(twice: list[Client], reviewer: User) -> None:
    from adminops.hmis.merging import undo_merge as take_back

    scan_store()
    made = merge_clients(twice[0], twice[1], {}, by_id=None)
    scan_store()
    take_back(made, by_id=None)
    change(twice[1], **UNLIKE)
    scan_store()
    assert the_pair().state is PairState.GONE


def test_a_merge_that_was_undone_is_proposed_as_before(twice: list[Client], reviewer: User) -> None:
    scan_store()
    undo_merge(merge_pair(the_pair(), destination_client_id=twice[0].id, choices={}, by=reviewer), by=reviewer)
    scan = scan_store()
    assert (the_pair().state, scan.counts["pairs"], scan.counts["new"]) == (PairState.OPEN, 1, 0)


def test_a_pair_that_a_ticket_asks_for_stays_with_a_new_score(source: HmisSource) -> None:
    one, other = make_client(source, ssn=SSN), make_client(source, **UNLIKE)
    pair = make_pair(one, other, score=90, ticket_id=7)
    scan = scan_store()
    assert (pair.state, pair.score < 50, scan.counts["gone"]) == (PairState.OPEN, True, 0)


def test_a_pair_of_a_ticket_is_gone_when_a_record_left_its_source(source: HmisSource) -> None:
    pair = make_pair(make_client(source, removed_at=clock.now()), make_client(source), ticket_id=7)
    scan_store()
    assert pair.state is PairState.GONE


def test_a_pair_is_gone_when_the_law_begins_to_protect_a_record(source: HmisSource) -> None:
    protected = make_client(source, ssn=SSN)
    pair = make_pair(protected, make_client(source, ssn=SSN), ticket_id=7)
    make_stay(protected, make_project(source, victim_services=True))
    scan = scan_store()
    assert (pair.state, scan.counts["victim_services"]) == (PairState.GONE, 1)


def test_a_pair_under_review_is_not_taken_away(source: HmisSource, reviewer: User) -> None:
    pair = make_pair(make_client(source, ssn=SSN), make_client(source, **UNLIKE))
    review_pair(pair, by=reviewer)
    scan_store()
    assert (pair.state, pair.score < 50) == (PairState.OPEN, True)
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        scan_store()
    assert (pair.state, pair.claimed_by_id) == (PairState.GONE, None)


def test_hashed_sources_are_left_out_and_counted(twice: list[Client]) -> None:
    hashed = make_source(names_hashed=True)
    for _ in range(2):
        make_client(hashed, ssn=SSN)
    scan = scan_store()
    assert (len(pairs()), scan.counts["hashed"], scan.counts["records"]) == (1, 2, 5)


def test_records_of_two_sources_are_compared(twice: list[Client]) -> None:
    elsewhere = make_client(make_source(), ssn=SSN)
    scan_store()
    assert {keys(pair) for pair in pairs()} >= {(twice[0].id, elsewhere.id), (twice[1].id, elsewhere.id)}


def test_an_empty_store_is_scanned(session: Session) -> None:
    assert scan_store().sentence == "0 pairs proposed, 0 of them new, among 0 records."


def test_what_was_decided_while_a_scan_ran_is_not_proposed(twice: list[Client], reviewer: User) -> None:
    scan, found = begin_scan(by=SYSTEM), look_through_store()
    pair = make_pair(*twice)
    keep_apart(pair, by=reviewer)
    finish_scan(scan, found)
    assert (the_pair().state, scan.counts["new"]) == (PairState.APART, 0)


def kept_apart(twice: list[Client], reviewer: User) -> Pair:
    """Keep two records apart whose numbers differ."""
    change(twice[1], **dict(zip(SEALED, seal_ssn(twice[1].source_id, twice[1].personal_id, "219450871"), strict=True)))
    scan_store()
    keep_apart(the_pair(), reason="Two sisters.", by=reviewer)
    return the_pair()


def correct(client: Client, **values: Any) -> None:
    """Let an export bring the number of the other record, and more."""
    sealed = dict(zip(SEALED, seal_ssn(client.source_id, client.personal_id, SSN), strict=True))
    change(client, import_id=(client.import_id or 0) + 1, **{**sealed, **values})


def test_who_was_kept_apart_is_asked_about_again_once_an_import_changed_how_they_compare(
    twice: list[Client], reviewer: User
) -> None:
    pair = kept_apart(twice, reviewer)
    change(twice[1], import_id=7, veteran_status=1)
    assert (scan_store().counts["new"], pair.state) == (0, PairState.APART)
    correct(twice[1])
    assert (scan_store().counts["new"], pair.state) == (1, PairState.OPEN)
    assert pair.changes == ["SSN: was two digits transposed, is now same."]
    settle_around(*twice)
    scan_store()
    assert (pair.state, len(pair.changes)) == (PairState.OPEN, 1)
    keep_apart(pair, by=reviewer)
    assert (scan_store().counts["new"], pair.state, pair.changes) == (0, PairState.APART, [])


def merged_by_two(pair: Pair) -> Merge:
    values = {"destination_client_id": pair.low_client_id, "choices": {}, "reason": "One woman"}
    proposal = decide_merge(pair, **values, by=make_admin())  # type: ignore[arg-type]
    assert isinstance(proposal, Proposal)
    assert proposal.why == ["Somebody kept these two apart: merging them takes that back."]
    return agree_to_merge(proposal, by=make_admin())


def test_two_who_are_asked_again_may_merge_and_nobody_alone(twice: list[Client], reviewer: User) -> None:
    pair = kept_apart(twice, reviewer)
    correct(twice[1])
    scan_store()
    for by in (reviewer, make_admin()):
        with pytest.raises(InvalidState, match="second person has to agree"):
            merge_pair(pair, destination_client_id=twice[0].id, choices={}, by=by)
    merged_by_two(pair)
    assert (pair.state, twice[0].person_id) == (PairState.MERGED, twice[1].person_id)


def test_undoing_the_merge_of_a_pair_that_was_asked_about_again_keeps_both_apart_and_asks_again(
    twice: list[Client], reviewer: User
) -> None:
    pair = kept_apart(twice, reviewer)
    correct(twice[1])
    scan_store()
    asked = (pair.state, pair.changes, pair.rows_seen, pair.reason, pair.decided_by_id)
    made = merged_by_two(pair)
    log = select(MergeDecision.verdict, MergeDecision.merge_id).order_by(MergeDecision.id)
    assert db.session.execute(log).all()[1:] == [(Verdict.WITHDRAWN, made.id), (Verdict.SAME, made.id)]
    undo_merge(made, by=reviewer)
    assert verdict_on(*twice) is Verdict.APART
    assert (pair.state, pair.changes, pair.rows_seen, pair.reason, pair.decided_by_id) == asked
    with pytest.raises(Conflict, match="keep these two records apart"):
        merge_clients(twice[0], twice[1], {}, by_id=None)
    change(twice[1], **UNLIKE)
    scan_store()
    assert (pair.state, pair.changes, pair.reason) == (PairState.APART, [], "Two sisters.")


def test_a_question_that_no_longer_stands_is_dropped_and_both_stay_apart(twice: list[Client], reviewer: User) -> None:
    pair = kept_apart(twice, reviewer)
    correct(twice[1])
    scan_store()
    change(twice[1], **UNLIKE)
    scan_store()
    assert (pair.state, pair.changes, pair.reason) == (PairState.APART, [], "Two sisters.")


def put_back(client: Client) -> None:
    """Let an export bring the number back that was there when the two were kept apart."""
    sealed = seal_ssn(client.source_id, client.personal_id, "219450871")
    change(client, import_id=(client.import_id or 0) + 1, **dict(zip(SEALED, sealed, strict=True)))


def test_data_that_is_put_right_takes_the_question_back(twice: list[Client], reviewer: User) -> None:
    pair = kept_apart(twice, reviewer)
    correct(twice[1])
    scan_store()
    assert (pair.state, pair.changes) == (PairState.OPEN, ["SSN: was two digits transposed, is now same."])
    put_back(twice[1])
    scan_store()
    assert (pair.state, pair.changes, pair.reason) == (PairState.APART, [], "Two sisters.")
    change(twice[1], first_name="Mariah", import_id=3)
    scan_store()
    assert (pair.state, len(pair.changes), pair.changes[0][:11]) == (PairState.OPEN, 1, "First name:")


def test_what_changed_is_said_against_the_time_when_both_were_kept_apart(twice: list[Client], reviewer: User) -> None:
    pair = kept_apart(twice, reviewer)
    correct(twice[1])
    scan_store()
    correct(twice[1], dob=date(1985, 5, 18))
    scan_store()
    assert pair.changes == [
        "SSN: was two digits transposed, is now same.",
        "Birth date: was same, is now 1 digit differs.",
    ]


def test_a_second_person_is_not_asked_about_what_is_put_right(twice: list[Client], reviewer: User) -> None:
    pair = kept_apart(twice, reviewer)
    correct(twice[1])
    scan_store()
    values = {"destination_client_id": pair.low_client_id, "choices": {}, "reason": "One woman"}
    proposal = decide_merge(pair, **values, by=make_admin())  # type: ignore[arg-type]
    assert isinstance(proposal, Proposal)
    correct(twice[1], dob=date(1985, 5, 18))
    scan_store()
    assert (pair.state, len(pair.changes)) == (PairState.SECOND, 2)
    put_back(twice[1])
    change(twice[1], dob=twice[0].dob)
    scan_store()
    assert (pair.state, pair.changes, proposal.answer) == (PairState.APART, [], Answer.LAPSED)


def test_what_was_settled_while_a_scan_ran_is_not_proposed(
    twice: list[Client], source: HmisSource, reviewer: User
) -> None:
    c = make_client(source, ssn=SSN)
    scan, found = begin_scan(by=SYSTEM), look_through_store()
    for pair in (make_pair(twice[0], twice[1]), make_pair(twice[1], c)):
        merge_pair(pair, destination_client_id=pair.low_client_id, choices={}, by=reviewer)
    finish_scan(scan, found)
    assert [keys(pair) for pair in pairs() if pair.is_undecided] == []


def test_a_scan_that_was_given_up_stores_nothing(twice: list[Client]) -> None:
    scan, found = begin_scan(by=SYSTEM), look_through_store()
    scanning.fail_scan(scan)
    with pytest.raises(InvalidState, match="ended already"):
        finish_scan(scan, found)
    assert pairs() == []


# Asking


def test_a_scan_is_asked_for_once(reviewer: User) -> None:
    ask_for_scan(by=reviewer)
    with pytest.raises(Conflict, match="waits already"):
        ask_for_scan(by=make_admin())
    with pytest.raises(NotAllowed):
        ask_for_scan(by=make_user())


def test_an_import_asks_for_a_scan_once(session: Session) -> None:
    for outcome in ("refused", "unchanged", "failed", "held"):
        publish(ExportImported(import_id=1, outcome=outcome), by=SYSTEM)
    assert waiting_scan() is None
    for _ in range(2):
        publish(ExportImported(import_id=1, outcome="applied"), by=SYSTEM)
    assert db.session.scalar(select(func.count(Scan.id))) == 1


def test_an_undone_import_asks_for_a_scan_once(session: Session) -> None:
    for _ in range(2):
        publish(ImportUndone(import_id=1), by=SYSTEM)
    assert db.session.scalar(select(func.count(Scan.id))) == 1


def test_one_scan_runs_at_a_time(session: Session) -> None:
    running = begin_scan(by=SYSTEM)
    waiting = ask_for_scan(by=SYSTEM)
    assert scanning.begin_waiting_scan() is None
    with pytest.raises(Conflict, match="runs already"):
        begin_scan(by=SYSTEM)
    finish_scan(running, look_through_store())
    assert scanning.begin_waiting_scan() is waiting
    assert scanning.begin_waiting_scan() is None


def test_a_scan_whose_process_died_makes_room_for_the_next(session: Session) -> None:
    dead, waiting = begin_scan(by=SYSTEM), ask_for_scan(by=SYSTEM)
    with clock.frozen_at(clock.now() + timedelta(minutes=31)):
        assert scanning.begin_waiting_scan() is waiting
    assert (dead.state, dead.sentence) == (ScanState.FAILED, scanning.CUT_OFF)
    with clock.frozen_at(clock.now() + timedelta(minutes=62)):
        assert begin_scan(by=SYSTEM).is_running
    assert waiting.state is ScanState.FAILED
