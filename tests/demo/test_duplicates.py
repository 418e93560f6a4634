"""Second records of the same person, and different people who look the same."""

import csv
import re
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from adminops.demo import ExportSummary, write_export
from adminops.demo.chance import Chance
from adminops.demo.duplicates import Record, Typing, type_record
from adminops.demo.people import make_person
from adminops.demo.slips import plain, slip, transpose, truncated

TODAY = date(2026, 3, 17)
Clients = dict[str, dict[str, str]]
IDENTITY = ("FirstName", "LastName", "SSN", "DOB")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[ExportSummary, Clients, Path]:
    """Two thousand client records and what is true about them."""
    folder = tmp_path_factory.mktemp("duplicates")
    summary = write_export(folder, clients=2000, seed=11, today=TODAY)
    return summary, {row["PersonalID"]: row for row in rows_of(folder, "Client")}, folder


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def people_of(summary: ExportSummary) -> list[set[str]]:
    """The records of every person who has several."""
    groups: dict[str, set[str]] = {}
    for one, other in summary.duplicate_pairs:
        joined = groups.get(one, {one}) | groups.get(other, {other})
        groups.update(dict.fromkeys(joined, joined))
    return [set(group) for group in {frozenset(group) for group in groups.values()}]


def full_ssn(row: dict[str, str]) -> str:
    return row["SSN"] if row["SSN"].isdigit() else ""


def test_the_true_pairs_are_of_different_existing_records_and_each_is_named_once(world):
    summary, clients, _ = world
    pairs = [frozenset(pair) for pair in summary.duplicate_pairs]
    assert len(set(pairs)) == len(pairs)
    assert all(len(pair) == 2 and pair <= clients.keys() for pair in pairs)


