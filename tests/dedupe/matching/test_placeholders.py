"""Words that stand where a name should be."""

import pytest

from dedupe.matching.placeholders import is_infant, is_placeholder


@pytest.mark.parametrize(
    "folded",
    ["anonymous", "unknown", "client refused", "clientrefused", "no name", "n a", "xxx", "aa", "123", ""],
)
def test_words_for_no_name_are_placeholders(folded: str) -> None:
    assert is_placeholder(folded)


@pytest.mark.parametrize("folded", ["ann", "x", "bo", "aaron", "anon smith", "unk2 jones", "иван"])
def test_short_and_foreign_names_are_names(folded: str) -> None:
    assert not is_placeholder(folded)


@pytest.mark.parametrize(
    "folded", ["baby", "baby boy", "babyboy", "baby girl smith", "bb", "infant", "newborn", "twin a", "baby boy 2"]
)
def test_newborns_without_a_name_are_infants(folded: str) -> None:
    assert is_infant(folded)


@pytest.mark.parametrize("folded", ["bo", "babs", "bobby", "barbara", "boyd", "twinkle", "babette"])
def test_names_that_begin_like_baby_are_names(folded: str) -> None:
    assert not is_infant(folded)
