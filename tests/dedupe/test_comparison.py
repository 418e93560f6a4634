"""Two records side by side: lines, states in words, and what is proposed to be kept."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from adminops.db import db
from adminops.hmis.merging import merge_clients
from adminops.hmis.models import Client, HmisSource
from adminops.hmis.persons import UNITS as STORED
from adminops.identity.models import AgencyOrganization
from dedupe.comparison import Comparison, Row, compare
from dedupe.lines import code_line, date_line, name_line, ssn_line, state_of
from dedupe.units import UNITS
from tests.make import make_agency
from tests.make_dedupe import make_client, make_project, make_service, make_source, make_stay

BORN = date(1987, 3, 11)


def compared(one: Client, other: Client, **over: Any) -> Comparison:
    sources = {} if one.source_id == other.source_id else {one.source_id: "North", other.source_id: "South"}
    return compare(one, other, sources=sources, **over)


def rows(one: Client, other: Client, **over: Any) -> dict[str, Row]:
    """The rows that have something to choose, by unit."""
    return {row.key: row for row in compared(one, other, **over).rows if row.state != "same"}


def said(row: Row) -> list[tuple[str, str]]:
    return [(line.label, line.words) for line in row.lines]


# Lines


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ("Katherine", "Katherine", "Same"),
        ("Katherine", "Catherine", "93% alike"),
        ("Katherine", "", "One is blank"),
        ("Miller", "Scott", "Different"),
        ("Bob", "Robert", "Different"),
    ],
)
def test_names_are_compared_in_per_cent(left: str, right: str, words: str) -> None:
    assert name_line("First name", left, right).words == words
    assert name_line("First name", right, left).words == words


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (BORN, "Same"),
        (date(1987, 3, 17), "95% alike"),
        (date(1987, 11, 3), "95% alike"),
        (date(1978, 3, 11), "97% alike"),
        (date(1986, 3, 11), "94% alike"),
        (date(1987, 4, 12), "Different"),
        (date(1955, 6, 21), "Different"),
        (None, "One is blank"),
    ],
)
def test_dates_are_alike_after_one_slip_only(other: date | None, words: str) -> None:
    assert date_line("Date of birth", BORN, other).words == words
    assert date_line("Date of birth", other, BORN).words == words


def test_letters_are_marked_where_values_are_alike_and_only_there() -> None:
    alike = name_line("First name", "Katherine", "Catherine")
    assert (alike.left, alike.right) == (
        [("K", True), ("atherine", False)],
        [("C", True), ("atherine", False)],
    )
    assert name_line("Last name", "Miller", "Scott").left == [("Miller", False)]


@pytest.mark.parametrize(
    ("one", "other", "state", "words"),
    [
        ("219450817", "219450817", "same", "Same"),
        ("219450817", "219480817", "alike", "1 digit differs"),
        ("219450817", "219450871", "alike", "Two digits transposed"),
        ("xxxxx0817", "219450817", "alike", "Same as far as known"),
        ("219450817", "519881234", "different", "Different"),
        ("219450817", "", "blank", "One is blank"),
        ("", "", "same", "Same"),
    ],
)
def test_ssns_are_compared_without_being_shown(one: str, other: str, state: str, words: str) -> None:
    line = ssn_line("SSN", ("•••-••-0817" if one else "", "•••-••-0817" if other else ""), (one, other))
    assert (line.state, line.words) == (state, words)
    assert one[:5] not in str(line) or not one


def test_answers_in_codes_never_have_a_percentage() -> None:
    assert code_line("Sex", "Female", "Male").words == "Different"
    assert code_line("Sex", "Data not collected", "Male", answers=(False, True)).words == "One is no answer"
    assert code_line("Sex", "", "Male").words == "One is blank"


def test_a_unit_is_as_alike_as_its_weakest_line() -> None:
    same, alike = name_line("a", "Ann", "Ann"), name_line("b", "Katherine", "Catherine")
    blank, different = name_line("c", "Ann", ""), name_line("d", "Miller", "Scott")
    assert state_of([same]) == "same"
    assert state_of([same, blank]) == "blank"
    assert state_of([blank, alike]) == "alike"
    assert state_of([alike, different]) == "different"


# Units


def test_every_unit_of_the_store_can_be_chosen() -> None:
    assert {unit.key for unit in UNITS} == set(STORED)


def test_the_parts_of_a_name_stand_in_lines_and_are_chosen_as_one(source: HmisSource) -> None:
    one = make_client(source, first_name="Katherine", middle_name="Ann", last_name="Sandoval-Reyes")
    other = make_client(source, first_name="Catherine", last_name="Sandoval Reyes")
    chosen = rows(one, other)
    assert list(chosen) == ["name"]
    assert (chosen["name"].state, chosen["name"].chosen) == ("alike", "left")
    assert said(chosen["name"]) == [
        ("First name", "93% alike"),
        ("Middle name", "One is blank"),
        ("Last name", "97% alike"),
    ]


def test_what_is_the_same_asks_nothing(source: HmisSource) -> None:
    one, other = make_client(source, ssn="219450817"), make_client(source, ssn="219450817")
    assert rows(one, other) == {}
    labels = [row.label for row in compared(one, other).rows]
    assert labels == [
        "First name",
        "Last name",
        "Date of birth",
        "SSN (last four)",
        "Sex",
        "Race and ethnicity",
        "Veteran status",
    ]


def test_quality_is_shown_where_an_answer_is_not_whole(source: HmisSource) -> None:
    one = make_client(source, dob_data_quality=2, name_data_quality=2)
    found = rows(one, make_client(source))
    assert said(found["dob"]) == [("Date of birth", "Same"), ("Date of birth quality", "Different")]
    assert ("Name quality", "Different") in said(found["name"])


@pytest.mark.parametrize(
    ("unit", "worse", "better"),
    [
        ("name", {"first_name": None, "last_name": None}, {}),
        ("name", {"first_name": "Mary", "name_data_quality": 2}, {}),
        ("dob", {"dob": None, "dob_data_quality": 99}, {}),
        ("dob", {"dob": date(1985, 1, 1), "dob_data_quality": 2}, {}),
        ("sex", {"sex": 99}, {}),
        ("sex", {"sex": None}, {}),
        ("veteran", {"veteran_status": 9}, {}),
        ("race", {"race_none": 99}, {"white": 1}),
        ("ssn", {"ssn": "xxxxx0817"}, {"ssn": "219450817"}),
        ("ssn", {}, {"ssn": "219450817"}),
    ],
)
def test_the_better_answer_is_proposed(
    source: HmisSource, unit: str, worse: dict[str, Any], better: dict[str, Any]
) -> None:
    one, other = make_client(source, **worse), make_client(source, **better)
    assert rows(one, other)[unit].chosen == "right"
    assert rows(other, one)[unit].chosen == "left"


def test_the_kept_value_is_proposed_when_both_are_good(source: HmisSource) -> None:
    one, other = make_client(source, sex=0), make_client(source, sex=1)
    assert rows(one, other)["sex"].chosen == rows(other, one)["sex"].chosen == "left"


def test_what_the_reviewer_chose_stays_chosen(source: HmisSource) -> None:
    one, other = make_client(source, sex=0), make_client(source, sex=1)
    found = compared(one, other, choices={"sex": "right"})
    assert {row.key: row.chosen for row in found.rows if row.key == "sex"} == {"sex": "right"}
    assert found.taken == 1


def test_details_of_military_service_are_shown_where_they_differ(source: HmisSource) -> None:
    one = make_client(source, veteran_status=1, year_entered_service=1990, iraq_oif=1, world_war_ii=0)
    other = make_client(source, veteran_status=1, year_entered_service=1990, military_branch=1)
    assert said(rows(one, other)["veteran"]) == [
        ("Veteran status", "Same"),
        ("Theaters of operations", "One is blank"),
        ("Branch", "One is blank"),
    ]


def test_words_of_race_differ_even_if_the_boxes_are_the_same(source: HmisSource) -> None:
    one, other = make_client(source, white=1, additional_race_ethnicity="Welsh"), make_client(source, white=1)
    assert said(rows(one, other)["race"]) == [
        ("Race and ethnicity", "Same"),
        ("Additional race or ethnicity", "One is blank"),
    ]


def test_hashes_are_not_shown(source: HmisSource) -> None:
    line = compared(make_client(source, last_name="ab" * 32), make_client(source)).rows[0].lines[1]
    assert line.left == [("(hashed)", False)]


# People of several records


def test_a_record_shows_what_its_person_reads_as_and_says_from_whom(source: HmisSource) -> None:
    kept, folded, third = (
        make_client(source, "A"),
        make_client(source, "B"),
        make_client(source, "C", first_name="Maja"),
    )
    kept.first_name = "M"
    merge_clients(folded, kept, {"name": "source"}, by_id=None)
    found = compared(kept, third)
    name = next(row for row in found.rows if row.key == "name")
    assert (name.lines[0].left, name.notes["left"], name.notes["right"]) == (
        [("Ma", False), ("ri", True), ("a", False)],
        "from client B",
        "",
    )
    assert "Stands for B too" in found.left.facts


def test_all_that_a_person_has_moves(source: HmisSource) -> None:
    project = make_project(source)
    kept, folded, joined = (make_client(source, key) for key in "ABC")
    for client in (folded, joined):
        make_service(make_stay(client, project))
    merge_clients(joined, folded, {}, by_id=None)
    db.session.flush()
    found = compared(kept, folded)
    assert (found.moving_stays, found.moving_services) == (2, 2)
    assert [side for side, _ in found.stays] == ["b", "b"]
    assert found.right.facts[1] == "2 enrollments, 2 services"


def test_the_source_is_named_where_there_are_two(source: HmisSource, session: Session) -> None:
    one, other = make_client(source), make_client(make_source())
    assert [side.facts[-1] for side in (compared(one, other).left, compared(one, other).right)] == ["North", "South"]


@pytest.mark.parametrize("by_hud", [True, False])
def test_stays_with_victim_services_are_neither_drawn_nor_counted(session: Session, by_hud: bool) -> None:
    source = make_source()
    one, other = make_client(source), make_client(source)
    protected, open_ = make_project(source, victim_services=by_hud), make_project(source)
    if not by_hud:
        agency = make_agency(is_victim_service_provider=True)
        number = protected.organization_id or ""
        agency.organizations.append(AgencyOrganization(source_id=source.id, organization_id=number))
    make_service(make_stay(other, protected))
    make_stay(other, open_)
    make_stay(one, open_)
    seen = compared(one, other)
    assert {stay.project_id for _, stay in seen.stays} == {open_.project_id}
    assert (seen.moving_stays, seen.moving_services) == (1, 0)


def test_households_of_both_are_shown_and_who_is_in_both_is_marked(source: HmisSource) -> None:
    one, other, child, stranger = (make_client(source, first_name=name) for name in ("Ana", "Anna", "Bo", "Cy"))
    for client, member, household in ((one, child, "H-1"), (other, child, "H-2"), (other, stranger, "H-3")):
        project = make_project(source, project_name=household)
        make_stay(client, project, household_id=household)
        make_stay(member, project, household_id=household, relationship_to_hoh=2)
    make_stay(one, make_project(source))
    shown = {(side, each.project): each for side, each in compared(one, other).households}
    assert set(shown) == {("a", "H-1"), ("b", "H-2"), ("b", "H-3")}
    assert [each.in_common for each in (shown["a", "H-1"], shown["b", "H-2"], shown["b", "H-3"])] == [True, True, False]
    assert [member.name for member in shown["b", "H-3"].members] == ["Cy Lopez"]


def test_the_fuller_answer_is_proposed_and_of_two_alike_the_newer_one(source: HmisSource) -> None:
    old, new = {"date_updated": datetime(2024, 1, 1)}, {"date_updated": datetime(2025, 1, 1)}  # noqa: DTZ001
    dated, guessed = {"dob": BORN}, {"dob": date(1987, 1, 1)}
    cases: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
        ("name", {"first_name": "Ann", **old}, {"first_name": "Anne", **new}, "right"),
        ("name", {"first_name": "Ann", **new}, {"first_name": "Anne", **old}, "left"),
        ("name", {"first_name": "Ann", **old}, {"first_name": "A", "name_data_quality": 2, **new}, "left"),
        ("dob", {**guessed, **new}, {**dated, **old}, "right"),
        ("dob", {**guessed, **old}, {**dated, "dob_data_quality": 2, **new}, "left"),
        ("dob", {"dob": date(1900, 1, 1), **new}, {**dated, "dob_data_quality": 2, **old}, "right"),
        ("sex", {"sex": 99, **new}, {"sex": 8, **old}, "right"),
        ("veteran", {"veteran_status": 0, **new}, {"veteran_status": 1, **old}, "right"),
    ]
    for unit, left, right, chosen in cases:
        found = rows(make_client(source, **left), make_client(source, **right))
        assert found[unit].chosen == chosen, (unit, left, right)
