"""One call, against real servers on this machine: signed, bounded, and nowhere it must not go."""

import contextlib
import hashlib
import hmac
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.tickets.webhooks.receiver import BESIDE, receiving, shown_in
from tickets.webhooks.calling import (
    INTERNET,
    MOST_READ,
    NotCalled,
    Reach,
    _connection,
    call,
    is_public,
    problem_of,
    signature,
)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - must not be called
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:db8::1",
        "3fff::1",
        "fec0::1",
        "::127.0.0.1",
        "64:ff9b:1::1",
        "198.18.0.1",
    ],
)
def test_addresses_within_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://example.org/", "https://"),
        ("ftp://example.org/", "web address"),
        ("https://", "web address"),
        ("https://example.org:0/", "web address"),
        ("https://example.org:99999/", "no web address"),
        ("https://[::1/", "no web address"),
        ("https://exa mple.org/", "web address"),
        ("https://example.org/\r\nHost: x", "web address"),
        ("https://user:word@example.org/", "Leave names"),
        ("https://@example.org/", "Leave names"),
        ("https://example.org\\@127.0.0.1/", "Leave names"),
        ("https://[fe80::1%25eth0]/", "private networks"),
        ("https://example.org/#part", "Leave names"),
        ("https://127.0.0.1/", "private networks"),
        ("https://[::1]/", "private networks"),
        ("https://169.254.169.254/latest/meta-data", "private networks"),
        ("https://example.org/" + "a" * 500, "web address"),
    ],
)
def test_address_that_is_not_called_is_refused_with_a_sentence(address: str, says: str) -> None:
    assert says in (problem_of(address) or "")
    with pytest.raises(NotCalled, match=says):
        call(address, b"{}", {})


def test_good_addresses_are_taken() -> None:
    assert problem_of("https://example.org:8443/hooks?to=us") is None
    assert problem_of("https://[2606:4700::1111]/hooks") is None
    assert problem_of("http://127.0.0.1:1/", BESIDE) is None


@pytest.mark.parametrize("name", ["localhost", "127.1", "2130706433", "0x7f.1"])
def test_name_that_means_this_machine_is_refused_at_connecting(name: str) -> None:
    with pytest.raises(NotCalled, match=r"private network|no such host"):
        call(f"https://{name}/", b"{}", {})


