"""A private 389 Directory Server, for `./dev test --389`.

Its own tool makes an instance, as `nobody`, in some ten seconds; its certificate and rules are put in afterwards.
"""

import contextlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import NoEncryption, load_pem_private_key, pkcs12

from tests.services.certificates import certificates
from tests.services.private import (
    ServiceFailed,
    free_port,
    give_away,
    private_folder,
    remove_folder,
    run,
)

SUFFIX = "dc=adminops,dc=example,dc=org"
ROOT = "cn=Directory Manager"
SHIPPED = Path("/etc/dirsrv")
"""What the package brings; on Debian only its own user may look into it."""
INSTANCE = """
[general]
config_version = 2
full_machine_name = localhost
strict_host_checking = False
systemd = False
selinux = False

[slapd]
instance_name = t
user = {user}
group = {group}
port = {port}
secure_port = {tls_port}
root_dn = {root}
root_password = {password}
self_sign_cert = False

[backend-userroot]
suffix = {suffix}
create_suffix_entry = True
sample_entries = no
"""
RULES = {
    "nsslapd-listenhost": "127.0.0.1",
    "nsslapd-securelistenhost": "127.0.0.1",
    "nsslapd-security": "on",
    "passwordCheckSyntax": "on",
    "passwordMinLength": "15",
    "passwordMinCategories": "1",
    "passwordMinTokenLength": "15",
    "passwordHistory": "on",
    "passwordInHistory": "5",
    "passwordLockout": "on",
    "passwordMaxFailure": "5",
    "passwordMustChange": "off",
    "nsslapd-allow-hashed-passwords": "off",
}
OPERATIONAL = (
    "nsAccountLock || accountUnlockTime || passwordRetryCount || passwordExpirationTime || retryCountResetTime"
)


@dataclass
class Dirsrv:
    """A running server."""

    folder: Path
    port: int
    tls_port: int
    root_password: str = field(repr=False)
    service_password: str = field(repr=False)

    suffix = SUFFIX
    people = f"ou=people,{SUFFIX}"
    archive = f"ou=archived,ou=people,{SUFFIX}"
    groups = f"ou=groups,{SUFFIX}"
    service = f"cn=adminops,ou=services,{SUFFIX}"

    @property
    def tls_url(self) -> str:
        """The address with TLS from the first byte."""
        return f"ldaps://127.0.0.1:{self.tls_port}"

    @property
    def ca_file(self) -> Path:
        """The authority that signed the server's certificate."""
        return self.folder / "ca.pem"


@contextlib.contextmanager
def running() -> Iterator[Dirsrv]:
    """Make an instance, let it run, and remove it afterwards. Raises `ServiceFailed`."""
    if not shutil.which("dscreate"):
        raise ServiceFailed("no 389 Directory Server on this machine (Debian: 389-ds-base)")
    if os.geteuid() == 0:
        SHIPPED.chmod(0o755)
    folder = private_folder("dirsrv")
    server = Dirsrv(folder, free_port(), free_port(), secrets.token_urlsafe(18), secrets.token_urlsafe(18))
    try:
        _create(server)
        _secure(server)
        _fill(server)
        yield server
    finally:
        with contextlib.suppress(ServiceFailed):
            _tool(folder, "dsctl", "t", "stop")
        remove_folder(folder)


def _create(server: Dirsrv) -> None:
    folder, mine = server.folder, "nobody" if os.geteuid() == 0 else _name_of_us()
    group = "nogroup" if os.geteuid() == 0 else mine
    file = folder / "instance.inf"
    file.touch(mode=0o600)
    values = {"port": server.port, "tls_port": server.tls_port, "root": ROOT, "password": server.root_password}
    file.write_text(INSTANCE.format(user=mine, group=group, suffix=SUFFIX, **values))
    (folder / "bin").mkdir()
    for path in (file, folder / "bin"):
        give_away(path)
    _tool(folder, "dscreate", "ds-root", folder / "root", folder / "bin")
    _tool(folder, "dscreate", "from-file", file)


def _name_of_us() -> str:
    return subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()


def _tool(folder: Path, *command: str | Path) -> None:
    """Run one of its tools, which want to know who runs them and find the instance by their own folder on the path."""
    path = f"{folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    who = "nobody" if os.geteuid() == 0 else _name_of_us()
    run(["env", f"PATH={path}", f"HOME={folder}", f"LOGNAME={who}", f"USER={who}", *command], folder)


