"""Settings: every `ADMINOPS_*` variable of the environment, typed, checked and documented in one place.

`Settings.from_environment` refuses a wrong value with a sentence; `docs/settings.md` is generated from this module
by `adminops docs` and tested for freshness.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import current_app

from adminops.private_files import write_private

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
SHORTEST_SECRET = 32
LARGEST_NUMBER = 1_000_000
LONGEST_TRUST = 90
ROLES = "end_user", "agency_lead", "security_officer", "help_desk", "trainer", "system_admin", "manager", "viewer"
"""What roles are called here (`adminops.identity.permissions.Role`, which a test compares)."""


class WrongSetting(Exception):
    """A variable of the environment holds a value that can't be used; the text says which and what is expected."""


def _text(raw: str) -> str:
    if not raw.isprintable():
        raise ValueError("one line of text")
    return raw.strip()


def _flag(raw: str) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if raw.strip().lower() not in words:
        raise ValueError("yes or no")
    return words[raw.strip().lower()]


def _positive(raw: str) -> int:
    number = int(raw) if raw.strip().isascii() and raw.strip().isdecimal() else 0
    if not 0 < number <= LARGEST_NUMBER:
        raise ValueError(f"a whole number from 1 to {LARGEST_NUMBER:,}")
    return number


def _days(raw: str) -> int:
    number = _count(raw)
    if number > LONGEST_TRUST:
        raise ValueError(f"a whole number from 0 to {LONGEST_TRUST}")
    return number


def _count(raw: str) -> int:
    if not (raw.strip().isascii() and raw.strip().isdecimal()):
        raise ValueError("a whole number, zero or above")
    return int(raw)


def _percent(raw: str) -> int:
    if not 0 <= (number := _count(raw)) <= 100:
        raise ValueError("a whole number from 0 to 100")
    return number


def _port(raw: str) -> int:
    if not 0 < (number := _count(raw)) < 65536:
        raise ValueError("a port between 1 and 65535")
    return number


def _mail_address(raw: str) -> str:
    name, at, domain = raw.strip().partition("@")
    if not (name and at and domain) or " " in raw.strip() or not raw.isascii():
        raise ValueError("an e-mail address such as adminops@example.org")
    return raw.strip()


def _directory(raw: str) -> str:
    if not raw.startswith(("ldap://", "ldaps://")):
        raise ValueError("ldaps://… or ldap://…")
    return raw.strip()


def _zone(raw: str) -> str:
    try:
        ZoneInfo(raw.strip())
    except (KeyError, ValueError, OSError) as wrong:
        raise ValueError("an IANA time zone such as America/New_York") from wrong
    return raw.strip()


