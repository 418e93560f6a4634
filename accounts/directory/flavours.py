"""What differs between the directories: how each names things, closes an account and takes a password."""

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from accounts.directory.values import Desired, Entry, Verdict
from adminops import clock

if TYPE_CHECKING:
    from accounts.directory.wire import Bound, Found, Wire

Values = dict[str, list[bytes]]

CLOSED = datetime(2000, 1, 1, tzinfo=UTC)
"""When access of a closed account ended, in directories that know no other way: long ago."""


@dataclass(frozen=True)
class Flavour:
    """A kind of directory. What is here fits OpenLDAP with its password policy; the others differ from it."""

    kind: str = "openldap"
    key: str = "employeeNumber"
    """Attribute that holds the account's own number."""
    id: str = "entryUUID"
    login: str = "uid"
    first_part: str = "uid"
    """Attribute that an entry's place begins with."""
    shown_name: str = "cn"
    classes: Sequence[str] = ("inetOrgPerson",)
    group_classes: Sequence[str] = ("groupOfNames",)
    group_needs_member: bool = True
    """Whether a group may not be empty, so that it gets a member that is no person."""
    knows_end: bool = True
    keeps_members: bool = True
    """Whether groups follow an entry that moves; where they do not, it leaves them before and joins them after."""
    own: Sequence[str] = (
        "pwdEndTime",
        "pwdAccountLockedTime",
        "pwdFailureTime",
        "pwdReset",
        "pwdLastSuccess",
        "entryUUID",
    )
    """Attributes of this kind alone that an entry is read by."""

    @property
    def attributes(self) -> Sequence[str]:
        """What an entry is read by; never a password or its history."""
        return (self.key, self.login, self.shown_name, "mail", "title", "sn", "givenName", *self.own)

    @property
    def people(self) -> str:
        """The filter of entries that bear a number of ours."""
        return f"({self.key}=*)"

    def entry(self, found: "Found", *, groups: frozenset[str], archived: bool) -> Entry:
        """Return what an entry says."""
        ends_at = self.end_of(found)
        return Entry(
            key=found.text(self.key),
            id=self.id_of(found),
            place=found.dn,
            username=found.text(self.login),
            name=found.text(self.shown_name),
            email=found.text("mail"),
            title=found.text("title"),
            enabled=self.is_enabled(found),
            ends_at=ends_at if ends_at and ends_at > clock.now() else None,
            groups=groups,
            archived=archived,
            locked=self.is_locked(found),
            must_change=self.must_change(found),
            last_sign_in_at=self.last_sign_in(found),
        )

    def id_of(self, found: "Found") -> str:
        """Return the directory's own number of an entry."""
        return found.text(self.id)

    def particulars(self, desired: Desired) -> Values:
        """Return the attributes of a person; an empty one is not there."""
        *given, last = desired.name.split() or [desired.username]
        values = {
            self.key: desired.key,
            self.login: desired.username,
            self.shown_name: desired.name,
            "sn": last,
            "givenName": " ".join(given),
            "mail": desired.email,
            "title": desired.title,
        }
        return {name: [value.encode()] if value else [] for name, value in values.items()}

    def first(self, desired: Desired) -> Values:
        """Return a new entry: closed, whatever is desired."""
        classes = {"objectClass": [each.encode() for each in self.classes]}
        return {**classes, **self.particulars(desired)}

    def after_first(self, desired: Desired) -> Values:
        """Return what a new entry gets at once, where the first write can't hold it."""
        del desired
        return self.closing()

    def difference(self, entry: Entry, found: "Found", desired: Desired) -> Values:
        """Return the attributes that are not as desired, with what they should be."""
        wanted = self.particulars(desired)
        wanted.pop(self.first_part, None)  # the entry's place holds it; `move` changes both
        changed = {name: each for name, each in wanted.items() if list(found.values.get(name.lower(), ())) != each}
        ends_alike = not self.knows_end or not desired.enabled or entry.ends_at == to_second(desired.ends_at)
        if entry.enabled != desired.enabled or not ends_alike:
            changed |= self.opening(found, desired) if desired.enabled else self.closing(found)
        return changed

    def name_in_place(self, desired: Desired) -> str:
        """Return what an entry's place begins with."""
        return desired.username

    def closing(self, found: "Found | None" = None) -> Values:
        """Return what closes an account and stays through every later password."""
        del found
        return {"pwdEndTime": [generalized(CLOSED)]}

    def opening(self, found: "Found", desired: Desired) -> Values:
        """Return what opens one, until its end."""
        del found
        return {"pwdEndTime": [generalized(desired.ends_at)] if desired.ends_at else []}

    def is_enabled(self, found: "Found") -> bool:
        """Say whether the account is open, apart from wrong tries."""
        end = self.end_of(found)
        return end is None or end > clock.now()

    def end_of(self, found: "Found") -> datetime | None:
        """Return when access ends or ended."""
        return moment(found.text("pwdEndTime"))

    def is_locked(self, found: "Found") -> bool:
        """Say whether wrong tries have locked it."""
        return bool(found.text("pwdAccountLockedTime"))

    def must_change(self, found: "Found") -> bool:
        """Say whether the password has to be changed first."""
        return found.text("pwdReset").upper() == "TRUE"

    def last_sign_in(self, found: "Found") -> datetime | None:
        """Return when somebody was last let in."""
        return moment(found.text("pwdLastSuccess"))

    def set_password(self, wire: "Wire", dn: str, password: str, *, must_change: bool) -> None:
        """Set a password."""
        wire.set_password(dn, password)
        wire.replace(dn, {"pwdReset": [b"TRUE"] if must_change else []})

    def unlock(self, wire: "Wire", dn: str) -> None:
        """Take the lock away and the tries that led to it: the count alone would lock at the next slip."""
        wire.replace(dn, {"pwdAccountLockedTime": [], "pwdFailureTime": []}, relax=True)

    def verdict(self, bound: "Bound", entry: Entry) -> Verdict:
        """Return what a try to sign in amounts to."""
        if bound.ok:
            if not entry.enabled:
                return Verdict.DISABLED
            return Verdict.MUST_CHANGE if bound.policy == 2 or entry.must_change else Verdict.OK
        if bound.policy == 1:
            return Verdict.LOCKED if entry.enabled and entry.locked else Verdict.DISABLED
        return Verdict.EXPIRED if bound.policy == 0 else Verdict.WRONG


