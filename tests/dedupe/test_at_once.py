"""Two at the same moment: real threads with transactions of their own, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from functools import partial
from threading import Barrier, Event
from time import monotonic, sleep

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from adminops import clock
from adminops.app import AdminOps
from adminops.crypto import CannotDecrypt
from adminops.db import db, transaction
from adminops.errors import Conflict, DomainError, InvalidState
from adminops.hmis.merging import allow_again, hold_decisions, persons_by_merges
from adminops.hmis.models import Client, HmisSource, Merge, MergeDecision, StayMove
from adminops.identity.models import SYSTEM, User
from dedupe import jobs
from dedupe.batch.operations import review_batch
from dedupe.exact import propose_rule
from dedupe.learning import ask_to_learn
from dedupe.models import Pair, PairState, Scan, ScanState
from dedupe.operations import (
    defer_pair,
    divide_stays,
    keep_apart,
    merge_pair,
    pair_for_request,
    review_pair,
    undo_merge,
)
from dedupe.queries import get_pair
from dedupe.scanning import FAILED, RUNS, Found, ask_for_scan, begin_scan, finish_scan, look_through_store, scan_store
from tests.browsing import Desk
from tests.dedupe.test_dividing import entered_later, merged
from tests.make import make_admin
from tests.make_dedupe import make_client, make_clients, make_pair, make_project, make_source

SSN = "219450817"
on_postgresql = pytest.mark.parametrize("app", ["postgresql"], indirect=True)
"""SQLite has one writer at a time: there is nothing to wait for half-way."""


def at_once(app: AdminOps, *works: Callable[[], object]) -> list[object]:
    """Run each work in a thread and a transaction of its own; return what they gave, or the refusals they met."""
    start = Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    return work()
            except DomainError as refusal:
                return refusal
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(works)) as pool:
        return [done.result(timeout=60) for done in [pool.submit(run, work) for work in works]]


class Table:
    """Three records A, B and C of one source with all their pairs, and two reviewers."""

    def __init__(self, desk: Desk) -> None:
        with desk.work():
            self.source = make_source()
            self.clients = make_clients(self.source, 3)
            a, b, c = self.clients
            self.ab, self.ac, self.bc = make_pair(a, b).id, make_pair(a, c).id, make_pair(b, c).id
            self.reviewers = [make_admin().id, make_admin().id]

    def merge(self, pair_id: int, reviewer: int = 0, *, into: int | None = None) -> Callable[[], object]:
        """Return the work of merging a pair into its first record, or into record number `into`."""

        def work() -> object:
            by = db.session.get_one(User, self.reviewers[reviewer])
            pair = get_pair(pair_id, by)
            kept = pair.low_client_id if into is None else self.clients[into].id
            return merge_pair(pair, destination_client_id=kept, choices={}, by=by).id

        return work

    def apart(self, pair_id: int, reviewer: int = 0) -> Callable[[], object]:
        """Return the work of keeping a pair apart."""

        def work() -> object:
            by = db.session.get_one(User, self.reviewers[reviewer])
            keep_apart(get_pair(pair_id, by), by=by)
            return "apart"

        return work


@pytest.fixture
def table(desk: Desk) -> Table:
    """Three records with all their pairs."""
    return Table(desk)


def check_persons(desk: Desk) -> None:
    """Fail when who stands for whom is not what the log amounts to."""
    with desk.look() as session:
        persons = dict(session.execute(select(Client.id, func.coalesce(Client.person_id, Client.id))).all())
        assert persons == persons_by_merges(sorted(persons))


def test_two_reviewers_merge_a_pair_once(desk: Desk, table: Table) -> None:
    answers = at_once(desk.app, table.merge(table.ab, 0), table.merge(table.ab, 1))
    assert sorted(type(answer).__name__ for answer in answers) == ["InvalidState", "int"]
    with desk.look() as session:
        assert session.scalar(select(func.count(Merge.id))) == 1
    check_persons(desk)


def test_a_double_click_on_merge_merges_once(desk: Desk, table: Table) -> None:
    answers = at_once(desk.app, *[table.merge(table.ab)] * 4)
    assert sum(isinstance(answer, int) for answer in answers) == 1
    assert {str(answer) for answer in answers if isinstance(answer, InvalidState)} == {
        "These two records are merged already. Undo the merge first."
    }


def test_a_merge_and_a_keep_apart_of_one_pair_do_not_both_hold(desk: Desk, table: Table) -> None:
    answers = at_once(desk.app, table.merge(table.ab, 0), table.apart(table.ab, 1))
    assert sum(isinstance(answer, DomainError) for answer in answers) == 1
    with desk.look() as session:
        made = session.scalar(select(func.count(MergeDecision.id)))
        assert (made, session.get_one(Pair, table.ab).state in (PairState.MERGED, PairState.APART)) == (1, True)


@pytest.mark.parametrize("into", [None, 0, 2])
def test_merges_that_share_a_record_end_with_persons_that_the_log_amounts_to(
    desk: Desk, table: Table, into: int | None
) -> None:
    works = (table.merge(table.ab, 0), table.merge(table.ac, 1, into=into), table.merge(table.bc, 0))
    answers = at_once(desk.app, *works)
    assert sum(isinstance(answer, int) for answer in answers) == 2, "the third finds one person already"
    check_persons(desk)
    with desk.look() as session:
        assert len(set(session.scalars(select(Client.person_id)))) == 1


def test_a_merge_and_a_keep_apart_through_a_third_record_do_not_both_hold(desk: Desk, table: Table) -> None:
    at_once(desk.app, table.merge(table.ab))
    answers = at_once(desk.app, table.merge(table.bc, 0), table.apart(table.ac, 1))
    assert sum(isinstance(answer, DomainError) for answer in answers) == 1
    check_persons(desk)


def test_that_two_are_kept_apart_is_taken_back_once(desk: Desk, table: Table) -> None:
    at_once(desk.app, table.apart(table.ab))
    one, other = (client.id for client in table.clients[:2])

    def again() -> object:
        allow_again(db.session.get_one(Client, one), db.session.get_one(Client, other), by_id=None)
        sleep(0.3)  # so that the other one comes before this is committed
        return "again"

    answers = at_once(desk.app, again, again)
    assert sorted(type(answer).__name__ for answer in answers) == ["InvalidState", "str"]


def test_a_merge_is_undone_once(desk: Desk, table: Table) -> None:
    (merge_id,) = at_once(desk.app, table.merge(table.ab))

    def undo() -> object:
        undo_merge(db.session.get_one(Merge, merge_id), by=db.session.get_one(User, table.reviewers[0]))
        return "undone"

    answers = at_once(desk.app, undo, undo, undo)
    assert sorted(str(answer) for answer in answers) == [*["This merge was undone already."] * 2, "undone"]
    check_persons(desk)


def test_one_of_two_reviewers_holds_the_pair(desk: Desk, table: Table) -> None:
    def look(reviewer: int) -> Callable[[], object]:
        def work() -> object:
            by = db.session.get_one(User, table.reviewers[reviewer])
            return review_pair(get_pair(table.ab, by), by=by)

        return work

    assert sorted(map(str, at_once(desk.app, look(0), look(1)))) == ["False", "True"]
    with desk.look() as session:
        assert session.get_one(Pair, table.ab).claimed_by_id in table.reviewers


def test_two_tickets_that_ask_for_one_new_pair_get_one(desk: Desk, table: Table) -> None:
    with desk.work() as session:
        other = make_client(session.get_one(HmisSource, table.source.id), "D").id

    def ask(ticket_id: int) -> Callable[[], object]:
        def work() -> object:
            clients = [db.session.get_one(Client, id_) for id_ in (table.clients[0].id, other)]
            by = db.session.get_one(User, table.reviewers[0])
            return pair_for_request(clients[0], clients[1], ticket_id=ticket_id, by=by).id

        return work

    first, second = at_once(desk.app, ask(1), ask(2))
    assert isinstance(first, int)
    assert first == second


# Scans beside the work


class Twice:
    """Two records of one person that no scan has seen."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        with desk.work():
            source = make_source()
            self.clients = [make_client(source, ssn=SSN).id for _ in range(2)]
            self.reviewer = make_admin().id

    def ask(self) -> None:
        """Have the store scanned."""
        with self.desk.work() as session:
            ask_for_scan(by=session.get_one(User, self.reviewer))

    def run(self) -> None:
        """Run the job, as the scheduler does."""
        with self.desk.app.app_context():
            try:
                jobs.run_waiting_scan()
            finally:
                db.session.remove()

    def scans(self) -> list[Scan]:
        """Return all scans."""
        with self.desk.look() as session:
            return list(session.scalars(select(Scan).order_by(Scan.id)))

    def pair(self) -> Pair:
        """Return the one pair."""
        with self.desk.look() as session:
            return session.scalars(select(Pair)).one()

    def asked_for(self, ticket_id: int) -> Pair:
        """Let a ticket ask for the pair, in the open transaction."""
        one, other = (db.session.get_one(Client, id_) for id_ in self.clients)
        return pair_for_request(one, other, ticket_id=ticket_id, by=db.session.get_one(User, self.reviewer))


