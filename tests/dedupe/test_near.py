"""Who may be the same persons as some: by keys that are joined in memory, on both databases."""

from datetime import date
from typing import Any

import pytest

from adminops.hmis.models import HmisSource
from dedupe import near
from dedupe.near import FEW
from tests.make_dedupe import make_client

GARCIA = {"first_name": "Maria", "last_name": "Garcia"}


def near_to(*client_ids: int) -> set[int]:
    """Return who may be one of some, and see that the records of families are looked for in the same way."""
    found, of_families = near.near_to(client_ids, client_ids)
    assert found == of_families
    return found


def born(at: int) -> date:
    """Return a birth date that shares neither year nor month nor day with another one."""
    return date(1940 + at, 1 + at % 12, 2 + at)


def test_a_name_alone_brings_others_near_as_long_as_few_bear_it(source: HmisSource) -> None:
    clients = [make_client(source, **GARCIA, dob=born(at)) for at in range(FEW)]
    assert near_to(clients[0].id) == {client.id for client in clients}
    same_year = make_client(source, **GARCIA, dob=date(1940, 11, 30))
    undated = make_client(source, **GARCIA, dob=None)
    assert near_to(clients[0].id) == {clients[0].id, same_year.id, undated.id}


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        ({"ssn": "219450303"}, {"ssn": "219450303", "first_name": "Zed"}),
        ({"ssn": "219450303"}, {"ssn": "xxxxx0303", "first_name": "Moira", "last_name": "Gardner"}),
        ({"dob": born(3)}, {"dob": date(1943, 4, 30), "first_name": "Mo"}),
        ({"dob": born(3)}, {"dob": born(3), "first_name": "Maribel", "last_name": "Lopez"}),
        ({"dob": born(3)}, {"dob": born(3), "first_name": "Garcia", "last_name": "Maria"}),
        ({"dob": born(3)}, {"dob": date(1943, 12, 30), "last_name": "Garland"}),
    ],
)
def test_a_number_a_date_or_both_names_bring_others_near(
    source: HmisSource, monkeypatch: pytest.MonkeyPatch, mine: dict[str, Any], other: dict[str, Any]
) -> None:
    for at in range(FEW + 1):
        make_client(source, first_name="Marian", last_name="Garcia", dob=born(at + 10))
        make_client(source, first_name=f"Thuy{at}", last_name=f"Nguyen{at}")
    one = make_client(source, **{**GARCIA, "dob": None, **mine})
    two = make_client(source, **{**GARCIA, "dob": None, **other})
    found = near_to(one.id)
    assert two.id in found
    assert near_to(one.id, two.id) >= found
    monkeypatch.setattr(near, "PAIRS_AT_ONCE", 1)
    assert near_to(one.id) == found


def test_a_number_that_many_bear_brings_those_near_with_whom_something_else_agrees(source: HmisSource) -> None:
    many = [
        make_client(source, first_name=f"Thuy{at}", last_name=f"Nguyen{at}", dob=born(at), ssn="219450303")
        for at in range(FEW)
    ]
    assert near_to(many[0].id) >= {client.id for client in many}
    one = make_client(source, **GARCIA, dob=born(20), ssn="219450303")
    alike = make_client(source, first_name="Zed", last_name="Garland", dob=None, ssn="219450303")
    same_day = make_client(source, first_name="Zed", last_name="Yoder", dob=date(1990, 9, 22), ssn="219450303")
    assert near_to(one.id) == {one.id, alike.id, same_day.id}


def test_who_has_no_identity_is_near_nobody(source: HmisSource) -> None:
    blank = [make_client(source, first_name=None, last_name=None, dob=None) for _ in range(2)]
    assert near_to(blank[0].id) == {blank[0].id}
    assert near_to() == set()
