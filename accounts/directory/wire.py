"""The line to a directory: the only module that knows python-ldap.

One short connection for each piece of work: connecting costs a few milliseconds, and nothing stale, shared between
threads or inherited by a fork can be used by mistake. Every wait has an end, that of the TLS handshake too
(OPT_CONNECT_ASYNC: without it libldap waits for ever there; and with it where a server stops amid its first words, so
hands are shaken once before), certificates are always checked, and every error becomes one of ours: what was asked for
and not answered is `Doubtful`, never "failed".
"""

import contextlib
import errno
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import ldap
import ldap.dn
import ldap.filter
from ldap.controls import DecodeControlTuples, RequestControl, SimplePagedResultsControl
from ldap.controls.ppolicy import PasswordPolicyControl

from accounts.directory.values import Away, Denied, DirectoryProblem, Doubtful, Misfit, Refused, Taken

PAGE = 500
RELAX = "1.3.6.1.4.1.4203.666.5.12"
"""Lets who may manage an entry write what its server keeps for itself: the times of wrong tries."""
BY_THE_RULES = "1.2.840.113556.1.4.2239"
"""Has a domain look at its history and age of passwords also when somebody else sets one; who does not know it passes
it over."""
START_TLS = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
CONNECTING = 2.0
"""Seconds for the connection and the TLS handshake."""

Attributes = Mapping[str, Sequence[bytes]]

_AWAY = (ldap.SERVER_DOWN, ldap.UNAVAILABLE, ldap.BUSY, ldap.CONNECT_ERROR, ldap.TIMEOUT, ldap.TIMELIMIT_EXCEEDED)
_LOST = (ldap.SERVER_DOWN, ldap.TIMEOUT, ldap.CONNECT_ERROR)
_DENIED = (
    ldap.INSUFFICIENT_ACCESS,
    ldap.INVALID_CREDENTIALS,
    ldap.INAPPROPRIATE_AUTH,
    ldap.STRONG_AUTH_REQUIRED,
    ldap.CONFIDENTIALITY_REQUIRED,
)
_MISFIT = (
    ldap.NO_SUCH_OBJECT,
    ldap.OBJECT_CLASS_VIOLATION,
    ldap.UNDEFINED_TYPE,
    ldap.SIZELIMIT_EXCEEDED,
    ldap.ADMINLIMIT_EXCEEDED,
    ldap.INVALID_DN_SYNTAX,
    ldap.UNAVAILABLE_CRITICAL_EXTENSION,
)


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where a directory is and who we are there."""

    url: str
    user: str
    password: str = field(repr=False)
    ca_file: str = ""
    seconds: float = 3.0
    """How long one answer may take."""


@dataclass(frozen=True)
class Found:
    """An entry as it came; attribute names in lower case."""

    dn: str
    values: Attributes

    def text(self, name: str) -> str:
        """Return the first value of an attribute; empty when there is none."""
        return next(iter(self.texts(name)), "")

    def texts(self, name: str) -> list[str]:
        """Return all values of an attribute."""
        return [value.decode(errors="replace") for value in self.values.get(name.lower(), ())]


@dataclass(frozen=True)
class Bound:
    """How a sign-in ended: let in or not, with what the server said beside it."""

    ok: bool
    policy: int | None = None
    """Error number of the password policy control: 0 expired, 1 locked, 2 must change."""
    expired: bool = False
    code: str = ""
    """Active Directory's number of the reason: 52e, 533, 701, 773, 775."""
    says: str = ""


def quoted(template: str, *values: str) -> str:
    """Return a filter with `values` put in, so that none of them is read as anything but text."""
    text: str = ldap.filter.filter_format(template, list(values))
    return text


def named(attribute: str, value: str, below: str) -> str:
    """Return the place of an entry called `value` below another."""
    return f"{first_part(attribute, value)},{below}"


def first_part(attribute: str, value: str) -> str:
    """Return the part that the place of an entry called `value` begins with."""
    return f"{attribute}={ldap.dn.escape_dn_chars(value)}"


def parts(dn: str) -> list[str]:
    """Return the parts of a place, written in one way so that two can be compared."""
    try:
        split = ldap.dn.str2dn(dn)
    except ldap.DECODING_ERROR:
        return [dn.casefold()]
    return ["+".join(sorted(f"{kind}={value}".casefold() for kind, value, _ in part)) for part in split]


def is_below(dn: str, base: str) -> bool:
    """Say whether a place is under another (or the same)."""
    under = parts(base)
    return parts(dn)[-len(under) :] == under


def parent(dn: str) -> str:
    """Return the place above."""
    above: str = ldap.dn.dn2str(ldap.dn.str2dn(dn)[1:])
    return above


