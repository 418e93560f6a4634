"""Look-ups: what is found, in which order, page by page."""

from datetime import date
from itertools import product

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from adminops.db import db
from adminops.hmis import search
from adminops.hmis.asking import understand
from adminops.hmis.models import Client, HmisSource
from adminops.hmis.persons import found_person
from adminops.hmis.scope import Scope
from adminops.hmis.search import find_by_ssn, find_clients
from tests.make_dedupe import make_client, make_project, make_source, make_stay


@pytest.fixture
def source(session: Session) -> HmisSource:
    return make_source()


def make(source: HmisSource, key: str, last: str, first: str, **over: object) -> Client:
    client = make_client(source, key, last_name=last, first_name=first, **over)
    found_person(client)
    return client


def keys(text: str, **options: object) -> list[str]:
    return [row.personal_id for row in find_clients(understand(text), **{"scope": None, **options}).rows]


def test_the_exact_id_comes_first_then_the_name_then_nicknames_then_beginnings(source: HmisSource) -> None:
    make(source, "1", "Smith", "Robertson")
    make(source, "2", "Smith", "Robert")
    make(source, "3", "Smith", "Bob")
    make(source, "bob", "Zabrodan", "Ana")
    make(source, "4", "Bobrow", "Ana")
    make(source, "5", "Bob", "Ana")
    found = find_clients(understand("bob"), scope=None)
    assert [(row.personal_id, row.way) for row in found.rows] == [
        ("bob", "id"),
        ("5", "name"),
        ("3", "name"),
        ("2", "nickname"),
        ("4", "beginning"),
    ]
    assert keys("Smith, Bob") == ["3", "2"]
    assert keys("bob smith") == ["3", "2"]
    assert keys("smith robert") == ["2", "3", "1"]


def test_a_middle_name_does_not_hide_anybody(source: HmisSource) -> None:
    make(source, "1", "Smith", "Robert", middle_name="James")
    assert keys("robert james smith") == ["1"]


def test_a_birth_date_finds_and_narrows(source: HmisSource) -> None:
    make(source, "1", "Smith", "Ana", dob=date(1985, 5, 17))
    make(source, "2", "Smith", "Bea", dob=date(1990, 1, 1))
    assert keys("5/17/1985") == ["1"]
    assert keys("Smith 5/17/1985") == ["1"]
    assert keys("Smith, 1990-01-01") == ["2"]
    assert [
        row.personal_id for row in find_clients(understand("smith", birth_date=date(1990, 1, 1)), scope=None).rows
    ] == ["2"]


NAMES = [
    (last, first)
    for last, first in product(["Bob", "Bobrow", "Rob", "Robert", "Smith"], ["Bob", "Rob", "Robert", "Robin", "Ana"])
]
QUESTIONS = ["bob", "ro", "robert", "bob robert", "rob robert", "Bob, Ro", "smith robert", "smith bob", "ana"]
QUESTIONS += ["rob robert smith", "ro bob ro"]


