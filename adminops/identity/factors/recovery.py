"""Recovery codes: written down for the day when the app is lost. Each works once; only hashes are stored.

A code has 118 random bits, so a plain SHA-256 can't be tried through (OWASP ASVS 6.5.2 asks for 112).
"""

import hashlib
import secrets

#: Small letters and digits that nobody takes for another when reading them off a sheet.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
LETTERS = 24
GROUP = 4
NUMBER = 8


def new_codes() -> list[str]:
    """Return a sheet of new codes, as they are shown: "k7qm-…" in groups of four."""
    return [_grouped("".join(secrets.choice(ALPHABET) for _ in range(LETTERS))) for _ in range(NUMBER)]


def is_code(text: str) -> bool:
    """Say whether a text has the shape of such a code, however it was typed."""
    bare = _bare(text)
    return len(bare) == LETTERS and set(bare) <= set(ALPHABET)


def hash_of(text: str) -> bytes:
    """Return what is stored of a code."""
    return hashlib.sha256(_bare(text).encode()).digest()


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))
