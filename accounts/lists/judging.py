"""What each row of a list says, and which rows can't be taken and why. Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.lists.models import SENTENCES, ListPurpose
from accounts.lists.reading import Sheet
from adminops.identity.permissions import Role

ACTIVE = {"active", "yes", "y", "true", "1", "enabled", "t"}
INACTIVE = {"inactive", "no", "n", "false", "0", "disabled", "f", "locked", "archived", "deleted"}
NEVER = {"", "never", "n/a", "none", "null", "-"}
DATES = (
    *("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y"),
    *("%m/%d/%y", "%d-%b-%Y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y"),
)
ROLES = {
    **dict.fromkeys(("", "end user", "user", "services", "direct service", "read only", "case manager"), Role.END_USER),
    **dict.fromkeys(("agency lead", "agency administrator", "agency admin", "aa", "lead"), Role.AGENCY_LEAD),
    "security officer": Role.SECURITY_OFFICER,
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._+@-]{1,59}")
LONGEST = 200
AHEAD = timedelta(days=1)
"""A vendor's clock may go ahead of ours, or write the time of another zone."""


@dataclass(frozen=True)
class Entry:
    """One person of the list."""

    line: int
    login: str
    name: str
    email: str
    is_active: bool = True
    last_login_at: datetime | None = None
    agency: str = ""
    role: Role = Role.END_USER
    title: str = ""


@dataclass(frozen=True)
class Fault:
    """A row that can't be taken, and the rule that it breaks."""

    line: int
    rule: str

    @property
    def says(self) -> str:
        """The rule as a sentence."""
        return SENTENCES[self.rule]


@dataclass(frozen=True)
class Judged:
    """What a list comes to."""

    entries: list[Entry]
    faults: list[Fault]

    @property
    def newest_at(self) -> datetime | None:
        """The newest sign-in in it."""
        return max((entry.last_login_at for entry in self.entries if entry.last_login_at), default=None)


class _Wrong(Exception):
    """A row that breaks a rule."""


def judge(
    sheet: Sheet,
    mapping: Mapping[str, str],
    purpose: ListPurpose,
    *,
    zone: str,
    now: datetime,
    agencies: Collection[str] = (),
) -> Judged:
    """Return each row of the list as a person, or as a fault. `agencies` are folded names, for lists of new people."""
    entries: list[Entry] = []
    faults: list[Fault] = []
    seen: set[str] = set()
    reader = _Reader(mapping, purpose, ZoneInfo(zone), now, agencies)
    for line, cells in sheet.rows:
        try:
            entry = reader.entry(line, cells)
            keys = _keys(entry, purpose)
            if keys & seen:
                raise _Wrong("twice")
            seen |= keys
            entries.append(entry)
        except _Wrong as wrong:
            faults.append(Fault(line, str(wrong)))
    return Judged(entries, faults)


def folded(text: str) -> str:
    """Return a name as names are compared: small letters, single blanks."""
    return " ".join(text.casefold().split())


def _keys(entry: Entry, purpose: ListPurpose) -> set[str]:
    mail = f"mail {entry.email.casefold()}"
    if purpose is ListPurpose.LOGINS:
        return {f"login {entry.login.casefold()}"}
    return {mail, f"login {entry.login.casefold()}"} if entry.login else {mail}


@dataclass(frozen=True)
class _Reader:
    mapping: Mapping[str, str]
    purpose: ListPurpose
    zone: ZoneInfo
    now: datetime
    agencies: Collection[str]

    def entry(self, line: int, cells: Mapping[str, str]) -> Entry:
        said = {field: cells.get(column, "") for field, column in self.mapping.items()}
        name = said.get("name") or " ".join(filter(None, (said.get("first"), said.get("last"))))
        if any(len(value) > LONGEST for value in said.values()):
            raise _Wrong("too_long")
        made = Entry(line, said.get("login", ""), name, said.get("email", ""), title=said.get("title", ""))
        return self._login(made, said) if self.purpose is ListPurpose.LOGINS else self._user(made, said)

    def _login(self, made: Entry, said: Mapping[str, str]) -> Entry:
        if not made.login:
            raise _Wrong("missing_login")
        word = said.get("active", "active").casefold()
        if word not in ACTIVE | INACTIVE:
            raise _Wrong("status")
        at = self._moment(said["last_login"])
        return Entry(made.line, made.login, made.name, made.email, word in ACTIVE, at)

    def _user(self, made: Entry, said: Mapping[str, str]) -> Entry:
        for field in ("name", "email"):
            if not getattr(made, field):
                raise _Wrong(f"missing_{field}")
        if not _EMAIL.fullmatch(made.email):
            raise _Wrong("email")
        if made.login and not _LOGIN.fullmatch(made.login.casefold()):
            raise _Wrong("user_name")
        agency, role = folded(said["agency"]), ROLES.get(folded(said.get("role", "")))
        if not agency:
            raise _Wrong("missing_agency")
        if agency not in self.agencies:
            raise _Wrong("agency")
        if role is None:
            raise _Wrong("role")
        return Entry(made.line, made.login, made.name, made.email, agency=agency, role=role, title=made.title)

    def _moment(self, text: str) -> datetime | None:
        if text.casefold() in NEVER:
            return None
        found = _read(text)
        if found is None:
            raise _Wrong("date")
        at = (found if found.tzinfo else found.replace(tzinfo=self.zone)).astimezone(UTC)
        if at > self.now + AHEAD:
            raise _Wrong("future")
        return at


def _read(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in DATES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the office's zone is put to it by who asks
        except ValueError:
            continue
    return None
