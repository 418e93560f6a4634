"""A private OpenLDAP server: TLS, password policy, hashed passwords, a service account with just enough rights.

Needs 0.1 to 0.3 seconds to start, so a fresh one per test is affordable. The server program is copied into its
private folder first: an AppArmor profile for /usr/sbin/slapd would forbid it to read its files there.
"""

import secrets
import shutil
import signal
import subprocess
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from tests.services.certificates import certificates
from tests.services.private import (
    ServiceFailed,
    answers,
    end,
    free_port,
    give_away,
    private_folder,
    remove_folder,
    run,
    spawn,
    sweep,
    wait_until,
)

SUFFIX = "dc=adminops,dc=example,dc=org"
MODULES = ("back_mdb", "ppolicy", "memberof", "refint", "unique", "argon2")
MODULE_FOLDERS = ("/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap")
SCHEMA_FOLDERS = ("/etc/ldap/schema", "/etc/openldap/schema")


@dataclass
class Slapd:
    """A running directory; `restart`, `kill`, `freeze` and `thaw` are there to test what happens then."""

    folder: Path
    port: int
    tls_port: int
    admin_password: str = field(repr=False)
    service_password: str = field(repr=False)
    process: subprocess.Popen[bytes] | None = None

    suffix = SUFFIX
    people = f"ou=people,{SUFFIX}"
    archive = f"ou=archived,ou=people,{SUFFIX}"
    groups = f"ou=groups,{SUFFIX}"
    admin = f"cn=admin,{SUFFIX}"
    service = f"cn=adminops,ou=services,{SUFFIX}"

    @property
    def url(self) -> str:
        """The plain address (StartTLS works)."""
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        """The address with TLS from the first byte."""
        return f"ldaps://127.0.0.1:{self.tls_port}"

    @property
    def ca_file(self) -> Path:
        """The authority that signed the server's certificate."""
        return self.folder / "ca.pem"

    def start(self) -> None:
        """Start the server on its folder and ports. Raises `ServiceFailed`."""
        local = urllib.parse.quote(str(self.folder / "ldapi"), safe="")
        addresses = f"{self.url}/ {self.tls_url}/ ldapi://{local}/"
        command = (self.folder / "slapd", "-F", self.folder / "slapd.d", "-h", addresses, "-d", "0")
        self.process = spawn(command, self.folder, stop=signal.SIGTERM)
        ready = self.folder / "ldapi"
        wait_until(
            lambda: ready.exists() and answers(self.port) and answers(self.tls_port),
            self.process,
            self.folder,
            seconds=20,
        )

    def kill(self) -> None:
        """End it without warning, as a power cut would."""
        self._signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
        (self.folder / "ldapi").unlink(missing_ok=True)

    def restart(self) -> None:
        """Start it again on what is stored, after `kill` or while it runs."""
        self._end()
        self.start()

    def freeze(self) -> None:
        """Let it answer nothing any more, connections stay open; `thaw` undoes it."""
        self._signal(signal.SIGSTOP)
        if self.process is not None:
            wait_until(self._is_stopped, self.process, self.folder, seconds=5)

    def _is_stopped(self) -> bool:
        """Whether all threads have stopped: the signal takes its time, and one that still runs still answers."""
        if self.process is None or not Path("/proc").is_dir():
            return True
        states = Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        return all(state.read_text().rpartition(")")[2].split()[0] == "T" for state in states)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """Stop it and remove its files."""
        self._end()
        remove_folder(self.folder)

    def _end(self) -> None:
        if self.process is not None:
            self._signal(signal.SIGCONT)
            end(self.process, signal.SIGTERM)
        (self.folder / "ldapi").unlink(missing_ok=True)

    def _signal(self, which: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(which)


def find_slapd() -> Path | None:
    """Return the server program, or None where there is none."""
    found = shutil.which("slapd", path="/usr/sbin:/usr/local/sbin:/usr/libexec:/usr/local/libexec:/usr/bin")
    return Path(found) if found else None


def launch(*, require_tls: bool = False) -> Slapd:
    """Start a new private directory with empty `ou=people` and `ou=groups`.

    `require_tls` refuses binds over plain connections. Raises `ServiceFailed` when there is no slapd or it doesn't
    start.
    """
    program = find_slapd()
    if program is None:
        raise ServiceFailed("no slapd on this machine")
    sweep("slapd")
    folder = private_folder("slapd")
    server = Slapd(folder, free_port(), free_port(), secrets.token_urlsafe(18), secrets.token_urlsafe(18))
    try:
        _fill(server, program, require_tls=require_tls)
        server.start()
    except BaseException:
        server.stop()
        raise
    return server


def running(*, require_tls: bool = False) -> Iterator[Slapd]:
    """Yield a running directory and stop it afterwards: the body of a fixture."""
    server = launch(require_tls=require_tls)
    try:
        yield server
    finally:
        server.stop()


def _fill(server: Slapd, program: Path, *, require_tls: bool) -> None:
    folder = server.folder
    shutil.copy(program, folder / "slapd")
    certificates().write_to(folder)
    for name in ("slapd.d", "db"):
        (folder / name).mkdir(mode=0o700)
    for path in folder.iterdir():
        give_away(path)
    add = (folder / "slapd", "-T", "add", "-q", "-F", folder / "slapd.d")
    run((*add, "-n", "0"), folder, feed=_configuration(server, require_tls=require_tls))
    run((*add, "-n", "1"), folder, feed=_first_entries(server))


def _configuration(server: Slapd, *, require_tls: bool) -> str:
    modules, schemas = _first_folder(MODULE_FOLDERS, "back_mdb"), _first_folder(SCHEMA_FOLDERS, "core")
    loaded = [name for name in MODULES if any(modules.glob(f"{name}*"))]
    return _template("slapd_config.ldif").substitute(
        folder=server.folder,
        modules=modules,
        loads="\n".join(f"olcModuleLoad: {name}" for name in loaded),
        includes="\n".join(f"include: file://{schemas / name}.ldif\n" for name in ("core", "cosine", "inetorgperson")),
        hash="{ARGON2}" if "argon2" in loaded else "{SSHA}",
        security="olcSecurity: ssf=128\nolcLocalSSF: 128" if require_tls else "olcLocalSSF: 128",
        suffix=SUFFIX,
        admin_password=server.admin_password,
    )


def _first_entries(server: Slapd) -> str:
    return _template("slapd_entries.ldif").substitute(suffix=SUFFIX, service_password=server.service_password)


def _template(name: str) -> Template:
    return Template(Path(__file__).with_name(name).read_text())


def _first_folder(candidates: tuple[str, ...], holding: str) -> Path:
    for folder in map(Path, candidates):
        if any(folder.glob(f"{holding}*")):
            return folder
    raise ServiceFailed(f"no folder of OpenLDAP holds {holding}")