class Wire:
    """One connection, opened by the first question and closed with the block: `with Wire(server) as wire`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._line: Any = None

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._line is not None:
            with contextlib.suppress(ldap.LDAPError):  # it is gone already
                self._line.unbind_ext()

    def sign_in(self) -> "Wire":
        """Connect as ourselves. Raises `Away`, `Misfit` or `Denied`."""
        with self._connecting():
            self._open()
            self._line.simple_bind_s(self._server.user, self._server.password)
        return self

    def bind_as(self, dn: str, password: str) -> Bound:
        """Connect as somebody with a password; never on a connection that is used for anything else."""
        try:
            with self._connecting():
                self._open()
                number = self._line.simple_bind(dn, password, serverctrls=[PasswordPolicyControl()])
                *_, controls = self._line.result3(number, timeout=self._server.seconds)
                return _bound(True, controls, "")
        except (Denied, Refused) as no:
            return _bound(False, *_told(no.__cause__))

    def read(self, dn: str, attributes: Sequence[str]) -> Found | None:
        """Return the entry at a place."""
        try:
            found = self._search(dn, ldap.SCOPE_BASE, "(objectClass=*)", attributes)
        except Misfit as none:
            if isinstance(none.__cause__, ldap.NO_SUCH_OBJECT):
                return None
            raise
        return next(iter(found), None)

    def search(self, base: str, matching: str, attributes: Sequence[str]) -> list[Found]:
        """Return the few entries that match."""
        return self._search(base, ldap.SCOPE_SUBTREE, matching, attributes)

    def _search(self, base: str, scope: int, matching: str, attributes: Sequence[str]) -> list[Found]:
        with _asking():
            return _entries(self._line.search_s(base, scope, matching, list(attributes)))

    def scan(self, base: str, matching: str, attributes: Sequence[str]) -> Iterator[Found]:
        """Yield all entries that match, page by page; whatever goes wrong on a page ends it with an error."""
        page = SimplePagedResultsControl(True, size=PAGE, cookie="")
        while True:
            with _asking():
                number = self._line.search_ext(base, ldap.SCOPE_SUBTREE, matching, list(attributes), serverctrls=[page])
                _, rows, _, controls = self._line.result3(number, timeout=self._server.seconds)
            yield from _entries(rows)
            cookies = [each.cookie for each in controls if each.controlType == page.controlType]
            if not cookies:
                raise Misfit("The directory does not answer in pages, so nobody knows whether that was all.")
            if not cookies[0]:
                return
            page.cookie = cookies[0]

    def add(self, dn: str, values: Attributes) -> None:
        """Add an entry."""
        with _writing():
            self._line.add_s(dn, [(name, list(each)) for name, each in values.items() if each])

    def replace(self, dn: str, values: Attributes, *, relax: bool = False, by_the_rules: bool = False) -> None:
        """Replace whole attributes in one step; an empty list removes one."""
        changes = [(ldap.MOD_REPLACE, name, list(each) or None) for name, each in values.items()]
        controls = [RequestControl(RELAX, True)] if relax else []
        if by_the_rules:
            controls.append(RequestControl(BY_THE_RULES, False, b"\x30\x03\x02\x01\x01"))
        with _writing():
            self._line.modify_ext_s(dn, changes, serverctrls=controls)

    def join(self, group: str, attribute: str, member: str) -> None:
        """Put a member into a group; it may be in already."""
        try:
            with _writing():
                self._line.modify_s(group, [(ldap.MOD_ADD, attribute, [member.encode()])])
        except Taken as there:
            if not isinstance(there.__cause__, ldap.TYPE_OR_VALUE_EXISTS):
                raise

    def leave(self, group: str, attribute: str, member: str) -> None:
        """Take a member out of a group; it may be out already."""
        try:
            with _writing():
                self._line.modify_s(group, [(ldap.MOD_DELETE, attribute, [member.encode()])])
        except Refused as gone:
            if not isinstance(gone.__cause__, ldap.NO_SUCH_ATTRIBUTE):
                raise

    def move(self, dn: str, name: str, below: str) -> None:
        """Give an entry another name or place (`name` is its first part, written out)."""
        with _writing():
            self._line.rename_s(dn, name, newsuperior=below, delold=1)

    def set_password(self, dn: str, password: str) -> None:
        """Set a password by the extended operation (RFC 3062): the server hashes it and asks its policy."""
        with _writing():
            self._line.passwd_s(dn, None, password)

    def _open(self) -> None:
        server = self._server
        try:
            _shake_hands(server, min(CONNECTING, server.seconds))
        except TimeoutError as stalled:
            raise Away("The directory does not answer.") from stalled
        except OSError:
            pass  # libldap says what it is, or does without
        line = ldap.initialize(server.url)
        line.protocol_version = ldap.VERSION3
        line.timeout = server.seconds
        for option, value in (
            (ldap.OPT_REFERRALS, 0),  # following one would sign in, as us, at a server nobody named
            (ldap.OPT_NETWORK_TIMEOUT, min(CONNECTING, server.seconds)),
            (ldap.OPT_TIMEOUT, server.seconds),
            (ldap.OPT_CONNECT_ASYNC, True),
            (ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND),
            (ldap.OPT_X_TLS_PROTOCOL_MIN, 0x303),
        ):
            line.set_option(option, value)
        if server.ca_file:
            line.set_option(ldap.OPT_X_TLS_CACERTFILE, server.ca_file)
        line.set_option(ldap.OPT_X_TLS_NEWCTX, 0)  # the last: only now are the others used
        self._line = line
        if server.url.startswith("ldap://"):
            line.start_tls_s()

    @contextmanager
    def _connecting(self) -> Iterator[None]:
        """Tell a server that is away from one whose certificate is wrong; libldap has one error for both."""
        begun = time.monotonic()
        try:
            with _asking():
                yield
        except Away as away:
            quick = time.monotonic() - begun < CONNECTING / 2
            sentence = what_is_wrong_with_tls(self._server) if quick else None
            if sentence is None:
                raise
            raise Misfit(sentence) from away


def what_is_wrong_with_tls(server: Server, *, seconds: float = 1.0) -> str | None:
    """Return why the certificate of a server is not believed; None: it is, or nobody can tell."""
    try:
        _shake_hands(server, seconds)
    except ssl.SSLCertVerificationError as wrong:
        return f"The certificate of the directory is not believed: {wrong.verify_message or wrong.reason}."
    except OSError:
        return None
    return None


def _shake_hands(server: Server, seconds: float) -> None:
    """Connect and agree on TLS within so many seconds altogether. Raises `TimeoutError` or another `OSError`."""
    at, ends = urlsplit(server.url), time.monotonic() + seconds
    secure = at.scheme == "ldaps"
    with socket.create_connection((at.hostname or "", at.port or (636 if secure else 389)), seconds) as line:
        if not secure:
            line.settimeout(max(ends - time.monotonic(), 0.01))
            line.sendall(START_TLS)
            line.recv(64)
        line.settimeout(max(ends - time.monotonic(), 0.01))
        with _trusting(server.ca_file).wrap_socket(line, server_hostname=at.hostname):
            pass


class _Line(ssl.SSLSocket):
    """A line that is closed when its other end is gone before the first word of TLS: Python loses it open then."""

    def getpeername(self) -> Any:
        """Say who is at the other end: the first thing that is asked of a line."""
        try:
            return super().getpeername()
        except OSError as gone:
            self.close()
            raise ConnectionResetError(errno.ECONNRESET, "The other end is gone.") from gone


@lru_cache(maxsize=4)
def _trusting(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file or None)
    context.sslsocket_class = _Line
    return context


def _entries(rows: Sequence[tuple[str | None, Any]]) -> list[Found]:
    """Return entries; a row without a place is the address of another server, which nobody is to follow."""
    return [Found(dn, {name.lower(): each for name, each in values.items()}) for dn, values in rows if dn is not None]


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except ldap.LDAPError as error:
        raise _ours(error, lost=Away) from error


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except ldap.LDAPError as error:
        raise _ours(error, lost=Doubtful) from error


def _ours(error: ldap.LDAPError, *, lost: Callable[[str], DirectoryProblem]) -> DirectoryProblem:
    """Return our word for an error. `lost`: what it means that no answer came."""
    says = type(error).__name__.replace("_", " ").lower()
    if isinstance(error, _LOST):
        return lost("The directory does not answer." if lost is Away else "The directory did not answer in time.")
    if isinstance(error, _AWAY):
        return Away(f"The directory does not work at the moment ({says}).")
    if isinstance(error, _DENIED):
        return Denied(f"The directory does not let AdminOps do this ({says}). Look at its account there.")
    if isinstance(error, _MISFIT):
        return Misfit(f"The directory is not what the settings say ({says}).")
    if isinstance(error, (ldap.ALREADY_EXISTS, ldap.TYPE_OR_VALUE_EXISTS)) or _is_unique_rule(error):
        return Taken("The directory has this user name or address already, with an entry that is not this account's.")
    return Refused(f"The directory does not take this ({says}).")


def _is_unique_rule(error: ldap.LDAPError) -> bool:
    says = _info(error).casefold()
    return isinstance(error, ldap.CONSTRAINT_VIOLATION) and ("unique" in says or "same attribute value" in says)


def _info(error: ldap.LDAPError) -> str:
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    return str(details.get("info", ""))


def _told(error: BaseException | None) -> tuple[Sequence[Any], str]:
    """Return the controls and the words that came with a refusal."""
    if not isinstance(error, ldap.LDAPError):
        return (), ""
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    return DecodeControlTuples(details.get("ctrls") or []), str(details.get("info", ""))


def _bound(ok: bool, controls: Sequence[Any], says: str) -> Bound:
    policy = next((each for each in controls if each.controlType == PasswordPolicyControl.controlType), None)
    code = re.search(r"\bdata ([0-9a-f]+)", says)
    return Bound(ok, getattr(policy, "error", None), code=code[1] if code else "", says=says)
