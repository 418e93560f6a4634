"""A private Samba that acts as an Active Directory domain controller, for `./dev test --ad`.

Its ports are fixed, so it runs in a network of its own, as `nobody`; a forwarder inside hands a socket file on to it.
Making the domain takes root and some 20 seconds; each start of a copy takes one.
"""

import contextlib
import inspect
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.services.certificates import certificates
from tests.services.lines import listening, pump
from tests.services.private import ServiceFailed, end, give_away, private_folder, remove_folder, spawn, wait_until

SUFFIX = "DC=hmis,DC=test"
PASSWORD = "Pass-word-of-tests-1"
FORWARD = """
from __future__ import annotations
import select, socket, threading, sys
{pump}
def serve(line):
    try:
        with line, socket.create_connection(("127.0.0.1", 636)) as there:
            pump(line, there)
    except OSError:
        pass
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(64)
while True:
    line, _ = server.accept()
    threading.Thread(target=serve, args=(line,), daemon=True).start()
"""
START = """
ip link set lo up
"$2" -c "$3" "$1/line" &
exec samba -i -M single -s "$1/etc/smb.conf"
"""


@dataclass
class Samba:
    """A running domain controller."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    suffix = SUFFIX
    people = f"OU=people,{SUFFIX}"
    archive = f"OU=archived,OU=people,{SUFFIX}"
    groups = f"OU=groups,{SUFFIX}"
    service = f"CN=Administrator,CN=Users,{SUFFIX}"
    service_password = PASSWORD

    @property
    def tls_url(self) -> str:
        """The address with TLS from the first byte."""
        return f"ldaps://127.0.0.1:{self.port}"

    @property
    def ca_file(self) -> Path:
        """The authority that signed the server's certificate."""
        return self.folder / "private" / "tls" / "ca.pem"


@contextlib.contextmanager
def running() -> Iterator[Samba]:
    """Make a domain, start its controller, and remove both afterwards. Raises `ServiceFailed`."""
    if os.geteuid() != 0 or not shutil.which("samba-tool") or not shutil.which("unshare"):
        raise ServiceFailed("a domain is made by root, with samba-ad-dc, samba-ad-provision and unshare")
    folder = private_folder("samba")
    try:
        _provision(folder)
        with _started(folder) as process, listening(_to(folder / "line")) as port:
            samba = Samba(folder, port, process)
            _prepare(samba)
            yield samba
    finally:
        remove_folder(folder)


def _prepare(samba: Samba) -> None:
    """Make the three places, and let five wrong tries lock: a new domain never does."""
    import ldap

    line = ldap.initialize(samba.tls_url)
    line.set_option(ldap.OPT_X_TLS_CACERTFILE, str(samba.ca_file))
    line.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    line.simple_bind_s(samba.service, samba.service_password)
    for place in (samba.people, samba.groups, samba.archive):
        line.add_s(place, [("objectClass", [b"organizationalUnit"])])
    rules = {"lockoutThreshold": b"5", "minPwdAge": b"0", "minPwdLength": b"15", "pwdProperties": b"0"}
    line.modify_s(samba.suffix, [(ldap.MOD_REPLACE, name, [value]) for name, value in rules.items()])
    line.unbind_s()


def _provision(folder: Path) -> None:
    words = ("--use-rfc2307", "--realm=HMIS.TEST", "--domain=HMIS", "--server-role=dc", "--dns-backend=NONE")
    options = ("interfaces=lo", "bind interfaces only=yes", "vfs objects=dfs_samba4 acl_xattr xattr_tdb")
    command = ["samba-tool", "domain", "provision", *words, f"--adminpass={PASSWORD}", f"--targetdir={folder}"]
    command += ["--host-name=dc1", "--host-ip=127.0.0.1", *(f"--option={each}" for each in options)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceFailed(f"samba-tool failed: {done.stderr[-1500:]}")
    file = folder / "etc" / "smb.conf"
    head = file.read_text().partition("[global]\n")[2].partition("\n[")[0]
    kept = [
        line for line in head.splitlines() if not re.match(r"\s*(dns forwarder|log file|panic action|logging)", line)
    ]
    more = {
        "server services": "ldap",
        "dcerpc endpoint servers": "",
        "pid directory": str(folder),
        "ncalrpc dir": str(folder / "ncalrpc"),
        "winbindd socket directory": str(folder / "winbindd"),
        "disable netbios": "yes",
        "tls enabled": "yes",
        "old password allowed period": "0",
        "tls keyfile": "tls/server.key",
        "tls certfile": "tls/server.pem",
        "tls cafile": "tls/ca.pem",
        "log file": str(folder / "samba.log"),
    }
    file.write_text("\n".join(["[global]", *kept, *(f"\t{name} = {value}" for name, value in more.items()), ""]))
    tls = folder / "private" / "tls"
    tls.mkdir(mode=0o700, exist_ok=True)
    certificates().write_to(tls)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            give_away(path)


@contextlib.contextmanager
def _started(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    forward = FORWARD.replace("{pump}", inspect.getsource(pump))
    with tempfile.NamedTemporaryFile("w", suffix=".sh", dir=folder, delete=False) as script:
        script.write(START)
    give_away(Path(script.name))
    command = ["unshare", "-rn", "--kill-child", "bash", script.name, str(folder), _python(), forward]
    process = spawn(command, folder, stop=signal.SIGTERM)
    try:
        wait_until(lambda: _answers(folder / "line"), process, folder, seconds=30)
        yield process
    finally:
        end(process, signal.SIGTERM)


def _python() -> str:
    """Return an interpreter that `nobody` may run: one below the home of root is not."""
    return shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable


def _answers(file: Path) -> bool:
    context = ssl.create_default_context(cafile=str(file.with_name("private") / "tls" / "ca.pem"))
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(2)
        line.connect(str(file))
        with context.wrap_socket(line, server_hostname="127.0.0.1"):
            return True
    return False


def _to(file: Path) -> Callable[[socket.socket], None]:
    """Return what hands a connection on to a socket file."""

    def serve(line: socket.socket) -> None:
        with socket.socket(socket.AF_UNIX) as there:
            there.connect(str(file))
            pump(line, there)

    return serve
