"""What happens when a real directory goes wrong: every wait ends, and "nobody knows" is resolved by reading."""

import gc
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ldap", reason="ldap: python-ldap is not built here")

from accounts.directory import wire
from accounts.directory.network import NetworkDirectory
from accounts.directory.values import Away, Change, Denied, Desired, Directory, Doubtful, Misfit, Taken, Verdict
from accounts.directory.wire import Found, Wire
from tests.accounts.directory.fake import FakeDirectory
from tests.accounts.directory.places import (
    GROUPS,
    OTHER,
    PASSWORD,
    as_admin,
    changed,
    openldap,
    person,
    server_of,
)
from tests.services.certificates import certificates
from tests.services.directory import Slapd, launch
from tests.services.lines import Forwarder, halting, listening, silent, stalling


class Dropping:
    """A line to a directory that loses the answer to the next write, after the directory has got it."""

    def __init__(self, slapd: Slapd, forwarder: Forwarder, port: int) -> None:
        self.slapd, self.forwarder = slapd, forwarder
        self.directory = openldap(slapd, url=f"ldaps://127.0.0.1:{port}")


@pytest.fixture
def dropping(shared_slapd: Slapd) -> Iterator[Dropping]:
    """The shared directory behind a line that can lose an answer."""
    forwarder = Forwarder(shared_slapd.tls_port)
    with listening(forwarder) as port:
        yield Dropping(shared_slapd, forwarder, port)


SLACK = 2.5
"""Seconds that a busy machine may need beside the three after which a directory is left: less than another wait."""
WRITES = ("add", "replace", "join", "leave", "move", "set_password")


