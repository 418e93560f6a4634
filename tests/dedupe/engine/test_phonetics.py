"""Names that sound the same although they are spelled differently."""

import pytest

from adminops.hmis.nicknames import nickname_groups
from dedupe.engine.phonetics import sound_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("katherine", "catherine"),
        ("jasmine", "jazmin"),
        ("geoffrey", "jeffrey"),
        ("gonzales", "gonzalez"),
        ("hernandez", "ernandez"),
        ("stephen", "steven"),
        ("michael", "mikel"),
        ("philip", "felip"),
        ("wright", "right"),
        ("garcia", "garsia"),
        ("jimenez", "gimenez"),
        ("mackenzie", "mckenzie"),
        ("diaz", "dias"),
        ("knight", "night"),
        ("schneider", "shneider"),
    ],
)
def test_names_heard_the_same_have_one_sound(one: str, other: str) -> None:
    assert sound_of(one) == sound_of(other)


@pytest.mark.parametrize(
    ("one", "other"), [("maria", "martha"), ("smith", "jones"), ("robert", "rupert"), ("delacroix", "delacruz")]
)
def test_names_heard_differently_have_two_sounds(one: str, other: str) -> None:
    assert sound_of(one) != sound_of(other)


def test_names_of_another_alphabet_keep_their_letters() -> None:
    assert sound_of("иван") == "иван"


@pytest.mark.parametrize("word", ["", "a", "h", "ng", "ough", "x"])
def test_the_shortest_names_have_a_sound_without_an_error(word: str) -> None:
    assert isinstance(sound_of(word), str)


@pytest.mark.parametrize(
    ("one", "other"),
    [("robert", "bob"), ("elizabeth", "betty"), ("francisco", "paco"), ("guillermo", "memo"), ("jesus", "chuy"),
     ("margaret", "peggy"), ("jose", "pepe"), ("alexander", "alex"), ("alexandra", "alex")],
)  # fmt: skip
def test_short_forms_share_a_group_with_the_full_name(one: str, other: str) -> None:
    assert not nickname_groups(one).isdisjoint(nickname_groups(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("alexander", "alexandra"), ("patrick", "patricia"), ("samuel", "samantha"), ("chris", "michael")],
)
def test_full_names_that_share_a_short_form_are_two_names(one: str, other: str) -> None:
    assert nickname_groups(one).isdisjoint(nickname_groups(other))
