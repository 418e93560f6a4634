"""Is this person here already? Who is found, who may ask, and what is kept on the record."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.app import AdminOps
from adminops.audit.models import AuditEntry
from adminops.errors import Invalid, NotAllowed
from adminops.facts import PersonLookedUp, SsnLookedUp
from adminops.hmis import sealing
from adminops.hmis.models import Client, HmisSource, MergeDecision
from adminops.identity.models import AgencyOrganization, User
from adminops.identity.permissions import Role
from adminops.identity.tokens import TokenScope
from dedupe import scoring
from dedupe.claims import take
from dedupe.cli import dedupe
from dedupe.lookup import Wanted, look_up_person, read_ssn
from dedupe.matching.columns import one_record
from dedupe.matching.fields import Field
from dedupe.models import Pair, PairState
from dedupe.scanning import scan_store
from tests.api.asking import program_of
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_dedupe import make_client, make_pair, make_project, make_source, make_stay

MARIA = Wanted("Maria", "Lopez", date(1985, 5, 17), "219450817")


@pytest.fixture
def crowd(source: HmisSource) -> HmisSource:
    """A source with people who look like nobody else."""
    people = (("Keisha", "Abernathy"), ("Thuy", "Nguyen"), ("Oleander", "Quickfoot"), ("Rosalind", "Featherstone"))
    for number, (first, last) in enumerate(people):
        make_client(
            source, ssn=f"21945{number + 1}101", first_name=first, last_name=last, dob=date(1970 + number, 2, 3)
        )
    return source


def found(wanted: Wanted, by: User) -> list[int]:
    return [hit.client_id for hit in look_up_person(wanted, by=by).hits]


@pytest.mark.parametrize(
    "wanted",
    [
        MARIA,
        Wanted("MARÍA", "lópez", date(1985, 5, 17)),
        Wanted("Mary", "Lopez", date(1985, 5, 17)),
        Wanted("Lopez", "Maria", date(1985, 5, 17)),
        Wanted("Maria", "Garcia-Lopez", date(1985, 5, 17)),
        Wanted("Maria", "Lopes", date(1985, 5, 17)),
        Wanted("Maria", "Lopez", date(1985, 11, 5)),
        Wanted("Maria", "Ramirez", ssn="219450817"),
        Wanted("Maria", "Lopez", ssn="0817"),
        Wanted("", "Lopez", date(1985, 5, 17)),
        Wanted("Maria", "Lopez"),
    ],
)
def test_somebody_is_found_in_spite_of_how_it_is_typed(crowd: HmisSource, reviewer: User, wanted: Wanted) -> None:
    maria = make_client(crowd, ssn="219450817")
    first = look_up_person(wanted, by=reviewer).hits[0]
    assert (first.client_id, first.name, first.source_name) == (maria.id, "Maria Lopez", crowd.name)
    assert sum(part.points for part in first.scored.parts) == first.scored.score


def test_the_likeliest_come_first_and_ten_at_most(crowd: HmisSource, reviewer: User) -> None:
    for day in range(1, 13):
        make_client(crowd, dob=date(1990, 3, day))
    maria = make_client(crowd, ssn="219450817")
    looked = look_up_person(MARIA, by=reviewer)
    assert (len(looked.hits), looked.hits[0].client_id) == (10, maria.id)
    scores = [hit.scored.probability for hit in looked.hits]
    assert scores == sorted(scores, reverse=True)


def test_common_names_are_counted_once_a_scan(
    crowd: HmisSource, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They weigh the same as when they are counted anew; the next scan counts them again."""
    for number in range(3):
        make_client(crowd, f"L{number}", first_name="Maria", last_name="Lopez", dob=date(1950 + number, 3, 4))
    scan_store()
    plain = look_up_person(MARIA, by=reviewer)
    monkeypatch.setattr(scoring, "COMMON", 2)
    scan_store()
    remembered = look_up_person(MARIA, by=reviewer)
    assert [(hit.client_id, hit.scored.probability) for hit in remembered.hits] == [
        (hit.client_id, hit.scored.probability) for hit in plain.hits
    ]
    _, count = scoring.present_judge()
    make_client(crowd, "L9", first_name="Maria", last_name="Lopez", dob=date(1990, 3, 4))
    assert (count(Field.FIRST, ["maria"]), count(Field.FIRST, ["thuy"])) == ({"maria": 3}, {"thuy": 1})
    scan_store()
    _, count = scoring.present_judge()
    assert count(Field.FIRST, ["maria"]) == {"maria": 4}


