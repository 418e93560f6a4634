"""Repairs outside stays: total incomes, prioritization, names with ids."""

from pathlib import Path

import pytest

from adminops.hmis.models import HmisSource
from adminops.hmis.repairs.rows import income_sources
from tests.hmis.exports import SmallExport, whole_export
from tests.hmis.repairing import Take, made, switch, take_back, written

TOTAL = ("IncomeBenefits", "IB1", "TotalMonthlyIncome")


def income(**values: str) -> SmallExport:
    """An export with one row of income."""
    return SmallExport().add_client().add_stay().add("IncomeBenefits", IncomeBenefitsID="IB1", **values)


@pytest.mark.parametrize(
    ("values", "total"),
    [
        pytest.param({"Earned": "1", "EarnedAmount": "1200.05", "SSI": "1", "SSIAmount": "19.99"}, "1220.04", id="two"),
        pytest.param({"EarnedAmount": "0.07"}, "0.07", id="cents alone, and no word about the source"),
        pytest.param({"Earned": "1", "EarnedAmount": "10.00", "GA": "0", "GAAmount": "5.00"}, "10.00", id="denied"),
        pytest.param({"OtherIncomeSource": "1", "OtherIncomeAmount": "3.00"}, "3.00", id="other"),
        pytest.param({"Earned": "1", "EarnedAmount": "10.00", "TotalMonthlyIncome": "9.00"}, None, id="there already"),
        pytest.param({"Earned": "1", "EarnedAmount": "10.00", "SSI": "1"}, None, id="one amount is missing"),
        pytest.param({"IncomeFromAnySource": "0", "EarnedAmount": "10.00"}, None, id="no income"),
        pytest.param({"Earned": "1"}, None, id="no amount"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_a_missing_total_income_is_the_sum_of_its_sources(take, source, values, total):
    take(income(**values))
    switch(source, "total-income")
    assert made(source) == ({} if total is None else {TOTAL: total})


def test_the_sources_of_income_are_those_of_the_specification():
    assert len(income_sources()) == 15
    assert income_sources()[-1] == ("other_income_source", "other_income_amount")


def test_a_total_that_was_added_up_is_exported_with_two_decimals(take: Take, source: HmisSource, tmp_path: Path):
    take(income(Earned="1", EarnedAmount="19.99"))
    switch(source, "total-income")
    assert written(source, tmp_path)["IncomeBenefits"]["IB1"]["TotalMonthlyIncome"] == "19.99"


def test_every_assessment_says_placed_on_the_list(take: Take, source: HmisSource, tmp_path: Path):
    export = whole_export().change("Assessment", 0, PrioritizationStatus="2")
    export.add("Assessment", AssessmentID="A2", PrioritizationStatus="1")
    take(export.add("Assessment", AssessmentID="A3", PrioritizationStatus=""))
    switch(source, "prioritized")
    assert made(source) == {("Assessment", key, "PrioritizationStatus"): "1" for key in ("A1", "A3")}
    assert {row["PrioritizationStatus"] for row in written(source, tmp_path)["Assessment"].values()} == {"1"}


def test_ids_are_put_behind_names_once(take: Take, source: HmisSource):
    export = SmallExport().change("Organization", 0, OrganizationName="Harbor House (O1)")
    take(export.add("Project", ProjectID="P2", ProjectName="x" * 200, OperatingStartDate="2020-01-01"))
    switch(source, "ids-in-names")
    assert made(source) == {
        ("Project", "P1", "ProjectName"): "Harbor Shelter (P1)",
        ("Project", "P2", "ProjectName"): f"{'x' * 195} (P2)",
    }
    take_back(source, "ids-in-names", "Project", "P2")
    assert set(made(source)) == {("Project", "P1", "ProjectName")}
