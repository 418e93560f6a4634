"""A directory of the network: told how an account should be, it reads, compares, and writes what differs."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from accounts.directory.flavours import FLAVOURS, Flavour
from accounts.directory.local import GROUP
from accounts.directory.values import (
    Away,
    Change,
    Desired,
    Doubtful,
    Entry,
    Health,
    Misfit,
    Taken,
    Verdict,
    is_typed,
)
from accounts.directory.wire import Found, Server, Wire, first_part, is_below, named, parent, parts, quoted
from adminops.settings import Settings

ASK_AGAIN_AFTER = 5.0
"""Seconds in which a directory that did not answer is not asked for a password again: nobody should wait in line."""
SECRETS = ("userPassword", "pwdHistory", "unicodePwd")


def network_directory(settings: Settings) -> "NetworkDirectory":
    """Return the directory that the settings name."""
    server = Server(
        url=settings.directory_url,
        user=settings.directory_user,
        password=settings.directory_password,
        ca_file=settings.directory_ca_file,
        seconds=float(settings.directory_timeout_seconds),
    )
    return NetworkDirectory(
        FLAVOURS[settings.directory_kind],
        server,
        people=settings.directory_people,
        groups=settings.directory_groups,
        archive=settings.directory_archive,
    )


@dataclass
class NetworkDirectory:
    """Accounts below `people`, those put away below `archive`, groups of roles below `groups`."""

    flavour: Flavour
    server: Server
    people: str
    groups: str
    archive: str = ""
    _away_until: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.archive = self.archive or named("ou", "archived", self.people)

    @property
    def kind(self) -> str:
        """Which kind it is."""
        return self.flavour.kind

    def health(self) -> Health:
        """Sign in, read the tree, and look whether more is shown than should be."""
        with Wire(self.server).sign_in() as wire:
            for place in (self.people, self.groups, self.archive):
                if wire.read(place, ["objectClass"]) is None:
                    raise Misfit(f"The directory has no place {place}, which the settings name.")
            rows = list(wire.scan(self.people, self.flavour.people, [self.flavour.key, *SECRETS]))
        shown = sorted({name for row in rows for name in SECRETS if row.values.get(name.lower())})
        warnings = [f"Our account there can read {name}: it should only be able to write it." for name in shown]
        return Health(self.kind, len(rows), warnings)

    def find(self, key: str) -> Entry | None:
        """Return the account with that number."""
        with Wire(self.server).sign_in() as wire:
            found = self._find(wire, key)
            return self._entry(wire, found) if found else None

    def scan(self) -> Sequence[Entry]:
        """Return all accounts with a number of ours, read in pages."""
        with Wire(self.server).sign_in() as wire:
            if wire.read(self.people, ["objectClass"]) is None:
                raise Misfit(f"The directory has no place {self.people}, which the settings name.")
            rows = list(wire.scan(self.people, self.flavour.people, self.flavour.attributes))
            members = self._members(wire)
        return [self._told(row, members.get(tuple(parts(row.dn)), frozenset())) for row in rows]

    def converge(self, desired: Desired) -> Change:
        """Make the account what is desired."""
        try:
            with Wire(self.server).sign_in() as wire:
                return self._converge(wire, desired)
        except Doubtful:
            return self._resolved(desired)

    def set_password(self, desired: Desired, password: str, *, must_change: bool = False) -> None:
        """Set the password, then see that the account stands as desired; after a lost answer try the password."""
        if not is_typed(password):
            raise ValueError("An empty password would open nothing and lock its owner out.")
        self.converge(desired)  # also closes, before anything, what should be closed
        try:
            with Wire(self.server).sign_in() as wire:
                found = self._must_find(wire, desired.key)
                self.flavour.set_password(wire, found.dn, password, must_change=must_change)
        except Doubtful:
            if self.verify(desired.key, password) in (Verdict.WRONG, Verdict.LOCKED):
                raise
        self.converge(desired)

    def verify(self, key: str, password: str) -> Verdict:
        """Ask with a connection of its own, and not at all while the directory is known to be away."""
        if not is_typed(password):
            return Verdict.WRONG
        if time.monotonic() < self._away_until:
            raise Away("The directory does not answer.")
        try:
            return self._verify(key, password)
        except Away:
            self._away_until = time.monotonic() + ASK_AGAIN_AFTER
            raise

    def _verify(self, key: str, password: str) -> Verdict:
        with Wire(self.server).sign_in() as wire:
            found = self._find(wire, key)
            if found is None:
                return Verdict.WRONG
            with Wire(self.server) as own:
                bound = own.bind_as(found.dn, password)
            now = wire.read(found.dn, self.flavour.attributes) or found
            return self.flavour.verdict(bound, self._told(now, frozenset()))

    def unlock(self, key: str) -> bool:
        """Forget the wrong tries, whether they have locked it yet or not."""

        def done(wire: Wire) -> bool:
            found = self._must_find(wire, key)
            locked = self.flavour.is_locked(found)
            self.flavour.unlock(wire, found.dn)
            return locked

        return self._twice(done)

    def _twice(self, step: Callable[[Wire], bool]) -> bool:
        """Do what may be done twice; once more when the first answer got lost."""
        try:
            with Wire(self.server).sign_in() as wire:
                return step(wire)
        except Doubtful:
            with Wire(self.server).sign_in() as wire:
                return step(wire)

    def _resolved(self, desired: Desired) -> Change:
        """Read, after a lost answer, whether it was written; raise `Doubtful` when reading does not tell, or says no.

        A server that was slow may still write it later: who gets `Doubtful` comes back and compares anew.
        """
        try:
            with Wire(self.server).sign_in() as wire:
                found = self._find(wire, desired.key)
                entry = self._entry(wire, found) if found else None
                if found and entry and not self._differs(entry, found, desired):
                    return Change(("resolved",), entry, resolved=True)
        except Away:
            pass
        raise Doubtful("The directory did not answer in time. Whether it did what it was asked is looked up later.")

    def _differs(self, entry: Entry, found: Found, desired: Desired) -> bool:
        asked = self.flavour.difference(entry, found, desired)
        return bool(asked) or entry.groups != desired.groups or not self._is_in_place(found, desired)

    def _converge(self, wire: Wire, desired: Desired) -> Change:
        found, changed = self._find(wire, desired.key), []
        if found is None:
            if desired.archived:
                return Change()
            found = self._add(wire, desired)
            changed.append("created")
        entry = self._entry(wire, found)
        if entry.enabled and not desired.enabled:
            wire.replace(found.dn, self.flavour.closing(found))
            found = self._must_find(wire, desired.key)
            changed.append("enabled")
        groups = entry.groups
        if not self._is_in_place(found, desired):
            if not self.flavour.keeps_members:  # the name of before would stay in them, for whoever bears it next
                self._set_groups(wire, found, groups, frozenset())
                groups = frozenset()
            found = self._move(wire, found, desired)
            changed.append("place")
        if self._set_groups(wire, found, groups, desired.groups):
            changed.append("groups")
        if different := self.flavour.difference(self._told(found, desired.groups), found, desired):
            wire.replace(found.dn, different)
            changed.extend(sorted(different))
        return Change(changed, self._entry(wire, self._must_find(wire, desired.key)) if changed else entry)

    def _add(self, wire: Wire, desired: Desired) -> Found:
        dn = f"{self._name(desired)},{self.people}"
        try:
            wire.add(dn, self.flavour.first(desired))
        except Taken:
            there = self._find(wire, desired.key)  # a try of before, whose answer got lost
            if there is None:
                raise
            return there
        if more := self.flavour.after_first(desired):
            wire.replace(dn, more)
        return self._must_find(wire, desired.key)

    def _is_in_place(self, found: Found, desired: Desired) -> bool:
        """Say whether an entry bears its name and lies with those put away, or not, as it should.

        Where among the people it lies otherwise is the directory's own business.
        """
        return parts(found.dn)[:1] == parts(self._name(desired)) and self._is_archived(found.dn) == desired.archived

    def _name(self, desired: Desired) -> str:
        return first_part(self.flavour.first_part, self.flavour.name_in_place(desired))

    def _is_archived(self, dn: str) -> bool:
        return is_below(dn, self.archive)

    def _move(self, wire: Wire, found: Found, desired: Desired) -> Found:
        below = parent(found.dn)
        if self._is_archived(found.dn) != desired.archived:
            below = self.archive if desired.archived else self.people
        wire.move(found.dn, self._name(desired), below)
        return self._must_find(wire, desired.key)

    def _set_groups(self, wire: Wire, found: Found, present: frozenset[str], wanted: frozenset[str]) -> bool:
        for name in sorted(present - wanted):
            wire.leave(named("cn", name, self.groups), "member", found.dn)
        for name in sorted(wanted - present):
            self._make_group(wire, name)
            wire.join(named("cn", name, self.groups), "member", found.dn)
        return present != wanted

    def _make_group(self, wire: Wire, name: str) -> None:
        dn = named("cn", name, self.groups)
        if wire.read(dn, ["cn"]) is not None:
            return
        classes = [each.encode() for each in self.flavour.group_classes]
        nobody = [self.server.user.encode()] if self.flavour.group_needs_member else []
        try:
            wire.add(dn, {"objectClass": classes, "cn": [name.encode()], "member": nobody})
        except Taken:  # another worker was a moment faster
            if wire.read(dn, ["cn"]) is None:
                raise

    def _members(self, wire: Wire) -> dict[tuple[str, ...], frozenset[str]]:
        """Return the groups of ours that each place is a member of."""
        members: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for group in wire.scan(self.groups, quoted("(cn=%s", GROUP) + "*)", ["cn", "member"]):
            for member in group.texts("member"):
                members[tuple(parts(member))].add(group.text("cn"))
        return {place: frozenset(names) for place, names in members.items()}

    def _find(self, wire: Wire, key: str) -> Found | None:
        matching = quoted(f"({self.flavour.key}=%s)", key)
        found = wire.search(self.people, matching, self.flavour.attributes)
        if len(found) > 1:
            raise Taken("Two entries of the directory bear the number of this account: remove one there.")
        return found[0] if found else None

    def _must_find(self, wire: Wire, key: str) -> Found:
        found = self._find(wire, key)
        if found is None:
            raise Doubtful("The directory has no entry of this account.")
        return found

    def _entry(self, wire: Wire, found: Found) -> Entry:
        groups = wire.search(self.groups, quoted("(member=%s)", found.dn), ["cn"])
        names = (group.text("cn") for group in groups)
        return self._told(found, frozenset(name for name in names if name.startswith(GROUP)))

    def _told(self, found: Found, groups: frozenset[str]) -> Entry:
        return self.flavour.entry(found, groups=groups, archived=self._is_archived(found.dn))
