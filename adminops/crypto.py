"""Field encryption: SSNs and other secrets at rest.

A value is stored as `version(1) · key id(2) · nonce(12) · AES-256-GCM ciphertext and tag`, bound by its associated
data (table, column and row) to the cell it was written for: a ciphertext copied to another row does not open.
Look-ups use a blind index: HMAC-SHA-256 under keys of their own, so that a copy of the database alone can't be
searched. The keys live in `home/keys/fields.json` or wherever `KeyRing.load` is pointed, never in the database.
"""

import base64
import fcntl
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adminops import clock
from adminops.private_files import write_private

VERSION = b"\x01"
HEAD_BYTES = 3
NONCE_BYTES = 12
TAG_BYTES = 16
KEY_BYTES = 32
MOST_KEYS = 2**16 - 1
LOOKED_AT_EVERY = 0.5
"""Seconds after which a running process looks whether its ring was changed by another one."""

Kind = Literal["key", "index", "rows"]
"""What a ring holds keys for: sealing values, look-ups, and the hashes of rows."""


class CannotDecrypt(Exception):
    """The ciphertext was changed, moved to another row, or its key is not in the ring. Never holds the value."""


class UnknownKey(CannotDecrypt):
    """The ring has no key of the number that the ciphertext names: another process may have added it meanwhile."""


