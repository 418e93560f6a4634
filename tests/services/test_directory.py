"""The private directory is a real OpenLDAP with the rules a real installation has."""

from pathlib import Path
from typing import Any

import pytest

from tests.services.certificates import certificates
from tests.services.directory import Slapd, launch

ldap = pytest.importorskip("ldap", reason="ldap: python-ldap is not built here")

GOOD = "correct horse battery 1"
Connection = Any


def _connect(server: Slapd, who: str, password: str, *, url: str = "") -> Connection:
    connection = ldap.initialize(url or server.url)
    connection.set_option(ldap.OPT_NETWORK_TIMEOUT, 5)
    connection.set_option(ldap.OPT_TIMEOUT, 5)
    connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(server.ca_file))
    connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    connection.simple_bind_s(who, password)
    return connection


def _add_person(server: Slapd, uid: str) -> str:
    dn = f"uid={uid},{server.people}"
    entry = [
        ("objectClass", [b"inetOrgPerson"]),
        ("uid", [uid.encode()]),
        ("cn", [b"Ada Example"]),
        ("sn", [b"Example"]),
        ("mail", [f"{uid}@north.example.org".encode()]),
    ]
    desk = _connect(server, server.service, server.service_password)
    desk.add_s(dn, entry)
    desk.passwd_s(dn, None, GOOD)
    desk.modify_s(dn, [(ldap.MOD_REPLACE, "pwdReset", [b"FALSE"])])
    desk.unbind_s()
    return dn


@pytest.fixture(scope="module")
def person(shared_slapd: Slapd) -> str:
    """One person in the shared directory."""
    return _add_person(shared_slapd, "ada")


def test_service_account_finds_people(shared_slapd: Slapd, person: str) -> None:
    desk = _connect(shared_slapd, shared_slapd.service, shared_slapd.service_password)
    found = desk.search_s(shared_slapd.people, ldap.SCOPE_SUBTREE, "(uid=ada)", ["mail"])
    desk.unbind_s()
    assert found == [(person, {"mail": [b"ada@north.example.org"]})]


def test_person_signs_in_over_tls_with_a_certificate_that_is_checked(shared_slapd: Slapd, person: str) -> None:
    own = _connect(shared_slapd, person, GOOD, url=shared_slapd.tls_url)
    assert own.whoami_s() == f"dn:{person}"
    own.unbind_s()


def test_start_tls_works_on_the_plain_port(shared_slapd: Slapd, person: str) -> None:
    connection = ldap.initialize(shared_slapd.url)
    connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(shared_slapd.ca_file))
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    connection.start_tls_s()
    connection.simple_bind_s(person, GOOD)
    assert connection.whoami_s() == f"dn:{person}"
    connection.unbind_s()


def test_another_authority_is_not_believed(shared_slapd: Slapd, person: str, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(certificates("somebody else").authority)
    connection = ldap.initialize(shared_slapd.tls_url)
    connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(stranger))
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    with pytest.raises(ldap.SERVER_DOWN):
        connection.simple_bind_s(person, GOOD)


def test_nobody_reads_a_password_hash_and_the_server_stores_no_plain_text(shared_slapd: Slapd, person: str) -> None:
    for who, password in ((shared_slapd.service, shared_slapd.service_password), (person, GOOD)):
        connection = _connect(shared_slapd, who, password)
        _, attributes = connection.search_s(person, ldap.SCOPE_BASE, attrlist=["*", "+"])[0]
        connection.unbind_s()
        assert "userPassword" not in attributes
        assert "uid" in attributes
    admin = _connect(shared_slapd, shared_slapd.admin, shared_slapd.admin_password)
    stored = admin.search_s(person, ldap.SCOPE_BASE, attrlist=["userPassword"])[0][1]["userPassword"][0]
    admin.unbind_s()
    assert stored.startswith((b"{ARGON2}", b"{SSHA}"))


def test_password_policy_refuses_short_passwords(shared_slapd: Slapd, person: str) -> None:
    own = _connect(shared_slapd, person, GOOD)
    with pytest.raises(ldap.CONSTRAINT_VIOLATION):
        own.passwd_s(person, GOOD, "short")
    own.unbind_s()


def test_second_person_with_the_same_mail_is_refused(shared_slapd: Slapd, person: str) -> None:
    desk = _connect(shared_slapd, shared_slapd.service, shared_slapd.service_password)
    twin = [
        ("objectClass", [b"inetOrgPerson"]),
        ("uid", [b"ada2"]),
        ("cn", [b"Ada Example"]),
        ("sn", [b"Example"]),
        ("mail", [b"ada@north.example.org"]),
    ]
    with pytest.raises(ldap.CONSTRAINT_VIOLATION):
        desk.add_s(f"uid=ada2,{shared_slapd.people}", twin)
    desk.unbind_s()


def test_anonymous_reads_nothing(shared_slapd: Slapd, person: str) -> None:
    connection = _connect(shared_slapd, "", "")
    with pytest.raises(ldap.NO_SUCH_OBJECT):
        connection.search_s(shared_slapd.people, ldap.SCOPE_SUBTREE)
    connection.unbind_s()


def test_wrong_passwords_lock_the_account_and_a_reset_of_the_lock_opens_it(slapd: Slapd) -> None:
    person = _add_person(slapd, "ben")
    for _ in range(5):
        with pytest.raises(ldap.INVALID_CREDENTIALS):
            _connect(slapd, person, "wrong")
    with pytest.raises(ldap.INVALID_CREDENTIALS):
        _connect(slapd, person, GOOD)
    desk = _connect(slapd, slapd.service, slapd.service_password)
    desk.modify_s(person, [(ldap.MOD_DELETE, "pwdAccountLockedTime", None)])
    desk.unbind_s()
    _connect(slapd, person, GOOD).unbind_s()


def test_what_was_acknowledged_survives_a_kill(slapd: Slapd) -> None:
    person = _add_person(slapd, "cleo")
    slapd.kill()
    with pytest.raises(ldap.SERVER_DOWN):
        _connect(slapd, person, GOOD)
    slapd.restart()
    _connect(slapd, person, GOOD).unbind_s()


def test_frozen_server_makes_clients_time_out_and_a_thawed_one_answers(slapd: Slapd) -> None:
    slapd.freeze()
    connection = ldap.initialize(slapd.url)
    connection.set_option(ldap.OPT_TIMEOUT, 0.3)
    with pytest.raises(ldap.TIMEOUT):
        connection.simple_bind_s(slapd.service, slapd.service_password)
    slapd.thaw()
    _connect(slapd, slapd.service, slapd.service_password).unbind_s()


def test_server_that_wants_tls_refuses_a_plain_sign_in() -> None:
    server = launch(require_tls=True)
    try:
        with pytest.raises(ldap.CONFIDENTIALITY_REQUIRED):
            _connect(server, server.service, server.service_password)
        _connect(server, server.service, server.service_password, url=server.tls_url).unbind_s()
    finally:
        server.stop()


def test_server_runs_privately_and_leaves_nothing() -> None:
    server = launch()
    assert server.process is not None
    assert server.folder.stat().st_uid != 0
    assert server.folder.stat().st_mode & 0o077 == 0
    assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0
    server.stop()
    assert not server.folder.exists()
    assert server.process.poll() is not None
