"""What strangers of one name have in common anyway."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from dedupe.engine import Field, Level, MatchRecord, find_pairs, score_pair
from dedupe.engine.compare import Comparer
from dedupe.engine.dependence import USUAL_DEPENDENCE, learn_dependence
from dedupe.engine.fields import FIELDS, Pattern
from tests.dedupe.engine.people import make_people
from tests.dedupe.engine.records import bare, prepared


def _pattern(**levels: Level) -> Pattern:
    return tuple(levels.get(field.value, Level.MISSING) for field in FIELDS)


def _strangers_of_one_name(count: int) -> list[MatchRecord]:
    shared = bare(0, first="Linh", last="Nguyen", sex=0, races=frozenset({"Asian"}))
    return [replace(shared, key=key, dob=date(1940, 2, 3) + timedelta(1500 * key)) for key in range(count)]


def test_an_equal_sex_says_nothing_where_first_names_agree() -> None:
    alone = score_pair(bare(1, sex=0), bare(2, sex=0))
    named = score_pair(bare(1, sex=0, first="Linh"), bare(2, sex=0, first="Linh"))
    bits = {part.field: part.weight_bits for part in named.parts}
    assert alone.parts[0].weight_bits > 0.8
    assert abs(bits[Field.SEX]) < 0.2


def test_names_that_differ_leave_other_fields_independent() -> None:
    pattern = _pattern(first=Level.DIFFERENT, last=Level.DIFFERENT, sex=Level.SAME, race=Level.SAME)
    for field in (Field.SEX, Field.RACE, Field.LAST):
        assert USUAL_DEPENDENCE.unrelated(pattern, field, Level.SAME, 0.123) == 0.123


def test_a_last_name_counts_less_where_first_names_agree_too() -> None:
    both = _pattern(first=Level.SAME, last=Level.SAME)
    one = _pattern(first=Level.DIFFERENT, last=Level.SAME)
    usual = USUAL_DEPENDENCE.unrelated(one, Field.LAST, Level.SAME, 0.001)
    assert USUAL_DEPENDENCE.unrelated(both, Field.LAST, Level.SAME, 0.001) > usual


def test_a_store_full_of_strangers_of_one_name_teaches_that_names_go_together() -> None:
    people = prepared(*_strangers_of_one_name(20))
    comparer = Comparer()
    patterns = [comparer.levels(one, other) for place, one in enumerate(people) for other in people[place + 1 :]]
    learned = learn_dependence(people, patterns, by_chance=1.0, mistaken=0.0)
    assert learned.full_name > 2 * USUAL_DEPENDENCE.full_name
    assert learned.race[Level.SAME] > USUAL_DEPENDENCE.race[Level.SAME]


def test_pairs_that_are_no_strangers_are_not_counted_as_strangers() -> None:
    people = prepared(*_strangers_of_one_name(20))
    comparer = Comparer()
    patterns = [comparer.levels(one, other) for place, one in enumerate(people) for other in people[place + 1 :]]
    learned = learn_dependence(people, patterns, by_chance=100.0, mistaken=10_000.0)
    assert learned.full_name == 1.0


@pytest.mark.parametrize("levels", [USUAL_DEPENDENCE.sex, USUAL_DEPENDENCE.race])
def test_built_in_chances_add_up_to_one(levels: dict[Level, float]) -> None:
    assert sum(levels.values()) == pytest.approx(1)


def test_where_everybody_has_one_of_a_few_names_the_model_learns_it() -> None:
    few = find_pairs(make_people(3_000, seed=51, cultures=6).records).parameters.dependence
    many = find_pairs(make_people(3_000, seed=51).records).parameters.dependence
    assert few.full_name > many.full_name + 0.4
    assert few.sex[Level.SAME] > 0.95
    assert few.race[Level.SAME] > many.race[Level.SAME] + 0.2
