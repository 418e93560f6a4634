"""Repairs of households: one HouseholdID for each, and exactly one head by HUD's rule."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adminops.hmis.models import HmisSource
from adminops.hmis.repairs.households import Member, age_on, generated, settle
from tests.hmis.exports import SmallExport
from tests.hmis.repairing import Take, household, made, switch, take_back

HEAD = ("Enrollment", "RelationshipToHoH")


def heads(source: HmisSource) -> dict[str, str]:
    """RelationshipToHoH as it was repaired, by EnrollmentID."""
    return {key: value for (file, key, column), value in made(source).items() if (file, column) == HEAD}


def households(source: HmisSource) -> dict[str, str]:
    """HouseholdIDs as they were repaired, by EnrollmentID."""
    return {key: value for (_, key, column), value in made(source).items() if column == "HouseholdID"}


def test_a_sole_member_becomes_the_head(take: Take, source: HmisSource):
    export = household(("S1", "1990-01-01", "99"))
    export.add_client("C2").add_stay("S2", "C2", HouseholdID="", RelationshipToHoH="")
    export.add_client("C3").add_stay("S3", "C3", HouseholdID="H3", RelationshipToHoH="2")
    export.add_client("C4").add_stay("S4", "C4", HouseholdID="H3", RelationshipToHoH="2")
    take(export)
    switch(source, "sole-member-head")
    assert heads(source) == {"S1": "1", "S2": "1"}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param([("S1", "1960-05-01", "3"), ("S2", "1990-01-01", "2")], {"S1": "1"}, id="no head: the oldest"),
        pytest.param(
            [("S1", "1960-05-01", "1"), ("S2", "1990-01-01", "1"), ("S3", "2015-01-01", "2")],
            {"S2": "99"},
            id="two heads: the oldest stays",
        ),
        pytest.param(
            [("S1", "2010-05-01", "1"), ("S2", "1990-01-01", "1"), ("S3", "", "1")],
            {"S1": "99", "S3": "99"},
            id="an adult before a child and before unknown ages",
        ),
        pytest.param([("S1", "2010-05-01", "2"), ("S2", "2014-01-01", "2")], {"S1": "1"}, id="somebody is 10"),
        pytest.param([("S1", "1960-05-01", "3"), ("S2", "1990-01-01", "1")], {}, id="one head, though not the oldest"),
        pytest.param([("S1", "", "3"), ("S2", "", "2")], {}, id="no age is known"),
        pytest.param([("S1", "2031-01-01", "3"), ("S2", "1850-01-01", "2")], {}, id="no age can be right"),
        pytest.param([("S1", "1960-05-01", "3"), ("S2", "1960-05-01", "2")], {"S1": "1"}, id="twins: smaller key"),
    ],
)
def test_a_household_gets_exactly_one_head_by_age_on_entry(take, source, members, expected):
    take(household(*members))
    switch(source, "one-head")
    assert heads(source) == expected
    assert households(source) == {}


def test_youths_of_eleven_to_seventeen_are_heads_of_their_own(take: Take, source: HmisSource):
    take(household(("S1", "2006-02-02", "1"), ("S2", "2013-02-01", "1"), ("S3", "", "4")))
    switch(source, "one-head")
    assert heads(source) == {"S3": "1"}
    assert households(source) == {key: generated("stay", key) for key in ("S1", "S2", "S3")}


def test_an_eighteenth_birthday_on_the_day_of_entry_counts(take: Take, source: HmisSource):
    take(household(("S1", "2006-02-01", "2"), ("S2", "2013-02-01", "2")))
    switch(source, "one-head")
    assert (heads(source), households(source)) == ({"S1": "1"}, {})


def test_a_household_that_has_a_client_twice_is_left_alone(take: Take, source: HmisSource):
    export = household(("S1", "1960-05-01", "1"), ("S2", "1990-01-01", "1"))
    take(export.add_stay("S3", "C-S1", HouseholdID="H1", RelationshipToHoH="1"))
    switch(source, "one-head")
    assert made(source) == {}


def test_a_head_is_what_the_earlier_rules_make_of_households(take: Take, source: HmisSource):
    take(household(("S1", "1960-05-01", "99"), id_="").add_client("C2").add_stay("S2", "C2", HouseholdID="H1"))
    switch(source, "one-head", "blank-households")
    assert (heads(source), households(source)) == ({"S1": "1"}, {"S1": generated("stay", "S1")})


def two_projects() -> SmallExport:
    export = household(("S1", "1960-05-01", "1"), ("S2", "1990-01-01", "2"), EntryDate="2024-02-05")
    export.add("Project", ProjectID="P2", ProjectName="Other", OperatingStartDate="2020-01-01")
    export.add_stay("S3", "C-S1", HouseholdID="H1", ProjectID="P2", EntryDate="2024-02-01")
    return export


def test_a_household_id_used_in_two_projects_stays_with_the_earliest(take: Take, source: HmisSource):
    take(two_projects())
    switch(source, "reused-households")
    found = households(source)
    assert set(found) == {"S1", "S2"}
    assert found["S1"] == found["S2"] == generated("household", "P1", "H1", "S1")
    assert len(found["S1"]) == 32


def test_a_household_that_comes_back_gets_an_id_of_its_own(take: Take, source: HmisSource):
    export = household(("S1", "1960-05-01", "1"), ("S2", "1990-01-01", "2"), EntryDate="2023-02-01")
    for number, key in enumerate(("S1", "S2")):
        export.add("Exit", ExitID=f"X{number}", EnrollmentID=key, PersonalID=f"C-{key}", ExitDate="2023-03-01")
    export.add_stay("S3", "C-S1", HouseholdID="H1", EntryDate="2023-03-01")
    export.add_client("C9").add_stay("S4", "C9", HouseholdID="H1", EntryDate="2023-05-01")
    take(export)
    switch(source, "reused-households")
    expected = generated("household", "P1", "H1", "S3")
    assert households(source) == {"S3": expected, "S4": expected}


def test_stays_of_one_client_that_overlap_are_not_parted(take: Take, source: HmisSource):
    take(household(("S1", "1960-05-01", "1")).add_stay("S2", "C-S1", HouseholdID="H1", EntryDate="2024-03-01"))
    switch(source, "reused-households")
    assert made(source) == {}


def test_blank_household_ids_are_filled_in_each_with_its_own(take: Take, source: HmisSource):
    take(household(("S1", "1960-05-01", "1"), ("S2", "1990-01-01", "1"), id_="").add_client("C9").add_stay("S9", "C9"))
    switch(source, "blank-households")
    assert households(source) == {"S1": generated("stay", "S1"), "S2": generated("stay", "S2")}


def test_a_rule_that_was_taken_back_leaves_the_row_alone(take: Take, source: HmisSource):
    take(household(("S1", "1960-05-01", "1"), ("S2", "1990-01-01", "1"), ("S3", "1991-01-01", "1")))
    switch(source, "one-head")
    assert heads(source) == {"S2": "99", "S3": "99"}
    take_back(source, "one-head", "Enrollment", "S3")
    assert heads(source) == {"S2": "99"}


@given(
    st.lists(
        st.tuples(st.none() | st.integers(0, 90), st.sampled_from(["", "1", "2", "3", "99"])), min_size=2, max_size=7
    )
)
def test_whatever_the_household_it_ends_with_one_head_or_is_parted(people: list[tuple[int | None, str]]):
    members = [
        Member(number, f"S{number}", said, "" if age is None else f"{2024 - age}-01-01", age)
        for number, (age, said) in enumerate(people)
    ]
    settled = {row: (said, household) for row, said, household in settle(members)}
    after = [settled.get(member.row_id, (member.relationship, None)) for member in members]
    ages = [age for age, _ in people if age is not None]
    if not ages:
        assert settled == {}
    elif all(11 <= age <= 17 for age in ages):
        assert {said for said, _ in after} == {"1"}
        assert len({household for _, household in after}) == len(members)
    else:
        heads = [member for member, (said, _) in zip(members, after, strict=True) if said == "1"]
        assert [head.age for head in heads] == [max(ages)]
        assert {household for _, household in after} == {None}


def test_age_is_counted_in_whole_years():
    assert age_on("2000-02-29", "2018-02-28") == 17
    assert age_on("2000-02-29", "2018-03-01") == 18
    assert age_on(date(2024, 2, 1).isoformat(), "2024-02-01") == 0
    assert age_on("", "2024-02-01") is None
