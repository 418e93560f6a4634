"""`adminops dedupe scan`: what scripts can rely on."""

import json

import pytest
from click.testing import Result
from sqlalchemy import select

from adminops.app import AdminOps
from adminops.crypto import CannotDecrypt
from adminops.hmis.models import Client
from dedupe.cli import dedupe
from dedupe.models import Scan, ScanState
from tests.browsing import Desk
from tests.make_dedupe import make_client, make_source


@pytest.fixture
def twice(desk: Desk) -> AdminOps:
    """The app with two records of one person."""
    with desk.work():
        source = make_source()
        for _ in range(2):
            make_client(source, ssn="219450817")
    return desk.app


def run(app: AdminOps, *args: str) -> Result:
    return app.test_cli_runner().invoke(dedupe, ["scan", *args])


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
    ("args", "sentence"),
    [
        (["--since", "soon"], "Say a day as 2026-09-30, or the number of an import."),
        (["--full", "--since", "2026-09-30"], "Give --full or --since, not both."),
        (["--since", "4711"], "There is no import 4711 that has ended."),
    ],
)
def test_a_wrong_beginning_is_said_in_a_sentence(twice: AdminOps, args: list[str], sentence: str) -> None:
    run(twice)
    result = run(twice, *args)
    assert result.exit_code > 0
    assert sentence in result.stderr


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
    for args in (["--help"], ["scan", "--help"], ["pairs", "--help"]):
        result = desk.app.test_cli_runner().invoke(dedupe, args)
        assert result.exit_code == 0
        assert "Usage:" in result.stdout