@pytest.mark.parametrize("write", WRITES)
def test_b2_lost_answer_of_any_write_is_resolved_by_reading(
    dropping: Dropping, write: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desired = person(groups=frozenset({sorted(GROUPS)[0]}))
    place = dropping.directory
    if write != "add":
        place.converge(desired)
    plain = getattr(Wire, write)

    def lossy(line: Wire, *arguments: object, **more: object) -> object:
        monkeypatch.setattr(Wire, write, plain)
        dropping.forwarder.lose.set()
        return plain(line, *arguments, **more)

    monkeypatch.setattr(Wire, write, lossy)
    wanted = {
        "leave": changed(desired, groups=frozenset()),
        "join": changed(desired, groups=GROUPS),
        "move": changed(desired, enabled=False, archived=True),
        "replace": changed(desired, title="Trainer"),
    }.get(write, desired)
    if write == "set_password":
        place.set_password(wanted, OTHER)
        assert place.verify(wanted.key, OTHER) is Verdict.OK
        return
    _until_done(place, wanted)
    assert not openldap(dropping.slapd).converge(wanted)


def _until_done(place: Directory, desired: Desired, *, tries: int = 4) -> Change:
    """Come back as the outbox does: nobody knows, so compare anew."""
    for _ in range(tries):
        try:
            return place.converge(desired)
        except (Doubtful, Away):
            continue
    raise AssertionError("It is not done after several tries.")


def test_b3_write_that_is_done_after_we_gave_up_waiting_leaves_what_was_desired(slapd: Slapd) -> None:
    place = openldap(slapd, seconds=0.6)
    desired = person()
    place.converge(desired)
    later = changed(desired, title="Trainer", enabled=False)
    with Wire(server_of(slapd, seconds=0.6)).sign_in() as line:
        found = line.search(slapd.people, wire.quoted("(employeeNumber=%s)", desired.key), ["uid"])[0]
        slapd.freeze()
        with pytest.raises(Doubtful):
            line.replace(found.dn, {"title": [b"Trainer"]})
    with pytest.raises(Away):
        place.converge(later)
    slapd.thaw()
    _until_done(place, later)
    entry = place.find(desired.key)
    assert entry is not None
    assert (entry.title, entry.enabled) == ("Trainer", False)


def test_b3_fake_does_late_what_was_asked_and_is_found_as_desired() -> None:
    place, desired = FakeDirectory(), person()
    place.fail(Doubtful("No answer."))
    with pytest.raises(Doubtful):
        place.converge(desired)
    place.catch_up()
    assert not place.converge(desired)


def test_b4_kill_amid_a_batch_leaves_nobody_half_done(slapd: Slapd) -> None:
    place = openldap(slapd)
    wanted = [person(groups=GROUPS, enabled=number % 3 != 0) for number in range(40)]
    killer = threading.Timer(0.15, slapd.kill)
    killer.start()
    failed = 0
    for desired in wanted:
        try:
            place.converge(desired)
        except (Away, Doubtful):
            failed += 1
    killer.join()
    slapd.restart()
    assert failed, "the server was not killed in time to tell anything"
    for desired in wanted:
        _until_done(place, desired)
    found = {entry.key: entry for entry in place.scan()}
    assert len(found) == len(wanted)
    assert all(found[d.key].enabled is d.enabled and found[d.key].groups == d.groups for d in wanted)


@pytest.mark.parametrize(("serve", "scheme"), [(silent, "ldaps"), (silent, "ldap"), (halting, "ldaps")])
def test_b5_silent_and_half_open_ports_answer_within_three_seconds(
    shared_slapd: Slapd, serve: Callable[[socket.socket], None], scheme: str
) -> None:
    _assert_is_left_in_time(shared_slapd, serve, scheme)


def test_b6_starttls_that_stalls_after_its_yes_answers_within_three_seconds(shared_slapd: Slapd) -> None:
    _assert_is_left_in_time(shared_slapd, stalling, "ldap")


def _assert_is_left_in_time(slapd: Slapd, serve: Callable[[socket.socket], None], scheme: str) -> None:
    with listening(serve) as port:
        place = openldap(slapd, url=f"{scheme}://127.0.0.1:{port}")
        begun = time.monotonic()
        with pytest.raises(Away):
            place.verify(person().key, PASSWORD)
        waited = time.monotonic()
        assert waited - begun < 3 + SLACK
        with pytest.raises(Away):
            place.verify(person().key, PASSWORD)
        assert time.monotonic() - waited < SLACK, "the second one is not made to wait"


def test_line_whose_other_end_is_gone_before_tls_begins_is_closed(
    shared_slapd: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = socket.create_connection

    def connect_and_lose(*words: Any) -> socket.socket:
        line, (there, _) = connect(*words), server.accept()
        there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing resets it
        there.close()
        select.select([line], [], [], 10)
        return line

    with socket.create_server(("127.0.0.1", 0)) as server:
        place = openldap(shared_slapd, url=f"ldaps://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(wire.socket, "create_connection", connect_and_lose)
        with pytest.raises(ConnectionError) as lost:
            wire._shake_hands(place.server, 3.0)
    del lost
    gc.collect()  # an open one says so now, and that fails the test


def test_port_without_a_server_is_away_at_once(slapd: Slapd) -> None:
    place = openldap(slapd)
    slapd.kill()
    with pytest.raises(Away):
        place.converge(person())


@pytest.mark.parametrize("scheme", ["ldaps", "ldap"])
def test_b7_wrong_authority_is_told_apart_from_a_server_that_is_away(
    shared_slapd: Slapd, scheme: str, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(certificates("somebody else").authority)
    port = shared_slapd.tls_port if scheme == "ldaps" else shared_slapd.port
    place = openldap(shared_slapd, url=f"{scheme}://127.0.0.1:{port}", ca_file=str(stranger))
    with pytest.raises(Misfit, match="certificate of the directory is not believed"):
        place.find(person().key)


def test_b7_wrong_name_is_not_believed_and_nothing_is_sent_in_the_clear(shared_slapd: Slapd) -> None:
    heard: list[bytes] = []

    def hearing(line: object) -> None:
        heard.append(line.recv(4096))  # type: ignore[attr-defined]

    with listening(hearing) as port, pytest.raises((Away, Misfit)):
        openldap(shared_slapd, url=f"ldap://127.0.0.1:{port}").find(person().key)
    assert heard
    assert all(shared_slapd.service_password.encode() not in content for content in heard)
    place = openldap(shared_slapd, url=f"ldaps://127.0.0.2:{shared_slapd.tls_port}")
    with pytest.raises((Misfit, Away)):
        place.find(person().key)


def test_start_tls_works_where_tls_is_wanted() -> None:
    server = launch(require_tls=True)
    try:
        place, desired = openldap(server, url=server.url), person()
        place.converge(desired)
        place.set_password(desired, PASSWORD)
        assert place.verify(desired.key, PASSWORD) is Verdict.OK
    finally:
        server.stop()


def test_wrong_password_of_our_own_account_stops_everything_with_a_sentence(shared_slapd: Slapd) -> None:
    place = openldap(shared_slapd, password="not the one")
    for asked in (place.scan, place.health, lambda: place.converge(person()), lambda: place.verify("x", PASSWORD)):
        with pytest.raises(Denied, match="Look at its account there"):
            asked()


def test_account_of_ours_without_rights_is_denied(shared_slapd: Slapd) -> None:
    able, weak = openldap(shared_slapd), person()
    able.converge(weak)
    able.set_password(weak, PASSWORD)
    entry = able.find(weak.key)
    assert entry is not None
    with pytest.raises(Denied):
        openldap(shared_slapd, user=entry.place, password=PASSWORD).converge(person())


def test_c4_wrong_places_are_a_misfit_not_an_empty_directory(shared_slapd: Slapd) -> None:
    place = openldap(shared_slapd)
    astray = NetworkDirectory(place.flavour, place.server, "ou=nobody,dc=example,dc=org", shared_slapd.groups)
    for asked in (astray.scan, astray.health, lambda: astray.find(person().key)):
        with pytest.raises(Misfit):
            asked()


def test_b10_more_entries_than_any_limit_come_whole(slapd: Slapd) -> None:
    place = openldap(slapd)
    with as_admin(slapd) as admin:
        for number in range(1203):
            one = person(username=f"many{number}", email=f"many{number}@example.org")
            admin.add(f"uid={one.username},{slapd.people}", place.flavour.first(one))
    assert len(place.scan()) == 1203
    assert place.health().people == 1203


def test_b11_other_servers_that_an_answer_names_are_not_followed() -> None:
    rows = [(None, ["ldaps://other.example.org/dc=x"]), ("uid=a,dc=x", {"UID": [b"a"]})]
    assert wire._entries(rows) == [Found("uid=a,dc=x", {"uid": [b"a"]})]


def test_b11_entry_that_points_elsewhere_leads_nowhere(slapd: Slapd) -> None:
    place, desired = openldap(slapd), person()
    place.converge(desired)
    with listening(silent) as port, as_admin(slapd) as admin:
        admin.add(
            f"ou=elsewhere,{slapd.people}",
            {
                "objectClass": [b"referral", b"extensibleObject"],
                "ou": [b"elsewhere"],
                "ref": [f"ldap://127.0.0.1:{port}/ou=people,{slapd.suffix}".encode()],
            },
        )
        begun = time.monotonic()
        assert [entry.key for entry in place.scan()] == [desired.key]
        assert place.find(desired.key) is not None
        assert time.monotonic() - begun < SLACK


def test_b13_our_account_reads_neither_hashes_nor_their_history(shared_slapd: Slapd) -> None:
    place, desired = openldap(shared_slapd), person()
    place.converge(desired)
    for password in (PASSWORD, OTHER):
        place.set_password(desired, password)
    assert place.health().warnings == []
    with Wire(server_of(shared_slapd)).sign_in() as line:
        found = line.search(shared_slapd.people, wire.quoted("(employeeNumber=%s)", desired.key), ["*", "+"])[0]
    assert not {"userpassword", "pwdhistory"} & set(found.values)
    admin = openldap(shared_slapd, user=shared_slapd.admin, password=shared_slapd.admin_password)
    assert len(admin.health().warnings) == 2, "and the doctor would say so"


def test_b14_child_of_a_fork_disturbs_nobody(shared_slapd: Slapd) -> None:
    place, desired = openldap(shared_slapd), person()
    place.converge(desired)
    child = os.fork()
    if child == 0:
        os._exit(0 if place.find(desired.key) else 1)
    assert place.find(desired.key) is not None
    assert os.waitpid(child, 0)[1] == 0
    assert not place.converge(desired)


def test_two_entries_with_one_number_are_for_a_person_to_settle(shared_slapd: Slapd) -> None:
    place, desired = openldap(shared_slapd), person()
    place.converge(desired)
    twin = person(key=desired.key)
    with as_admin(shared_slapd) as admin:
        admin.add(f"uid={twin.username},{shared_slapd.people}", place.flavour.first(twin))
        with pytest.raises(Taken, match="Two entries"):
            place.converge(desired)
        admin.move(f"uid={twin.username},{shared_slapd.people}", f"uid={twin.username}", shared_slapd.archive)
        admin.replace(f"uid={twin.username},{shared_slapd.archive}", {"employeeNumber": []})


def test_a3_lock_by_hand_that_a_reset_wipes_is_not_what_closes_an_account(shared_slapd: Slapd) -> None:
    """OpenLDAP forgets `pwdAccountLockedTime` at every new password, whoever sets it; the end of access it keeps."""
    place = openldap(shared_slapd)
    desired = person()
    place.converge(desired)
    place.set_password(desired, PASSWORD)
    closed = changed(desired, enabled=False)
    place.converge(closed)
    entry = place.find(desired.key)
    assert entry is not None
    with as_admin(shared_slapd) as admin:
        admin.set_password(entry.place, OTHER)
    assert place.verify(desired.key, OTHER) is Verdict.DISABLED
    with as_admin(shared_slapd) as admin:
        admin.replace(entry.place, {"pwdEndTime": []})
    place.set_password(closed, "third time lucky, again")
    assert place.verify(desired.key, "third time lucky, again") is Verdict.DISABLED


def test_c5_what_somebody_did_by_hand_is_put_right(shared_slapd: Slapd) -> None:
    place = openldap(shared_slapd)
    desired = person(enabled=False, groups=frozenset())
    place.converge(desired)
    entry = place.find(desired.key)
    assert entry is not None
    group = wire.named("cn", sorted(GROUPS)[0], shared_slapd.groups)
    place.converge(person(groups=GROUPS))
    with as_admin(shared_slapd) as admin:
        admin.replace(entry.place, {"pwdEndTime": [], "title": [b"King"], "mail": [b"a@b.example", b"c@d.example"]})
        admin.join(group, "member", entry.place)
    assert set(place.converge(desired).changed) == {"enabled", "groups", "title", "mail"}
    assert not place.converge(desired)


def test_scan_that_breaks_on_a_later_page_is_no_scan(slapd: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PAGE", 2)
    place = openldap(slapd)
    for _ in range(7):
        place.converge(person())
    pages = Wire.scan
    assert len(place.scan()) == 7

    def breaking(line: Wire, base: str, matching: str, attributes: object) -> Iterator[Found]:
        for number, found in enumerate(pages(line, base, matching, attributes)):  # type: ignore[arg-type]
            if number == 5:
                slapd.kill()
            yield found

    monkeypatch.setattr(Wire, "scan", breaking)
    with pytest.raises(Away):
        place.scan()
