"""Field encryption: SSNs and other secrets at rest.

A value is stored as `version(1) · key id(2) · nonce(12) · AES-256-GCM ciphertext and tag`, bound by its associated
data (table, column and row) to the cell it was written for: a ciphertext copied to another row does not open.
Look-ups use a blind index: HMAC-SHA-256 under keys of their own, so that a copy of the database alone can't be
searched. The keys live in `home/keys/fields.json` or wherever `KeyRing.load` is pointed, never in the database.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adminops.settings import write_private

VERSION = b"\x01"
NONCE_BYTES = 12
TAG_BYTES = 16


class CannotDecrypt(Exception):
    """The ciphertext was changed, moved to another row, or its key is not in the ring. Never holds the value."""


@dataclass(frozen=True)
class KeyRing:
    """Keys by number. The highest number encrypts; all of them decrypt. `index_key` is for blind indexes only."""

    keys: dict[int, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> "KeyRing":
        """Return a ring with one new random key and a new index key."""
        return cls(keys={1: secrets.token_bytes(32)}, index_key=secrets.token_bytes(32))

    @classmethod
    def load(cls, path: Path) -> "KeyRing":
        """Read the ring at `path`; make a new one when the file does not exist yet.

        Raises `CannotDecrypt` when the file is there but can't be understood: a lost ring must never be replaced in
        silence, for everything encrypted under it would be gone.
        """
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, cls.generate().to_json().encode())
        try:
            stored = json.loads(path.read_text())
            keys = {int(number): base64.b64decode(key) for number, key in stored["keys"].items()}
            ring = cls(keys=keys, index_key=base64.b64decode(stored["index_key"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CannotDecrypt(f"The key ring at {path} can't be read: restore it from its backup.") from None
        if not ring.keys or any(len(key) != 32 for key in (*ring.keys.values(), ring.index_key)):
            raise CannotDecrypt(f"The key ring at {path} is incomplete: restore it from its backup.")
        return ring

    def to_json(self) -> str:
        """Return the text that `load` reads."""
        keys = {str(number): base64.b64encode(key).decode() for number, key in self.keys.items()}
        return json.dumps({"keys": keys, "index_key": base64.b64encode(self.index_key).decode()})

    def with_new_key(self) -> "KeyRing":
        """Return a ring whose new first key encrypts from now on; the old ones still decrypt."""
        return KeyRing(keys={**self.keys, max(self.keys) + 1: secrets.token_bytes(32)}, index_key=self.index_key)

    @property
    def current(self) -> int:
        """Number of the key that encrypts."""
        return max(self.keys)

    def encrypt(self, value: str, *, bound_to: str) -> bytes:
        """Return `value` encrypted under the current key and bound to the cell `bound_to` ("table|column|row")."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, value.encode(), bound_to.encode())
        return VERSION + self.current.to_bytes(2, "big") + nonce + sealed

    def decrypt(self, stored: bytes, *, bound_to: str) -> str:
        """Return the value behind `stored`. Raises `CannotDecrypt` when it does not open for `bound_to`."""
        head, nonce, sealed = stored[:3], stored[3 : 3 + NONCE_BYTES], stored[3 + NONCE_BYTES :]
        key = self.keys.get(int.from_bytes(head[1:3], "big"))
        if head[:1] != VERSION or key is None:
            raise CannotDecrypt("The key of this value is not in the key ring.")
        if len(sealed) < TAG_BYTES:
            raise CannotDecrypt("This value was cut short.")
        try:
            return AESGCM(key).decrypt(nonce, sealed, bound_to.encode()).decode()
        except InvalidTag:
            raise CannotDecrypt("This value was changed or belongs to another row.") from None

    def key_of(self, stored: bytes) -> int:
        """Return the number of the key that `stored` was encrypted under."""
        return int.from_bytes(stored[1:3], "big")

    def blind_index(self, value: str, *, purpose: str) -> bytes:
        """Return the 32-byte look-up value of `value` for one column (`purpose`, e.g. "client|ssn")."""
        return hmac.new(self.index_key, f"{purpose}\x00{value}".encode(), hashlib.sha256).digest()