@dataclass(frozen=True)
class KeyRing:
    """Keys by number. Of `keys` the highest number encrypts and all decrypt; of `index_keys` the highest number is
    that of the blind indexes which are written, and all are looked up by. `row_key` is for hashes of whole rows: a
    key of its own, so that new index keys don't make every row look changed. `made` has the days of later keys."""

    keys: dict[int, bytes] = field(repr=False)
    index_keys: dict[int, bytes] = field(repr=False)
    row_key: bytes = field(repr=False)
    audit_key: bytes = field(default=b"", repr=False)
    """For the audit trail alone; never changed, for a trail is checked from its beginning. Empty in a ring of before
    there was one, where that can't be written."""
    made: dict[str, str] = field(default_factory=dict)
    """When "key 2" or "index 2" was made; those of the first ring are not in it."""

    @classmethod
    def generate(cls) -> "KeyRing":
        """Return a ring with one new random key of each kind."""
        return cls(keys={1: _new_key()}, index_keys={1: _new_key()}, row_key=_new_key(), audit_key=_new_key())

    @classmethod
    def load(cls, path: Path) -> "KeyRing":
        """Read the ring at `path`; make a new one when the file does not exist yet.

        Raises `CannotDecrypt` when the file is there but can't be understood: a lost ring must never be replaced in
        silence, for everything encrypted under it would be gone.
        """
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, cls.generate().to_json().encode())
        return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> "KeyRing":
        """Read the ring at `path`. Raises `CannotDecrypt` when there is none, or none that can be understood."""
        try:
            stored = json.loads(path.read_text())
            ring = _ring_from(stored)
        except FileNotFoundError:
            raise CannotDecrypt(f"The key ring at {path} is gone: restore it from its backup.") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CannotDecrypt(f"The key ring at {path} can't be read: restore it from its backup.") from None
        every = (*ring.keys.values(), *ring.index_keys.values(), ring.row_key, ring.audit_key or ring.row_key)
        if not ring.keys or not ring.index_keys or any(len(key) != KEY_BYTES for key in every):
            raise CannotDecrypt(f"The key ring at {path} is incomplete: restore it from its backup.")
        return ring

    def to_json(self) -> str:
        """Return the text that `read` reads."""
        return json.dumps(
            {
                "keys": _written(self.keys),
                "index_keys": _written(self.index_keys),
                "row_key": base64.b64encode(self.row_key).decode(),
                "audit_key": base64.b64encode(self.audit_key).decode(),
                "made": self.made,
            },
            indent=1,
        )

    def with_new_key(self) -> "KeyRing":
        """Return a ring whose new first key encrypts from now on; the old ones still decrypt."""
        number = self.current + 1
        if number > MOST_KEYS:
            raise ValueError("A ring holds no more keys than two bytes can count.")
        return replace(self, keys={**self.keys, number: _new_key()}, made=self._made("key", number))

    def with_new_index_key(self) -> "KeyRing":
        """Return a ring whose new index key is that of all indexes written from now on."""
        number = self.current_index + 1
        return replace(self, index_keys={**self.index_keys, number: _new_key()}, made=self._made("index", number))

    def with_new_row_key(self) -> "KeyRing":
        """Return a ring by which every row that holds a secret has another hash than before."""
        return replace(self, row_key=_new_key())

    def with_audit_key(self) -> "KeyRing":
        """Return a ring that has a key for the audit trail."""
        return self if self.audit_key else replace(self, audit_key=_new_key())

    def without(self, kind: Kind, number: int) -> "KeyRing":
        """Return a ring that no longer has key `number` of `kind`, which must not be the current one."""
        made = {name: day for name, day in self.made.items() if name != f"{kind} {number}"}
        if kind == "index":
            return replace(self, index_keys=_without(self.index_keys, number), made=made)
        return replace(self, keys=_without(self.keys, number), made=made)

    def _made(self, kind: Kind, number: int) -> dict[str, str]:
        return {**self.made, f"{kind} {number}": clock.now().isoformat(timespec="seconds")}

    @property
    def current(self) -> int:
        """Number of the key that encrypts."""
        return max(self.keys)

    @property
    def current_index(self) -> int:
        """Number of the key that indexes are written under."""
        return max(self.index_keys)

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self.keys[self.current])

    def encrypt(self, value: str, *, bound_to: str) -> bytes:
        """Return `value` encrypted under the current key and bound to the cell `bound_to` ("table|column|row")."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return head_of(self.current) + nonce + self._cipher.encrypt(nonce, value.encode(), bound_to.encode())

    def decrypt(self, stored: bytes, *, bound_to: str) -> str:
        """Return the value behind `stored`.

        Raises `CannotDecrypt` when it does not open for `bound_to`, `UnknownKey` when its key is not in the ring.
        """
        head, nonce, sealed = (
            stored[:HEAD_BYTES],
            stored[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES],
            stored[HEAD_BYTES + NONCE_BYTES :],
        )
        key = self.keys.get(self.key_of(head))
        if head[:1] != VERSION or key is None:
            raise UnknownKey("The key of this value is not in the key ring.")
        if len(sealed) < TAG_BYTES:
            raise CannotDecrypt("This value was cut short.")
        try:
            return AESGCM(key).decrypt(nonce, sealed, bound_to.encode()).decode()
        except InvalidTag:
            raise CannotDecrypt("This value was changed or belongs to another row.") from None

    def key_of(self, stored: bytes) -> int:
        """Return the number of the key that `stored` was encrypted under."""
        return int.from_bytes(stored[1:HEAD_BYTES], "big")

    def blind_index(self, value: str, *, purpose: str) -> bytes:
        """Return the 32-byte look-up value of `value` for one column (`purpose`, e.g. "client|ssn")."""
        return _keyed(self.index_keys[self.current_index], value, purpose)

    def blind_indexes(self, value: str, *, purpose: str) -> list[bytes]:
        """Return the look-up values of `value` under every index key: what rows may be found by, the newest first."""
        return [_keyed(self.index_keys[number], value, purpose) for number in sorted(self.index_keys, reverse=True)]

    def row_mark(self, value: str, *, purpose: str) -> bytes:
        """Return the 32 bytes that stand for `value` in the hash of its row."""
        return _keyed(self.row_key, value, purpose)


def head_of(number: int) -> bytes:
    """Return how every value begins that is sealed under key `number`."""
    return VERSION + number.to_bytes(2, "big")


def _keyed(key: bytes, value: str, purpose: str) -> bytes:
    return hmac.digest(key, f"{purpose}\x00{value}".encode(), "sha256")


def _new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def _without(keys: dict[int, bytes], number: int) -> dict[int, bytes]:
    if number == max(keys):
        raise ValueError("The current key can't be taken out of a ring.")
    return {known: key for known, key in keys.items() if known != number}


def _written(keys: dict[int, bytes]) -> dict[str, str]:
    return {str(number): base64.b64encode(key).decode() for number, key in keys.items()}


def _read_keys(stored: dict[str, str]) -> dict[int, bytes]:
    return {int(number): base64.b64decode(key) for number, key in stored.items()}


def _ring_from(stored: dict[str, Any]) -> KeyRing:
    """Return the ring that was written. The first rings had one key for look-ups and row hashes alike."""
    index_keys = _read_keys(stored["index_keys"] if "index_keys" in stored else {"1": stored["index_key"]})
    row_key = base64.b64decode(stored["row_key"]) if "row_key" in stored else index_keys[1]
    made = {str(name): str(day) for name, day in stored.get("made", {}).items()}
    audit_key = base64.b64decode(stored.get("audit_key", ""))
    return KeyRing(_read_keys(stored["keys"]), index_keys, row_key, audit_key, made)


class RingFile:
    """The ring of a file, read anew when another process has changed it: a rotation reaches those that run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ring = KeyRing.load(path)
        self._stamp = _stamp(path)
        self._looked_at = time.monotonic()
        if not self._ring.audit_key:
            with suppress(PermissionError):
                self.change(KeyRing.with_audit_key, reason="audit")

    def ring(self, *, anew: bool = False) -> KeyRing:
        """Return the ring as it is in the file now, or was half a second ago (`anew`: now).

        Raises `CannotDecrypt` when the file is gone or damaged: nothing may be sealed under keys that nobody has kept.
        """
        now = time.monotonic()
        if anew or now - self._looked_at > LOOKED_AT_EVERY:
            stamp = _stamp(self.path)
            if stamp != self._stamp or stamp is None:
                self._ring, self._stamp = KeyRing.read(self.path), stamp
            self._looked_at = now
        return self._ring

    def change(self, by: Callable[[KeyRing], KeyRing], *, reason: str) -> KeyRing:
        """Replace the ring by what `by` makes of it; it is on the disk whole and safe when this returns.

        The ring before stays beside it, as `fields.before-REASON.json`. One change at a time, over all processes.
        """
        with _alone(self.path.parent):
            changed = by(KeyRing.read(self.path))
            replace_ring(self.path, changed.to_json().encode(), reason=reason)
        return self.ring(anew=True)


def replace_ring(path: Path, content: bytes, *, reason: str) -> None:
    """Put `content` in the place of the file of keys at `path`, and keep the one before beside it.

    Whoever looks sees the old file or the new one, also after a loss of power.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    write_private(temporary, content)
    try:
        if path.exists():
            _keep_beside(path, reason)
        os.replace(temporary, path)  # noqa: PTH105 - atomic, on one file system
    finally:
        temporary.unlink(missing_ok=True)
    _make_safe(path.parent)


def _keep_beside(path: Path, reason: str) -> None:
    kept = path.with_name(f"{path.stem}.before-{reason}{path.suffix}")
    if kept.exists() and kept.read_bytes() != path.read_bytes():
        kept = path.with_name(f"{path.stem}.before-{reason}-{secrets.token_hex(4)}{path.suffix}")
    if not kept.exists():
        kept.hardlink_to(path)


def _make_safe(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let no other process change the keys in `folder` meanwhile."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