@pytest.mark.parametrize("few", [0, 5000])
def test_pages_follow_each_other_without_a_gap_or_a_second_time(
    source: HmisSource, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("adminops.hmis.scope.FEW", few)
    project = make_project(source)
    for number, (last, first) in enumerate([*NAMES, *NAMES[::3]]):  # some of them twice
        make_stay(make(source, f"C{number}", last, first), project)
    scopes = [None, Scope(frozenset({(source.id, project.project_id)}))]
    for question, scope in product(QUESTIONS, scopes):
        asked, whole = understand(question), keys(question, scope=scope, limit=100)
        assert len(set(whole)) == len(whole)
        for limit in (1, 2, 3, 7):
            paged, after = [], None
            while True:
                page = find_clients(asked, scope=scope, limit=limit, after=after)
                paged += [row.personal_id for row in page.rows]
                after = page.after
                if after is None:
                    break
            assert paged == whole, (question, limit)


def test_what_is_no_place_in_a_list_shows_the_first_page(source: HmisSource) -> None:
    one, two = make(source, "1", "Smith", "Ana"), make(source, "2", "Smith", "Bea")
    (number,) = {place.partition("-")[0] for place in _places("smith")}
    assert keys("smith", after=f"{number}-{one.id}") == ["2"]
    for after in ("", "x", "1-", "0-99999", "1-1-1", "-1", "9999999999-1", f"{number}-99999", f"{number}- {two.id}"):
        assert keys("smith", after=after) == ["1", "2"], after


def _places(text: str) -> set[str]:
    after = find_clients(understand(text), scope=None, limit=1).after
    return {after} if after else set()


def test_a_record_out_of_sight_is_no_place_in_a_list(source: HmisSource) -> None:
    """Or where the list goes on after it would tell how a hidden client is called."""
    seen, other = make_project(source), make_project(source)
    for key, first in (("1", "Ana"), ("2", "Cleo")):
        make_stay(make(source, key, "Smith", first), seen)
    hidden = make(source, "3", "Smith", "Bea")
    make_stay(hidden, other)
    (place,) = _places("smith")
    after = f"{place.partition('-')[0]}-{hidden.id}"
    assert keys("smith", after=after) == ["2"], "who sees the record may go on behind it"
    assert keys("smith", after=after, scope=Scope(frozenset({(source.id, str(seen.project_id))}))) == ["1", "2"]


def test_a_birth_date_beside_a_name_is_no_id(source: HmisSource) -> None:
    """An exact name does not end the search as the record with an ID would."""
    make(source, "1", "Smith", "Bob", dob=date(1985, 5, 17))
    make(source, "2", "Smith", "Robert", dob=date(1985, 5, 17))
    assert keys("bob smith 5/17/1985") == ["1", "2"]
    make(source, "05171985", "Lopez", "Ana", dob=date(1990, 1, 1))
    assert keys("05171985") == ["05171985", "1", "2"], "an ID and a birth date"


def test_a_record_with_the_number_ends_the_search(source: HmisSource) -> None:
    make(source, "c48", "Zabrodan", "Ana")
    make(source, "2", "C48", "Ana")
    assert keys("c48") == ["c48"]


def test_records_that_several_readings_find_take_no_place_of_others(source: HmisSource) -> None:
    for number in range(4):
        make(source, f"C{number}", "Robert", "Robert")
    make(source, "last", "Robertson", "Robert")
    found = find_clients(understand("rob robert"), scope=None, limit=4)
    assert ([row.personal_id for row in found.rows], found.after is None) == (["C0", "C1", "C2", "C3"], False)
    assert keys("rob robert", limit=4, after=found.after) == ["last"]


def test_a_long_name_asks_for_no_more_than_a_few_arms() -> None:
    words = " ".join(f"name{number}" for number in range(60))
    assert len(search._arms(understand(words), Client)) < 60


def test_a_long_name_leaves_little_more_out_of_each_arm_than_a_short_one() -> None:
    def length_of_an_arm(words: str) -> float:
        arms = search._arms(understand(words), Client)
        return sum(len(str(arm.condition)) for arm in arms) / len(arms)

    assert length_of_an_arm("ana maria de la cruz lopez") < 2 * length_of_an_arm("maria lopez")


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
@pytest.mark.parametrize("few", [0, 5000])
def test_no_look_up_reads_the_whole_table(source: HmisSource, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr("adminops.hmis.scope.FEW", few)
    make_stay(make(source, "1", "Smith", "Bob"), make_project(source))
    projects = frozenset({(source.id, "P1")})
    statements: list[tuple[str, object]] = []

    def keep(*said: object) -> None:
        statements.append((str(said[2]), said[3]))

    event.listen(db.engine, "before_cursor_execute", keep)
    try:
        for text, scope in product(
            [*QUESTIONS, "5/17/1985", "Smith 5/17/1985"], [None, Scope(projects), Scope(None, projects)]
        ):
            find_clients(understand(text), scope=scope)
            find_by_ssn("219-45-0817", scope=scope)
    finally:
        event.remove(db.engine, "before_cursor_execute", keep)
    connection = db.session.connection()
    plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all() for sql, values in statements]
    steps = [step.detail for plan in plans for step in plan]
    assert any("SEARCH hmis_client USING INDEX ix_hmis_client_last_key" in step for step in steps)
    assert not [step for step in steps if step.startswith(("SCAN hmis_client", "SCAN hmis_enrollment"))]