@pytest.fixture
def twice(desk: Desk) -> Twice:
    """Two records of one person that no scan has seen."""
    return Twice(desk)


def test_the_job_runs_the_scan_that_waits_and_no_other(twice: Twice) -> None:
    twice.run()
    assert twice.scans() == []
    twice.ask()
    twice.run()
    twice.run()
    (scan,) = twice.scans()
    assert (scan.state, scan.counts["new"], twice.pair().state) == (ScanState.DONE, 1, PairState.OPEN)
    assert scan.started_at is not None


def test_two_processes_run_a_waiting_scan_once(twice: Twice) -> None:
    twice.ask()
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(twice.run) for _ in range(2)]:
            done.result(timeout=60)
    assert [scan.state for scan in twice.scans()] == [ScanState.DONE]
    assert twice.pair().state is PairState.OPEN


def test_one_of_two_scans_that_begin_at_once_is_refused(twice: Twice) -> None:
    began = at_once(twice.desk.app, *[lambda: begin_scan(by=SYSTEM)] * 3)
    assert sorted(type(each).__name__ for each in began) == ["Conflict", "Conflict", "Scan"]
    assert [scan.state for scan in twice.scans()] == [ScanState.RUNNING]


@pytest.mark.parametrize("ask", [ask_to_learn, partial(propose_rule, 5)])
def test_of_two_who_ask_for_the_same_at_once_one_is_refused(
    desk: Desk, table: Table, ask: Callable[..., object]
) -> None:
    def work() -> object:
        return ask(by=db.session.get_one(User, table.reviewers[0]))

    with ThreadPoolExecutor(1) as pool:
        with desk.work():
            work()
            running = pool.submit(at_once, desk.app, work)
            _wait_until_somebody_waits(desk.app)
        (answer,) = running.result(timeout=60)
    assert isinstance(answer, Conflict)


