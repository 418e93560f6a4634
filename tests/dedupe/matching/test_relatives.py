"""Who is two people by rule: twins, and a father and son of one name."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from dedupe.matching.few import score_pairs
from dedupe.matching.model import default_model
from dedupe.matching.warn import WarningKind
from tests.dedupe.matching.columns import columns_of, scored
from tests.dedupe.matching.records import Record

STORE = replace(default_model(), newest=2026)
CHILD, GROWN = date(2015, 4, 9), date(1971, 4, 9)


def known(key: int, first: str, **more: object) -> Record:
    return Record(key, first=first, last="Castellanos", **more)  # type: ignore[arg-type]


def test_children_of_one_last_name_and_birth_date_are_twins_unless_a_number_agrees() -> None:
    twins = scored(known(1, "Bruno", dob=CHILD), known(2, "Adela", dob=CHILD), STORE)
    assert twins.probability < 0.01
    assert WarningKind.TWINS in {warning.kind for warning in twins.warnings}
    grown = scored(known(1, "Bruno", dob=GROWN), known(2, "Adela", dob=GROWN), STORE)
    assert grown.probability > 10 * twins.probability
    number = scored(known(1, "Bruno", dob=CHILD, ssn="412734471"), known(2, "Adela", dob=CHILD, ssn="412734471"), STORE)
    assert number.probability > 0.5


def test_numbers_side_by_side_are_those_of_twins_also_when_one_has_no_name_yet() -> None:
    pair = (known(1, "Baby Girl", dob=CHILD, ssn="412734471"), known(2, "Adela", dob=CHILD, ssn="412734473"))
    assert scored(*pair, STORE).probability < 0.01


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"suffix": "Jr", "dob": date(1991, 8, 2)}, {"dob": date(1990, 8, 3)}),
        ({"suffix": "Jr"}, {"suffix": "Sr", "dob": GROWN}),
        ({"dob": date(1993, 8, 3)}, {"dob": GROWN}),
    ],
)
def test_one_name_with_a_suffix_or_a_generation_between_is_two_people(
    one: dict[str, object], other: dict[str, object]
) -> None:
    found = scored(known(1, "Bruno", **one), known(2, "Bruno", **other), STORE)
    assert found.probability < 0.01
    assert WarningKind.NAMESAKES in {warning.kind for warning in found.warnings}


def test_who_fits_both_twins_is_not_surely_one_of_them() -> None:
    columns = columns_of([known(1, "Baby Boy", dob=CHILD), known(2, "Bruno", dob=CHILD), known(3, "Dario", dob=CHILD)])

    def chance(*pairs: tuple[int, int]) -> float:
        one, other = np.array(pairs, dtype=np.int32).T
        return float(score_pairs(columns, one, other, STORE).probability[0])

    assert chance((0, 1)) > 0.7
    assert chance((0, 1), (0, 2), (1, 2)) <= 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"dob": None, "ssn": "412734471"}, {"dob": CHILD, "ssn": ""}),
        ({"dob": None, "ssn": "412734471"}, {"dob": CHILD, "ssn": "219450817"}),
        ({"dob": CHILD, "ssn": "412734471"}, {"dob": CHILD, "ssn": "412734472"}),
        ({"first": "Baby Girl", "dob": CHILD, "sex": 0}, {"first": "Baby Boy", "dob": CHILD, "sex": 1}),
    ],
    ids=["name alone", "two numbers", "numbers side by side", "babies"],
)
def test_who_entered_together_under_one_name_alone_is_two_people(
    one: dict[str, object], other: dict[str, object]
) -> None:
    def chance(home: str) -> float:
        pair = [
            known(key, str(more.pop("first", "Bruno")), **more, household_keys=frozenset({house}))
            for key, more, house in ((1, {**one}, "together"), (2, {**other}, home))
        ]
        return scored(pair[0], pair[1], STORE).probability

    assert chance("together") < chance("elsewhere") / 8


def test_who_entered_twice_by_a_slip_is_found_by_what_agrees() -> None:
    home = {"household_keys": frozenset({"together"})}
    pair = known(1, "Bruno", dob=CHILD, ssn="412734471", **home), known(2, "Bruno", dob=CHILD, ssn="412734471", **home)
    assert scored(*pair, STORE).probability > 0.9
