"""What entries and links of the audit trail are marked with: HMACs under the ring's key for the trail. Pure.

An entry is marked when it is written, in the transaction that made it true, over its content and a number of its own.
It knows neither its id nor the entry before: nobody who writes one waits for another. Links are added afterwards.
"""

import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import Any, Protocol

START = "0" * 64
"""What the first link has before it."""
SIGN_LENGTH, NONCE_LENGTH = 8, 24


class Entry(Protocol):
    """What is looked at of an entry, as a row of its table or as an object."""

    id: Any
    at: Any
    actor_id: Any
    fact: Any
    about_kind: Any
    about_id: Any
    agency_id: Any
    request_kind: Any
    request_id: Any
    sentence: Any
    detail: Any
    mark: Any


def content_of(entry: Entry) -> bytes:
    """Return what an entry says, in one way only: the same before it is stored and after it was read."""
    at: datetime = entry.at
    said = (
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor_id,
        entry.fact,
        entry.about_kind,
        entry.about_id,
        entry.agency_id,
        entry.request_kind,
        entry.request_id,
        entry.sentence,
        entry.detail,
    )
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def sign_of(key: bytes) -> str:
    """Return how marks under `key` begin: one under another key is told from a wrong one."""
    return hashlib.sha256(b"audit key" + key).hexdigest()[:SIGN_LENGTH]


def mark_of_entry(key: bytes, entry: Entry) -> str:
    """Return the mark for an entry that is about to be written."""
    nonce = secrets.token_hex(NONCE_LENGTH // 2)
    return sign_of(key) + nonce + _keyed(key, f"entry {nonce}", content_of(entry))


def is_marked(key: bytes, entry: Entry) -> bool:
    """Tell whether the mark of an entry is one over its content under `key`."""
    mark: str = entry.mark or ""
    nonce, found = mark[SIGN_LENGTH : SIGN_LENGTH + NONCE_LENGTH], mark[SIGN_LENGTH + NONCE_LENGTH :]
    return hmac.compare_digest(_keyed(key, f"entry {nonce}", content_of(entry)).encode(), found.encode())


def mark_of_link(key: bytes, before: str, number: int, entry: Entry) -> str:
    """Return the mark of link `number` over an entry; `before` is that of the link before."""
    return sign_of(key) + _keyed(key, f"link {before} {number} {entry.id}", content_of(entry))


def _keyed(key: bytes, purpose: str, content: bytes) -> str:
    return hmac.digest(key, purpose.encode() + b"\x00" + content, "sha256").hex()
