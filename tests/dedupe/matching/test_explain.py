"""The words of a score."""

from datetime import date

import pytest

from dedupe.matching.fields import Field
from dedupe.matching.scores import band_of
from tests.dedupe.matching.columns import scored
from tests.dedupe.matching.records import Record, bare, record


def _labels(other: Record, one: Record | None = None) -> dict[Field, str]:
    return {part.field: part.label for part in scored(one or record(1), other).parts}


def test_the_parts_read_like_the_merge_page() -> None:
    labels = _labels(
        record(2, first="Catherine", middle=None, last="Sandoval Reyes", ssn="4471", dob=date(1987, 3, 17))
    )
    assert labels == {
        Field.FIRST: "First name is a short form or variant",
        Field.LAST: "Last name 97% alike",
        Field.SSN: "SSN last four same",
        Field.DOB: "Birth date 1 digit differs",
        Field.SEX: "Sex same",
        Field.RACE: "Race and ethnicity same",
        Field.VETERAN: "Veteran status no on both",
    }


@pytest.mark.parametrize(
    ("over", "field", "label"),
    [
        ({"first": "KATHERINE"}, Field.FIRST, "First name same"),
        ({"first": "Kate"}, Field.FIRST, "First name is a short form or variant"),
        ({"first": "Katherlne"}, Field.FIRST, "First name 96% alike"),
        ({"first": "K"}, Field.FIRST, "First name starts with the same letter"),
        ({"first": "Ann", "middle": None}, Field.FIRST, "First name is the middle name of the other"),
        ({"first": "Tuan"}, Field.FIRST, "First name different"),
        ({"last": "Reyes"}, Field.LAST, "Last name same in part"),
        ({"middle": "A."}, Field.MIDDLE, "Middle name starts with the same letter"),
        ({"ssn": "412743471"}, Field.SSN, "SSN two digits transposed"),
        ({"ssn": "412734473"}, Field.SSN, "SSN a few numbers apart"),
        ({"ssn": "412xx4471"}, Field.SSN, "SSN known digits same"),
        ({"dob": date(1978, 3, 11)}, Field.DOB, "Birth date two digits transposed"),
        ({"dob": date(1987, 11, 3)}, Field.DOB, "Birth date day and month swapped"),
        ({"dob": date(1987, 1, 1)}, Field.DOB, "Birth date about the same, one is estimated"),
        ({"dob": date(1961, 8, 24)}, Field.DOB, "Birth date a generation apart"),
        ({"suffix": "Jr"}, Field.SUFFIX, "Name suffix on one record only"),
        ({"sex": 1}, Field.SEX, "Sex different"),
        ({"veteran": 1}, Field.VETERAN, "Veteran status different"),
    ],
)
def test_each_level_has_its_words(over: dict[str, object], field: Field, label: str) -> None:
    assert _labels(record(2, **over))[field] == label


def test_swapped_names_are_called_swapped() -> None:
    labels = _labels(bare(2, first="Sandoval-Reyes", last="Katherine"))
    assert labels[Field.FIRST] == "First name swapped with the other name"
    assert labels[Field.LAST] == "Last name swapped with the other name"


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (100, "Very likely the same person"),
        (90, "Very likely the same person"),
        (89, "Likely the same person"),
        (75, "Likely the same person"),
        (74, "Possibly the same person"),
        (50, "Possibly the same person"),
        (49, "Probably not the same person"),
        (0, "Probably not the same person"),
    ],
)
def test_a_score_has_its_words(score: int, band: str) -> None:
    assert band_of(score) == band


def test_no_part_tells_a_name_a_date_or_a_digit_of_the_number() -> None:
    pair = scored(record(1), record(2, first="Kate", dob=date(1987, 3, 17), ssn="412734481"))
    told = " ".join(part.label for part in pair.parts) + repr(pair)
    for secret in ("Kate", "Katherine", "Sandoval", "412", "4471", "1987", "March", "Hispanic"):
        assert secret not in told