@on_postgresql
def test_a_scan_that_is_being_stored_runs_however_long_it_took(twice: Twice) -> None:
    with twice.desk.work():
        scan_id = begin_scan(by=SYSTEM).id
    with twice.desk.work() as session:
        session.get_one(Scan, scan_id, with_for_update=True)
        later = clock.now() + timedelta(hours=2)
        with ThreadPoolExecutor(1) as pool:
            (answer,) = pool.submit(at_once, twice.desk.app, lambda: _begin_at(later)).result(timeout=60)
    assert str(answer) == RUNS


def _begin_at(moment: datetime) -> Scan:
    with clock.frozen_at(moment):
        return begin_scan(by=SYSTEM)


def test_people_go_on_working_while_a_scan_compares(twice: Twice) -> None:
    looked, decided = Event(), Event()

    def scan() -> None:
        with twice.desk.app.app_context():
            with transaction():
                begun = begin_scan(by=SYSTEM)
            with transaction(writes=False):
                found = look_through_store()
                looked.set()
                decided.wait(timeout=30)
            with transaction() as session:
                finish_scan(session.get_one(Scan, begun.id), found)
            db.session.remove()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(scan)
        assert looked.wait(timeout=30)
        assert [scan.state for scan in twice.scans()] == [ScanState.RUNNING]
        with twice.desk.work() as session:
            one, other = (session.get_one(Client, id_) for id_ in twice.clients)
            keep_apart(make_pair(one, other), by=session.get_one(User, twice.reviewer))
        decided.set()
        running.result(timeout=60)
    assert twice.pair().state is PairState.APART
    assert [scan.counts["new"] for scan in twice.scans()] == [0]