@dataclass(frozen=True)
class Dirsrv(Flavour):
    """389 Directory Server."""

    kind: str = "389ds"
    id: str = "nsUniqueId"
    group_needs_member: bool = False
    knows_end: bool = False
    keeps_members: bool = False
    own: Sequence[str] = (
        "nsUniqueId",
        "nsAccountLock",
        "accountUnlockTime",
        "passwordRetryCount",
        "passwordExpirationTime",
    )

    def closing(self, found: "Found | None" = None) -> Values:
        """Lock the account; a new password leaves that as it is."""
        del found
        return {"nsAccountLock": [b"true"]}

    def opening(self, found: "Found", desired: Desired) -> Values:
        """Take the lock away."""
        del found, desired
        return {"nsAccountLock": []}

    def is_enabled(self, found: "Found") -> bool:
        """Say whether it is not locked by somebody."""
        return found.text("nsAccountLock").casefold() != "true"

    def end_of(self, found: "Found") -> datetime | None:
        """This kind knows no end; closing on time is left to AdminOps."""
        del found
        return None

    def is_locked(self, found: "Found") -> bool:
        """Say whether wrong tries have locked it."""
        until = moment(found.text("accountUnlockTime"))
        return until is not None and until > clock.now()

    def must_change(self, found: "Found") -> bool:
        """A password that was reset is expired since 1970."""
        return found.text("passwordExpirationTime").startswith("19700101")

    def last_sign_in(self, found: "Found") -> datetime | None:
        """A plugin may know; it is not relied on."""
        del found
        return None

    def set_password(self, wire: "Wire", dn: str, password: str, *, must_change: bool) -> None:
        """Set a password, and let it be expired when it has to be changed."""
        wire.set_password(dn, password)
        wire.replace(dn, {"passwordExpirationTime": [b"19700101000000Z"] if must_change else []})

    def unlock(self, wire: "Wire", dn: str) -> None:
        """Forget the wrong tries."""
        wire.replace(dn, {"accountUnlockTime": [], "passwordRetryCount": []})

    def verdict(self, bound: "Bound", entry: Entry) -> Verdict:
        """It tells a closed account before it looks at the password."""
        if not bound.ok and not entry.enabled:
            return Verdict.DISABLED
        if not bound.ok and entry.locked:
            return Verdict.LOCKED
        return super().verdict(bound, entry)


OFF, PLAIN, NEVER = 0x2, 0x200, 2**63 - 1
"""Bits of userAccountControl: closed, a person; and the end that is none."""
NOT_IN_NAMES = re.compile(r'["/\\\[\]:;|=,+*?<>@\s]')
LONGEST_NAME = 20