def test_every_pair_of_a_chain_of_records_is_named(world):
    summary, _, _ = world
    people = people_of(summary)
    assert len(summary.duplicate_pairs) == sum(len(person) * (len(person) - 1) // 2 for person in people)
    assert any(len(person) > 2 for person in people)


def test_about_the_asked_share_of_records_is_surplus(world):
    summary, clients, _ = world
    surplus = sum(len(person) - 1 for person in people_of(summary))
    assert 0.10 < surplus / len(clients) < 0.20


def test_no_duplicates_are_made_when_none_are_asked_for(tmp_path):
    assert write_export(tmp_path, clients=400, today=TODAY, duplicates=0).duplicate_pairs == []


def test_many_pairs_differ_in_something_and_some_agree_in_all(world):
    summary, clients, _ = world
    agreeing = Counter(
        sum(clients[one][field] == clients[other][field] for field in IDENTITY)
        for one, other in summary.duplicate_pairs
    )
    assert agreeing[4] > 0
    assert agreeing[3] > agreeing[4] / 2
    assert agreeing[2] + agreeing[1] + agreeing[0] > 0.15 * len(summary.duplicate_pairs)


def test_families_are_typed_again_together(world):
    summary, _, folder = world
    households: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows_of(folder, "Enrollment"):
        households[row["HouseholdID"]].add(row["PersonalID"])
    duplicate = {record for person in people_of(summary) for record in person}
    together = [members for members in households.values() if len(members & duplicate) >= 3]
    assert len(together) >= 5


def test_look_alikes_are_different_people_who_share_name_or_birth_date(world):
    summary, clients, _ = world
    true_pairs = {frozenset(pair) for pair in summary.duplicate_pairs}
    assert len(summary.look_alikes) >= 5
    alike = 0
    for one, other in summary.look_alikes:
        assert frozenset((one, other)) not in true_pairs
        first, second = clients[one], clients[other]
        alike += first["LastName"][:3] == second["LastName"][:3] or first["DOB"] == second["DOB"]
    assert alike >= 0.9 * len(summary.look_alikes)


def test_a_second_record_is_made_no_earlier_than_the_stay_it_was_typed_for(world):
    _, clients, folder = world
    first_entry: dict[str, str] = {}
    for row in rows_of(folder, "Enrollment"):
        entry = first_entry.get(row["PersonalID"], "9999")
        first_entry[row["PersonalID"]] = min(entry, row["EntryDate"])
    assert first_entry.keys() == clients.keys()
    assert all(clients[record]["DateCreated"][:10] >= entry for record, entry in first_entry.items())


def test_most_numbers_are_whole_and_some_are_missing_or_partial(world):
    _, clients, _ = world
    whole = sum(bool(full_ssn(row)) for row in clients.values()) / len(clients)
    missing = sum(row["SSN"] == "" for row in clients.values()) / len(clients)
    assert 0.65 < whole < 0.85
    assert 0.12 < missing < 0.32
    assert any(row["SSN"].startswith("xxxxx") and row["SSNDataQuality"] == "2" for row in clients.values())


def test_nearly_all_numbers_pass_as_valid(world):
    """HUD's rule: area not 000, 666 or 9xx, group not 00, serial not 0000, no known fake."""
    _, clients, _ = world
    numbers = [full_ssn(row) for row in clients.values() if full_ssn(row)]
    valid = [ssn for ssn in numbers if re.fullmatch(r"(?!000|666|9)\d{3}(?!00)\d\d(?!0000)\d{4}", ssn)]
    fakes = {ssn for ssn in numbers if len(set(ssn)) == 1 or ssn == "123456789"}
    assert len(valid) > 0.97 * len(numbers)
    assert fakes


def test_data_quality_says_what_is_in_the_field(world):
    _, clients, _ = world
    for row in clients.values():
        assert (row["SSN"] == "") == (row["SSNDataQuality"] in ("8", "9", "99"))
        assert (row["DOB"] == "") == (row["DOBDataQuality"] in ("8", "9", "99"))
        assert row["FirstName"]
        assert row["LastName"]


def typed_again(number: int) -> tuple[Record, Record]:
    """Somebody typed without a fault, and again with as many faults as can be."""
    chance = Chance("typed", number)
    person = make_person(chance, (20, 60), TODAY)
    exact = Record(
        "1", person, person.first, person.middle, person.last, "", person.sex, person.ssn, person.born, person.races
    )
    return exact, type_record(chance, "2", person, Typing(TODAY, 1.0, again=True, parent_ssn="123121234"))


def test_retyping_makes_each_fault_of_real_life():
    seen: Counter[str] = Counter()
    for number in range(4000):
        true, typed = typed_again(number)
        seen["swapped names"] += (typed.first, typed.last) == (true.last, true.first)
        seen["transposed digits"] += sorted(typed.ssn) == sorted(true.ssn) and typed.ssn != true.ssn
        seen["missing number"] += typed.ssn == ""
        seen["partial number"] += typed.ssn.startswith("xxxxx")
        seen["parent's number"] += typed.ssn == "123121234"
        seen["other sex"] += typed.sex != true.sex
        seen["middle for first"] += len(true.middle) > 1 and typed.first == true.middle
        seen["initial"] += typed.first == true.first[0]
        if typed.born and true.born:
            seen["day and month"] += (typed.born.day, typed.born.month) == (true.born.month, true.born.day) and (
                typed.born != true.born
            )
            seen["first of January"] += (typed.born.month, typed.born.day) == (1, 1) and typed.born_quality == 2
            seen["ten years"] += abs(typed.born.year - true.born.year) == 10
        seen["no accents"] += typed.last != true.last and typed.last == plain(true.last)
        seen["other surname"] += typed.sex == 0 and typed.last[:2] != true.last[:2] and typed.first == true.first
    assert {kind for kind, count in seen.items() if count < 3} == set()
    assert len(seen) == 13


@pytest.mark.parametrize(
    ("word", "bare"),
    [("Núñez", "Nunez"), ("O'Connor", "OConnor"), ("Jean-Baptiste", "Jean Baptiste"), ("Hodžić", "Hodzic")],
)
def test_plain_letters_have_no_accents_hyphens_or_apostrophes(word, bare):
    assert plain(word) == bare


def test_a_slip_changes_one_place_and_leaves_short_words_alone():
    chance = Chance("slips")
    assert slip(chance, "Li") == "Li"
    slips = {slip(chance, "Hernandez") for _ in range(200)}
    assert len(slips) > 20
    assert all(abs(len(word) - 9) <= 1 for word in slips)
    assert all(word[0] == "H" for word in slips)


def test_transposing_swaps_two_neighbours_that_differ():
    chance = Chance("digits")
    for _ in range(100):
        swapped = transpose(chance, "123456789")
        assert sorted(swapped) == list("123456789")
        assert sum(one != other for one, other in zip(swapped, "123456789", strict=True)) == 2
    assert transpose(chance, "111") == "111"


def test_only_long_names_are_cut_off():
    chance = Chance("cut")
    assert truncated(chance, "Smith") == "Smith"
    assert len(truncated(chance, "Featherstone")) < 12