def test_a_scan_that_fails_says_so_and_is_not_run_for_ever(twice: Twice) -> None:
    twice.ask()
    with twice.desk.work() as session:
        session.get_one(Client, twice.clients[0]).ssn_sealed = b"damaged on the disk"
    with pytest.raises(CannotDecrypt):
        twice.run()
    (scan,) = twice.scans()
    assert (scan.state, scan.sentence) == (ScanState.FAILED, FAILED)
    twice.run()
    assert len(twice.scans()) == 1


def _somebody_waits_for_a_lock(app: AdminOps) -> bool:
    with app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            return True  # a writer waits before its first read: there is nothing to see
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(connection.exec_driver_sql(waiting).scalar())


def test_a_pair_that_a_ticket_brings_in_at_this_moment_is_taken_for_a_known_one(twice: Twice) -> None:
    twice.ask()
    with ThreadPoolExecutor(1) as pool:
        with twice.desk.work():
            twice.asked_for(7)
            running = pool.submit(twice.run)
            _wait_until_somebody_waits(twice.desk.app)
        running.result(timeout=60)
    assert [scan.state for scan in twice.scans()] == [ScanState.DONE]
    assert (twice.pair().ticket_id, twice.pair().state) == (7, PairState.OPEN)


@on_postgresql
def test_two_who_divide_stays_at_once_move_each_once(desk: Desk, table: Table) -> None:
    with desk.work() as session:
        by = session.get_one(User, table.reviewers[0])
        merge = merged(session.get_one(Pair, table.ab), by)
        stay = entered_later(merge.destination_client, make_project(table.source))
        with clock.frozen_at(clock.now() + timedelta(days=2)):
            undo_merge(merge, owners={stay.id: merge.destination_client_id}, by=by)
        owners = {stay.id: merge.source_client_id}

    def divide() -> object:
        divide_stays(db.session.get_one(Merge, merge.id), owners, by=db.session.get_one(User, table.reviewers[0]))
        return "divided"

    with ThreadPoolExecutor(1) as pool:
        with desk.work():
            divide()
            running = pool.submit(at_once, desk.app, divide)
            _wait_until_somebody_waits(desk.app)
        assert running.result(timeout=60) == ["divided"]
    with desk.look() as session:
        holding = select(func.count(StayMove.id)).where(StayMove.taken_back_at.is_(None))
        assert session.scalar(holding) == 1


@on_postgresql
def test_a_scan_does_not_touch_what_stays_decided_or_gone(desk: Desk) -> None:
    with desk.work():
        source, by = make_source(), make_admin()
        names = ("Abernathy", "Nguyen", "Quickfoot", "Zielinski", "Okafor", "Lindqvist")
        clients = [
            make_client(source, last_name=name, dob=date(1950 + 7 * at, 1 + at, 3)) for at, name in enumerate(names)
        ]
        merged_pair, apart, gone = (make_pair(clients[at], clients[at + 1]) for at in (0, 2, 4))
        merge_pair(merged_pair, destination_client_id=clients[0].id, choices={}, by=by)
        keep_apart(apart, by=by)
        gone.state = PairState.GONE
    with ThreadPoolExecutor(1) as pool, desk.work():
        assert all(_is_free(pair.id) for pair in (merged_pair, apart, gone)), "they are held here from now on"
        (scan,) = pool.submit(at_once, desk.app, scan_store).result(timeout=30)
    assert isinstance(scan, Scan)