def test_nobody_is_found_where_nobody_is_alike(crowd: HmisSource, reviewer: User) -> None:
    assert found(MARIA, reviewer) == []


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted("Maria"),
        Wanted("Refused", "Unknown"),
        Wanted("Jane", "Doe", ssn="999999999"),
        Wanted("Maria", "L" * 101),
        Wanted("Maria", "Lopez", date(1785, 5, 17)),
        Wanted("Maria", "L"),
        Wanted("m.", "Lopez"),
        Wanted("M", "L", date(1985, 5, 17)),
    ],
)
def test_who_says_too_little_is_asked_for_more(crowd: HmisSource, reviewer: User, wanted: Wanted) -> None:
    with pytest.raises(Invalid):
        look_up_person(wanted, by=reviewer)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (Wanted("M", "Lopez", date(1985, 5, 17)), ("Maria", "Lopez")),
        (Wanted("Maria", "L", date(1985, 5, 17)), ("Maria", "Lopez")),
        (Wanted("小龍", "李"), ("小龍", "李")),
    ],
)
def test_an_initial_helps_beside_two_others_and_a_name_of_one_sign_is_whole(
    crowd: HmisSource, reviewer: User, wanted: Wanted, name: tuple[str, str]
) -> None:
    somebody = make_client(crowd, first_name=name[0], last_name=name[1])
    assert found(wanted, reviewer)[:1] == [somebody.id]


def test_nobody_is_born_after_today(crowd: HmisSource, reviewer: User) -> None:
    with clock.frozen_at(datetime(2026, 5, 17, 12, tzinfo=UTC)):
        look_up_person(Wanted("Maria", "Lopez", date(2026, 5, 17)), by=reviewer)
        with pytest.raises(Invalid, match="Nobody who comes today was born then") as refused:
            look_up_person(Wanted("Maria", "Lopez", date(2026, 5, 18)), by=reviewer)
    assert refused.value.field == "birth_date"


def test_clients_of_others_removed_ones_and_protected_ones_are_not_found(source: HmisSource, session: Session) -> None:
    agency = make_agency()
    staff = make_user(agency=agency)
    ours, theirs = make_project(source), make_project(source)
    own = AgencyOrganization(source_id=source.id, organization_id=ours.organization_id or "")
    agency.organizations.append(own)
    seen, unseen, gone = (make_client(source, ssn="219450817") for _ in range(3))
    make_stay(seen, ours)
    make_stay(unseen, theirs)
    make_stay(gone, ours)
    gone.removed_at = clock.now()
    session.flush()
    asked = Wanted("Maria", "Lopez", date(1985, 5, 17))
    assert found(asked, staff) == [seen.id]
    protected = make_client(source)
    make_stay(protected, make_project(source, victim_services=True))
    assert set(found(asked, make_admin())) == {seen.id, unseen.id}
    assert look_up_person(asked, by=make_admin()).judged == 2, "who is protected is not counted either"


def test_an_ssn_is_taken_from_those_who_may_look_for_one(crowd: HmisSource) -> None:
    with pytest.raises(NotAllowed, match="by SSN"):
        look_up_person(MARIA, by=make_user(Role.HELP_DESK))
    with pytest.raises(NotAllowed, match="looking clients up"):
        look_up_person(MARIA, by=make_user(Role.VIEWER))


def test_that_somebody_asked_is_kept_and_not_for_whom(
    crowd: HmisSource, reviewer: User, session: Session, facts: Callable[[], list[Any]]
) -> None:
    maria = make_client(crowd, ssn="219450817")
    look_up_person(MARIA, by=reviewer)
    ids = {"user_id": reviewer.id, "client_ids": (maria.id,), "agency_id": reviewer.agency_id}
    assert facts() == [PersonLookedUp(**ids), SsnLookedUp(**ids)]
    look_up_person(Wanted("Maria", "Lopez"), by=reviewer)
    assert facts() == [PersonLookedUp(**ids)]
    session.flush()
    kept = " ".join(f"{entry.sentence} {entry.detail}" for entry in session.scalars(select(AuditEntry)))
    assert "asked whether a person is here already" in kept
    assert not any(secret in kept for secret in ("Lopez", "1985", "0817"))


