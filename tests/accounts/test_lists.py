"""The vendor's lists: read, mapped, judged and matched; old ones held; people added in steps; what differs decided."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import wsgi
from accounts.leaving.operations import report_leaver
from accounts.lists import queries, running
from accounts.lists.adding import add_some
from accounts.lists.judging import judge
from accounts.lists.mapping import guess, settle
from accounts.lists.models import ListPurpose, ListState, RowOutcome, VendorList, VendorMatch, VendorUser
from accounts.lists.operations import drop_list, settle_user, take_list, upload_list
from accounts.lists.queries import Difference, last_logins
from accounts.lists.reading import read
from accounts.models import Account, AccountState, DisabledReason
from adminops import clock
from adminops.db import transaction
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.identity.models import SYSTEM, User
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.browsing import Desk
from tests.make import make_admin, make_agency, make_user
from tests.make_accounts import make_account

P, M, D, S = ListPurpose, VendorMatch, Difference, ListState
NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
HEAD = "User Name,Full Name,Email,Status,Last Login Date\n"


def _csv(*rows: str, head: str = HEAD) -> bytes:
    return (head + "\n".join(rows) + "\n").encode()


def _days_ago(days: float) -> str:
    return f"{clock.now() - timedelta(days=days):%m/%d/%Y %I:%M %p}"


def _take(raw: bytes, purpose: ListPurpose = P.LOGINS, **how: Any) -> VendorList:
    record = upload_list(raw, name="users.csv", purpose=purpose, source="ClientTrack", by=SYSTEM)
    take_list(record, **how, by=SYSTEM)
    return record


@pytest.mark.parametrize(
    "raw", [b"", b"\n\n", b"PK\x03\x04xlsx", b"name\nBen", b"1,2\n3,4", b"User,Mail\n", b"A,B\n\x00"]
)
def test_what_is_no_list_is_refused_with_a_sentence(raw: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read(raw)
    assert refused.value.field == "file"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_lists_are_read_as_spreadsheets_write_them(encoding: str, delimiter: str) -> None:
    text = f'User Name{delimiter}Name\r\nben{delimiter}"Café, {delimiter} Ben"\r\n\r\n'
    sheet = read(text.encode(encoding))
    assert (sheet.columns, sheet.rows[0][1]["User Name"]) == (("User Name", "Name"), "ben")
    assert sheet.rows[0][1]["Name"].startswith("Café,")


@pytest.mark.parametrize(
    ("head", "purpose", "found"),
    [
        ("UserName,First Name,Last Name,LastLogin", P.LOGINS, {"login", "first", "last", "last_login"}),
        ("Login,E-mail Address,Is Active,Last Logon", P.LOGINS, {"login", "email", "active", "last_login"}),
        ("Name,Email,Organization,Access Level,Title", P.USERS, {"name", "email", "agency", "role", "title"}),
    ],
)
def test_columns_are_guessed(head: str, purpose: ListPurpose, found: set[str]) -> None:
    assert set(guess(head.split(","), purpose)) == found


@pytest.mark.parametrize(
    ("said", "field"),
    [({"login": "A"}, "last_login"), ({"login": "A", "last_login": "A"}, "login"), ({"login": "Z"}, "login")],
)
def test_columns_that_do_not_do_are_named(said: Mapping[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        settle(said, ["A", "B"], P.LOGINS)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-02", "2026-11-02T05:00"),
        ("11/2/2026 5:30 PM", "2026-11-02T22:30"),
        ("10/30/2026 17:30", "2026-10-30T21:30"),
        ("2-Nov-2026", "2026-11-02T05:00"),
        ("2026-11-02T09:00:00+00:00", "2026-11-02T09:00"),
    ],
)
def test_moments_are_those_of_the_office(text: str, at: str) -> None:
    sheet = read(_csv(f"ben,Ben,,Active,{text}"))
    judged = judge(sheet, guess(sheet.columns, P.LOGINS), P.LOGINS, zone="America/New_York", now=NOW)
    assert [entry.last_login_at for entry in judged.entries] == [datetime.fromisoformat(at).replace(tzinfo=UTC)]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (",Ben,,Active,", "missing_login"),
        ("ben,Ben,,Perhaps,", "status"),
        ("ben,Ben,,Active,soon", "date"),
        ("ben,Ben,,Active,12/31/2026", "future"),
        ("ANN,Ann,,Active,", "twice"),
        (f"ben,{'B' * 201},,Active,", "too_long"),
    ],
)
def test_rows_that_break_a_rule_are_named_by_line(row: str, rule: str) -> None:
    sheet = read(_csv("ann,Ann,,Active,Never", row))
    judged = judge(sheet, guess(sheet.columns, P.LOGINS), P.LOGINS, zone="America/New_York", now=NOW)
    assert [(fault.line, fault.rule) for fault in judged.faults] == [(3, rule)]
    assert all(fault.says.endswith(".") for fault in judged.faults)


def test_last_sign_ins_are_matched_and_only_a_name_is_left_to_a_person(session: Session) -> None:
    mail, login = make_account(email="ann@harbor.example.org"), make_account(username="bturner")
    named, closed = make_account(name="Casper Lund"), make_account(state=AccountState.DISABLED, username="gone")
    alone, admin = make_account(), make_admin()
    record = _take(
        _csv(
            f"a1,Ann,ANN@harbor.example.org,Active,{_days_ago(3)}",
            f"BTurner,Somebody,,Active,{_days_ago(1)}",
            f'c1,"Lund, Casper",,Active,{_days_ago(2)}',
            f"gone,Gone,,Active,{_days_ago(4)}",
            f"x1,Nobody,x@example.org,Active,{_days_ago(5)}",
            f"y1,Conflict,ann@harbor.example.org,inactive,{_days_ago(6)}",
        )
    )
    assert (record.state, record.sealed) == (S.DONE, None)
    users = {user.login: user for user in session.scalars(select(VendorUser))}
    assert {login: user.match for login, user in users.items()} == {
        "a1": M.EMAIL, "BTurner": M.USERNAME, "c1": M.NAME, "gone": M.USERNAME, "x1": M.NONE, "y1": M.EMAIL,
    }  # fmt: skip
    assert set(last_logins([mail.id, login.id, named.id])) == {mail.id, login.id}
    assert queries.count_differences() == {D.OPEN_THERE: 1, D.DECIDE: 1, D.ONLY_THERE: 1, D.ONLY_HERE: 2}
    assert [user.account_id for user in queries.list_users(D.OPEN_THERE).rows] == [closed.id]
    assert {account.id for account in queries.list_only_here().rows} == {named.id, alone.id}
    with pytest.raises(NotAllowed):
        settle_user(users["c1"], named, by=make_user(Role.HELP_DESK))
    settle_user(users["c1"], named, by=admin)
    settle_user(users["x1"], None, by=admin)
    _take(_csv(*(f"{login},Other,,Active,{_days_ago(0.5)}" for login in users)))
    assert {users[login].match for login in ("c1", "x1")} == {M.PERSON, M.NOBODY}, "a decision stays"
    assert queries.count_differences()[D.DECIDE] == queries.count_differences()[D.ONLY_THERE] - 2 == 0


def test_who_left_is_closed_when_the_list_says_inactive(session: Session) -> None:
    account = make_account(username="casper")
    departure = report_leaver(account, reason=DisabledReason.LEFT, leaves_at=clock.now(), by=make_admin())
    _take(_csv(f"casper,C,,Active,{_days_ago(1)}"))
    assert departure.ended_at is None
    _take(_csv(f"casper,C,,Inactive,{_days_ago(0.9)}"))
    assert departure.ended_at is not None


def test_old_or_partial_list_is_held_and_the_very_same_file_changes_nothing(session: Session) -> None:
    make_account(username="ann")
    people = [f"person{number},P,,Active,{_days_ago(2)}" for number in range(9)]
    first = _csv(f"ann,A,,Active,{_days_ago(1)}", *people)
    assert _take(first).state is S.DONE
    with pytest.raises(Conflict):
        _take(first)
    stale = _take(
        _csv(f"ann,A,,Active,{_days_ago(8.9)}", *(row.replace(_days_ago(2), _days_ago(12)) for row in people))
    )
    assert (stale.state, stale.why) == (
        S.HELD,
        ["It is old: its newest sign-in was 8 days ago.", "It is older than the list that was taken last."],
    )
    partial = _take(_csv(f"ann,A,,Active,{_days_ago(0.5)}", *people[:3]))
    assert partial.why == ["It has 4 people, the last one had 10: is it whole?"]
    odd = _take(_csv(f"ann,A,,Active,{_days_ago(0.4)}", *people[:7], ",w,,,", ",x,,,", ",y,,,"))
    assert odd.why == ["3 of 11 rows can't be taken."]
    take_list(stale, accept=True, by=SYSTEM)
    assert stale.state is S.DONE
    [at] = last_logins(select(Account.id)).values()
    assert at > clock.now() - timedelta(days=2), "an old list takes nobody's sign-in away"
    drop_list(partial, by=SYSTEM)
    with pytest.raises(InvalidState):
        take_list(partial, accept=True, by=SYSTEM)
    with pytest.raises(NotAllowed):
        upload_list(first, name="x", purpose=P.LOGINS, source="a", by=make_user(Role.AGENCY_LEAD))


NEW_HEAD = "Name,Email,Organization,Role,User Name\n"


BAD = {
    "No Mail,,Harbor House,,": "missing_email",
    "X,x{n}@example.org,Nowhere,,": "agency",
    "Y,y{n}@example.org,Harbor House,Boss,": "role",
    "Z,nomail{n},Harbor House,,": "email",
    "Twice,i{n}@example.org,Harbor House,,": "twice",
}


def test_a10_five_hundred_rows_with_twenty_bad_ones_are_added_in_steps_and_each_is_told(session: Session) -> None:
    agency = make_agency(name="Harbor House")
    known, taken = make_account(email="known@example.org", agency=agency), make_account(username="ben")
    people = [f"Imani {number},i{number}@example.org,harbor  HOUSE,," for number in range(479)]
    bad = [(line.format(n=number), rule) for number in range(4) for line, rule in BAD.items()]
    bad[-1] = ("Ben,b@example.org,Harbor House,,ben", "taken")
    lines = [*people, "Known,KNOWN@example.org,Harbor House,,"]
    for place, (line, _) in enumerate(bad):
        lines.insert(10 + 24 * place, line)
    raw = _csv(*lines, head=NEW_HEAD)
    record = _take(raw, P.USERS)
    assert (record.state, record.rows) == (S.RUNNING, 500)
    assert add_some(record, queries.judged_of(record), by=SYSTEM) is True
    assert queries.counts_of(record)["made"] == 100
    while add_some(record, queries.judged_of(record), by=SYSTEM):
        pass  # another process goes on behind it
    assert (record.state, record.told) == (S.DONE, {"made": 479, "refused": 20, "known": 1})
    refused = queries.rows_of(record, RowOutcome.REFUSED, limit=99)
    assert [(row.line, row.rule) for row in refused] == [(12 + 24 * place, rule) for place, (_, rule) in enumerate(bad)]
    made = session.scalars(select(Account).where(Account.id.not_in((known.id, taken.id)))).all()
    assert {(account.state, account.agency_id, account.user.may_sign_in) for account in made} == {
        (AccountState.INVITED, agency.id, False)
    }
    assert session.scalar(select(func.count(OutboxMessage.id))) == 0, "nobody is mailed unless it is asked for"
    again = _take(raw + b"New,new@example.org,Harbor House,lead,\n", P.USERS, invites=True)
    while add_some(again, queries.judged_of(again), by=SYSTEM):
        pass
    assert again.told == {"made": 1, "known": 480, "refused": 20}
    assert session.scalar(select(func.count(OutboxMessage.id))) == 1


def _run(desk: Desk, *words: str) -> Result:
    info = ScriptInfo(create_app=lambda: desk.app)
    return CliRunner().invoke(wsgi.cli, ["accounts", *words], obj=info)


def test_lists_are_taken_on_the_command_line_with_exit_codes(desk: Desk, tmp_path: Path) -> None:
    with desk.work():
        make_account(username="ann"), make_agency(name="Harbor House")
    logins, stale, users = (tmp_path / name for name in ("logins.csv", "stale.csv", "users.csv"))
    logins.write_bytes(_csv(f"ann,A,,Active,{_days_ago(1)}"))
    stale.write_bytes(_csv(f"ann,A,,Active,{_days_ago(40)}"))
    users.write_bytes(_csv("Imani,i@example.org,Harbor House,,", "Bad,,Harbor House,,", head=NEW_HEAD))
    tried = _run(desk, "import-logins", str(logins), "--dry-run", "--json")
    assert (tried.exit_code, json.loads(tried.output)["rows"]) == (0, {"fit": 1})
    done = _run(desk, "import-logins", str(logins), "--json")
    assert (done.exit_code, json.loads(done.output)["state"]) == (0, "done")
    assert (_run(desk, "import-logins", str(logins)).output, _run(desk, "import-logins", str(stale)).exit_code) == (
        "unchanged\n  This very file was taken already: nothing has changed.\n",
        3,
    )
    (nameless := tmp_path / "nameless.csv").write_text("Username,Name\nann,A\n")
    for path in (users, nameless):
        wrong = _run(desk, "import-logins", str(path))
        assert (wrong.exit_code, "Choose the column of" in wrong.output) == (4, True)
    assert _run(desk, "import-logins", str(logins), "--column", "login").exit_code == 2
    held = _run(desk, "import-users", str(users), "--source", "old", "--json")
    assert (held.exit_code, json.loads(held.output)["why"]) == (3, ["1 of 2 rows can't be taken."])
    told = json.loads(_run(desk, "import-users", str(users), "--source", "old", "--approve", "--json").output)
    assert (told["rows"], told["refused"]) == ({"made": 1, "refused": 1}, [{"line": 3, "rule": "missing_email"}])


def test_list_is_taken_on_its_pages(desk: Desk) -> None:
    with desk.work():
        account, admin, helper = make_account(name="Ann Okoro"), make_admin(), make_user(Role.HELP_DESK)
        lead_of = make_user(Role.AGENCY_LEAD)
    visitor = desk.signed_in(admin)
    for stranger in (helper, lead_of):
        desk.signed_in(stranger).get("/accounts/lists", status=403)
    assert visitor.get("/accounts/lists").says("No list yet")
    visitor.post("/accounts/lists/new", {"purpose": "logins", "source": "ct"}, status=422)
    raw = _csv(f"a1,Ann Okoro,,Active,{_days_ago(20)}", "b,B,,Perhaps,")
    sent = {"purpose": "logins", "source": "ct", "file": (BytesIO(raw), "users.csv")}
    page = visitor.post("/accounts/lists/new", sent, follow=True)
    assert (page.heading, page.says("Perhaps")) == ("Which column is what?", True)
    columns = {"login": "User Name", "name": "Full Name", "active": "Status", "last_login": "Last Login Date"}
    columns |= dict.fromkeys(("first", "last", "email"), "")
    visitor.post("/accounts/lists/1/columns", {**columns, "login": ""}, status=422)
    trial = visitor.post("/accounts/lists/1/columns", columns, follow=True)
    assert trial.says("It is old")
    assert trial.says("The status is neither active nor inactive.")
    assert visitor.post("/accounts/lists/1", {}, follow=True).says("Look at what is odd about it first")
    assert visitor.post("/accounts/lists/1", {"accept": "y"}, follow=True).says("To decide: the same name")
    decide = visitor.get("/accounts/lists/differences/decide")
    who = decide.link("Say who Ann Okoro is")
    assert visitor.get(who).says("Here, perhaps")
    visitor.post(who, {"username": "nobody-here"}, status=422)
    visitor.post(who, {"username": account.user.username})
    for kind in Difference:
        visitor.get(f"/accounts/lists/differences/{kind.value}")
    visitor.get("/accounts/lists/differences/other", status=404)
    visitor.get("/accounts/lists/99", status=404)
    assert visitor.get(f"/accounts/agencies/{account.agency_id}").says("HMIS: ")
    visitor.post("/accounts/lists/1/drop", status=409)


def test_running_list_goes_on_by_the_job(desk: Desk) -> None:
    with desk.work():
        make_agency(name="Harbor House")
        _take(_csv("Imani,i@example.org,Harbor House,,", head=NEW_HEAD), P.USERS)
    with desk.app.app_context():
        running.go_on()
        running.go_on()
        with transaction(writes=False) as session:
            assert session.scalar(select(func.count(User.id)).where(User.email == "i@example.org")) == 1
