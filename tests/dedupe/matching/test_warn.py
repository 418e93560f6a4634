"""What a reviewer is told to check before merging."""

from datetime import date

import pytest

from dedupe.matching.warn import Stay, WarningKind, overlap
from tests.dedupe.matching.columns import scored
from tests.dedupe.matching.records import Record, bare, record


def _warned(one: Record, other: Record) -> set[WarningKind]:
    pair = scored(one, other)
    assert all(warning.sentence.endswith(".") for warning in pair.warnings)
    assert len({warning.kind for warning in pair.warnings}) == len(pair.warnings)
    return {warning.kind for warning in pair.warnings}


def _stays(*stays: Stay) -> tuple[Record, Record]:
    return record(1, stays=stays[:1]), record(2, stays=stays[1:])


def test_equal_records_bring_no_warning() -> None:
    assert _warned(record(1), record(2)) == set()


def test_twins_in_one_household_are_pointed_out() -> None:
    together = frozenset({"h"})
    twin = record(2, first="Rosalind", ssn="412734472", household_keys=together)
    assert _warned(record(1, household_keys=together), twin) >= {
        WarningKind.TWINS,
        WarningKind.ONE_HOUSEHOLD,
        WarningKind.TWO_NUMBERS,
    }


def test_twins_are_pointed_out_by_numbers_next_to_each_other() -> None:
    assert WarningKind.TWINS in _warned(record(1), record(2, first="Rosalind", ssn="412734472"))


def test_a_senior_and_a_junior_are_pointed_out() -> None:
    assert WarningKind.NAMESAKES in _warned(record(1, suffix="Sr", ssn=None), record(2, suffix="Jr"))


def test_one_name_a_generation_apart_is_pointed_out() -> None:
    warned = _warned(record(1, ssn=None), record(2, dob=date(1961, 8, 24)))
    assert warned >= {WarningKind.NAMESAKES, WarningKind.BIRTH_DATES}


def test_a_child_under_the_parents_number_is_pointed_out() -> None:
    assert WarningKind.SHARED_NUMBER in _warned(record(1), record(2, first="Leo", dob=date(2019, 6, 2)))


def test_two_different_full_numbers_are_pointed_out() -> None:
    assert _warned(record(1), record(2, ssn="412738471")) == {WarningKind.TWO_NUMBERS}
    assert _warned(record(1), record(2, ssn="412738471", ssn_quality=2)) == {WarningKind.TWO_NUMBERS}
    assert _warned(record(1), record(2, ssn="4471")) == set()


def test_birth_dates_that_are_no_typing_mistake_are_pointed_out() -> None:
    assert WarningKind.BIRTH_DATES in _warned(record(1), record(2, dob=date(1993, 9, 30)))
    assert _warned(record(1), record(2, dob=date(1987, 3, 17))) == set()


def test_a_stay_before_the_birth_on_the_other_record_is_pointed_out() -> None:
    early = record(1, dob=None, stays=(Stay("p", date(1986, 5, 1), date(1986, 6, 1)),))
    assert WarningKind.NOT_BORN_YET in _warned(early, record(2))
    assert WarningKind.NOT_BORN_YET not in _warned(early, record(2, dob_quality=2))


def test_stays_at_one_time_in_one_project_are_pointed_out_with_their_days() -> None:
    one, other = _stays(
        Stay("p", date(2026, 1, 3), date(2026, 1, 14)), Stay("p", date(2026, 1, 12), date(2026, 2, 20))
    )  # fmt: skip
    (warning,) = scored(one, other).warnings
    assert warning.kind is WarningKind.STAYS_OVERLAP
    assert "in the same project from 12 to 14 January 2026." in warning.sentence


@pytest.mark.parametrize(
    ("first", "second", "days"),
    [
        (Stay("p", date(2025, 12, 28), None), Stay("p", date(2026, 1, 3), None), "since 3 January 2026."),
        (
            Stay("p", date(2025, 12, 28), date(2026, 1, 5)),
            Stay("p", date(2025, 12, 1), None),
            "from 28 December 2025 to 5 January 2026.",
        ),
        (
            Stay("p", date(2026, 1, 28), date(2026, 3, 5)),
            Stay("p", date(2026, 1, 1), None),
            "from 28 January to 5 March 2026.",
        ),
    ],
)
def test_days_are_written_as_people_write_them(first: Stay, second: Stay, days: str) -> None:
    (warning,) = scored(*_stays(first, second)).warnings
    assert days in warning.sentence


def test_several_overlaps_are_counted() -> None:
    stays = (Stay("p", date(2025, 1, 1), date(2025, 2, 1)), Stay("p", date(2026, 1, 1), date(2026, 2, 1)))
    (warning,) = scored(record(1, stays=stays), record(2, stays=stays)).warnings
    assert "from 1 January to 1 February 2025, and 1 more at the same time." in warning.sentence


def test_stays_that_follow_each_other_or_lie_in_two_projects_do_not_overlap() -> None:
    first = Stay("p", date(2026, 1, 1), date(2026, 1, 12))
    assert overlap(first, Stay("p", date(2026, 1, 12), None)) is None
    assert overlap(first, Stay("p", date(2026, 1, 11), None)) == (date(2026, 1, 11), date(2026, 1, 12))
    assert _warned(*_stays(first, Stay("another", date(2026, 1, 1), date(2026, 1, 12)))) == set()


def test_records_without_anything_in_common_bring_no_error() -> None:
    assert _warned(bare(1), bare(2)) == set()
