"""The pages and commands of repairs: say what a switch would do, do it, show every value, take one back."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import select

import wsgi
from adminops import clock
from adminops.app import AdminOps
from adminops.audit.models import AuditEntry
from adminops.db import db
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.hmis import sources
from adminops.hmis.intake import import_export
from adminops.hmis.models import Client, HmisSource, Repair, RepairException
from adminops.hmis.repairs import RULES, rule_named
from adminops.identity.models import SYSTEM, User
from adminops.identity.permissions import Role
from adminops.imports import jobs
from adminops.repairs import operations
from adminops.web.navigation import panels
from tests.browsing import Desk, Visitor
from tests.hmis.repairing import faulty_export, household
from tests.make import make_admin, make_user

NAME = "Northeast HMIS"


@pytest.fixture
def store(desk: Desk, tmp_path: Path) -> Desk:
    """A desk whose store holds an export with every fault."""
    with desk.work():
        import_export(faulty_export().zip(tmp_path / "in.zip"), source=sources.add_source(NAME), by_id=None)
    return desk


@pytest.fixture
def admin(store: Desk) -> User:
    """Who may switch repairs."""
    with store.work():
        return make_admin()


def test_a_repair_is_switched_on_after_saying_what_it_would_do(store: Desk, admin: User) -> None:
    visitor = store.signed_in(admin)
    page = visitor.get("/imports/repairs", follow=True)
    assert page.heading == f"Repairs of {NAME}"
    asked = visitor.get("/imports/repairs/1/tidy-coc/switch?to=on")
    assert asked.says("It would repair 1 value of Northeast HMIS now.")
    with store.look() as session:
        assert session.scalars(select(Repair)).all() == []
    done = visitor.post("/imports/repairs/1/tidy-coc/switch?to=on", follow=True)
    assert done.says("Switched on: 1 value changed.")
    listed = visitor.get("/imports/repairs/1/tidy-coc")
    assert listed.says("S1")
    assert listed.says("EnrollmentCoC fl 510 FL-510")
    asked = visitor.get("/imports/repairs/1/tidy-coc/switch?to=off")
    assert asked.says("1 value of Northeast HMIS would read as it came again.")
    assert visitor.post("/imports/repairs/1/tidy-coc/switch?to=off", follow=True).says("Switched off.")
    with store.look() as session:
        assert session.scalars(select(Repair)).all() == []
        said = session.scalars(
            select(AuditEntry.sentence).where(AuditEntry.fact.like("Repair%")).order_by(AuditEntry.id)
        ).all()
    assert said == [
        "switched repair tidy-coc of source 1 on: 1 values",
        "switched repair tidy-coc of source 1 off: 1 values",
    ]


def test_a_repair_is_undone_for_one_row_and_allowed_again(store: Desk, admin: User) -> None:
    visitor = store.signed_in(admin)
    visitor.post("/imports/repairs/1/move-in-outside/switch")
    page = visitor.get("/imports/repairs/1/move-in-outside")
    assert page.says("MoveInDate 2023-01-01 blank")
    undo = page.link("Undo")
    assert visitor.get(undo).says("Enrollment.csv, S1")
    assert visitor.post(undo, {"reason": ""}, status=422).says("Say why")
    for reason in ("SSN is 219-45-0817", "born on 5/17/1985"):
        assert visitor.post(undo, {"reason": reason}, status=422).says("Please take it out")
    done = visitor.post(undo, {"reason": "Moved in before, see ticket 12"}, follow=True)
    assert done.says("The row reads as it came.")
    assert done.says("Moved in before, see ticket 12")
    assert done.says("Nothing to repair")
    visitor.get(undo, status=404)
    again = visitor.post("/imports/repairs/exceptions/1/withdraw", follow=True)
    assert again.says("MoveInDate 2023-01-01 blank")
    assert not again.says("Moved in before")
    twice = visitor.post("/imports/repairs/exceptions/1/withdraw", follow=True)
    assert twice.says("This row may be repaired already.")


def test_rows_taken_back_are_listed_page_by_page(store: Desk, admin: User) -> None:
    with store.work() as session:
        for number in range(60):
            session.add(
                RepairException(
                    source_id=1,
                    rule="tidy-coc",
                    file="Enrollment",
                    hud_key=f"E{number:02}",
                    reason=f"Looked at {number:02}",
                    by_id=admin.id,
                    made_at=clock.now(),
                )
            )
    visitor, url, seen = store.signed_in(admin), "/imports/repairs/1/tidy-coc", list[str]()
    while url:
        page = visitor.get(url)
        seen += re.findall(r"Looked at (\d\d)", page.words)
        url = next((link for link, label in page.reader.links if "Next page" in "".join(label)), "")
    assert seen == [f"{number:02}" for number in reversed(range(60))]


def test_rows_that_go_with_a_stay_are_undone_there(store: Desk, admin: User) -> None:
    visitor = store.signed_in(admin)
    visitor.post("/imports/repairs/1/combine-nights/switch")
    page = visitor.get("/imports/repairs/1/combine-nights?file=Services")
    assert page.says("EnrollmentID N2 N1 goes with N2")
    assert visitor.get("/imports/repairs/1/combine-nights?q=N3").says("part of N1")
    assert visitor.get("/imports/repairs/1/combine-nights?q=zzz").says("No such row")
    with store.work() as session:
        follower = session.scalars(select(Repair).where(Repair.follows.is_not(None)).order_by(Repair.id)).first()
        assert follower is not None
        with pytest.raises(InvalidState, match="goes with stay"):
            operations.undo_repair(follower, reason="No", by=admin)


def test_values_are_handed_out_as_csv_with_money_and_codes_in_huds_words(store: Desk, admin: User) -> None:
    visitor = store.signed_in(admin)
    for rule in ("total-income", "sole-member-head"):
        visitor.post(f"/imports/repairs/1/{rule}/switch")
    rows = list(csv.DictReader(io.StringIO(visitor.get("/imports/repairs/1/total-income/values.csv").html)))
    assert [(row["hud_key"], row["received"], row["value"]) for row in rows] == [("IB1", "", "1220.04")]
    rows = list(csv.DictReader(io.StringIO(visitor.get("/imports/repairs/1/sole-member-head/values.csv").html)))
    assert ("99 Data not collected", "1 Self (Head of Household)") in {(row["received"], row["value"]) for row in rows}


def test_what_is_not_there_is_not_found(store: Desk, admin: User) -> None:
    visitor = store.signed_in(admin)
    for url in (
        "/imports/repairs/9",
        "/imports/repairs/1/nothing",
        "/imports/repairs/9/tidy-coc",
        "/imports/repairs/1/tidy-coc/99/undo",
        "/imports/repairs/1/nothing/switch",
    ):
        visitor.get(url, status=404)
    visitor.post("/imports/repairs/exceptions/9/withdraw", status=404)


def test_others_may_not_see_or_switch_repairs(store: Desk) -> None:
    with store.work() as session:
        helper, source = make_user(Role.HELP_DESK), session.get_one(HmisSource, 1)
        with pytest.raises(NotAllowed):
            operations.switch_rule(source, rule_named("one-head"), on=True, by=helper)
        assert panels("source", source.id, helper) == []
    store.signed_in(helper).get("/imports/repairs/1", status=403)


def test_several_sources_are_listed(store: Desk, admin: User) -> None:
    with store.work():
        sources.add_source("Other HMIS")
    page = store.signed_in(admin).get("/imports/repairs")
    assert page.says("Other HMIS")
    assert page.says("0 of 14")


def test_pages_cost_few_statements(store: Desk, admin: User, counted: Callable[[], int]) -> None:
    visitor = store.signed_in(admin)
    for rule in RULES:
        visitor.post(f"/imports/repairs/1/{rule.key}/switch")
    for url in ("/imports/repairs/1", *(f"/imports/repairs/1/{rule.key}" for rule in RULES), "/clients/5"):
        counted()
        visitor.get(url)
        assert counted() <= 12, url


def test_a_switch_waits_for_an_import_and_needs_no_second_press(store: Desk, admin: User) -> None:
    with store.work() as session:
        source, rule = session.get_one(HmisSource, 1), rule_named("one-head")
        first = operations.switch_rule(source, rule, on=True, by=admin)
        assert operations.switch_rule(source, rule, on=True, by=admin).counts == first.counts
        repair = session.scalars(select(Repair)).first()
        assert repair is not None
        with pytest.raises(Invalid):
            operations.undo_repair(repair, reason=" ", by=admin)
        exception = operations.undo_repair(repair, reason="Looked at", by=admin)
        operations.allow_again(exception, by=admin)
        with pytest.raises(InvalidState):
            operations.allow_again(exception, by=admin)
        assert session.scalars(select(RepairException)).all() == [exception]
    facts = "RepairSwitchedOn", "RepairUndone", "RepairAllowedAgain"
    with store.look() as session:
        heard = select(AuditEntry.fact).where(AuditEntry.fact.like("Repair%")).order_by(AuditEntry.id)
        assert tuple(session.scalars(heard)) == facts


@pytest.mark.parametrize("app", ["postgresql"], indirect=True)
def test_a_switch_is_refused_while_an_import_holds_the_source(store: Desk, admin: User) -> None:
    with store.work() as session, db.engine.begin() as other:
        other.execute(select(HmisSource.id).where(HmisSource.id == 1).with_for_update())
        with pytest.raises(Conflict, match="is running"):
            operations.switch_rule(session.get_one(HmisSource, 1), rule_named("one-head"), on=True, by=admin)


def test_the_card_of_a_source_names_what_is_on(store: Desk, admin: User) -> None:
    store.signed_in(admin).post("/imports/repairs/1/tidy-coc/switch")
    with store.work(), store.app.test_request_context():
        (card,) = panels("source", 1, admin)
        assert "Tidy EnrollmentCoC" in card
        assert panels("source", 9, admin) == []


def test_an_export_on_the_page_may_leave_repairs_out(store: Desk, admin: User) -> None:
    visitor = store.signed_in(admin)
    visitor.post("/imports/repairs/1/tidy-coc/switch")
    for choice, code in (({}, "FL-510"), ({"as_received": "y"}, "fl 510")):
        ordered = visitor.post("/imports/export?source=1", choice, status=302)
        with store.app.app_context():
            jobs.write_exports()
        answer = visitor.post(f"{ordered.response.location}/file", status=200)
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            assert code in archive.read("Enrollment.csv").decode()


def test_a_repair_that_is_gone_meanwhile_is_not_undone(store: Desk, admin: User) -> None:
    with store.work() as session:
        source, rule = session.get_one(HmisSource, 1), rule_named("move-in-outside")
        operations.switch_rule(source, rule, on=True, by=admin)
        repair = session.scalars(select(Repair)).one()
        operations.switch_rule(source, rule, on=False, by=admin)
        with pytest.raises(InvalidState, match="no longer repaired"):
            operations.undo_repair(repair, reason="Too late", by=admin)


def test_the_page_of_a_client_shows_households_as_they_are_repaired(desk: Desk, tmp_path: Path) -> None:
    """H1 is Ada and Bea's; later it is given again to Ada and Cleo."""
    export = household(("S1", "1960-05-01", "1"), ("S2", "1990-01-01", ""), EntryDate="2023-02-01")
    for number, key in enumerate(("S1", "S2")):
        export.add("Exit", ExitID=f"X{number}", EnrollmentID=key, PersonalID=f"C-{key}", ExitDate="2023-03-01")
    export.add_stay("S3", "C-S1", HouseholdID="H1", EntryDate="2023-03-01")
    export.add_client("C9", FirstName="Cleo").add_stay("S4", "C9", HouseholdID="H1", EntryDate="2023-05-01")
    export.change("Client", 0, FirstName="Ada").change("Client", 1, FirstName="Bea")
    with desk.work() as session:
        source = sources.add_source(NAME)
        import_export(export.zip(tmp_path / "in.zip"), source=source, by_id=None)
        admin = make_admin()
        ada = session.scalars(select(Client).where(Client.personal_id == "C-S1")).one()
    visitor = desk.signed_in(admin)
    assert _with_whom(visitor, ada) == ["Bea Cleo", "Bea Cleo"], "as it came, all are one household"
    visitor.post("/imports/repairs/1/reused-households/switch")
    assert _with_whom(visitor, ada) == ["Cleo", "Bea"]


