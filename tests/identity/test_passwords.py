"""Rules of new passwords, and how they are kept."""

import pytest
from argon2 import PasswordHasher

from adminops.errors import Invalid
from adminops.identity import passwords

ABOUT = ("Ben Turner-Whitlock", "ben.turner", "ben.turner@lakeview.example.org", "Lakeview Supportive Housing")


def _refusal(password: str) -> str:
    with pytest.raises(Invalid) as refused:
        passwords.check_new_password(password, about=ABOUT)
    assert refused.value.field == "password"
    return refused.value.sentence


@pytest.mark.parametrize("password", ["", "short", "fourteen chars", "é" * 14])
def test_fewer_than_fifteen_characters_are_refused(password: str) -> None:
    assert "at least 15 characters" in _refusal(password)


def test_an_accent_written_as_two_characters_counts_once() -> None:
    assert "at least 15" in _refusal("abcdefghijklmé")


def test_more_than_256_characters_are_refused() -> None:
    assert "at most 256" in _refusal("copper window orchard " * 13)


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "PasswordPassword",
        "passwordpassword99",
        "qwertyuiopasdfghjkl",
        "Correct Horse Battery Staple",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "12121212121212121212",
        "harborharborharbor",
        "iloveyou12345678",
        "P@ssw0rd!P@ssw0rd!",
        "summer2026!summer",
        "asdfghjkl;'qwerty",
    ],
)
def test_widely_used_and_repeated_ones_are_refused(password: str) -> None:
    assert "too easy to guess" in _refusal(password)


@pytest.mark.parametrize(
    "password", ["BenTurnerLakeview1", "turner-whitlock-2026", "adminops hmis 2026", "Welcome to ClientTrack"]
)
def test_ones_made_of_own_words_are_refused(password: str) -> None:
    assert "own or the house's words" in _refusal(password)


@pytest.mark.parametrize(
    "password",
    [
        "quiet copper orchard window",
        "fünfzehn Zeichen sind genug",
        "           spaces count too",
        "пять простых слов подряд",
        "qz7!kd02mxw91ls",
        "turner likes copper orchards",
    ],
)
def test_long_ones_of_any_kind_are_taken(password: str) -> None:
    passwords.check_new_password(password, about=ABOUT)


def test_twelve_characters_do_with_a_second_step() -> None:
    rules = passwords.Rules(least=passwords.WITH_A_FACTOR)
    passwords.check_new_password("qz7!kd02mxw9", about=ABOUT, rules=rules)
    with pytest.raises(Invalid, match="at least 12"):
        passwords.check_new_password("qz7!kd02mxw", about=ABOUT, rules=rules)


@pytest.mark.parametrize("password", ["quiet copper orchard", "402 917 355 18064 2"])
def test_house_of_2004_asks_for_a_letter_and_a_digit(password: str) -> None:
    rules = passwords.Rules(letter_and_digit=True)
    assert "a letter and a digit" in rules.hint
    with pytest.raises(Invalid, match="one letter and one digit"):
        passwords.check_new_password(password, about=ABOUT, rules=rules)
    passwords.check_new_password(f"{password} 7 x", about=ABOUT, rules=rules)


def test_hash_is_argon2id_and_salted() -> None:
    first, second = passwords.hash_password("quiet copper orchard"), passwords.hash_password("quiet copper orchard")
    assert first.startswith("$argon2id$")
    assert first != second


def test_both_ways_to_type_an_accent_are_one_password() -> None:
    assert passwords.matches(passwords.hash_password("café au lait every day"), "café au lait every day")


@pytest.mark.parametrize("password", ["", "wrong", "x" * 100_000, "nul\x00byte"])
def test_a_wrong_password_never_matches(password: str) -> None:
    assert not passwords.matches(passwords.hash_password("quiet copper orchard"), password)


@pytest.mark.parametrize("stored", ["", "no hash at all", "$argon2id$v=19$broken"])
def test_a_missing_or_broken_hash_matches_nothing(stored: str) -> None:
    assert not passwords.matches(stored, "nobody's password, so that an unknown name takes as long as a known one")


def test_hash_of_other_costs_is_outdated() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("quiet copper orchard")
    assert passwords.is_outdated(old)
    assert not passwords.is_outdated(passwords.hash_password("quiet copper orchard"))
    assert not passwords.is_outdated("")