# Nobody waits for somebody who waits for them


def _is_free(pair_id: int) -> bool:
    """Say whether the open transaction can hold a pair at once."""
    free = select(Pair.id).where(Pair.id == pair_id).with_for_update(skip_locked=True)
    return db.session.scalar(free) is not None


def _wait_until_somebody_waits(app: AdminOps) -> None:
    deadline = monotonic() + 30
    while not _somebody_waits_for_a_lock(app) and monotonic() < deadline:
        Event().wait(0.05)


@on_postgresql
@pytest.mark.parametrize("what", ["merge", "apart", "later", "scan"])
def test_whoever_decides_holds_no_pair_while_others_decide(desk: Desk, table: Table, what: str) -> None:
    def later() -> None:
        by = db.session.get_one(User, table.reviewers[0])
        defer_pair(get_pair(table.ab, by), by=by)

    works = {"merge": table.merge(table.ab), "apart": table.apart(table.ab), "later": later, "scan": scan_store}
    with ThreadPoolExecutor(1) as pool:
        with desk.work():
            hold_decisions()
            running = pool.submit(at_once, desk.app, works[what])
            _wait_until_somebody_waits(desk.app)
            assert _is_free(table.ab)
        (answer,) = running.result(timeout=60)
    assert not isinstance(answer, Exception)


@on_postgresql
def test_who_takes_a_pair_does_not_wait_for_the_one_they_leave(desk: Desk, table: Table) -> None:
    def look(pair_id: int) -> Callable[[], object]:
        def work() -> object:
            by = db.session.get_one(User, table.reviewers[0])
            return review_pair(get_pair(pair_id, by), by=by)

        return work

    def holder(pair_id: int) -> int | None:
        with desk.look() as session:
            return session.get_one(Pair, pair_id).claimed_by_id

    assert at_once(desk.app, look(table.bc)) == [True]
    with ThreadPoolExecutor(1) as pool, desk.work():
        assert _is_free(table.bc), "it is held here from now on"
        assert pool.submit(at_once, desk.app, look(table.ab)).result(timeout=30) == [True]
    assert [holder(table.ab), holder(table.bc)] == [table.reviewers[0]] * 2
    assert at_once(desk.app, look(table.ac)) == [True]
    assert [holder(each) for each in (table.ab, table.ac, table.bc)] == [None, table.reviewers[0], None]


@on_postgresql
def test_who_takes_several_pairs_waits_for_none_of_them(desk: Desk, table: Table) -> None:
    def look(*pair_ids: int) -> Callable[[], object]:
        def work() -> object:
            by = db.session.get_one(User, table.reviewers[0])
            return [pair.id for pair in review_batch([get_pair(id_, by) for id_ in pair_ids], by=by)]

        return work

    assert at_once(desk.app, look(table.bc, table.ac)) == [[table.bc, table.ac]]
    for held, wanted, taken in (
        (table.bc, [table.ab], [table.ab]),
        (table.ab, [table.ac, table.ab], [table.ac]),
    ):
        with ThreadPoolExecutor(1) as pool, desk.work():
            assert _is_free(held), "it is held here from now on, as a scan does that stores what it found"
            assert pool.submit(at_once, desk.app, look(*wanted)).result(timeout=30) == [taken]


def test_what_a_scan_found_is_stored_once_more_after_a_deadlock(twice: Twice, monkeypatch: pytest.MonkeyPatch) -> None:
    stored, met = jobs.finish_scan, []

    def refused(scan: Scan, found: Found, *, by: User) -> Scan:
        done = stored(scan, found, by=by)
        if not met:
            met.append(scan.id)
            raise OperationalError("UPDATE", {}, _Deadlock())
        return done

    monkeypatch.setattr(jobs, "finish_scan", refused)
    twice.ask()
    twice.run()
    assert ([scan.state for scan in twice.scans()], len(met)) == ([ScanState.DONE], 1)
    assert twice.pair().state is PairState.OPEN


class _Deadlock(Exception):
    sqlstate = "40P01"