def _with_whom(visitor: Visitor, client: Client) -> list[str]:
    """Who else was in the household of each stay on a client's page, the newest stay first."""
    rows = visitor.get(f"/clients/{client.id}").html.split("<tr>")
    return [
        " ".join(name for name in ("Bea", "Cleo") if f">{name} Lopez</a>" in row)
        for row in rows
        if "<strong>Harbor Shelter</strong>" in row
    ]


def _command(app: AdminOps, *words: str) -> Result:
    return CliRunner().invoke(wsgi.cli, list(words), obj=ScriptInfo(create_app=lambda: app))


def test_the_command_line_lists_and_switches(store: Desk, tmp_path: Path) -> None:
    app = store.app
    dry = _command(app, "hmis", "repair", "tidy-coc", "--source", NAME, "--on", "--dry-run", "--json")
    assert json.loads(dry.stdout) == {"source": NAME, "rule": "tidy-coc", "on": True, "values": 1, "dry_run": True}
    assert _command(app, "hmis", "repair", "tidy-coc", "--source", NAME, "--on").stdout == "1 value changed.\n"
    listed = json.loads(_command(app, "hmis", "repairs", "--source", NAME, "--json").stdout)["repairs"]
    assert [row["rule"] for row in listed] == [rule.key for rule in RULES]
    assert [row for row in listed if row["on"]] == [
        {"rule": "tidy-coc", "on": True, "values": 1, "columns": {"Enrollment.EnrollmentCoC": 1}}
    ]
    assert "tidy-coc                   on " in _command(app, "hmis", "repairs", "--source", NAME).stdout
    assert _command(app, "hmis", "repair", "nothing", "--source", NAME, "--on").exit_code == 1
    assert _command(app, "hmis", "repair", "tidy-coc", "--source", NAME).exit_code == 2
    target = tmp_path / "out.zip"
    for option, code in (("--repaired", "FL-510"), ("--as-received", "fl 510")):
        assert _command(app, "hmis", "export", str(target), "--source", NAME, option).exit_code == 0
        with zipfile.ZipFile(target) as archive:
            assert code in archive.read("Enrollment.csv").decode()
    off = _command(app, "hmis", "repair", "tidy-coc", "--source", NAME, "--off")
    assert off.stdout == "1 value read as it came again.\n"


def test_a_switch_on_the_command_line_is_worked_out_once(store: Desk, counted: Callable[[], int]) -> None:
    """It costs what the verb does, and the look for the source: to work anything out takes ten statements and more."""
    by_command, by_verb = [], []
    for option, said in (("--on", "1 value changed.\n"), ("--off", "1 value read as it came again.\n")):
        counted()
        assert _command(store.app, "hmis", "repair", "tidy-coc", "--source", NAME, option).stdout == said
        by_command.append(counted())
    for on in (True, False):
        with store.work():
            source = sources.source_named(NAME)
            counted()
            operations.switch_rule(source, rule_named("tidy-coc"), on=on, by=SYSTEM)
            by_verb.append(counted())
    assert [command - verb <= 3 for command, verb in zip(by_command, by_verb, strict=True)] == [True, True], (
        by_command,
        by_verb,
    )