def test_ssns_stay_sealed_unless_one_was_asked_for(
    crowd: HmisSource, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    maria = make_client(crowd, ssn="219450817")
    opened: list[str] = []
    monkeypatch.setattr(sealing, "open_ssn", lambda _source, key, _sealed: opened.append(key) or "219450817")
    assert found(Wanted("Maria", "Lopez", date(1985, 5, 17)), reviewer) == [maria.id]
    assert opened == []
    assert found(MARIA, reviewer) == [maria.id]
    assert opened == [maria.personal_id]


def test_what_is_asked_for_is_never_printed() -> None:
    query = one_record(0, first="Maria", last="Lopez", ssn="219450817", dob="1985-05-17")
    assert not any(secret in repr((MARIA, query)) for secret in ("Maria", "Lopez", "0817", "1985"))


@pytest.mark.parametrize(
    ("typed", "read"),
    [("219-45-0817", "219450817"), ("0817", "0817"), (" 219450817 ", "219450817"), ("21945", ""), ("Lopez", "")],
)
def test_an_ssn_is_read_whole_or_its_end(typed: str, read: str) -> None:
    assert read_ssn(typed) == read


# The page


def test_the_page_shows_who_may_be_here_and_never_the_ssn(desk: Desk) -> None:
    with desk.work():
        reviewer = make_admin()
        maria = make_client(make_source("Coast HMIS"), "M-1", ssn="219450817")
    visitor = desk.signed_in(reviewer)
    assert visitor.get("/duplicates/here").says("Is this person here already?")
    asked = {"first": "Maria", "last": "Lopes", "birth_date": "5/17/1985", "ssn": "219-45-0817"}
    page = visitor.post("/duplicates/here", asked, status=200)
    assert page.says("Maria Lopez")
    assert page.says("Very likely the same person")
    assert page.says("SSN same")
    assert f"/clients/{maria.id}" in {url for url, _ in page.reader.links}
    assert "0817" not in page.html
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    wrongs = ({"birth_date": "soon"}, {"birth_date": tomorrow}, {"ssn": "12"})
    for wrong in ({"first": "Maria"}, *({**asked, **each} for each in wrongs)):
        assert "Please look at this again" in visitor.post("/duplicates/here", wrong, status=422).words


def test_a_caseworker_asks_without_an_ssn(desk: Desk) -> None:
    with desk.work():
        staff = make_user(agency=make_agency())
    visitor = desk.signed_in(staff)
    assert not visitor.get("/duplicates/here").says("or the last four")
    page = visitor.post("/duplicates/here", {"first": "Maria", "last": "Lopez"}, status=200)
    assert page.says("Nobody like this among the clients whom you may see")
    assert page.says("may be here all the same")
    assert page.link("Ask the help desk").startswith("/help/new")


def test_who_sees_everybody_is_told_that_nobody_is_here(desk: Desk) -> None:
    with desk.work():
        reviewer = make_admin()
    page = desk.signed_in(reviewer).post("/duplicates/here", {"first": "Maria", "last": "Lopez"}, status=200)
    assert page.says("Nobody like this is here")


def test_programs_ask_too_and_their_tokens_say_that_they_may(desk: Desk) -> None:
    with desk.work():
        reviewer = make_admin()
        maria = make_client(make_source("Coast HMIS"), "M-1", ssn="219450817")
    asked = {"first_name": "Maria", "last_name": "Lopez", "birth_date": "1985-05-17", "ssn": "0817"}
    program = program_of(desk, reviewer, [TokenScope.LOOK_UP_CLIENTS])
    (told,) = program.ask("POST", "/clients/lookup", asked)["clients"]
    assert (told["client"], told["personal_id"], told["verdict"]) == (maria.id, "M-1", "Very likely the same person")
    assert ("SSN last four", "same") in {(reason["field"], reason["says"]) for reason in told["reasons"]}
    with desk.look() as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.fact == "PersonLookedUp")).one()
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    for field, wrong in (("ssn", "12"), ("birth_date", tomorrow)):
        refused = program.ask("POST", "/clients/lookup", {**asked, field: wrong}, status=422)
        assert [error["field"] for error in refused["errors"]] == [field]
    program_of(desk, reviewer, [TokenScope.READ_TICKETS]).ask("POST", "/clients/lookup", asked, status=403)


def test_a_program_is_told_whether_its_owner_sees_everybody(desk: Desk) -> None:
    with desk.work():
        owners = {make_admin(): False, make_user(agency=make_agency()): True}
    for owner, may_be_elsewhere in owners.items():
        program = program_of(desk, owner, [TokenScope.LOOK_UP_CLIENTS])
        told = program.ask("POST", "/clients/lookup", {"first_name": "Maria", "last_name": "Lopez"})
        assert (told["clients"], told["may_be_elsewhere"]) == ([], may_be_elsewhere)


