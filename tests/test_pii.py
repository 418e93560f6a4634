"""What the guard of free texts finds, and what it leaves alone. All numbers are invented."""

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adminops.errors import Invalid
from adminops.pii import Finding, PiiKind, check_clean, find_pii

SSNS = [
    "219-09-9999",
    "219 09 9999",
    "219.09.9999",
    "219/09/9999",
    "219‑09‑9999",
    "219–09–9999",
    "219 - 09 - 9999",
    "219\u00a009\u00a09999",
    "２１９-０９-９９９９",
    "219099999",
    "SSN: 219099999",
    "ssn 219 099 999",
    "her social security number is 2 1 9 0 9 9 9 9 9",
    "Soc. Sec. # 21909 9999",
    "client SSN 219099999",
    "last four of the SSN: 9999",
    "last 4 of SSN 9999",
    "SSN ending in 9999",
    "SSN, last four digits 9999",
    "SSN 9999",
    "xxx-xx-9999",
    "***-**-9999",
    "taxpayer number 912-70-1234",
    "a client reads it out: two one nine, zero nine, nine nine nine nine",
    "the one that wraps is 219-09-\n9999",
    "> ssn: [219][09][9999]",
    "SSN\n219\t09\t9999",
    "full social 219*09*9999",
    "social: 219~09~9999",
    "S.S. # 2 1 9 0 9 9 9 9 9",
    "Número de Seguro Social 219 099999",
    "últimos cuatro del seguro social: 9999",
    "the last four are nine nine nine nine",
    "the card ends in 9999 (SSN)",
    "SSN •••-••-9999",
]

BIRTH_DATES = [
    "DOB 3/17/1984",
    "dob: 03-17-84",
    "D.O.B. 1984-03-17",
    "Date of birth is March 17, 1984",
    "born on 17 March 1984",
    "the newer record has the birth date as 17 March and the older one is right",
    "birthday: Mar 17th",
    "birthdate 19840317",
    "birth date 03171984",
    "3/17/1984 (DOB)",
    "17 March 1984 is the date of birth on the card",
    "nació el 17 de marzo de 1984",
    "fec. nac.: 17MAR84",
    "DOB\n> 3∕17∕1984",
    "The birth date quality is 91%. The correct DOB is March the 17th, 1984",
    "DOB on the award letter is 031784",
    "the report ends 5/30. DOB on her card is 3/17/84",
    "She was born in March 1984",
]

HARMLESS = [
    "",
    "Client IDs are 48213 and 51907. I have not changed anything.",
    "Client ID 219099999 is in twice",
    "client IDs 219099999 and 219088888",
    "PersonalID: 219099999",
    "Enrollment 219099999 has no exit",
    "Call me at (904) 555-0199 or 904-555-0199.",
    "ZIP code 32801-1234",
    "Report of 11/02/2026 stops at 10,000 rows",
    "Two records for one veteran, different birth dates",
    "Match score is 94. Last name, SSN last four and birth month agree; the birth day is off by one digit.",
    "How do I record a client who declined to give an SSN?",
    "000-12-3456 is what we type when we don't know it",
    "666-12-3456",
    "219-00-9999",
    "219-09-0000",
    "The birth date is right, but the exit on 11/02/2026 is not.",
    "It was born of a need we had on many days",
    "FY2026 element 3.03 date of birth quality",
    "version 1.2.3 of build 20261101",
    "Grant FL0123L4H102609",
    "https://hmis.example.org/reports/219099999?from=2026-12-01",
    "P.O. number 219099999",
    "999-99-9999 is what people type who have none",
    "SSN missing in the last 4 weeks: 2411 records",
    "born out of need, score 13/17",
    "The DOB is in the export of version 4.10.12, dated 7/1/26, from 5/7/2025 on",
    "The birth date field won't take 00/00/0000",
    "PIT count is January 25, 2027. DOB is blank in two",
    "Two or three files, one of four pages",
    "locker 8500\nFEMA DR",
]


@pytest.mark.parametrize("text", SSNS)
def test_ssn_is_found_in_every_spelling(text: str) -> None:
    assert [finding.kind for finding in find_pii(text)] == [PiiKind.SSN]


@pytest.mark.parametrize("text", BIRTH_DATES)
def test_birth_date_is_found_beside_its_word(text: str) -> None:
    assert [finding.kind for finding in find_pii(text)] == [PiiKind.BIRTH_DATE]


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_passes(text: str) -> None:
    assert find_pii(text) == []
    check_clean(text)


def test_finding_says_where_it_is() -> None:
    text = "See – client 12, SSN 219-09-9999, DOB 3/17/1984."
    assert [text[finding.start : finding.end] for finding in find_pii(text)] == ["219-09-9999", "3/17/1984"]


def test_refusal_names_line_and_kind_but_never_the_number() -> None:
    with pytest.raises(Invalid) as refusal:
        check_clean("Hello,\nthe number is 219-09-9999\nDOB 3/17/1984", field="body")
    assert refusal.value.field == "body"
    assert "line 2, 3" in refusal.value.sentence
    assert "a Social Security number and a birth date" in refusal.value.sentence
    assert "9999" not in refusal.value.sentence
    assert "1984" not in refusal.value.sentence


_AREAS = st.integers(1, 899).filter(lambda area: area != 666)
_WORDS = st.text(alphabet=string.ascii_letters + " ,.\n", max_size=40)


@given(before=_WORDS, area=_AREAS, group=st.integers(1, 99), serial=st.integers(1, 9999), gap=st.sampled_from("- ./–"))
def test_any_number_in_three_groups_is_found_in_any_text(
    before: str, area: int, group: int, serial: int, gap: str
) -> None:
    number = f"{area:03}{gap}{group:02}{gap}{serial:04}"
    found = find_pii(f"{before} {number} ")
    assert Finding(len(before) + 1, len(before) + 1 + len(number), PiiKind.SSN) in found


@given(text=st.text(max_size=300))
def test_findings_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    found = find_pii(text)
    assert all(0 <= finding.start < finding.end <= len(text) for finding in found)
    for kind in PiiKind:
        places = [finding for finding in found if finding.kind is kind]
        assert all(one.end <= other.start for one, other in pairwise(places))


@given(st.lists(st.integers(0, 10**8 - 1), max_size=8))
def test_client_ids_of_up_to_eight_digits_are_never_taken_for_an_ssn(ids: list[int]) -> None:
    assert find_pii("Please look at client IDs " + ", ".join(map(str, ids))) == []