def test_name_is_looked_up_once_and_all_that_it_means_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answers = ["93.184.216.34", "127.0.0.1"]

    def rebinding(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with pytest.raises(NotCalled, match="private network"):
        call("https://rebinding.example.org/", b"{}", {})
    assert asked == ["rebinding.example.org"]
    answers[:] = ["93.184.216.34"]
    went: list[str] = []

    def connect(to: tuple[str, int], *_: object, **__: object) -> socket.socket:
        went.append(to[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NotCalled, match="could not be reached"):
        call("https://rebinding.example.org/", b"{}", {})
    assert went == ["93.184.216.34"]  # the address that was judged, not what the name may mean by then
    assert len(asked) == 2


def test_signature_is_that_of_time_and_body() -> None:
    mine = hmac.new(b"secret", b'1700000000.{"a":1}', hashlib.sha256).hexdigest()
    assert signature("secret", 1_700_000_000, b'{"a":1}') == f"sha256={mine}"
    assert signature("secret", 1_700_000_001, b'{"a":1}') != f"sha256={mine}"
    assert signature("other", 1_700_000_000, b'{"a":1}') != f"sha256={mine}"


def test_answer_is_told_redirects_are_not_followed_and_a_flood_is_not_read() -> None:
    with receiving() as receiver:
        receiver.answers[:] = [200, 500, 302]
        assert call(f"{receiver.address}/good?to=us", b"{}", {}, reach=BESIDE).is_good
        assert not call(f"{receiver.address}/bad", b"{}", {}, reach=BESIDE).is_good
        assert call(f"{receiver.address}/redirect", b"{}", {}, reach=BESIDE).status == 302
        assert call(f"{receiver.address}/flood", b"{}", {}, reach=BESIDE).is_good
    assert [heard.path for heard in receiver.heard] == ["/good?to=us", "/bad", "/redirect", "/flood"]


def test_tls_is_spoken_only_with_whom_the_authority_vouches_for(tmp_path: Path) -> None:
    mine, theirs = shown_in(tmp_path / "mine"), shown_in(tmp_path / "theirs", "Nobody's authority")
    trusting = replace(BESIDE, ca_file=str(mine / "ca.pem"))
    with receiving(mine) as receiver:
        assert call(f"{receiver.address}/", b"{}", {}, reach=trusting).is_good
        for doubtful in (replace(BESIDE, ca_file=str(theirs / "ca.pem")), BESIDE):
            with pytest.raises(NotCalled, match="certificate"):
                call(f"{receiver.address}/", b"{}", {}, reach=doubtful)
        with pytest.raises(NotCalled, match="certificate"):  # that of another name
            call(f"{receiver.address.replace('127.0.0.1', 'localhost')}/", b"{}", {}, reach=trusting)
    assert len(receiver.heard) == 1


def test_name_of_many_addresses_is_called_at_the_first_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def several(host: str, *rest: Any, **named: Any) -> list[Any]:
        if host != "many.example.org":
            return look_up(host, *rest, **named)
        return [(0, 0, 0, "", (address, *rest)) for address in ("127.0.0.2", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", several)
    with receiving() as receiver:  # it listens at 127.0.0.1 alone
        assert call(receiver.address.replace("127.0.0.1", "many.example.org"), b"{}", {}, reach=BESIDE).is_good
    (heard,) = receiver.heard
    assert heard.headers["Host"].startswith("many.example.org:")


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("https://[2606:4700::1111]/", "2606:4700::1111", 443),
        ("https://[2606:4700::1111]:8443/", "2606:4700::1111", 8443),
        ("http://example.org/", "example.org", 80),
    ],
)
def test_port_of_a_call_is_that_of_its_address(address: str, host: str, port: int) -> None:
    line = _connection(urlsplit(address), ["192.0.2.1"], INTERNET, 1.0)
    assert (line.host, line.port, line.default_port) == (host, port, 443 if "https" in address else 80)


@contextmanager
def serving_badly(serve: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """Accept one line and do `serve` with it until the block is over."""
    over = threading.Event()

    def run(listener: socket.socket) -> None:
        line, _ = listener.accept()
        with line:
            serve(line, over)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=run, args=[listener])
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join()


def be_silent(_line: socket.socket, over: threading.Event) -> None:
    over.wait(20)


def drip(line: socket.socket, over: threading.Event, what: bytes = b"H") -> None:
    while not over.wait(0.02):
        try:
            line.sendall(what)
        except OSError:
            return


def drip_a_handshake(line: socket.socket, over: threading.Event) -> None:
    line.sendall(b"\x16\x03\x03\x40\x00")  # a record of TLS with 16 kB to come
    drip(line, over, b"\x02")


@pytest.mark.parametrize(
    ("scheme", "serve"), [("http", be_silent), ("http", drip), ("https", be_silent), ("https", drip_a_handshake)]
)
def test_silent_and_dripping_servers_are_hung_up_on(
    scheme: str, serve: Callable[[socket.socket, threading.Event], None]
) -> None:
    with serving_badly(serve) as port, pytest.raises(NotCalled, match="too long"):
        call(f"{scheme}://127.0.0.1:{port}/", b"{}", {}, reach=BESIDE, deadline=0.3)


def test_answer_counts_also_when_the_rest_of_it_only_drips_and_is_not_waited_for() -> None:
    dripped: list[int] = []

    def drip_a_body(line: socket.socket, over: threading.Event) -> None:
        line.recv(4096)
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not over.wait(0.02):
            with contextlib.suppress(OSError):
                dripped.append(line.send(b"H"))

    with serving_badly(drip_a_body) as port:
        assert call(f"http://127.0.0.1:{port}/", b"{}", {}, reach=BESIDE, deadline=1.5).is_good
    assert len(dripped) < MOST_READ, "all that is read at most"


def test_server_that_is_not_there_and_one_that_speaks_nonsense_are_told_apart_from_an_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(NotCalled, match="could not be reached"):
        call(f"http://127.0.0.1:{port}/", b"{}", {}, reach=BESIDE)
    with receiving() as receiver, pytest.raises(NotCalled):
        call(receiver.address.replace("http:", "https:"), b"{}", {}, reach=BESIDE)  # no TLS there


def test_reach_of_the_app_is_the_internet_over_tls() -> None:
    assert Reach() == INTERNET
    assert (INTERNET.allows, INTERNET.schemes, INTERNET.ca_file) == (is_public, ("https",), None)
