"""A look at an export without a database and without keys."""

from pathlib import Path

from adminops.hmis.intake import check_export
from tests.hmis.conftest import two_clients


def test_a_check_finds_the_same_without_a_database(tmp_path: Path):
    export = two_clients().change("Client", 0, DOB="31/31/1985").add_stay("S1", "C9")
    result = check_export(export.zip(tmp_path / "export.zip"))
    assert (result.status, result.dry_run, result.import_id) == ("applied", True, None)
    assert {problem.rule for problem in result.problems} >= {"bad-date", "unknown-reference"}
    assert result.files["Client.csv"].read == 2


def test_a_check_of_something_else_is_refused(tmp_path: Path):
    assert check_export(tmp_path).status == "refused"
