"""Invented people: names that fit, ages that fit, households as they are."""

from collections import Counter
from datetime import date

import pytest

from adminops.demo.chance import Chance, Table
from adminops.demo.names import NICKNAMES, Origin, first_name, last_name, other_forms
from adminops.demo.people import CHILD, HEAD, KINDS, PARTNER, Household, make_household, make_person, make_ssn
from adminops.demo.rows import Ledger, age_on

TODAY = date(2026, 3, 17)


def households(kind: str, number: int) -> list[Household]:
    return [make_household(Chance("people", kind, each), kind, TODAY, 99) for each in range(number)]


@pytest.mark.parametrize("kind", KINDS.values)
def test_every_household_has_one_head_who_is_its_first_member(kind):
    for household in households(kind, 60):
        relations = [member.relation for member in household.members]
        assert relations[0] == HEAD
        assert relations.count(HEAD) == 1
        assert household.kind == kind


def test_children_are_younger_than_their_parents_by_a_generation():
    for kind in ("family", "young-family", "veteran-family"):
        for household in households(kind, 80):
            head = age_on(household.members[0].person.born, TODAY)
            children = [member.person for member in household.members if member.relation == CHILD]
            assert all(head - age_on(child.born, TODAY) >= 15 for child in children)
            assert kind == "veteran-family" or all(age_on(child.born, TODAY) < 18 for child in children)


def test_youth_and_minors_are_of_their_age():
    assert all(18 <= age_on(each.members[0].person.born, TODAY) <= 25 for each in households("youth", 80))
    assert all(12 <= age_on(each.members[0].person.born, TODAY) < 18 for each in households("minor", 80))


def test_couples_are_two_grown_people():
    for household in households("couple", 60):
        assert [member.relation for member in household.members] == [HEAD, PARTNER]
        assert all(age_on(member.person.born, TODAY) >= 18 for member in household.members)


def test_veterans_entered_service_as_adults_and_left_before_today():
    for household in households("veteran", 80):
        person = household.members[0].person
        assert person.veteran
        assert person.entered is not None
        assert person.separated is not None
        assert person.born.year + 18 <= person.entered <= person.separated < TODAY.year


def test_twins_share_birth_date_and_surname_and_namesakes_share_the_whole_name():
    twins = namesakes = 0
    for household in households("adults", 400) + households("family", 400):
        for one, other in household.look_alikes:
            first, second = household.members[one].person, household.members[other].person
            assert first.last == second.last
            if first.born == second.born:
                twins += 1
                assert first.first != second.first
                assert int(second.ssn) != int(first.ssn)
            else:
                namesakes += 1
                assert first.first == second.first
                assert (first.suffix, second.suffix) in (("Sr", "Jr"), ("II", "III"))
    assert twins >= 10
    assert namesakes >= 10


def test_a_household_is_cut_to_the_room_that_is_left():
    for number in range(50):
        household = make_household(Chance(number), "family", TODAY, 2)
        assert len(household.members) <= 2
        assert all(max(pair) < 2 for pair in household.look_alikes)


def test_names_follow_the_year_of_birth():
    chance = Chance("cohorts")
    old = Counter(first_name(chance, Origin.GENERAL, 0, date(1950, 5, 5)) for _ in range(500))
    young = Counter(first_name(chance, Origin.GENERAL, 0, date(2015, 5, 5)) for _ in range(500))
    assert not {name for name, _ in old.most_common(10)} & {name for name, _ in young.most_common(10)}


def test_surnames_come_plain_double_hyphenated_with_particles_and_accents():
    chance = Chance("surnames")
    names = [last_name(chance, origin) for origin in Origin for _ in range(600)]
    assert any(name.count(" ") == 1 and name.split()[0].istitle() for name in names)
    assert any("-" in name for name in names)
    assert any(name.startswith(("de la ", "Van ", "St. ")) for name in names)
    assert any(not name.isascii() for name in names)
    assert any("'" in name for name in names)
    assert all(len(name) <= 50 for name in names)


def test_a_nickname_leads_back_to_its_names():
    for name, nicknames in NICKNAMES.items():
        for nickname in nicknames:
            assert nickname in other_forms(name)
            assert nickname in NICKNAMES or name in other_forms(nickname)
    assert other_forms("Zebulon") == ()


def test_a_made_number_passes_as_valid():
    chance = Chance("numbers")
    for _ in range(5000):
        ssn = make_ssn(chance)
        assert len(ssn) == 9
        assert ssn[:3] not in ("000", "666")
        assert ssn[0] != "9"
        assert ssn[3:5] != "00"
        assert ssn[5:] != "0000"


def test_the_same_key_draws_the_same_person_and_another_key_another():
    one = make_person(Chance(1, "a"), (20, 40), TODAY)
    assert one == make_person(Chance(1, "a"), (20, 40), TODAY)
    assert one != make_person(Chance(1, "b"), (20, 40), TODAY)


def test_values_are_drawn_by_their_weights():
    chance, table = Chance("weights"), Table({"often": 9, "seldom": 1, "never": 0})
    drawn = Counter(chance.pick(table) for _ in range(5000))
    assert drawn["never"] == 0
    assert 0.85 < drawn["often"] / 5000 < 0.95


def test_whole_numbers_reach_both_ends_and_days_stay_within_their_bound():
    chance = Chance("ends")
    assert {chance.between(1, 4) for _ in range(300)} == {1, 2, 3, 4}
    days = [chance.days(20, 60) for _ in range(3000)]
    assert (min(days), max(days)) == (1, 60)


def test_personal_ids_are_unique_and_of_one_length():
    ledger = Ledger(TODAY)
    ids = [ledger.personal_id() for _ in range(20_000)]
    assert len(set(ids)) == 20_000
    assert {len(number) for number in ids} <= {7}
    assert ids != sorted(ids)