@dataclass(frozen=True)
class ActiveDirectory(Flavour):
    """Active Directory, and Samba in its place."""

    kind: str = "ad"
    id: str = "objectGUID"
    login: str = "cn"
    first_part: str = "cn"
    shown_name: str = "displayName"
    classes: Sequence[str] = ("top", "person", "organizationalPerson", "user")
    group_classes: Sequence[str] = ("group",)
    group_needs_member: bool = False
    own: Sequence[str] = (
        "objectGUID",
        "userAccountControl",
        "accountExpires",
        "lockoutTime",
        "pwdLastSet",
        "lastLogonTimestamp",
    )

    @property
    def people(self) -> str:
        """Persons only: a machine may bear a number, too."""
        return f"(&(objectCategory=person)({self.key}=*))"

    def id_of(self, found: "Found") -> str:
        """Return the number as it is written; it is stored as bytes."""
        raw = next(iter(found.values.get("objectguid", ())), b"")
        return str(uuid.UUID(bytes_le=bytes(raw))) if len(raw) == 16 else ""

    def first(self, desired: Desired) -> Values:
        """Return a new entry, closed: with a short name for old programs."""
        short = {"sAMAccountName": [short_name(desired.username).encode()]}
        return {**super().first(desired), **short, "userAccountControl": [str(PLAIN | OFF).encode()]}

    def after_first(self, desired: Desired) -> Values:
        """Nothing: the first write closes it already."""
        del desired
        return {}

    def closing(self, found: "Found | None" = None) -> Values:
        """Set the bit, leave the others."""
        return {"userAccountControl": [str(self._bits(found) | OFF).encode()]}

    def opening(self, found: "Found", desired: Desired) -> Values:
        """Clear the bit, and say when it ends."""
        ends = filetime(desired.ends_at) if desired.ends_at else NEVER
        return {"userAccountControl": [str(self._bits(found) & ~OFF).encode()], "accountExpires": [str(ends).encode()]}

    def is_enabled(self, found: "Found") -> bool:
        """Say whether the bit is clear and the end not over."""
        end = self.end_of(found)
        return not self._bits(found) & OFF and (end is None or end > clock.now())

    def _bits(self, found: "Found | None") -> int:
        return int((found.text("userAccountControl") if found else "") or PLAIN)

    def end_of(self, found: "Found") -> datetime | None:
        """Return the day it expires; two numbers stand for never."""
        ticks = int(found.text("accountExpires") or 0)
        return None if ticks in (0, NEVER) else from_filetime(ticks)

    def is_locked(self, found: "Found") -> bool:
        """Say whether wrong tries have locked it."""
        return int(found.text("lockoutTime") or 0) > 0

    def must_change(self, found: "Found") -> bool:
        """Say whether the password was never set by its owner."""
        return found.text("pwdLastSet") == "0"

    def last_sign_in(self, found: "Found") -> datetime | None:
        """Return the last sign-in that the domain agrees on: up to 14 days behind."""
        ticks = int(found.text("lastLogonTimestamp") or 0)
        return from_filetime(ticks) if ticks else None

    def set_password(self, wire: "Wire", dn: str, password: str, *, must_change: bool) -> None:
        """Write it in quotes and UTF-16, as this kind wants it; over TLS only, as every word of ours."""
        wire.replace(dn, {"unicodePwd": [f'"{password}"'.encode("utf-16-le")]}, by_the_rules=True)
        wire.replace(dn, {"pwdLastSet": [b"0" if must_change else b"-1"]})

    def unlock(self, wire: "Wire", dn: str) -> None:
        """Forget the wrong tries."""
        wire.replace(dn, {"lockoutTime": [b"0"]})

    def verdict(self, bound: "Bound", entry: Entry) -> Verdict:
        """Read the number of the reason."""
        if bound.ok:
            return Verdict.OK if entry.enabled else Verdict.DISABLED
        return AD_SAYS.get(bound.code, Verdict.WRONG)


AD_SAYS: Mapping[str, Verdict] = {
    "532": Verdict.EXPIRED,
    "533": Verdict.DISABLED,
    "701": Verdict.DISABLED,
    "773": Verdict.MUST_CHANGE,
    "775": Verdict.LOCKED,
}

FLAVOURS: Mapping[str, Flavour] = {each.kind: each for each in (Flavour(), Dirsrv(), ActiveDirectory())}


def short_name(username: str) -> str:
    """Return the name of 20 letters that old programs know somebody by; a longer one ends in a part of its hash."""
    plain = NOT_IN_NAMES.sub("-", username).strip(".")
    if plain == username and len(plain) <= LONGEST_NAME:
        return plain
    return f"{plain[:11].rstrip('.-')}-{hashlib.sha256(username.encode()).hexdigest()[:8]}"


def generalized(at: datetime) -> bytes:
    """Return a moment as LDAP writes it."""
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()


def moment(text: str) -> datetime | None:
    """Return the moment that a text of LDAP says; None for none or one that can't be read."""
    digits = re.match(r"(\d{14})(?:[.,]\d+)?Z$", text)
    try:
        return datetime.strptime(digits[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC) if digits else None
    except ValueError:
        return None


def to_second(at: datetime | None) -> datetime | None:
    """Return a moment without the part of a second that no directory keeps."""
    return at.replace(microsecond=0) if at else None


EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def filetime(at: datetime) -> int:
    """Return a moment as Active Directory counts it: tenths of microseconds since 1601, here in whole seconds."""
    return (to_second(at) - EPOCH) // timedelta(seconds=1) * 10_000_000  # type: ignore[operator]


def from_filetime(ticks: int) -> datetime | None:
    """Return the moment of such a number; None when it lies beyond the calendar."""
    try:
        return EPOCH + timedelta(seconds=ticks // 10_000_000)
    except OverflowError:
        return None