def _one_of(*words: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        if raw.strip() not in words:
            raise ValueError("one of " + ", ".join(words))
        return raw.strip()

    return read


def _some_of(*words: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        named = raw.split()
        if named != ["none"] and not set(named) <= set(words):
            raise ValueError("some of " + ", ".join(words) + ", with blanks between, or none")
        return " ".join(word for word in words if word in named)

    return read


def _web_address(raw: str) -> str:
    try:
        parts = urlsplit(raw.strip())
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError("a web address such as https://desk.example.org")
    return raw.strip().rstrip("/")


def _database(raw: str) -> str:
    if not raw.startswith(("sqlite:///", "postgresql+psycopg://")) or raw.strip() == "sqlite:///":
        raise ValueError("sqlite:////folder/file or postgresql+psycopg://name:password@server/database")
    return raw.strip()


def _path(raw: str) -> Path:
    try:
        return Path(raw).expanduser().resolve()
    except (RuntimeError, OSError, ValueError) as wrong:
        raise ValueError("the path of a folder") from wrong


def _file(raw: str) -> str:
    if not Path(raw).is_file():
        raise ValueError("the path of a file that is there")
    return str(Path(raw).resolve())


def setting(default: Any, about: str, read: Callable[[str], Any] = _text, *, secret: bool = False) -> Any:
    """Declare one setting: its default, the sentence for the docs, and how its text is read.

    A `secret` one never stands in the text of a `Settings` value, which may end up in a trace.
    """
    metadata = {"about": about, "read": read, "default": default}
    if callable(default):
        return field(default_factory=default, metadata=metadata, repr=not secret)
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What differs between one installation and another. Rules of the house are data in the database, not here."""

    environment: str = setting(
        "development",
        "`development` shows style guide, mailbox and demo sign-ins; `production` refuses weak set-ups.",
        _one_of("development", "test", "production"),
    )
    home: Path = setting(
        lambda: Path(__file__).resolve().parents[1] / "var",
        "Folder of the embedded database, files, keys and caches.",
        _path,
    )
    database_url: str = setting(
        "", "SQLAlchemy address of the database; empty means SQLite at `home/adminops.sqlite`.", _database, secret=True
    )
    base_url: str = setting(
        "http://127.0.0.1:8000",
        "Address people reach AdminOps at; links in mails start with it.",
        _web_address,
    )
    secret_key: str = setting(
        "", "Signs the session cookie; empty means a random one kept in `home/keys`.", secret=True
    )
    time_zone: str = setting("America/New_York", "Zone in which times are shown and business days counted.", _zone)
    product_name: str = setting("AdminOps", "Name on the screens and in mails.")
    team_name: str = setting("HMIS Systems Team", "Who answers: shown in mails and on the help page.")
    team_phone: str = setting("(555) 555-0199", "Telephone of the team on the help page.")
    session_idle_minutes: int = setting(30, "A session without a request for so long ends.", _positive)
    session_hours: int = setting(12, "A session ends after so long, busy or not.", _positive)
    reset_link_minutes: int = setting(60, "How long a password-reset link works.", _positive)
    password_history: int = setting(
        5, "How many of a person's earlier passwords can't be chosen again; 0 remembers none.", _count
    )
    password_letter_and_digit: bool = setting(
        False,
        "Whether a password needs a letter and a digit (HUD's baseline of 2004); its length counts anyway.",
        _flag,
    )
    second_factor_roles: str = setting(
        "agency_lead security_officer help_desk trainer system_admin manager viewer",
        "Roles whose people need a second step at sign-in, or `none`; everybody may have one.",
        _some_of(*ROLES),
    )
    second_factor_grace_days: int = setting(
        14, "How long somebody who needs a second step may put setting it up off; 0 does not wait.", _count
    )
    trusted_device_days: int = setting(
        0, "For how many days people may say that a device is not asked for the second step; 0: never.", _days
    )
    trusted_device_roles: str = setting(
        "end_user agency_lead security_officer help_desk trainer viewer",
        "Roles whose people may say so, if all their roles are among these, or `none`.",
        _some_of(*ROLES),
    )
    mail_transport: str = setting(
        "mailbox",
        "`mailbox` keeps mails on a page of the app (development), `console` prints them, `smtp` sends them.",
        _one_of("mailbox", "console", "smtp"),
    )
    mail_from: str = setting("adminops@example.org", "Sender address of all mails.", _mail_address)
    mail_reply_to: str = setting(
        "", "Address at which mails reach the help desk; empty: answers come to the sender address.", _mail_address
    )
    smtp_host: str = setting("127.0.0.1", "Mail server.")
    smtp_port: int = setting(25, "Port of the mail server.", _port)
    smtp_security: str = setting("starttls", "How the connection is protected.", _one_of("none", "starttls", "tls"))
    smtp_ca_file: str = setting("", "Who signs the mail server's certificate; empty means the system's list.", _file)
    smtp_user: str = setting("", "Name at the mail server; empty means no sign-in.")
    smtp_password: str = setting("", "Password at the mail server.", secret=True)
    smtp_timeout_seconds: int = setting(20, "How long a mail server may take to answer.", _positive)
    imap_host: str = setting("", "Server of the mailbox to fetch mails from; empty: mails come by `mail receive`.")
    imap_port: int = setting(993, "Port of that server.", _port)
    imap_security: str = setting("tls", "How the connection is protected.", _one_of("none", "starttls", "tls"))
    imap_ca_file: str = setting("", "Who signs that server's certificate; empty means the system's list.", _file)
    imap_user: str = setting("", "Name at that server.")
    imap_password: str = setting("", "Password at that server.", secret=True)
    imap_folder: str = setting("INBOX", "Folder whose mails are fetched; each is stored here, then removed there.")
    imap_done_folder: str = setting("", "Folder that a fetched mail is copied to before; empty: none.")
    scheduler: bool = setting(
        True, "Whether this process takes part in running jobs (one leader at a time does).", _flag
    )
    upload_limit_mb: int = setting(200, "Largest file that can be uploaded, in megabytes.", _positive)
    undo_send_seconds: int = setting(
        15, "How long an answer of the team can be taken back before it leaves; 0 sends at once.", _count
    )
    time_spent: bool = setting(
        True, "Whether the team may note how long it worked on a ticket; nobody ever has to.", _flag
    )
    mail_notes: bool = setting(
        False,
        "Whether mails to members of the team hold the words of team notes; what the guard finds odd never leaves.",
        _flag,
    )
    survey_percent: int = setting(
        30, "Of how many resolved tickets in a hundred the requester is asked how it went; 0 asks nobody.", _percent
    )
    survey_delay_hours: int = setting(24, "How long after a ticket is resolved that is asked.", _count)
    survey_days: int = setting(14, "How long the link to the answer works.", _positive)
    attachment_limit_mb: int = setting(20, "Largest file that can come with a message, in megabytes.", _positive)
    unpacked_limit_mb: int = setting(4000, "Largest size of an HMIS export once unpacked, in megabytes.", _positive)
    merge_second_person_stays: int = setting(
        20, "A merge that moves more stays than these needs a second person, as one with a conflict does.", _count
    )
    drop_folder: Path | None = setting(
        None, "Folder with a drop folder for each source that has one; empty means `home/drop`.", _path
    )
    drop_settle_seconds: int = setting(
        30, "An export in a drop folder is taken once it has not grown for so long.", _positive
    )
    trusted_proxies: int = setting(0, "Number of reverse proxies whose forwarded headers are believed.", _count)
    account_gates: str = setting(
        "supervisor mou seat background agreement training",
        "What requests about accounts need besides words that each kind asks for anyway, or `none`.",
        _some_of("supervisor", "mou", "seat", "background", "agreement", "training"),
    )
    directory_url: str = setting(
        "",
        "ldaps:// address of the directory, or ldap:// (StartTLS is used); empty keeps accounts in AdminOps.",
        _directory,
    )
    directory_kind: str = setting("openldap", "What kind of directory it is.", _one_of("openldap", "389ds", "ad"))
    directory_ca_file: str = setting("", "Who signs the directory's certificate; empty: the system's list.", _file)
    directory_user: str = setting("", "Our account there, as a distinguished name with rights below the two places.")
    directory_password: str = setting("", "Its password.", secret=True)
    directory_people: str = setting("", "Place of the people there, such as ou=people,dc=example,dc=org.")
    directory_groups: str = setting(
        "", "Place of the groups that stand for roles, such as ou=groups,dc=example,dc=org."
    )
    directory_archive: str = setting("", "Place of those put away; empty: ou=archived below the people.")
    directory_timeout_seconds: int = setting(3, "How long the directory may take to answer.", _positive)
    log_level: str = setting("info", "How much is logged.", _one_of("debug", "info", "warning", "error"))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read all settings from `environment` (usually `os.environ`).

        Raises `WrongSetting` with a sentence for a value that can't be read, for an unknown `ADMINOPS_` name, and
        for a production set-up that would be unsafe.
        """
        known = {f"ADMINOPS_{f.name.upper()}": f for f in fields(cls)}
        _refuse_unknown(environment, known)
        values: dict[str, Any] = {}
        for variable, declared in known.items():
            raw = environment.get(variable, "").strip()
            if raw:
                values[declared.name] = _read(variable, raw, declared.metadata["read"])
        settings = cls(**values)
        settings.refuse_unsafe()
        return settings

    def refuse_unsafe(self) -> None:
        """Raise `WrongSetting` when a production installation would leak or lose something."""
        if self.environment != "production":
            return
        if not self.base_url.startswith("https://"):
            raise WrongSetting("ADMINOPS_BASE_URL must start with https:// in production.")
        if self.mail_transport != "smtp":
            raise WrongSetting("ADMINOPS_MAIL_TRANSPORT must be smtp in production: nobody reads the mailbox page.")
        if self.smtp_security == "none" and self.smtp_host not in LOOPBACK:
            raise WrongSetting(
                "ADMINOPS_SMTP_SECURITY must be starttls or tls in production, unless the mail server is this machine."
            )
        if self.imap_host not in {"", *LOOPBACK} and self.imap_security == "none":
            raise WrongSetting(
                "ADMINOPS_IMAP_SECURITY must be starttls or tls in production, unless the server is this machine."
            )
        if self.secret_key and len(self.secret_key) < SHORTEST_SECRET:
            raise WrongSetting(
                f"ADMINOPS_SECRET_KEY needs {SHORTEST_SECRET} random characters or more; empty, one is made for you."
            )

    @property
    def database(self) -> str:
        """The address of the database in use."""
        return self.database_url or f"sqlite:///{self.home / 'adminops.sqlite'}"

    @property
    def drop(self) -> Path:
        """The folder of the drop folders."""
        return self.drop_folder or self.home / "drop"

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies travel over HTTPS only."""
        return self.base_url.startswith("https://")

    @property
    def demo_allowed(self) -> bool:
        """Whether invented people may be loaded here."""
        return self.environment != "production"

    @property
    def demo_mark(self) -> Path:
        """The file that is there once invented people were loaded: every page says so."""
        return self.home / "demo"

    def cookie_secret(self) -> str:
        """Return the key that signs cookies: the setting, else a random one kept in `home/keys/session.key`."""
        if self.secret_key:
            return self.secret_key
        path = self.home / "keys" / "session.key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, secrets.token_urlsafe(48).encode())
        secret = path.read_text()
        if len(secret) < SHORTEST_SECRET:
            raise WrongSetting(f"{path} is no key: restore it from its backup, or remove it to get a new one.")
        return secret


def current_settings() -> Settings:
    """Return the settings of the running app, for verbs and jobs that need one (a time zone, a time limit)."""
    found: Settings = current_app.extensions["settings"]
    return found


#: Names of the environment that belong to the tools around the app, not to the app.
TOOL_VARIABLES = frozenset(
    f"ADMINOPS_{name}" for name in ("NO_APT", "REQUIRE", "PG_BIN", "CHROMIUM", "SAMPLES", "TEST_POSTGRES_URL")
)


def _refuse_unknown(environment: Mapping[str, str], known: Mapping[str, object]) -> None:
    for variable in environment:
        if variable.startswith("ADMINOPS_") and variable not in known and variable not in TOOL_VARIABLES:
            raise WrongSetting(f"{variable} is not a setting of AdminOps: see docs/settings.md for the names.")


def _read(variable: str, raw: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(raw)
    except ValueError as wrong:
        raise WrongSetting(f"{variable} should be {wrong}.") from None


def describe_settings() -> str:
    """Return `docs/settings.md`: a table of every setting with its default and meaning."""
    lines = [
        "# Settings",
        "",
        "Read from the environment at start. A wrong value refuses to start with a sentence.",
        "This page is generated by `adminops docs`.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for declared in fields(Settings):
        default = declared.metadata["default"]
        shown = "`var/`" if declared.name == "home" else f"`{default}`" if default not in ("", None) else "(empty)"
        lines.append(f"| `ADMINOPS_{declared.name.upper()}` | {shown} | {declared.metadata['about']} |")
    return "\n".join(lines) + "\n"
