"""Which records take part in a scan, and the sentence for those that do not."""

from datetime import date, timedelta

import pytest

from dedupe.engine import MatchRecord, find_pairs, why_not_matchable
from dedupe.engine.admission import CONSTANT, admit
from dedupe.engine.prepare import HASHED, NO_IDENTITY, TOO_LITTLE
from tests.dedupe.engine.records import bare, prepared, record

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def _different_people(count: int, **over: object) -> list[MatchRecord]:
    """Make records that differ in everything but what is given."""
    return [
        record(
            key,
            **{
                "first": f"Ka{chr(97 + key % 26)}{chr(97 + key // 26 % 26)}o",
                "last": f"Lu{chr(97 + key // 7 % 26)}{chr(97 + key % 26)}m",
                "ssn": f"4{key % 90 + 10}{key % 80 + 11}{key % 9000 + 1000}",
                "dob": date(1950, 2, 3) + timedelta(days=97 * key),
                **over,
            },
        )
        for key in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (record(first=HASH, last=HASH), HASHED),
        (record(last=HASH.upper()), HASHED),
        (bare(), NO_IDENTITY),
        (bare(first="Anonymous", last="Refused", ssn="999999999", dob=date(1900, 1, 1)), NO_IDENTITY),
        (bare(first="Baby Boy"), NO_IDENTITY),
        (bare(first="Maria"), TOO_LITTLE),
        (bare(dob=date(1990, 4, 5)), TOO_LITTLE),
        (bare(first="John", last="Doe", ssn="412734471"), TOO_LITTLE),
    ],
)
def test_a_record_without_identity_is_not_matchable_and_says_why(given: MatchRecord, reason: str) -> None:
    assert why_not_matchable(given) == reason


@pytest.mark.parametrize(
    "given",
    [
        record(),
        bare(first="Maria", last="Lopez"),
        bare(last="Lopez", dob=date(1990, 4, 5)),
        bare(ssn="412734471", dob=date(1990, 4, 5)),
        bare(first="Baby Girl", last="Lopez", dob=date(2026, 4, 5)),
        record(ssn=HASH),
    ],
)
def test_two_known_fields_are_enough_to_be_matched(given: MatchRecord) -> None:
    assert why_not_matchable(given) is None


def test_hashed_names_are_skipped_even_when_all_are_equal() -> None:
    records = [record(key, first=HASH, last=HASH) for key in range(30)]
    result = find_pairs(records)
    assert result.pairs == ()
    assert [one.reason for one in result.skipped] == [HASHED] * 30


def test_one_name_on_a_whole_export_is_no_name() -> None:
    constant = [record(key, first="Clyde", last="Clientele", ssn=None, dob=None) for key in range(1, 61)]
    people, skipped = admit(constant)
    assert people == []
    assert {one.reason for one in skipped} == {CONSTANT}


def test_a_constant_name_is_left_out_and_the_rest_of_the_record_still_counts() -> None:
    records = _different_people(60, first="Clyde", last="Clientele")
    again = record(99, first="Clyde", last="Clientele", ssn=records[4].ssn, dob=records[4].dob)
    result = find_pairs([*records, again])
    assert [(pair.left, pair.right) for pair in result.pairs] == [(5, 99)]
    assert {part.field.value for part in result.pairs[0].parts}.isdisjoint({"first", "last"})


def test_one_client_entered_thirty_times_keeps_the_name() -> None:
    people, skipped = admit([record(key) for key in range(30)])
    assert skipped == []
    assert all(person.first and person.ssn for person in people)


def test_a_number_on_many_different_people_is_no_number() -> None:
    people, _ = admit(_different_people(40, ssn="412734471"))
    assert {person.ssn for person in people} == {None}


def test_a_household_id_that_everybody_has_is_no_household() -> None:
    people, _ = admit(_different_people(40, household_keys=frozenset({"0"})))
    assert {person.households for person in people} == {frozenset()}


def test_a_family_keeps_its_household() -> None:
    people, _ = admit(_different_people(5, household_keys=frozenset({"h1"})))
    assert {person.households for person in people} == {frozenset({"h1"})}


def test_codes_without_an_answer_are_dropped() -> None:
    (person,) = prepared(record(sex=99, veteran=8))
    assert person.sex is None
    assert person.veteran is None


def test_the_suffix_is_found_in_its_field_and_in_the_names() -> None:
    own, last, first = prepared(record(suffix="Jr."), record(last="Reyes Sr"), record(first="Ann II", last="Reyes"))
    assert (own.suffix, last.suffix, first.suffix) == ("jr", "sr", "ii")
    assert last.last is first.last


def test_the_last_four_digits_need_all_four() -> None:
    full, partial, hidden = prepared(record(), record(ssn="4471"), record(ssn="41273xxx1"))
    assert (full.last_four, partial.last_four, hidden.last_four) == ("4471", "4471", None)
    assert (full.ssn_full, partial.ssn_full) == (True, False)