def _secure(server: Dirsrv) -> None:
    """Give it our certificate, and let it listen on the loopback interface with TLS alone for passwords."""
    folder, made = server.folder, certificates()
    made.write_to(folder)
    key, shown = load_pem_private_key(made.key, None), x509.load_pem_x509_certificate(made.certificate)
    packed = folder / "server.p12"
    packed.touch(mode=0o600)
    packed.write_bytes(pkcs12.serialize_key_and_certificates(b"server", key, shown, None, NoEncryption()))  # type: ignore[arg-type]
    for path in (packed, folder / "ca.pem", folder / "server.pem", folder / "server.key"):
        give_away(path)
    store = folder / "root/etc/dirsrv/slapd-t"
    opened = ("-d", store, "-f", store / "pwdfile.txt")
    _tool(folder, "certutil", "-A", *opened, "-n", "authority", "-t", "CT,,", "-i", folder / "ca.pem")
    _tool(folder, "pk12util", "-i", packed, "-d", store, "-k", store / "pwdfile.txt", "-W", "")
    _change(server, f"ldap://127.0.0.1:{server.port}")
    _tool(folder, "dsctl", "t", "restart")


def _change(server: Dirsrv, url: str) -> None:
    import ldap

    line = ldap.initialize(url)
    line.simple_bind_s(ROOT, server.root_password)
    rules = {**RULES, "nsslapd-securePort": str(server.tls_port)}
    line.modify_s("cn=config", [(ldap.MOD_REPLACE, name, [value.encode()]) for name, value in rules.items()])
    shows = [(ldap.MOD_REPLACE, "nsSSLPersonalitySSL", [b"server"]), (ldap.MOD_REPLACE, "nsSSLActivation", [b"on"])]
    line.modify_s("cn=RSA,cn=encryption,cn=config", shows)
    unique = {"uniqueness-attribute-name": [b"uid", b"mail"], "uniqueness-subtrees": [server.people.encode()]}
    line.add_s(
        "cn=people are unique,cn=plugins,cn=config",
        [
            ("objectClass", [b"top", b"nsSlapdPlugin", b"extensibleObject"]),
            ("nsslapd-pluginPath", [b"libattr-unique-plugin"]),
            ("nsslapd-pluginInitfunc", [b"NSUniqueAttr_Init"]),
            ("nsslapd-pluginType", [b"betxnpreoperation"]),
            ("nsslapd-pluginEnabled", [b"on"]),
            ("nsslapd-plugin-depends-on-type", [b"database"]),
            ("nsslapd-pluginId", [b"NSUniqueAttr"]),
            ("nsslapd-pluginVersion", [b"none"]),
            ("nsslapd-pluginVendor", [b"none"]),
            ("nsslapd-pluginDescription", [b"none"]),
            ("uniqueness-across-all-subtrees", [b"on"]),
            *unique.items(),
        ],
    )
    # Names of 7 bits are a rule of its first days; ours are, but the contract tries others.
    line.modify_s("cn=7-bit check,cn=plugins,cn=config", [(ldap.MOD_REPLACE, "nsslapd-pluginEnabled", [b"off"])])
    line.unbind_s()


def _fill(server: Dirsrv) -> None:
    """Make the places and our account, which may do what it has to below two of them and read no hashes."""
    import ldap

    line = ldap.initialize(server.tls_url)
    line.set_option(ldap.OPT_X_TLS_CACERTFILE, str(server.ca_file))
    line.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    line.simple_bind_s(ROOT, server.root_password)
    for place in (server.people, server.groups, f"ou=services,{SUFFIX}", server.archive):
        line.add_s(place, [("objectClass", [b"organizationalUnit"])])
    us = [("objectClass", [b"organizationalRole", b"simpleSecurityObject"])]
    line.add_s(server.service, [*us, ("userPassword", [server.service_password.encode()])])
    whom = f'userdn="ldap:///{server.service}"'
    rights = [
        f'(targetattr!="userPassword || passwordHistory")(version 3.0; acl "all but hashes"; allow (all) {whom};)',
        f'(targetattr="{OPERATIONAL}")(version 3.0; acl "state"; allow (read,search,compare,write) {whom};)',
        f'(targetattr="userPassword")(version 3.0; acl "set passwords"; allow (write,add) {whom};)',
    ]
    for place in (server.people, server.groups):
        line.modify_s(place, [(ldap.MOD_ADD, "aci", [right.encode() for right in rights])])
    line.unbind_s()
