"""How SSNs are kept: sealed, with blind indexes for the two look-ups that are needed. The app gives the keys at start.

A sealed SSN is bound to its source and PersonalID, so that it opens for the record it came with and no other. There
is one blind index over a full valid number (exact look-up, equality of two records) and another over the last four
digits (to find candidates); both are HMACs under keys that the database does not have.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from adminops.crypto import KeyRing, RingFile, UnknownKey

SSN_PURPOSE = "client|ssn"
LAST4_PURPOSE = "client|ssn-last4"
ROW_PURPOSE = "row-hash"
HASHED_PURPOSE = "client|ssn-hashed"
FAKE_NUMBERS = frozenset({"078051120", "219099999", "123456789"})

Keys = KeyRing | RingFile

_rings: list[Keys] = []
_instead: ContextVar[Keys | None] = ContextVar("adminops_keys_instead", default=None)


def use(ring: Keys) -> None:
    """Seal and open with `ring` from now on, in the whole process. Called by the app once it has read its keys."""
    _rings[:] = [ring]


@contextmanager
def using(ring: Keys) -> Iterator[None]:
    """Seal and open with `ring` inside the block, and in no other thread: for a store that is thrown away."""
    before = _instead.set(ring)
    try:
        yield
    finally:
        _instead.reset(before)


def _keys() -> Keys:
    ring = _instead.get() or next(iter(_rings), None)
    if ring is None:
        raise RuntimeError("No key ring: the app gives one with `sealing.use` before client records are touched.")
    return ring


def key_ring(*, anew: bool = False) -> KeyRing:
    """Return the ring in use, as its file has it; `anew` looks at once whether another process has changed it.

    Raises `RuntimeError` when the app has not given one: nothing may be stored in clear.
    """
    ring = _keys()
    return ring.ring(anew=anew) if isinstance(ring, RingFile) else ring


def ring_file() -> RingFile:
    """Return the file of the ring in use. Raises `RuntimeError` when it has none."""
    ring = _keys()
    if not isinstance(ring, RingFile):
        raise RuntimeError("The key ring in use is kept in no file.")
    return ring


class SealedSsn(NamedTuple):
    """An SSN as the client table keeps it; all three are None when there is none."""

    sealed: bytes | None
    number_index: bytes | None
    """Blind index of the number if it is a full valid one (or of the hash, in a hashed export)."""
    last4_index: bytes | None
    """Blind index of the last four digits if they are known."""


NO_SSN = SealedSsn(None, None, None)


def cell(source_id: int, personal_id: str) -> str:
    """Return what the sealed SSN of a client record is bound to."""
    return f"hmis_client|ssn_sealed|{source_id}|{personal_id}"


def seal_ssn(source_id: int, personal_id: str, ssn: str) -> SealedSsn:
    """Return `ssn` (nine characters, x for an unknown digit; or a hash) as the client table keeps it."""
    if not ssn:
        return NO_SSN
    ring = key_ring()
    return SealedSsn(
        sealed=ring.encrypt(ssn, bound_to=cell(source_id, personal_id)),
        number_index=ssn_index(ssn),
        last4_index=last4_index(last4_of(ssn)),
    )


def open_ssn(source_id: int, personal_id: str, sealed: bytes | None) -> str:
    """Return the SSN behind `sealed`, empty when there is none. Raises `CannotDecrypt`."""
    return "" if sealed is None else open_cell(sealed, bound_to=cell(source_id, personal_id))


def open_cell(sealed: bytes, *, bound_to: str) -> str:
    """Return the text behind `sealed`; of one under an unknown key once the ring was read anew. Raises `CannotDecrypt`.

    Another process may have added the key since this one last looked.
    """
    try:
        return key_ring().decrypt(sealed, bound_to=bound_to)
    except UnknownKey:
        return key_ring(anew=True).decrypt(sealed, bound_to=bound_to)


def cell_aside(source_id: int, file: str, key: str, column: str) -> str:
    """Return what a text that was kept aside is bound to."""
    return f"hmis_unreadable|{source_id}|{file}|{key}|{column}"


def seal_aside(source_id: int, file: str, key: str, column: str, raw: str) -> bytes:
    """Return `raw`, a text that its column can't hold, as the store keeps it aside."""
    return key_ring().encrypt(raw, bound_to=cell_aside(source_id, file, key, column))