# The command line


def run(app: AdminOps, *args: str) -> Result:
    return app.test_cli_runner().invoke(dedupe, args)


@pytest.fixture
def twice(desk: Desk) -> AdminOps:
    """The app with two records, A and B, of one person."""
    with desk.work():
        source = make_source("Coast HMIS")
        for letter in "AB":
            make_client(source, letter, ssn="219450817")
    return desk.app


def test_commands_tell_ids_and_reasons_and_no_names(twice: AdminOps) -> None:
    asked = ("lookup", "--first", "Maria", "--last", "Lopez", "--dob", "1985-05-17")
    told = json.loads(run(twice, *asked, "--ssn", "219450817", "--json").stdout)
    assert ([each["personal_id"] for each in told["clients"]], told["cut"]) == (["A", "B"], False)
    said = run(twice, *asked).stdout
    assert "client A of Coast HMIS: " in said
    explained = run(twice, "explain", "A", "B")
    assert "Very likely the same person" in explained.stdout
    assert json.loads(run(twice, "explain", "A", "B", "--json").stdout)["probability"] > 0.99
    assert not any(secret in said + explained.stdout for secret in ("Maria", "Lopez", "0817", "1985"))


def test_two_are_kept_apart_on_the_command_line(desk: Desk, twice: AdminOps) -> None:
    result = run(twice, "apart", "A", "B", "--reason", "Both were here at once")
    assert (result.exit_code, result.stdout) == (0, "Clients A and B are kept apart (pair 1).\n")
    with desk.work() as session:
        assert session.scalars(select(Pair.state)).all() == [PairState.APART]
        assert session.scalars(select(MergeDecision)).one().reason == "Both were here at once"
        assert scan_store().counts["pairs"] == 0


def test_a_pair_that_somebody_looks_at_is_not_kept_apart_and_no_next_one_is_spoken_of(
    desk: Desk, twice: AdminOps
) -> None:
    with desk.work() as session:
        pair, reviewer = make_pair(*session.scalars(select(Client))), make_admin(name="Maya Okafor")
        take([pair], reviewer)
    refused = run(twice, "apart", "A", "B")
    assert (refused.exit_code, refused.stderr) == (
        1,
        "Error: Maya Okafor is looking at this pair. Ask them, or try again later.\n",
    )
    with desk.look() as session:
        assert session.scalars(select(Pair.state)).all() == [PairState.OPEN]


def test_a_source_says_which_of_several_is_meant(desk: Desk, twice: AdminOps) -> None:
    with desk.work():
        make_client(make_source("North HMIS"), "A")
        south = make_source("South HMIS")
        for letter in "AB":
            make_client(south, letter)
    assert "meant: Coast HMIS, North HMIS, South HMIS." in run(twice, "explain", "A", "B").stderr
    assert run(twice, "explain", "A", "B", "--source", "South HMIS").exit_code == 0
    refused = run(twice, "explain", "A", "B", "--source", "North HMIS").stderr
    assert "North HMIS does not have both of these clients. They are of: Coast HMIS, North HMIS, South HMIS." in refused


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("lookup", "--first", "Maria"), "Enter two of these"),
        (("lookup", "--first", "Maria", "--last", "L"), "Enter two of these"),
        (("lookup", "--first", "Maria", "--last", "Lopez", "--dob", "12/31/2199"), "That is no birth date."),
        (("lookup", "--first", "Maria", "--ssn", "12"), "An SSN has nine digits"),
        (("lookup", "--first", "Maria", "--dob", "1985-02-30"), "That is no birth date."),
        (("explain", "A", "Z"), "There is no client Z"),
        (("explain", "A", "A"), "the same record"),
        (("explain", "A", "B", "--source", "nope"), 'There is no source "nope". Sources are: Coast HMIS.'),
        (("apart", "A", "B", "--source", "nope"), 'There is no source "nope". Sources are: Coast HMIS.'),
        (("undo", "7"), "There is no such merge"),
    ],
)
def test_a_command_that_is_refused_says_why(twice: AdminOps, args: tuple[str, ...], says: str) -> None:
    result = run(twice, *args)
    assert (result.exit_code, says in result.stderr) == (1, True)
    assert "Maria" not in result.stderr
    assert "1985-02" not in result.stderr
