"""One call: where it may go, how it is signed, and what may come back. Knows no database.

A name is looked up once, and the connection goes to the addresses that were found and judged then: what the name means
a moment later does not matter. Redirects are an answer like any other, and not followed. The whole call has a deadline,
however slowly an answer drips, and little of it is read.
"""

import contextlib
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

DEADLINE = 10.0
"""Seconds that a call takes at most, from the connection on."""
MOST_READ = 4096
LONGEST = 500
MOST_ADDRESSES = 4
UNICAST = ipaddress.ip_network("2000::/3")
"""Where all addresses of IPv6 lie that the internet routes."""
NEVER = tuple(map(ipaddress.ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
"""Those among them that stand for one of IPv4, which may be any, or belong to no host."""


class NotCalled(Exception):
    """The call did not get through; the text says why in words of ours."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int

    @property
    def is_good(self) -> bool:
        """Whether the receiver took it."""
        return 200 <= self.status < 300


def is_public(text: str) -> bool:
    """Say whether an address of IP is of the public internet, and stands for no other one."""
    found = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if found not in UNICAST or any(found in network for network in NEVER):
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


@dataclass(frozen=True)
class Reach:
    """Where calls may go, how, and whose certificates are believed.

    The app has one, `INTERNET`, and no setting makes another: tests hand theirs over to reach a server beside them.
    """

    allows: Callable[[str], bool] = is_public
    schemes: tuple[str, ...] = ("https",)
    ca_file: str | None = None
    """Who signs certificates; None: the system's list."""


INTERNET = Reach()


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return what proves that who holds `secret` wrote `body` at `timestamp`: HMAC-SHA-256 of "<timestamp>.<body>"."""
    signed = f"{timestamp}.".encode() + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def problem_of(address: str, reach: Reach = INTERNET) -> str | None:
    """Return why `address` can't be called, as a sentence; None when it may. What a name means is asked at the call."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "This is no web address."
    plain = address.isascii() and address.isprintable() and " " not in address and len(address) <= LONGEST
    if not plain or parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return "Enter a web address such as https://example.org/hooks."
    if parts.scheme not in reach.schemes:
        return "Only addresses that begin with https:// are called."
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "Leave names, passwords and # out of the address."
    literal = _literal(parts.hostname)
    if literal is not None and not reach.allows(literal):
        return "Addresses of private networks and of this machine are not called."
    return None


def call(
    address: str, body: bytes, headers: Mapping[str, str], *, reach: Reach = INTERNET, deadline: float = DEADLINE
) -> Answer:
    """Post `body` and return the answer. Raises `NotCalled`."""
    problem = problem_of(address, reach)
    if problem is not None:
        raise NotCalled(problem)
    parts = urlsplit(address)
    line = _connection(parts, _looked_up(parts, reach), reach, deadline)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    watch = threading.Timer(deadline, line.hang_up)
    watch.daemon = True
    watch.start()
    try:
        line.connect()
        line.request("POST", path, body=body, headers=dict(headers))
        answer = line.getresponse()
        with contextlib.suppress(OSError, http.client.HTTPException):  # it has answered: the rest does not matter
            answer.read(MOST_READ)
        return Answer(answer.status)
    except ssl.SSLCertVerificationError:
        raise NotCalled("The certificate can't be trusted.") from None
    except (OSError, http.client.HTTPException, ValueError) as broken:
        if line.is_over.is_set() or isinstance(broken, TimeoutError):
            raise NotCalled("It took too long.") from None
        raise NotCalled(f"It could not be reached ({type(broken).__name__}).") from None
    finally:
        watch.cancel()
        line.close()


class _Line(http.client.HTTPConnection):
    """A connection to addresses that are known already, whatever the name would mean now."""

    def __init__(self, host: str, port: int, found: Sequence[str], trust: ssl.SSLContext | None, limit: float) -> None:
        super().__init__(host, port, timeout=limit)
        self.found, self.trust = found, trust
        self.default_port = 443 if trust else 80
        self.is_over = threading.Event()
        self.held: socket.socket | None = None
        """The socket, also when http.client has let go of it because the answer is the last that comes over it."""

    def connect(self) -> None:
        """Connect to the first address that answers; with TLS the certificate has to be that of the name."""
        self._hold(self._reached())
        if self.trust is not None:
            # The handshake begins when `hang_up` knows the socket: it, too, may drip.
            secure = self.trust.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self._hold(secure)
            secure.do_handshake()

    def hang_up(self) -> None:
        """End the call from another thread, wherever it stands."""
        self.is_over.set()
        if self.held is not None:
            with contextlib.suppress(OSError):
                self.held.shutdown(socket.SHUT_RDWR)

    def _reached(self) -> socket.socket:
        for address in self.found[:-1]:
            with contextlib.suppress(OSError):
                return socket.create_connection((address, self.port), self.timeout)
            if self.is_over.is_set():
                raise TimeoutError
        return socket.create_connection((self.found[-1], self.port), self.timeout)

    def _hold(self, line: socket.socket) -> None:
        self.sock = self.held = line
        if self.is_over.is_set():  # the time was up before there was anything to hang up
            raise TimeoutError


def _connection(parts: SplitResult, found: Sequence[str], reach: Reach, limit: float) -> _Line:
    trust = ssl.create_default_context(cafile=reach.ca_file) if parts.scheme == "https" else None
    return _Line(parts.hostname or "", _port(parts), found, trust, limit)


def _looked_up(parts: SplitResult, reach: Reach) -> list[str]:
    """Return the addresses to connect to. Raises `NotCalled` when the name means any that may not be called."""
    try:
        rows = socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotCalled("There is no such host.") from None
    found = list(dict.fromkeys(str(row[4][0]) for row in rows))
    if not found or not all(map(reach.allows, found)):
        raise NotCalled("The host is in a private network or on this machine.")
    return found[:MOST_ADDRESSES]


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _literal(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return None