def open_aside(source_id: int, file: str, key: str, column: str, sealed: bytes) -> str:
    """Return the text that was kept aside. Raises `CannotDecrypt`."""
    return open_cell(sealed, bound_to=cell_aside(source_id, file, key, column))


def ssn_index(ssn: str) -> bytes | None:
    """Return the blind index that is stored of a full valid `ssn`; None for one that identifies nobody."""
    identifying = _identifying(ssn)
    return key_ring().blind_index(identifying[0], purpose=identifying[1]) if identifying else None


def ssn_indexes(ssn: str) -> list[bytes]:
    """Return the blind indexes to look up a full valid `ssn` by, the current one first; none identify nobody.

    There are several as long as the ring has older index keys, for rows (or a restored backup) written under these.
    """
    identifying = _identifying(ssn)
    return key_ring().blind_indexes(identifying[0], purpose=identifying[1]) if identifying else []


def _identifying(ssn: str) -> tuple[str, str] | None:
    """Return what is indexed of `ssn`, and for which purpose."""
    if is_valid_ssn(ssn):
        return ssn, SSN_PURPOSE
    return (ssn.lower(), HASHED_PURPOSE) if is_hashed_ssn(ssn) else None


def last4_index(last4: str) -> bytes | None:
    """Return the blind index to look up candidates by the last four digits; None unless these are four digits."""
    if not re.fullmatch(r"\d{4}", last4):
        return None
    return key_ring().blind_index(last4, purpose=LAST4_PURPOSE)


def keyed_in_row_hash(text: str) -> str:
    """Return what stands for a secret `text` in the hash of its row: a plain hash of nine digits is found by trying."""
    return key_ring().row_mark(text, purpose=ROW_PURPOSE).hex() if text else ""


def is_valid_ssn(ssn: str) -> bool:
    """Tell whether `ssn` is a full number that was or can be given to somebody.

    Nine digits; area not 000, 666 or 9xx; group not 00; serial not 0000; not one digit nine times; none of the
    numbers that became known from advertisements (rules of the Social Security Administration).
    """
    if len(ssn) != 9 or not ssn.isascii() or not ssn.isdecimal():
        return False
    area, group, serial = ssn[:3], ssn[3:5], ssn[5:]
    if area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000":
        return False
    return len(set(ssn)) > 1 and ssn not in FAKE_NUMBERS


def last4_of(ssn: str) -> str:
    """Return the last four digits of `ssn` (of a hashed one, too) if they are known and mean something, else ""."""
    last4 = ssn[:4] if is_hashed_ssn(ssn) and len(ssn) in (44, 68) else ssn[5:] if len(ssn) == 9 else ""
    return last4 if last4.isascii() and last4.isdecimal() and last4 != "0000" else ""


def is_hash(text: str) -> bool:
    """Tell whether `text` is a SHA-1 or SHA-256 in hexadecimal rather than a name or a number."""
    return len(text) in (40, 64) and re.fullmatch(r"[0-9A-Fa-f]+", text) is not None


def is_hashed_ssn(text: str) -> bool:
    """Tell whether `text` is an SSN as hashed exports hold it: a hash, mostly behind the last four characters."""
    return is_hash(text) or (len(text) in (44, 68) and is_hash(text[4:]))


def mask_ssn(ssn: str) -> str:
    """Return `ssn` as screens show it: "•••-••-1234", "hashed", or an empty text when there is none."""
    if not ssn:
        return ""
    if is_hashed_ssn(ssn):
        return "hashed"
    return f"•••-••-{last4_of(ssn) or '••••'}"
