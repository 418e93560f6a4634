"""The layer of repairs: source rows stay as they came, a switch leaves no trace, an import is not disturbed."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminops.errors import NotFound
from adminops.hmis import layers, sources
from adminops.hmis.clients import client_page
from adminops.hmis.intake import import_export
from adminops.hmis.models import Client, Enrollment, HmisSource, IncomeBenefits, Repair
from adminops.hmis.repairs import RULES, in_order, rule_named, would_be
from tests.hmis.repairing import Take, faulty_export, made, refresh, stored, switch, take_back, written

ALL = tuple(rule.key for rule in RULES)


@pytest.fixture
def faulty(take: Take, source: HmisSource) -> HmisSource:
    """A source with everything that can be repaired."""
    assert take(faulty_export()).status == "applied"
    return source


def test_every_rule_finds_something_and_the_rows_stay_as_they_came(faulty: HmisSource):
    before = stored(faulty)
    outcome = switch(faulty, *ALL)
    assert set(outcome.counts) == set(ALL)
    assert stored(faulty) == before


def test_working_repairs_out_again_changes_nothing(faulty: HmisSource, session: Session):
    switch(faulty, *ALL)
    numbers = set(session.scalars(select(Repair.id)))
    again = refresh(faulty)
    assert (again.made, again.withdrawn) == (0, 0)
    assert set(session.scalars(select(Repair.id))) == numbers


def test_switched_off_again_all_reads_exactly_as_before(faulty: HmisSource, tmp_path: Path):
    before = written(faulty, tmp_path)
    switch(faulty, *ALL)
    assert written(faulty, tmp_path) != before
    assert written(faulty, tmp_path, as_received=True) == before
    switch(faulty)
    assert (made(faulty), faulty.repair_counts) == ({}, {})
    assert written(faulty, tmp_path) == before


@pytest.mark.parametrize("key", ALL)
def test_each_rule_alone_is_undone_by_its_switch(faulty: HmisSource, session: Session, tmp_path: Path, key: str):
    before = written(faulty, tmp_path)
    switch(faulty, key)
    assert set(session.scalars(select(Repair.rule))) == {key}
    switch(faulty)
    assert written(faulty, tmp_path) == before


def test_the_order_of_switching_does_not_matter(faulty: HmisSource):
    switch(faulty, *ALL)
    together = made(faulty)
    switch(faulty)
    for count in range(1, len(ALL) + 1):
        switch(faulty, *reversed(ALL[-count:]))
    assert made(faulty) == together


def test_the_same_export_again_is_unchanged_and_leaves_repairs_alone(faulty: HmisSource, take: Take, session: Session):
    switch(faulty, *ALL)
    rows, numbers = stored(faulty), set(session.scalars(select(Repair.id)))
    for _ in range(2):
        assert take(faulty_export()).status == "unchanged"
        assert stored(faulty) == rows
        assert set(session.scalars(select(Repair.id))) == numbers


def test_a_dry_run_of_an_import_leaves_repairs_alone(faulty: HmisSource, take: Take):
    switch(faulty, *ALL)
    before = made(faulty)
    take(faulty_export().change("Enrollment", 0, RelationshipToHoH="1"), dry_run=True)
    assert made(faulty) == before


def test_an_import_brings_repairs_up_to_date(faulty: HmisSource, take: Take, session: Session):
    switch(faulty, "sole-member-head", "move-in-outside")
    assert ("Enrollment", "S1", "MoveInDate") in made(faulty)
    result = take(faulty_export().change("Enrollment", 0, MoveInDate="2024-02-10").add_client("C8").add_stay(
        "S8", "C8", RelationshipToHoH="5"
    ))  # fmt: skip
    assert ("Enrollment", "S1", "MoveInDate") not in made(faulty)
    new = session.scalars(select(Repair).where(Repair.hud_key == "S8")).one()
    assert (new.value, new.import_id) == ("1", result.import_id)
    assert faulty.repair_counts["sole-member-head"]["Enrollment.RelationshipToHoH"] == len(
        [cell for cell in made(faulty) if cell[2] == "RelationshipToHoH"]
    )


def test_a_row_that_was_taken_back_stays_so_after_more_imports(faulty: HmisSource, take: Take):
    switch(faulty, *ALL)
    take_back(faulty, "tidy-coc", "Enrollment", "S1")
    take_back(faulty, "move-in-outside", "Enrollment", "S1")
    take(faulty_export().change("IncomeBenefits", 0, SSIAmount="20.00"))
    assert ("Enrollment", "S1", "MoveInDate") not in made(faulty)
    switch(faulty)
    switch(faulty, *ALL)
    assert ("Enrollment", "S1", "MoveInDate") not in made(faulty)


def test_sources_don_t_mix(faulty: HmisSource, take: Take, session: Session):
    other = sources.add_source("Other HMIS")
    take(faulty_export(), source=other)
    switch(faulty, *ALL)
    assert made(other) == {}
    switch(other, *ALL)
    switch(faulty)
    assert {hud: value for hud, value in made(other).items() if hud[2] == "MoveInDate"} == {
        ("Enrollment", "S1", "MoveInDate"): ""
    }


def test_a_repaired_export_comes_in_as_what_was_read(faulty: HmisSource, take: Take, tmp_path: Path):
    switch(faulty, *ALL)
    read = written(faulty, tmp_path)
    copy = sources.add_source("Copy")
    import_export(tmp_path / "written.zip", source=copy, by_id=None)
    assert written(copy, tmp_path) == read


def test_what_would_change_is_said_and_nothing_is_written(faulty: HmisSource, session: Session):
    said = would_be(session.connection(), faulty.id, ["move-in-outside"])
    assert said.of_rule("move-in-outside") == 1
    assert made(faulty) == {}
    assert switch(faulty, "move-in-outside").counts == said.counts


def test_without_switches_an_import_costs_one_read_more(faulty: HmisSource, take: Take, counted: Callable[[], int]):
    counted()
    refresh(faulty)
    assert counted() <= 1


def test_values_read_through_have_their_types(faulty: HmisSource, session: Session):
    switch(faulty, *ALL)
    read = layers.layers_of([faulty.id])
    assert read.touches(Enrollment, "move_in_date")
    assert not read.touches(Enrollment, "entry_date")
    stay = session.execute(
        select(
            read.value(Enrollment, "move_in_date"),
            read.value(Enrollment, "relationship_to_hoh"),
            read.value(Enrollment, "enrollment_coc"),
            Enrollment.move_in_date,
        ).where(Enrollment.enrollment_id == "S1")
    ).one()
    assert (stay[0], stay[1], stay[2], str(stay[3])) == (None, 1, "FL-510", "2023-01-01")
    total = session.scalar(select(read.value(IncomeBenefits, "total_monthly_income")))
    assert str(total) == "1220.04"
    assert session.scalar(select(func.count(Enrollment.id)).where(read.left_out(Enrollment))) == len(
        [cell for cell in made(faulty) if cell[0] == "Enrollment" and cell[2] == "*"]
    )


def test_a_source_without_repairs_reads_its_plain_columns(faulty: HmisSource):
    plain = layers.layers_of([faulty.id])
    assert plain.value(Enrollment, "household_id") is Enrollment.household_id
    assert plain == layers.AS_RECEIVED


def test_the_client_page_reads_through_repairs_and_says_so(faulty: HmisSource, session: Session, counted):
    client = session.scalars(select(Client).where(Client.personal_id == "C9")).one()
    as_came = {stay.enrollment_id: stay for stay in client_page(client.id, scope=None).stays}
    assert len(as_came) == 6
    assert not any(stay.repaired for stay in as_came.values())
    switch(faulty, *ALL)
    client = session.scalars(select(Client).where(Client.personal_id == "C9")).one()
    counted()
    stays = {stay.enrollment_id: stay for stay in client_page(client.id, scope=None).stays}
    assert counted() <= 11
    assert set(stays) == {"N1", "S11"}
    assert (str(stays["N1"].entry_date), str(stays["N1"].exit_date)) == ("2023-02-01", "2023-02-04")
    assert (stays["N1"].services + stays["N1"].bed_nights, stays["N1"].project_name) == (1, "Harbor Shelter (P1)")
    assert stays["S11"].repaired == {"HouseholdID", "RelationshipToHoH", "EnrollmentCoC"}
    assert stays["S11"].household_size == 1
    assert "ExitDate" in stays["N1"].repaired


def test_a_period_is_cut_from_what_is_read(faulty: HmisSource, tmp_path: Path):
    switch(faulty, "combine-nights")
    assert set(written(faulty, tmp_path, start=date(2023, 2, 4), end=date(2023, 12, 31))["Enrollment"]) == {"N1"}
    assert "N1" not in written(faulty, tmp_path, start=date(2023, 2, 5))["Enrollment"]
    narrowed = written(faulty, tmp_path, project_ids=["P1"])
    assert {row["EnrollmentID"] for row in narrowed["Services"].values()} == {"N1"}


def test_rules_are_named_and_ordered():
    assert in_order(["one-head", "combine-nights", "nothing"]) == ["combine-nights", "one-head"]
    assert len(set(ALL)) == 14
    with pytest.raises(NotFound):
        rule_named("nothing")
