"""`adminops dedupe scan` and `undo`: what scripts can rely on."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import Result
from sqlalchemy import select

from adminops import clock
from adminops.app import AdminOps
from adminops.crypto import CannotDecrypt
from adminops.db import db
from adminops.hmis.models import Client
from adminops.hmis.stays import stays_of
from adminops.identity.models import SYSTEM
from dedupe import cli
from dedupe.cli import dedupe
from dedupe.models import Scan, ScanState
from dedupe.operations import merge_pair
from dedupe.scanning import RUNS, begin_scan
from tests.browsing import Desk
from tests.make import make_admin
from tests.make_dedupe import make_client, make_clients, make_pair, make_project, make_source, make_stay


@pytest.fixture
def twice(desk: Desk) -> AdminOps:
    """The app with two records of one person."""
    with desk.work():
        source = make_source()
        for _ in range(2):
            make_client(source, ssn="219450817")
    return desk.app


def run(app: AdminOps, *args: str, command: str = "scan") -> Result:
    return app.test_cli_runner().invoke(dedupe, [command, *args])


def test_a_scan_answers_people_with_a_sentence(twice: AdminOps) -> None:
    result = run(twice)
    assert (result.exit_code, result.stdout) == (0, "1 pair proposed, 1 of them new, among 2 records.\n")


def test_a_scan_answers_machines_with_numbers_alone(twice: AdminOps) -> None:
    result = run(twice, "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert {key: told[key] for key in ("scan", "records", "matchable", "pairs", "new", "gone")} == {
        "scan": 1,
        "records": 2,
        "matchable": 2,
        "pairs": 1,
        "new": 1,
        "gone": 0,
    }
    assert told["seconds"] >= 0
    again = json.loads(run(twice, "--json").stdout)
    assert {key: again[key] for key in ("records", "changed", "new", "gone")} == {
        "records": 2,
        "changed": 0,
        "new": 0,
        "gone": 0,
    }
    assert run(twice, "--full").stdout == "1 pair proposed, 0 of them new, among 2 records.\n"


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        ("2026-03-02", "2026-03-02T05:00:00+00:00"),
        ("2026-07-02T08:30", "2026-07-02T12:30:00+00:00"),
        ("2026-03-02T08:30+02:00", "2026-03-02T06:30:00+00:00"),
        ("41", 41),
    ],
)
def test_a_day_begins_at_midnight_of_the_house_and_a_given_offset_holds(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, said: str, begins: str | int
) -> None:
    asked: list[object] = []

    def scan_now(*, is_full: bool, since: object) -> Scan:
        asked.append(since)
        return Scan(id=1, counts={}, sentence="Done.")

    monkeypatch.setattr(cli, "scan_now", scan_now)
    assert run(desk.app, "--since", said).exit_code == 0
    (since,) = asked
    assert (since.astimezone(UTC).isoformat() if isinstance(since, datetime) else since) == begins


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--since", "soon"], "Say a day as 2026-09-30, or the number of an import."),
        (["--full", "--since", "2026-09-30"], "Give --full or --since, not both."),
        (["--since", "4711"], "There is no import 4711 that has ended."),
    ],
)
def test_a_wrong_beginning_is_said_in_a_sentence(desk: Desk, twice: AdminOps, args: list[str], sentence: str) -> None:
    run(twice)
    result = run(twice, *args)
    assert result.exit_code > 0
    assert sentence in result.stderr
    with desk.look() as session:
        assert [scan.state for scan in session.scalars(select(Scan))] == [ScanState.DONE], "none has begun"


def test_a_scan_beside_one_that_runs_is_refused_in_a_sentence(desk: Desk, twice: AdminOps) -> None:
    with desk.work():
        begin_scan(by=SYSTEM)
    result = run(twice)
    assert (result.exit_code, result.stderr) == (1, f"Error: {RUNS}\n")
    with desk.look() as session:
        assert [scan.state for scan in session.scalars(select(Scan))] == [ScanState.RUNNING]


def test_nothing_found_is_no_failure(desk: Desk) -> None:
    result = run(desk.app, "--json")
    assert (result.exit_code, json.loads(result.stdout)["pairs"]) == (0, 0)


def test_a_scan_that_fails_leaves_no_scan_running(desk: Desk, twice: AdminOps) -> None:
    with desk.work() as session:
        session.scalars(select(Client)).first().ssn_sealed = b"damaged"  # type: ignore[union-attr]
    result = run(twice)
    assert isinstance(result.exception, CannotDecrypt)
    with desk.look() as session:
        assert session.scalars(select(Scan)).one().state is ScanState.FAILED


def test_every_command_explains_itself(desk: Desk) -> None:
    for args in (["--help"], ["scan", "--help"], ["undo", "--help"], ["pairs", "--help"]):
        result = desk.app.test_cli_runner().invoke(dedupe, args)
        assert result.exit_code == 0
        assert "Usage:" in result.stdout


@dataclass
class House:
    """Two merges of one person, A with B and then A with C, and what lies under A by now: of each something."""

    desk: Desk
    first: int
    second: int
    stays: list[str]

    def undo(self, *args: str) -> Result:
        return run(self.desk.app, str(self.first), *args, command="undo")

    def read(self) -> list[set[str]]:
        """Return the EnrollmentIDs that read under each record."""
        with self.desk.app.app_context():
            records = db.session.scalars(select(Client).order_by(Client.id)).all()
            return [{stay.enrollment_id for stay in stays_of([client])} for client in records]


@pytest.fixture
def house(desk: Desk) -> House:
    """Somebody who was merged by mistake, twice; the vendor has made the first merge, too."""
    with desk.work():
        source, reviewer = make_source(), make_admin()
        one, other, third = make_clients(source, 3)
        old = make_stay(other, make_project(source))
        merges = [
            merge_pair(make_pair(one, each), destination_client_id=one.id, choices={}, by=reviewer).id
            for each in (other, third)
        ]
        old.personal_id = one.personal_id
        later = (clock.now() + timedelta(days=1)).replace(tzinfo=None)
        late = make_stay(one, make_project(source), date_created=later)
        return House(desk, *merges, [old.enrollment_id, late.enrollment_id])


def test_an_undoing_lists_the_stays_whose_owner_was_not_said(house: House) -> None:
    old, late = house.stays
    result = house.undo()
    assert result.exit_code == 1
    assert "Say with --owner whose these stays are, as E1=kept:" in result.stderr
    assert f"  {old} under client A: client A or B (proposed: B)\n" in result.stderr
    assert f"  {late} under client A: client A or B\n" in result.stderr
    assert "  " + late in house.undo("--owners-as-proposed").stderr
    assert house.read() == [{old, late}, set(), set()]


def test_an_undoing_takes_owners_one_by_one_and_others_as_proposed(house: House) -> None:
    old, late = house.stays
    result = house.undo("--owner", f"{late}=kept", "--owners-as-proposed")
    assert (result.exit_code, result.stdout) == (0, f"Merge {house.first} is undone.\n")
    assert house.read() == [{late}, {old}, set()]


def test_another_merge_is_undone_with_it_by_one_plan(house: House) -> None:
    old, late = house.stays
    result = house.undo("--also", str(house.second), "--owner", f"{late}=C", "--owner", f"{old}=folded")
    assert result.exit_code == 0
    assert house.read() == [set(), {old}, {late}]


def test_what_an_undoing_can_not_mean_is_refused_in_a_sentence(house: House) -> None:
    for args, sentence in (
        (["--owner", "E0=kept"], "It is not asked whose stay E0 is."),
        (["--owner", "kept"], "It is not asked whose stay (without a name) is."),
        (["--owner", f"{house.stays[0]}=Z"], f"Stay {house.stays[0]} is kept, folded or of client A or B."),
        (["--also", "99"], "Merge 99 is no other merge in force of the same person."),
    ):
        result = house.undo(*args)
        assert (result.exit_code, sentence in result.stderr) == (1, True)
