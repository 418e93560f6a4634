"""A directory in memory that goes wrong on demand: before it did what it was asked, or after."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

from accounts.directory.values import (
    Change,
    Desired,
    DirectoryProblem,
    Doubtful,
    Entry,
    Health,
    Refused,
    Taken,
    Verdict,
    is_typed,
)
from adminops import clock

SHORTEST, TRIES = 15, 5


@dataclass
class Fault:
    """What goes wrong: before the work is done, or `after` it was."""

    error: DirectoryProblem
    after: bool = False
    times: int = 1


@dataclass
class FakeDirectory:
    """Keeps entries and passwords in dictionaries; `fail(…)` says what the next writes end in."""

    kind: str = "fake"
    entries: dict[str, Entry] = field(default_factory=dict)
    passwords: dict[str, list[str]] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    late: list[Desired] = field(default_factory=list)
    """What was asked for and not done yet: a stopped server does it when it goes on (`catch_up`)."""
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def fail(self, error: DirectoryProblem, *, after: bool = False, times: int = 1) -> None:
        """Let the next `times` calls end in `error`."""
        self.faults.append(Fault(error, after, times))

    def _fault(self, call: str, *, after: bool) -> None:
        if not after:
            self.calls.append(call)
        if self.faults and self.faults[0].after is after:
            fault = self.faults[0]
            fault.times -= 1
            if fault.times <= 0:
                self.faults.pop(0)
            raise fault.error

    def health(self) -> Health:
        self._fault("health", after=False)
        return Health(self.kind, len(self.entries))

    def find(self, key: str) -> Entry | None:
        self._fault("find", after=False)
        return self.entries.get(key)

    def scan(self) -> Sequence[Entry]:
        self._fault("scan", after=False)
        return list(self.entries.values())

    def converge(self, desired: Desired) -> Change:
        try:
            self._fault("converge", after=False)
        except Doubtful:
            self.late.append(desired)
            raise
        change = self._converge(desired)
        self._fault("converge", after=True)
        return change

    def catch_up(self) -> None:
        """Do what was asked for while nothing was answered."""
        waiting, self.late = self.late, []
        for desired in waiting:
            self._converge(desired)

    def _converge(self, desired: Desired) -> Change:
        found = self.entries.get(desired.key)
        if found is None and desired.archived:
            return Change()
        for other in self.entries.values():
            same = other.username == desired.username or other.email.casefold() == desired.email.casefold()
            if same and other.key != desired.key:
                raise Taken("The directory has this user name or address already.")
        wanted = {
            name: getattr(desired, name)
            for name in ("username", "name", "email", "title", "enabled", "groups", "archived")
        }
        wanted["ends_at"] = desired.ends_at.replace(microsecond=0) if desired.ends_at and desired.enabled else None
        if found is None:
            entry = Entry(key=desired.key, id=f"fake-{next(self._ids)}", **wanted)
            self.entries[desired.key] = entry
            return Change(("created",), entry)
        changed = [name for name, value in wanted.items() if getattr(found, name) != value]
        if changed:
            found = self.entries[desired.key] = replace(found, **wanted)
        return Change(changed, found)

    def set_password(self, desired: Desired, password: str, *, must_change: bool = False) -> None:
        self._fault("set_password", after=False)
        self._converge(desired)
        known = self.passwords.setdefault(desired.key, [])
        if len(password) < SHORTEST or password in known[-5:]:
            raise Refused("The directory does not take this (constraint violation).")
        known.append(password)
        self.entries[desired.key] = replace(self.entries[desired.key], must_change=must_change, locked=False)
        self.tries[desired.key] = 0
        self._fault("set_password", after=True)

    def verify(self, key: str, password: str) -> Verdict:
        self._fault("verify", after=False)
        entry = self.entries.get(key)
        if entry is None or not is_typed(password):
            return Verdict.WRONG
        if self.passwords.get(key, [""])[-1] != password:
            self.tries[key] = self.tries.get(key, 0) + 1
            if self.tries[key] >= TRIES:
                self.entries[key] = replace(entry, locked=True)
            return Verdict.LOCKED if entry.locked else Verdict.WRONG
        if not entry.enabled or (entry.ends_at and entry.ends_at <= clock.now()):
            return Verdict.DISABLED
        if entry.locked:
            return Verdict.LOCKED
        self.tries[key] = 0
        self.entries[key] = replace(entry, last_sign_in_at=clock.now() - timedelta(0))
        return Verdict.MUST_CHANGE if entry.must_change else Verdict.OK

    def unlock(self, key: str) -> bool:
        self._fault("unlock", after=False)
        locked = self.entries[key].locked
        self.entries[key], self.tries[key] = replace(self.entries[key], locked=False), 0
        return locked
