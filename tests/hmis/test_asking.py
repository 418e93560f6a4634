"""What somebody typed into the look-up."""

from datetime import UTC, date, datetime

import pytest

from adminops import clock
from adminops.hmis.asking import Question, date_in, ssn_in, understand
from adminops.hmis.nicknames import also_called

BORN = date(1985, 5, 17)

DATES = [
    ("1985-05-17", BORN),
    ("1985/5/17", BORN),
    ("5/17/1985", BORN),
    ("05-17-1985", BORN),
    ("5.17.85", BORN),
    ("17/5/1985", BORN),
    ("05171985", BORN),
    ("19850517", BORN),
    ("May 17, 1985", BORN),
    ("may 17th 1985", BORN),
    ("17 May 1985", BORN),
    ("17-MAY-1985", BORN),
    ("ſep 5 1985", date(1985, 9, 5)),
    ("５／１７／１９８５", BORN),
    ("٥/١٧/١٩٨٥", BORN),
    ("17–5–1985", BORN),
    ("3/2/26", date(2026, 3, 2)),
    ("3/2/27", date(1927, 3, 2)),
    ("2/30/1985", None),
    ("13/13/1985", None),
    ("1/1/1700", None),
    ("1/1/2099", None),
    ("48213", None),
    ("5/17", None),
    ("", None),
    ("Lopez 5/17/1985", None),
]


@pytest.mark.parametrize(("text", "day"), DATES)
def test_dates_are_understood_in_the_usual_forms(text: str, day: date | None) -> None:
    with clock.frozen_at(datetime(2026, 11, 26, 12, tzinfo=UTC)):
        assert date_in(text) == day


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("219-45-0817", "219450817"),
        ("219 45 0817", "219450817"),
        (" 219450817 ", "219450817"),
        ("SSN: 219-45-0817", "219450817"),
        ("ſſn 219-45-0817", "219450817"),
        ("219–45–0817", "219450817"),
        ("219\N{NON-BREAKING HYPHEN}45\N{NON-BREAKING HYPHEN}0817", "219450817"),
        ("219\N{NO-BREAK SPACE}45\N{NO-BREAK SPACE}0817", "219450817"),
        ("219-450817", ""),
        ("21945081", ""),
        ("2194508171", ""),
        ("x19450817", ""),
    ],
)
def test_an_ssn_is_nine_digits_with_dashes_or_without(text: str, digits: str) -> None:
    assert ssn_in(text) == digits


QUESTIONS = {
    "C-48213": Question(personal_id="C-48213", words=("c48213",)),
    "Lopez, María": Question(last="lopez", first="maria"),
    "Lopez,": Question(last="lopez"),
    ", María": Question(),
    " maría   LOPEZ ": Question(personal_id="maría LOPEZ", words=("maria", "lopez")),
    "219450817": Question(personal_id="219450817", ssn="219450817"),
    "5/17/1985": Question(personal_id="5/17/1985", birth_date=BORN),
    "05171985": Question(personal_id="05171985", birth_date=BORN),
    "Lopez, Maria 5/17/1985": Question(last="lopez", first="maria", birth_date=BORN),
    "Lopez, Maria, May 17, 1985": Question(last="lopez", first="maria", birth_date=BORN),
    "1985-05-17 Lopez": Question(personal_id="1985-05-17 Lopez", words=("lopez",), birth_date=BORN),
    "m": Question(personal_id="m"),
    "": Question(),
}


@pytest.mark.parametrize("text", QUESTIONS)
def test_what_was_typed_is_understood(text: str) -> None:
    assert understand(text) == QUESTIONS[text]


def test_a_birth_date_of_its_own_field_comes_first() -> None:
    assert understand("Lopez 1/1/1990", birth_date=BORN).birth_date == BORN


def test_nicknames_lead_to_full_names_and_back() -> None:
    assert {"robert", "roberto", "rob"} <= also_called("bob")
    assert "bob" in also_called("robert")
    assert "bob" not in also_called("bob")
    assert also_called("zabrodan") == frozenset()
