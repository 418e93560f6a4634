"""Which place an account is kept in, what the doctor says of it, and that passwords go there."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from accounts import directory
from accounts.desired import desired_of
from accounts.directory import Verdict
from accounts.findings import of_directory
from accounts.models import AccountState
from accounts.operations import change_password, prove_password
from adminops.app import AdminOps
from adminops.errors import Unavailable
from adminops.settings import Settings
from tests.accounts.directory.places import OTHER, as_admin
from tests.browsing import Desk
from tests.make import PASSWORD
from tests.make_accounts import make_account
from tests.services.directory import Slapd
from tests.services.lines import listening, silent

LDAP = "ldaps://directory.example.org"
Configure = Callable[..., None]


@pytest.fixture
def configure(app: AdminOps) -> Iterator[Configure]:
    """Change the settings of the app for one test."""
    before = app.extensions["settings"]

    def configured(**over: Any) -> None:
        app.extensions["settings"] = replace(before, **over)

    yield configured
    configured()


def of(slapd: Slapd, **over: Any) -> dict[str, Any]:
    """Return the settings for a private slapd."""
    return {
        "directory_url": slapd.tls_url,
        "directory_ca_file": str(slapd.ca_file),
        "directory_user": slapd.service,
        "directory_password": slapd.service_password,
        "directory_people": slapd.people,
        "directory_groups": slapd.groups,
        **over,
    }


def test_b5_nobody_waits_for_a_directory_but_who_is_kept_there(app: AdminOps, configure: Configure) -> None:
    pytest.importorskip("ldap", reason="ldap: python-ldap is not built here")
    desk, ended = Desk(app), []
    with desk.work():
        make_account(username="far", password=True, kept_in="directory")
        make_account(username="near", password=True)
    reached = threading.Event()

    def serve(line: socket.socket) -> None:
        reached.set()
        silent(line)

    def sign_in(username: str, status: int) -> None:
        page = desk.visitor().post("/sign-in", {"username": username, "password": PASSWORD}, status=status)
        ended.append((username, page.says("The directory that keeps the passwords does not answer at the moment.")))

    with listening(serve) as port:
        url = f"ldaps://127.0.0.1:{port}"
        configure(
            **dict.fromkeys(("directory_user", "directory_people", "directory_groups"), "dc=x"),
            directory_url=url,
            directory_password="x",
        )
        waiting = threading.Thread(target=sign_in, args=("far", 422))
        waiting.start()
        assert reached.wait(timeout=30)
        sign_in("near", 302)
        waiting.join()
    assert ended == [("near", False), ("far", True)], "from the same network, on either database"


def test_local_directory_knows_right_wrong_and_disabled(session: Session) -> None:
    place = directory.directory()
    account, disabled = make_account(), make_account(state=AccountState.DISABLED)
    assert place.verify(account.key, PASSWORD) is Verdict.WRONG, "there is no password yet"
    for one in (account, disabled):
        place.set_password(desired_of(one), PASSWORD)
    assert place.verify(account.key, PASSWORD) is Verdict.OK
    assert place.verify(account.key, "") is Verdict.WRONG
    assert place.verify(account.key, PASSWORD + " ") is Verdict.WRONG
    assert place.verify(disabled.key, PASSWORD) is Verdict.DISABLED
    assert not disabled.user.may_sign_in, "a new password opens nothing by itself"


def test_directory_that_can_not_be_used_is_refused_with_a_sentence(session: Session, configure: Configure) -> None:
    pytest.importorskip("ldap", reason="ldap: python-ldap is not built here")  # that it is missing would be said first
    configure(directory_url=LDAP)
    with pytest.raises(Unavailable, match="ADMINOPS_DIRECTORY_USER is empty"):
        directory.directory()
    assert directory.directory_of(make_account()).kind == "local", "who is kept here is not concerned"


def test_doctor_says_when_python_ldap_is_missing(tmp_path: Path) -> None:
    assert directory.problem(Settings(home=tmp_path)) is None
    missing = directory.problem(Settings(home=tmp_path, directory_url=LDAP), installed=lambda _: False)
    assert missing is not None
    assert "python-ldap is not installed" in missing


def test_doctor_looks_at_a_real_directory(session: Session, configure: Configure, shared_slapd: Slapd) -> None:
    def found() -> list[tuple[str, str]]:
        return [(finding.state, finding.says) for finding in of_directory()]

    assert found() == [("ok", "No directory is set: accounts are kept here.")]
    configure(**of(shared_slapd))
    [(state, says)] = found()
    assert state == "ok"
    assert says.startswith("The directory lets us in and knows ")
    configure(**of(shared_slapd, directory_password="wrong"))
    assert [state for state, _ in found()] == ["fail"]
    configure(**of(shared_slapd, directory_people="ou=nobody," + shared_slapd.suffix))
    assert "no place ou=nobody" in found()[0][1]
    configure(**of(shared_slapd, directory_user=shared_slapd.admin, directory_password=shared_slapd.admin_password))
    assert {state for state, _ in found()} <= {"ok", "warn"}
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    configure(**of(shared_slapd, directory_url=f"ldaps://127.0.0.1:{port}"))
    assert found() == [("fail", "The directory does not answer.")]


def test_own_password_is_changed_where_it_is_kept(session: Session, configure: Configure, shared_slapd: Slapd) -> None:
    configure(**of(shared_slapd))
    account = make_account(kept_in="directory")
    place = directory.directory_of(account)
    place.converge(desired_of(account))
    place.set_password(desired_of(account), PASSWORD)
    assert prove_password(account, OTHER, by=account.user) is not None
    assert prove_password(account, PASSWORD, by=account.user) is None
    change_password(account, OTHER, by=account.user)
    assert place.verify(account.key, OTHER) is Verdict.OK
    assert account.user.password_hash == "", "it lies in the directory alone"
    with as_admin(shared_slapd) as admin:
        entry = place.find(account.key)
        assert entry is not None
        [stored] = [each.texts("userPassword") for each in [admin.read(entry.place, ["userPassword"])] if each]
    assert stored[0].startswith(("{ARGON2}", "{SSHA}"))
