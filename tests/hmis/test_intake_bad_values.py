"""Values that are not as they should be: flagged or kept aside, and the row goes on. On both databases."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from adminops.db import db
from adminops.hmis import sealing
from adminops.hmis.intake import ImportResult
from adminops.hmis.models import (
    HmisSource,
    Unreadable,
)
from tests.hmis.conftest import row, ssn_of, the_problem, two_clients
from tests.hmis.exports import SmallExport

Take = Callable[..., ImportResult]


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


# --- values ---


def test_a_bad_date_is_named_masked_kept_aside_and_the_row_goes_on(take: Take, source: HmisSource):
    result = take(two_clients().change("Client", 0, DOB="31/31/1985"))
    problem = the_problem(result, "bad-date")
    assert (problem.file, problem.line, problem.column) == ("Client.csv", 2, "DOB")
    assert problem.value_masked == "99/99/9999"
    assert row("Client", "C1").dob is None
    aside = db.session.scalars(select(Unreadable)).one()
    assert (aside.file, aside.hud_key, aside.column) == ("Client", "C1", "DOB")
    assert sealing.open_aside(source.id, "Client", "C1", "DOB", aside.raw_sealed) == "31/31/1985"


def test_what_was_kept_aside_is_forgotten_when_the_value_is_put_right(take: Take):
    take(two_clients().change("Client", 0, DOB="31/31/1985"))
    take(two_clients().change("Client", 0, DOB="1985-03-01"))
    assert count(Unreadable) == 0


def test_another_unreadable_value_in_place_of_one_is_a_change(take: Take):
    take(two_clients().change("Client", 0, DOB="31/31/1985"))
    assert take(two_clients().change("Client", 0, DOB="30/30/1985")).files["Client.csv"].updated == 1
    assert count(Unreadable) == 1


def test_dates_that_could_be_read_day_first_are_counted_and_the_first_is_named(take: Take):
    births = ["1980-01-31", "02/03/1980", "03/03/1980", "04/31/1980", "1-2-80", "12/13/1980", "9/8/1980 00:00"]
    export = SmallExport()
    for number, birth in enumerate(births):
        export.add_client(f"C{number}", DOB=birth)
    export.add_client("", DOB="05/06/1980")
    problem = the_problem(take(export), "ambiguous-dates")
    assert (problem.severity, problem.file, problem.line, problem.column) == ("warning", "Client.csv", 3, "DOB")
    assert problem.text.startswith("3 dates of DOB could be read day first")


def test_an_unknown_code_is_kept_and_flagged(take: Take):
    problem = the_problem(take(two_clients().change("Client", 0, VeteranStatus="7")), "unknown-code")
    assert (problem.line, problem.column, problem.value_masked) == (2, "VeteranStatus", "7")
    assert row("Client", "C1").veteran_status == 7


def test_a_code_whose_list_depends_on_another_column_is_checked_against_that_list(take: Take):
    export = two_clients().add_stay()
    export.add("Services", ServicesID="1", RecordType="200", TypeProvided="200")
    export.add("Services", ServicesID="2", RecordType="200", TypeProvided="14")
    problem = the_problem(take(export), "unknown-code")
    assert (problem.line, problem.column) == (3, "TypeProvided")


def test_a_retired_code_is_kept_and_noted(take: Take):
    export = two_clients().add("Funder", FunderID="F1", Funder="47", GrantID="G", StartDate="2020-01-01")
    problem = the_problem(take(export), "retired-code")
    assert (problem.severity, "2025-10-01" in problem.text) == ("note", True)
    assert row("Funder", "F1").funder == 47


@pytest.mark.parametrize(("end", "noted"), [("", 1), ("2025-10-01", 1), ("09/30/2025", 0), ("2023-06-30", 0)])
def test_a_grant_that_ended_while_its_code_was_on_the_list_is_history(take: Take, end: str, noted: int):
    export = two_clients().add("Funder", FunderID="F1", Funder="47", GrantID="G", StartDate="2020-01-01", EndDate=end)
    assert take(export).problems.by_rule["retired-code"] == noted


@pytest.mark.parametrize(("day", "noted"), [("2025-09-30", 0), ("2025-10-01", 1), ("", 1), ("soon", 1)])
def test_a_service_is_judged_by_the_list_of_its_day(take: Take, day: str, noted: int):
    export = two_clients().add_stay()
    export.add("Services", ServicesID="1", RecordType="152", TypeProvided="11", DateProvided=day)
    result = take(export)
    assert (result.problems.by_rule["retired-code"], result.problems.by_rule["unknown-code"]) == (noted, 0)


@pytest.mark.parametrize(("entered", "noted"), [("2024-03-01 09:30:00", 0), ("2025-11-02 09:30:00", 1)])
def test_what_a_column_allowed_under_its_older_list_is_retired_and_not_unknown(take: Take, entered: str, noted: int):
    result = take(two_clients().change("Client", 0, AmIndAKNative="99", DateCreated=entered))
    assert (result.problems.by_rule["retired-code"], result.problems.by_rule["unknown-code"]) == (noted, 0)
    assert row("Client", "C1").am_ind_ak_native == 99


def test_a_blank_where_hud_wants_a_value_is_flagged_and_kept(take: Take):
    problem = the_problem(take(two_clients().change("Client", 0, VeteranStatus="")), "blank-required")
    assert problem.severity == "warning"
    assert row("Client", "C1").veteran_status is None


@pytest.mark.parametrize("value", ["abc", "1.5", "99999999999999"])
def test_a_number_that_is_none_is_kept_aside(take: Take, value: str):
    assert the_problem(take(two_clients().change("Client", 0, VeteranStatus=value)), "bad-number")
    assert row("Client", "C1").veteran_status is None
    assert count(Unreadable) == 1


def test_prose_that_is_too_long_is_cut_and_the_whole_kept_aside(take: Take, source: HmisSource):
    name = "Maria de los Angeles " * 6
    take(two_clients().change("Client", 0, FirstName=name))
    assert row("Client", "C1").first_name == name.strip()[:64].strip()
    aside = db.session.scalars(select(Unreadable)).one()
    assert sealing.open_aside(source.id, "Client", "C1", "FirstName", aside.raw_sealed) == name


def test_a_code_that_is_too_long_is_left_out(take: Take):
    take(two_clients().add_stay(EnrollmentCoC="FL-51000"))
    assert row("Enrollment", "S1").enrollment_coc is None


def test_references_into_nothing_are_flagged_with_their_line(take: Take):
    result = take(two_clients().add_stay().add_stay("S2", "C9").add("Exit", ExitID="X", EnrollmentID="S9"))
    found = {(problem.file, problem.line, problem.column) for problem in result.problems if "reference" in problem.rule}
    assert found == {("Enrollment.csv", 3, "PersonalID"), ("Exit.csv", 2, "EnrollmentID")}
    assert result.files["Enrollment.csv"].added == 2


def test_a_row_of_another_persons_stay_is_flagged(take: Take):
    result = take(two_clients().add_stay().add("Exit", ExitID="X", PersonalID="C2"))
    assert the_problem(result, "wrong-person").value_masked == "C2"


def test_unknown_users_are_noted_once_a_file(take: Take):
    result = take(two_clients().change("Client", 0, UserID="U8").change("Client", 1, UserID="U9"))
    assert the_problem(result, "unknown-user").text.startswith("2 rows")


def test_names_ssns_and_birth_dates_never_stand_in_problems(take: Take):
    secrets = {"FirstName": "Wilhelmina" * 8, "LastName": "Zzyzx" * 20, "SSN": "21945-0817-99", "DOB": "17.May.85?"}
    export = SmallExport().add_client("C1", **secrets).add_client("C1", **secrets).add_client("C2" * 40, **secrets)
    result = take(export)
    told = str([problem.as_dict() for problem in result.problems]) + str(result.as_dict())
    assert len(result.problems) >= 5
    for secret in ("Wilhelmina", "Zzyzx", "0817", "May"):
        assert secret not in told


def test_numbers_with_dashes_are_ssns_and_hashes_of_ssns_are_kept(take: Take, source: HmisSource):
    take(two_clients().change("Client", 0, SSN="219-45-0817"))
    assert ssn_of(row("Client", "C1")) == "219450817"
